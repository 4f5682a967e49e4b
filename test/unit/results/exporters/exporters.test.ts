import { readFileSync } from 'node:fs';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { describe, expect, test } from 'vitest';
import { parseSlo } from '../../../../src/results/slo.js';
import { toAiperf } from '../../../../src/results/exporters/aiperf.js';
import { toCsv } from '../../../../src/results/exporters/csv.js';
import { githubAnnotations, toGithubMarkdown } from '../../../../src/results/exporters/github.js';
import { toGuidellm } from '../../../../src/results/exporters/guidellm.js';
import { toJunit } from '../../../../src/results/exporters/junit.js';
import { closedPlan, distributionOf, runFile, runOutcome, targetOutcome } from '../../../fixtures/run.js';
import { parseCsv, parseXml, textOf, type XmlElement } from '../../../support/formats.js';

const NASTY = `<b>"a" & 'b'</b> \u0000\u001b[31m ]]> 50%\n::error::x,|`;

const nasty = (() => {
  const target = targetOutcome({ name: 'slow', failed: 80, ttftMs: 900 });
  target.errors[0]!.example = NASTY;
  const outcome = runOutcome([targetOutcome({ name: 'fast' }), target]);
  const sloExpressions = ['ttft.p95 < 500ms', 'error_rate<1%', 'ttft.p99.99 < 1s'].map(parseSlo);
  return runFile({ outcome, sloExpressions });
})();
const single = runFile();

describe('csv', () => {
  test('every metric, rate and counter of every target can be read back', () => {
    const [head, ...rows] = parseCsv(toCsv(nasty));
    expect(head!.slice(0, 5)).toEqual(['target', 'metric', 'unit', 'count', 'value']);
    for (const row of rows) expect(row).toHaveLength(head!.length);
    for (const { name, metrics, rates, counters } of nasty.targets) {
      const cell = (metric: string, column: string): number => {
        const row = rows.find(([target, found]) => target === name && found === metric)!;
        return Number(row[head!.indexOf(column)]);
      };
      expect(cell('ttft', 'p95')).toBe(metrics.ttft!.p95);
      expect(cell('itl', 'stddev')).toBe(metrics.itl!.stddev);
      expect(cell('error_rate', 'value')).toBe(rates.error_rate.value);
      expect(cell('counters.failed', 'value')).toBe(counters.failed);
    }
  });

  test('what has too few samples is empty, and commas and quotes survive', () => {
    const few = runFile({ outcome: runOutcome([targetOutcome({ name: 'a, "b"', completed: 10 })]) });
    const [head, ...rows] = parseCsv(toCsv(few));
    const row = rows.find(([, metric]) => metric === 'ttft')!;
    expect(row[0]).toBe('a, "b"');
    expect(row[head!.indexOf('p99')]).toBe('');
  });
});

describe('junit', () => {
  const [suites] = parseXml(toJunit(nasty));
  const suite = suites!.children[0] as XmlElement;
  const cases = suite.children as XmlElement[];

  test('has a case per gate and target and one for the verdict, and counts failures', () => {
    expect(suites!.tag).toBe('testsuites');
    expect(cases.map(({ attributes }) => attributes['name'])).toEqual([
      'verdict',
      ...nasty.slo.map(({ expression }) => expression),
    ]);
    const failed = cases.filter(({ children }) => children.some((c) => (c as XmlElement).tag === 'failure'));
    expect(suite.attributes).toMatchObject({ tests: '7', failures: String(failed.length), errors: '0' });
    expect(failed.map(({ attributes }) => `${attributes['classname']} ${attributes['name']}`)).toEqual(
      nasty.slo
        .filter(({ passed }) => !passed)
        .map(({ target, expression }) => `fakeai.${target} ${expression}`),
    );
  });

  test('an invalid run fails its verdict with the reasons, whatever characters they hold', () => {
    const target = targetOutcome({ completed: 0, failed: 3 });
    target.errors[0]!.example = NASTY;
    const [root] = parseXml(toJunit(runFile({ outcome: runOutcome([target]) })));
    const verdict = (root!.children[0] as XmlElement).children[0] as XmlElement;
    expect(textOf(verdict)).toContain(`<b>"a" & 'b'</b> \ufffd\ufffd[31m ]]> 50%`);
    expect((verdict.children[0] as XmlElement).tag).toBe('failure');
  });
});

