/** Sweeps and searches over measurements that are made up: what is asked for, what is kept, what is shown. */
import { describe, expect, it } from 'vitest';
import { EXIT } from '../../../src/lib/errors.js';
import { toCsv } from '../../../src/results/exporters/csv.js';
import { toGithubMarkdown } from '../../../src/results/exporters/github.js';
import { toGuidellm } from '../../../src/results/exporters/guidellm.js';
import { toHtml } from '../../../src/results/exporters/html/run-page.js';
import { toJunit } from '../../../src/results/exporters/junit.js';
import { summarizePlan } from '../../../src/results/plan-summary.js';
import { parseRunFile } from '../../../src/results/read-run-file.js';
import type { RunFile } from '../../../src/results/run-file.js';
import { parseSlo, type SloExpression } from '../../../src/results/slo.js';
import { renderTextReport } from '../../../src/results/text-report.js';
import { formatRunFile } from '../../../src/results/write-run-file.js';
import { exitCodeOf } from '../../../src/runs/exit-code.js';
import type { Measure } from '../../../src/runs/series/load.js';
import { parseLoadSearch, searchLoad } from '../../../src/runs/series/search.js';
import { parseSweep, runSweep } from '../../../src/runs/series/sweep.js';
import type { Plan } from '../../../src/workloads/plan.js';
import { runFile, runOutcome, targetOutcome } from '../../fixtures/run.js';
import { planOf } from '../workloads/plans.js';

const LOAD = { arrivals: 'poisson', warmup: 0, sweepPoints: 6 } as const;
const offered = ({ arrivals }: Plan): number =>
  arrivals.kind === 'closed'
    ? arrivals.concurrency
    : 'ratePerSecond' in arrivals
      ? arrivals.ratePerSecond
      : 0;

/** A server whose latency grows with the load, and that completes at most 40 requests a second. */
function madeUp(
  gates: readonly SloExpression[],
  changes: (plan: Plan) => Parameters<typeof runOutcome>[0] | undefined = () => undefined,
) {
  const plans: Plan[] = [];
  const measure: Measure = (plan) => {
    plans.push(plan);
    const load = offered(plan);
    const perSecond = plan.arrivals.kind === 'closed' ? Math.min(40, 10 * load) : Math.min(40, load);
    const target = targetOutcome({ completed: Math.ceil(perSecond * 10), ttftMs: 10 * load, closed: true });
    const summary = { ...summarizePlan(plan), arrivals: { kind: 'closed', concurrency: 1 } } as const;
    const outcome = runOutcome(changes(plan) ?? [target]);
    return Promise.resolve(runFile({ outcome, plan: summary, sloExpressions: gates }));
  };
  return { plans, measure };
}

const sweep = async (text: string, gates: string[] = []) => {
  const { plans, measure } = madeUp(gates.map(parseSlo));
  const options = { plan: planOf(), settings: LOAD, hooks: {}, measure };
  return { plans, run: await runSweep(parseSweep(text), options) };
};

const search = async (text: string) => {
  const parsed = parseLoadSearch(text);
  const { plans, measure } = madeUp(parsed.gates);
  const options = { plan: planOf(), settings: LOAD, hooks: {}, measure, precision: 0.05 };
  return { plans, run: await searchLoad(parsed, options) };
};

/** Everything that reads run files has to take it. */
function everywhere(run: RunFile): void {
  expect(parseRunFile(formatRunFile(run), 'run.json')).toEqual(JSON.parse(formatRunFile(run)));
  expect(toHtml(run)).toMatch(/<h2>Loads<\/h2>.*by request rate/s);
  // No load has a goodput without conditions, or items.
  expect(toHtml(run)).not.toContain('Item rate, items/s');
  for (const render of [toHtml, toJunit, toGithubMarkdown]) expect(render(run)).toContain('fakeai');
}

