import { describe, expect, test } from 'vitest';
import { parseSlo } from '../../../src/results/slo.js';
import { renderTextReport } from '../../../src/results/text-report.js';
import { closedPlan, openPlan, runFile, runOutcome, targetOutcome } from '../../fixtures/run.js';

const slos = ['ttft.p95 < 300ms', 'error_rate < 1%', 'ttft.p999 < 1s'].map(parseSlo);
const one = runFile({
  sloExpressions: slos,
  outcome: runOutcome([targetOutcome({ completed: 460, failed: 60 })]),
});
const two = runFile({
  sloExpressions: slos,
  outcome: runOutcome([
    targetOutcome({ name: 'production' }),
    targetOutcome({ name: 'canary', completed: 20, failed: 3, ttftMs: 900 }),
  ]),
});
const nothing = runFile({ outcome: runOutcome([targetOutcome({ completed: 0, failed: 9 })]) });
const closed = runFile({ plan: closedPlan, outcome: runOutcome([targetOutcome({ closed: true })]) });

const sectionOf = (report: string, head: string): string[] => {
  const lines = report.split('\n');
  const start = lines.findIndex((line) => line.startsWith(head));
  return start < 0 ? [] : lines.slice(start, lines.indexOf('', start));
};

describe('renderTextReport', () => {
  test.each([
    ['one', one],
    ['two', two],
    ['nothing', nothing],
    ['closed', closed],
  ])('%s: no line is wider than asked for, none ends in blanks, and there are no control codes', (_, run) => {
    for (const width of [50, 60, 80, 100, 120]) {
      const report = renderTextReport(run, { width });
      // oxlint-disable-next-line no-control-regex -- control codes are what must not be there
      expect(report).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f]/);
      for (const line of report.split('\n')) {
        expect(line.length, `${width}: ${line}`).toBeLessThanOrEqual(width);
        expect(line).toBe(line.trimEnd());
      }
    }
  });

  test('says who, what, where and how', () => {
    const [title, model, target, load, workload] = renderTextReport(one).split('\n');
    expect(title).toMatch(/^fakeai 0\.0\.0-test +2026-01-02 03:04:05 UTC$/);
    expect([model, target]).toEqual([
      'Model     fakeai-1',
      'Target    simulator · http://127.0.0.1:8000/simulator',
    ]);
    expect(load).toBe('Load      open loop, poisson 50.0 req/s · 10 s · 2 s warm-up');
    expect(workload).toBe('Workload  550 → normal(128,20) tokens · streaming · seed 0');
  });

  test('shows the verdict with its reasons', () => {
    expect(renderTextReport(closed)).toContain('Verdict   ✔ valid\n');
    expect(sectionOf(renderTextReport(one), 'Verdict')).toEqual([
      'Verdict   ▲ degraded',
      expect.stringContaining('· 11.5% of 520 requests failed'),
      expect.any(String),
    ]);
    expect(renderTextReport(nothing)).toContain('✘ invalid: do not use these figures');
  });

  test('one target: a row per metric, a dash and a footnote where samples are missing', () => {
    const table = sectionOf(renderTextReport(one), 'Latency, ms');
    expect(table[0]).toMatch(/count +mean +p50 +p90 +p95 +p99 +p99\.9 +max$/);
    expect(table.find((row) => row.startsWith('TTFT'))).toMatch(/^TTFT +460 +\d{3} +\d{3} .* – +\d{3}$/);
    expect(renderTextReport(one)).toContain('– too few samples; needed: p99.9 2,995');
  });

  test('several targets: each against the first, with the interval of the difference', () => {
    const run = runFile({
      outcome: runOutcome([targetOutcome({ name: 'old' }), targetOutcome({ name: 'new', ttftMs: 150 })]),
    });
    const text = renderTextReport(run, { width: 100 });
    const [, section] = text.split(/new against old/);
    expect(section).toMatch(/ttft\.p50 .*-2\d\.\d% +-\d+\.\d% … -\d+\.\d% +better/);
    expect(section).toMatch(/itl\.p50 .*… .* ~/);
    expect(section).toContain('at least 95 %');
    expect(renderTextReport(one)).not.toContain('against');
  });

  test('several targets: a block per metric, so that they stand below one another', () => {
    const block = sectionOf(renderTextReport(two), 'TTFT, ms');
    expect(block.map((row) => row.slice(0, 10))).toEqual(['TTFT, ms  ', 'production', 'canary    ']);
  });

  test('closed loops have no response time and no lateness', () => {
    expect(renderTextReport(closed)).not.toMatch(/Response time|Lateness/);
  });

  test('draws TTFT and end-to-end latencies with all requests in the bars', () => {
    const bars = sectionOf(renderTextReport(one, { width: 60 }), 'TTFT, ms').slice(1);
    const counts = bars.map((bar) => Number(/(\d+)$/.exec(bar)?.[1]));
    expect(bars).toHaveLength(10);
    expect(counts.reduce((sum, count) => sum + count, 0)).toBe(460);
    expect(bars[counts.indexOf(Math.max(...counts))]).toContain('█'.repeat(48));
  });

  test('errors with their example, gates with what was measured', () => {
    expect(renderTextReport(one)).toContain('http_429     60  HTTP 429: Rate limit reached for requests');
    expect(sectionOf(renderTextReport(one), 'Gates').map((row) => row.replaceAll(/ {2,}/g, '  '))).toEqual([
      'Gates  measured',
      expect.stringMatching(/^✔ ttft\.p95 < 300ms {2}\d{3} {2}ms$/),
      '✘ error_rate < 1%  11.5  %',
      '✘ ttft.p999 < 1s  –  absent or too few samples',
    ]);
    expect(renderTextReport(closed)).not.toMatch(/Errors|Gates/);
  });

  test('control codes in what an endpoint answered do not reach the terminal', () => {
    const target = targetOutcome({ failed: 1 });
    target.errors = [{ kind: 'not_json', count: 1, example: 'a\u001b[31mb\nc\u0007' }];
    expect(renderTextReport(runFile({ outcome: runOutcome([target]) }))).toContain('a·[31mb c·\n');
  });

  test('says where token counts are estimates', () => {
    const target = targetOutcome();
    target.counters.withoutUsage = 12;
    expect(renderTextReport(runFile({ plan: openPlan, outcome: runOutcome([target]) }))).toContain(
      '12 answers reported no usage',
    );
  });
});