describe('github', () => {
  test('the summary has the verdict, gates, requests, latencies and errors, and no raw HTML', () => {
    const markdown = toGithubMarkdown(nasty);
    for (const said of [
      'degraded',
      'ttft.p95 &lt; 500ms',
      '| fast |',
      '| TTFT |',
      String.raw`http\_429`,
      '&lt;b>',
    ]) {
      expect(markdown).toContain(said);
    }
    expect(markdown).not.toContain('<b>');
    for (const row of markdown.split('\n').filter((line) => line.includes('429 |'))) {
      expect(row.match(/(?<!\\)\|/g)).toHaveLength(5);
    }
  });

  test('missed gates and a bad verdict become annotations of one line each', () => {
    const lines = githubAnnotations(nasty);
    const missed = nasty.slo.filter(({ passed }) => !passed);
    expect(lines).toHaveLength(1 + missed.length);
    expect(lines[0]).toMatch(/^::warning title=fakeai%3A the run is degraded::/);
    for (const line of lines.slice(1)) expect(line).toMatch(/^::error title=fakeai%3A gate missed::/);
    expect(lines.join('')).not.toMatch(/[\r\n]/);
    expect(lines.find((line) => line.includes('error_rate'))).toContain('<1%25 on slow');
    expect(githubAnnotations(single)).toEqual([]);
  });
});

describe('aiperf', () => {
  const target = single.targets[0]!;
  const document = JSON.parse(toAiperf(single, target)) as Record<string, Record<string, number | string>>;

  test('record metrics carry the full set, derived ones unit and avg', () => {
    const { metrics, rates } = target;
    expect(document['time_to_first_token']).toMatchObject({
      unit: 'ms',
      avg: metrics.ttft!.mean,
      p99: metrics.ttft!.p99,
      std: metrics.ttft!.stddev,
      count: 500,
      sum: metrics.ttft!.mean! * 500,
    });
    expect(document['inter_token_latency']).toMatchObject({ p50: metrics.tpot!.p50, count: 500 });
    expect(document['inter_chunk_latency']).toMatchObject({ p50: metrics.icl!.p50 });
    expect(document['request_throughput']).toEqual({ unit: 'requests/sec', avg: rates.request_rate.value });
    expect(document['request_count']).toEqual({ unit: 'requests', avg: 500 });
    expect(document['end_time']).toBe('2026-01-02T03:04:17.000Z');
  });

  test('tokens of both kinds and errors are put together as in a report of AIPerf 0.13', () => {
    const slow = nasty.targets[1]!;
    const { rates } = slow;
    const written = JSON.parse(toAiperf(nasty, slow)) as typeof document;
    const input = rates.input_token_rate.value!;
    expect(written['input_token_throughput']).toEqual({ unit: 'tokens/sec', avg: input });
    expect(written['total_token_throughput']).toEqual({
      unit: 'tokens/sec',
      avg: input + rates.output_token_rate.value!,
    });
    expect(written['request_error_rate']).toEqual({ unit: '%', avg: (100 * 80) / 580 });
    expect(written['is_complete']).toBe(true);
    const interrupted = JSON.parse(toAiperf({ ...nasty, interrupted: true }, slow)) as typeof document;
    expect(interrupted).toMatchObject({ was_cancelled: true, is_complete: false });
  });

  test('what has too few samples is left out', () => {
    const few = runFile({ outcome: runOutcome([targetOutcome({ completed: 10 })]) });
    const metric = (JSON.parse(toAiperf(few, few.targets[0]!)) as typeof document)['request_latency']!;
    expect(metric).toHaveProperty('p50');
    expect(metric).not.toHaveProperty('p99');
  });
});