describe('a sweep', () => {
  it('measures each load with prompts of its own, and shows the last that passed', async () => {
    const { plans, run } = await sweep('rate=2, 4,8', ['ttft.p50 < 60ms']);
    expect(plans.map(offered)).toEqual([2, 4, 8]);
    expect(new Set(plans.map(({ seed }) => seed)).size).toBe(3);
    expect(run.points!.map(({ name, passed }) => [name, passed])).toEqual([
      ['2 req/s', true],
      ['4 req/s', true],
      ['8 req/s', false],
    ]);
    expect(run.plan.seed).toBe(plans[1]!.seed);
    expect(exitCodeOf(run)).toBe(EXIT.ok);
    everywhere(run);
    const text = renderTextReport(run);
    expect(text).toMatch(/✔ 2 req\/s .*✔ 4 req\/s .*✘ 8 req\/s /s);
    expect(text).toContain('those of 4 req/s, the last load that passed');
    const [head, ...rows] = toCsv(run).trim().split('\r\n');
    expect(head).toMatch(/^load,target,metric/);
    expect(new Set(rows.map((row) => row.split(',')[0]))).toEqual(new Set(['2 req/s', '4 req/s', '8 req/s']));
    const { benchmarks } = JSON.parse(toGuidellm(run)) as { benchmarks: unknown[] };
    expect(benchmarks).toHaveLength(3);
  });

  it('in which nothing passes shows the last load and misses its gates', async () => {
    const { run } = await sweep('concurrency=1,2', ['ttft.p50 < 1ms']);
    expect(run.points!.map(({ name }) => name)).toEqual(['1 in flight', '2 in flight']);
    expect(run.startedAt).toBe(run.points![1]!.startedAt);
    expect(exitCodeOf(run)).toBe(EXIT.sloMissed);
  });

  it('chooses its loads between one at a time and all that goes through', async () => {
    const { plans, run } = await sweep('auto');
    expect(plans.slice(0, 2).map(({ arrivals }) => arrivals)).toEqual([
      { kind: 'closed', concurrency: 1 },
      { kind: 'closed', concurrency: 100 },
    ]);
    expect(plans.slice(2).map(offered)).toEqual([17.5, 25, 32.5, 40]);
    expect(run.sweep).toEqual({ expression: 'auto' });
    everywhere(run);
  });

  it('of which a part is run leaves out loads in which it has nothing to do, and starts the others when all do', async () => {
    const { measure } = madeUp([]);
    const starts: unknown[] = [];
    const watched: Measure = (plan, hooks) => {
      starts.push([offered(plan), hooks.load, hooks.startAtWallMs]);
      return measure(plan, hooks);
    };
    const plan = planOf({ stop: { durationMs: 10_000 }, warmupMs: 1000, graceMs: 5000 });
    const part = { shard: { index: 1, count: 2 }, startAtWallMs: 1e12 };
    const options = { plan, settings: LOAD, hooks: {}, measure: watched };
    const run = await runSweep(parseSweep('concurrency=1,4,8'), options, part);
    expect(starts).toEqual([
      [4, 1, 1e12 + 19_000],
      [8, 2, 1e12 + 38_000],
    ]);
    expect(run.points!.map(({ index }) => index)).toEqual([1, 2]);
    await expect(runSweep(parseSweep('concurrency=1,1'), options, part)).rejects.toThrow(
      '--shard 2/2: has nothing to do: only 1 requests',
    );
    const endless = { ...options, plan: planOf({ stop: { requests: 4 } }) };
    await expect(runSweep(parseSweep('concurrency=4'), endless, part)).rejects.toThrow('--start-at');
  });

  it('that is interrupted has what was measured until then', async () => {
    const { measure } = madeUp([]);
    const cut: Measure = async (plan, hooks) => ({
      ...(await measure(plan, hooks)),
      interrupted: offered(plan) === 4,
    });
    const run = await runSweep(parseSweep('rate=2,4,8'), {
      plan: planOf(),
      settings: LOAD,
      hooks: {},
      measure: cut,
    });
    expect(run.points!.map(({ name, interrupted }) => [name, interrupted])).toEqual([
      ['2 req/s', false],
      ['4 req/s', true],
    ]);
    expect(exitCodeOf(run)).toBe(EXIT.interrupted);
    everywhere(run);
  });

  it('tells who watches of which load it speaks', async () => {
    const seen: (string | undefined)[] = [];
    let plans = 0;
    const measure: Measure = (_plan, hooks) => {
      hooks.onPlan?.(summarizePlan(planOf()));
      hooks.onProgress?.({ phase: 'measuring', elapsedMs: 1, targets: [] });
      return Promise.resolve(runFile());
    };
    const hooks = { onPlan: () => plans++, onProgress: ({ point }: { point?: string }) => seen.push(point) };
    await runSweep(parseSweep('rate=1,2'), { plan: planOf(), settings: LOAD, hooks, measure });
    expect(seen).toEqual(['1 req/s (1 of 2)', '2 req/s (2 of 2)']);
    expect(plans).toBe(1);
  });

  it.each([
    ['rate=', /'' is not a rate/],
    ['rate=0', /'0' is not a rate above 0/],
    ['concurrency=1.5', /'1.5' is not a number in flight/],
    ['users=3', /is not a sweep/],
    [`rate=${Array.from({ length: 201 }, () => 1).join(',')}`, /201 points/],
  ])('is refused as %s', (text, said) => expect(() => parseSweep(text)).toThrow(said));
});

describe('a search', () => {
  it('finds the highest rate that meets the gates, with the interval', async () => {
    const { plans, run } = await search('max rate where ttft.p50 < 103ms and error_rate < 1%');
    expect(plans.map(offered)).toEqual([1, 2, 4, 8, 16, 12, 10, 11, 10.5]);
    expect(run.search).toMatchObject({ subject: 'rate', answer: 10, nextFailing: 10.5 });
    expect(run.points).toHaveLength(plans.length);
    expect(run.plan.seed).toBe(plans[6]!.seed);
    expect(exitCodeOf(run)).toBe(EXIT.ok);
    everywhere(run);
    expect(renderTextReport(run)).toMatch(/Answer: 10 req\/s \(10\.5 req\/s does not pass\)/);
  });

  it('without a gate on errors, no request may fail', async () => {
    const parsed = parseLoadSearch('max concurrency where ttft.p50 < 1s');
    const failing = (plan: Plan) =>
      offered(plan) > 5 ? [targetOutcome({ failed: 1, closed: true })] : undefined;
    const { measure } = madeUp(parsed.gates, failing);
    const options = { plan: planOf(), settings: LOAD, hooks: {}, measure, precision: 0 };
    const run = await searchLoad(parsed, options);
    expect(run.search).toMatchObject({ answer: 5, nextFailing: 6 });
  });

  it('goes up where there were too few requests to tell', async () => {
    // 10 requests for each request per second; p95 needs 59.
    const { plans, run } = await search('max rate where ttft.p95 < 103ms');
    expect(plans.map(offered).slice(0, 5)).toEqual([1, 2, 4, 8, 16]);
    expect(run.search).toMatchObject({ answer: 8.5, nextFailing: 8.75 });
    expect(run.search!.points.slice(0, 4).map(({ undecided }) => undecided)).toEqual([
      true,
      true,
      true,
      undefined,
    ]);
    expect(renderTextReport(run)).toMatch(/^\? 1 req\/s.*\? had too few requests/ms);
  });

  it('ends where a higher load brings no more requests', async () => {
    // 40 a second at most, 400 in all: too few for a p99.9.
    const { plans, run } = await search('max concurrency where ttft.p99.9 < 60s');
    expect(plans.map(offered)).toEqual([1, 2, 4, 8, 6, 5]);
    expect(run.search).toMatchObject({ answer: null, nextFailing: 5 });
    everywhere(run);
  });

  it('begins with a rate that brings enough requests in the time there is', async () => {
    const parsed = parseLoadSearch('max rate where ttft.p95 < 10s');
    const { plans, measure } = madeUp(parsed.gates);
    const plan = planOf({ stop: { durationMs: 2000 } });
    await searchLoad(parsed, { plan, settings: LOAD, hooks: {}, measure, precision: 0.5 });
    expect(offered(plans[0]!)).toBe(42);
  });

  it('that finds nothing ends with the exit code of missed gates', async () => {
    const { run } = await search('max rate where ttft.p50 < 1us');
    expect(run.search).toMatchObject({ answer: null, nextFailing: 0.391 });
    expect(exitCodeOf(run)).toBe(EXIT.sloMissed);
    everywhere(run);
  });

  it('does not pass a load that was stopped early', async () => {
    const parsed = parseLoadSearch('max rate where ttft.p50 < 1s');
    const { measure } = madeUp(parsed.gates);
    const stopping: Measure = async (plan, hooks) => ({
      ...(await measure(plan, hooks)),
      ...(offered(plan) > 30 && { stopped: { reason: 'over-saturated', atMs: 5000 } }),
    });
    const options = { plan: planOf(), settings: LOAD, hooks: {}, measure: stopping, precision: 0.1 };
    const run = await searchLoad(parsed, options);
    expect(run.search).toMatchObject({ answer: 30, nextFailing: 32 });
    expect(renderTextReport(run)).toContain('stopped early');
  });

  it.each(['max rate', 'min rate where e2e.p50 < 1s', 'max replicas where e2e.p50 < 1s', 'max rate where'])(
    'is refused as %s',
    (text) => expect(() => parseLoadSearch(text)).toThrow(/is not a search/),
  );
});