test('guidellm: one benchmark per target; latency in seconds, the rest in milliseconds', () => {
  const { benchmarks } = JSON.parse(toGuidellm(nasty)) as {
    benchmarks: { metrics: Record<string, Record<string, unknown>>; config: { name: string } }[];
  };
  expect(benchmarks.map(({ config }) => config.name)).toEqual(['fast', 'slow']);
  const { metrics } = benchmarks[1]!;
  const source = nasty.targets[1]!;
  expect(metrics['request_totals']).toEqual({ successful: 500, incomplete: 0, errored: 80, total: 580 });
  expect(metrics['time_to_first_token_ms']!['successful']).toMatchObject({
    mean: source.metrics.ttft!.mean,
    median: source.metrics.ttft!.p50,
    percentiles: { p95: source.metrics.ttft!.p95 },
  });
  expect(metrics['request_latency']!['successful']).toMatchObject({ max: source.metrics.e2e!.max! / 1000 });
  expect(benchmarks[0]!.metrics['requests_per_second']!['successful']).toMatchObject({
    mean: 50,
    median: 50,
    count: 500,
  });
});

test('guidellm: the profile that was asked for, and a source of prompts', () => {
  const specOf = (run: typeof nasty) =>
    (JSON.parse(toGuidellm(run)) as { config: { spec: { profile: object; data: unknown[] } } }).config.spec;
  const closed = runFile({ plan: closedPlan });
  expect(closed.plan.arrivals.kind).toBe('closed');
  expect(specOf(closed).profile).toEqual({
    kind: 'concurrent',
    streams: [(closed.plan.arrivals as { concurrency: number }).concurrency],
  });
  const arrivals = { kind: 'poisson' as const, ratePerSecond: 7.5 };
  const open = { ...nasty, plan: { ...nasty.plan, arrivals } };
  expect(specOf(open).profile).toMatchObject({ kind: 'poisson', rate: [7.5] });
  const replayed = { ...nasty, plan: { ...nasty.plan, arrivals: { kind: 'trace' as const, speed: 4 } } };
  expect(specOf(replayed).profile).toEqual({ kind: 'replay', time_scale: 0.25 });
  expect(specOf(replayed).data).toHaveLength(1);
});

describe('what readers of other tools require', () => {
  const validatorOf = (name: string) => {
    const schema = new URL(`../../../fixtures/${name}.schema.json`, import.meta.url);
    const ajv = new Ajv2020({ allErrors: true, strict: false, formats: { 'date-time': true } });
    const validate = ajv.compile(JSON.parse(readFileSync(schema, 'utf8')) as object);
    return (text: string) => (validate(JSON.parse(text)) ? [] : validate.errors);
  };
  const cases = {
    'two targets, one with failures': nasty,
    'a closed loop': runFile({ plan: closedPlan }),
    'ten requests': runFile({ outcome: runOutcome([targetOutcome({ completed: 10 })]) }),
    'one request': runFile({ outcome: runOutcome([targetOutcome({ completed: 1 })]) }),
    'nothing that was answered': runFile({
      outcome: runOutcome([targetOutcome({ completed: 0, failed: 3 })]),
    }),
  };

  // The versions that were looked at stand in the descriptions of the schemas.
  test.each(Object.entries(cases))('guidellm, of %s', (_, run) => {
    expect(validatorOf('guidellm-report')(toGuidellm(run))).toEqual([]);
  });

  test.each(Object.entries(cases))('aiperf, of %s', (_, run) => {
    for (const target of run.targets) expect(validatorOf('aiperf-export')(toAiperf(run, target))).toEqual([]);
  });
});

test('aiperf: output tokens are those that are not reasoning', () => {
  const target = targetOutcome();
  const reasoning = distributionOf(
    'reasoning_tokens',
    Array.from({ length: 500 }, () => 30),
  );
  const run = runFile({
    outcome: runOutcome([
      { ...target, distributions: { ...target.distributions, reasoning_tokens: reasoning } },
    ]),
  });
  const document = JSON.parse(toAiperf(run, run.targets[0]!)) as Record<string, { avg: number }>;
  expect(document['total_reasoning_tokens']!.avg).toBeCloseTo(15_000, 6);
  expect(document['total_output_tokens']!.avg + document['total_reasoning_tokens']!.avg).toBeCloseTo(
    document['total_osl']!.avg,
    6,
  );
});
