import { describe, expect, test } from 'vitest';
import { decodeHistograms } from '../../../src/results/read-run-file.js';
import { runSimulation } from '../../../src/index.js';
import type { Clock } from '../../../src/lib/clock.js';
import type { Progress } from '../../../src/results/progress.js';
import type { RunHooks } from '../../../src/runs/run.js';
import { resolveSettings } from '../../../src/config/resolve.js';
import { runSimulateSettings } from '../../../src/runs/simulate.js';

/** Each look at it is a second later. */
function hurryingClock(): Clock {
  let nowMs = 0;
  return { nowMs: () => (nowMs += 1000), wallMs: () => Date.UTC(2026, 0, 2, 3, 4, 5) };
}

async function simulated(simulate: object, hooks: RunHooks = {}) {
  const { settings } = await resolveSettings({ section: 'simulate', options: { simulate } });
  return runSimulateSettings(undefined, settings, hooks, hurryingClock());
}

describe('a simulation', () => {
  test('is stamped with the time of the clock that it was handed', async () => {
    const run = await simulated({ requests: 5 });
    expect(run.startedAt).toBe('2026-01-02T03:04:05.000Z');
  });

  test('reports its progress, and results do not depend on who watches', async () => {
    const seen: Progress[] = [];
    let plans = 0;
    const load = { rate: 20, duration: '60s' };
    const watched = await simulated(load, {
      onPlan: () => plans++,
      onProgress: (progress) => seen.push(progress),
    });
    expect(plans).toBe(1);
    expect(seen.length).toBeGreaterThan(1);
    const instants = seen.map(({ elapsedMs }) => elapsedMs);
    expect(instants).toEqual(instants.toSorted((a, b) => a - b));
    const { sent, completed, failed, inFlight } = seen.at(-1)!.targets[0]!;
    expect(sent).toBe(completed + failed + inFlight);
    expect(await simulated(load)).toEqual(watched);
  });

  test('ends when it is told to, with what there is until then', async () => {
    const stop = new AbortController();
    const run = await simulated(
      { rate: 20, duration: '600s' },
      { signal: stop.signal, onProgress: () => stop.abort() },
    );
    const { sent, completed, incomplete } = run.targets[0]!.counters;
    expect(run.interrupted).toBe(true);
    expect(completed).toBeGreaterThan(0);
    expect(sent).toBe(completed + incomplete);
    expect(sent).toBeLessThan(12_000 * 0.9);
  });

  test.each([
    ['gpt-oss-120b', 'fp4'],
    ['deepseek-v3', 'fp8'],
    ['llama-3.3-70b', 'bf16'],
  ])('holds the weights of %s as they are published, in %s', async (model, type) => {
    const load = { model, gpu: 'b200', tp: 8, concurrency: 4, requests: 8, outputTokens: 8 };
    const published = await simulated(load);
    expect(published.plan.virtual?.weights).toBe(type);
    expect((await simulated({ ...load, weights: type })).targets[0]!.metrics).toEqual(
      published.targets[0]!.metrics,
    );
  });

  test('says in its own words what does not fit', async () => {
    const load = { model: 'deepseek-v3', weights: 'bf16', tp: 8, requests: 1 };
    await expect(simulated(load)).rejects.toThrow(/in bf16 .* does not fit into 8 × h100/);
    await expect(simulated({ model: 'llama-3.3-70b', ep: 2, requests: 1 })).rejects.toThrow(/no experts/);
  });

  test('begins with warm caches: of the prefixes that are used most, and of each tenant its own', async () => {
    const load = { requests: 200, concurrency: 1, inputTokens: 32, outputTokens: 2, systemTokens: 800 };
    const hitsOf = async (more: object): Promise<number> => {
      const { metrics, counters } = (await simulated({ ...load, ...more })).targets[0]!;
      return Math.round((metrics.cached_tokens?.mean ?? 0) * counters.completed);
    };
    // One replica computes the system prompt for the first request; a cache of each of four does so for each of them.
    expect(await hitsOf({ replicas: 4 })).toBe(196 * 800);
    expect(await hitsOf({ replicas: 4, warmPrefixes: 1 })).toBe(200 * 800);
    expect(await hitsOf({ tenants: 10 })).toBe(190 * 800);
    expect(await hitsOf({ tenants: 10, warmPrefixes: 3 })).toBe(193 * 800);
  });

  test('says what routers did, and which arm of a split was better', async () => {
    const { simulation, plan } = await simulated({
      rate: 8,
      duration: '120s',
      inputTokens: 300,
      outputTokens: 20,
      prefixPool: '64,4000',
      replicas: 8,
      abSplit: 'kv=1,random=1',
    });
    const [router] = simulation!.routers!;
    expect(plan.virtual!.router).toBe('ab kv=1,random=1');
    expect(router!.decisions).toHaveLength(8);
    const [kv, random] = router!.arms!;
    expect(kv!.requests + random!.requests).toBe(router!.decisions.reduce((sum, count) => sum + count, 0));
    expect(kv!.cachedShare).toBeGreaterThan(random!.cachedShare!);
    expect(random!.ttftDifferenceMs).toBeGreaterThan(0);
    expect(random!.significant).toBe(true);
  });

  test('finds the highest load that the fleet bears, by rate and in flight', async () => {
    const fleet = { model: 'llama-3.1-8b', tp: 1, duration: '60s', inputTokens: 500, outputTokens: 100 };
    const rate = await simulated({ ...fleet, search: 'max rate where itl.p95 < 30ms and error_rate < 1%' });
    const { answer, nextFailing, points, subject } = rate.search!;
    expect(subject).toBe('rate');
    expect(answer).toBeGreaterThan(10);
    expect(nextFailing! - answer!).toBeLessThanOrEqual(0.05 * nextFailing!);
    for (const point of points) expect(point.passed).toBe(point.value <= answer!);
    expect(rate.plan.arrivals).toMatchObject({ kind: 'poisson', ratePerSecond: answer });
    const closed = await simulated({ ...fleet, search: 'max concurrency where itl.p50 < 12ms' });
    expect(closed.search).toMatchObject({ subject: 'concurrency' });
    expect(closed.targets[0]!.metrics.itl!.p50).toBeLessThan(12);
  });

  test('tells what the GPUs did: more work, more power, and fewer joules per token', async () => {
    const run = async (concurrency: number) =>
      (await simulated({ model: 'llama-3.1-8b', tp: 2, duration: '30s', concurrency })).simulation!;
    const [one, many] = [await run(1), await run(64)];
    expect(one.meanBatch).toBeGreaterThan(0.9);
    expect(one.meanBatch).toBeLessThanOrEqual(1);
    expect(many.meanBatch).toBeGreaterThan(30);
    expect(many.tensorPercent).toBeGreaterThan(5 * one.tensorPercent!);
    expect(many.meanPowerW).toBeGreaterThan(one.meanPowerW!);
    expect(many.meanPowerW).toBeLessThanOrEqual(700);
    expect(many.joulesPerToken).toBeLessThan(one.joulesPerToken! / 10);
    expect(one.energyKwh).toBeCloseTo((one.meanPowerW! * one.gpuHours) / 1000, 6);
  });

  test('in a search, an interruption gives no answer', async () => {
    const stop = new AbortController();
    const run = await simulated(
      { rate: 50, duration: '60s', search: 'min replicas where ttft.p50 < 1us' },
      { signal: stop.signal, onProgress: () => stop.abort() },
    );
    expect(run.interrupted).toBe(true);
    expect(run.search!.answer).toBeNull();
    expect(run.search!.points).toHaveLength(1);
  });

  test('keeps the run over time, and loses nothing of it', async () => {
    const run = await simulated({ rate: 5, duration: '30s', warmup: '5s', turns: 2, turnDelay: '2s' });
    const { timeSeries, counters, histograms } = run.targets[0]!;
    const sum = (values: readonly number[]): number => values.reduce((a, b) => a + b, 0);
    const { sent, completed, outputTokens, cachedTokens, itl, ttft, offered } = timeSeries!;
    expect(sum(sent)).toBe(counters.sent + counters.warmup);
    expect(sum(completed)).toBe(sum(sent));
    expect(sum(outputTokens)).toBe(128 * sum(completed));
    expect(sum(cachedTokens)).toBeGreaterThan(0);
    // Later turns have no instant of their own.
    expect(sum(offered)).toBeGreaterThan(sum(sent) * 0.4);
    expect(sum(offered)).toBeLessThan(sum(sent) * 0.6);
    const count = (columns: typeof itl): number => sum(columns.flatMap((column) => column?.counts ?? []));
    expect(count(ttft)).toBe(sum(completed));
    expect(count(itl)).toBe(127 * sum(completed));
    expect(count(itl)).toBeGreaterThan(histograms.itl!.moments.count);
  });

  test('plays sessions: each turn repeats the answers before it, and finds them in the cache', async () => {
    const load = { turns: 4, inputTokens: '160', outputTokens: '80', requests: 400, concurrency: 8 };
    const { targets } = await simulated({ ...load, replicas: 2, sessionAffinity: '10m' });
    const turns = targets[0]!.turns!;
    expect(turns.map(({ metrics }) => metrics.input_tokens!.mean)).toEqual([160, 400, 640, 880]);
    // The last token of an answer was never computed on, so its block is not full.
    expect(turns.map(({ metrics }) => metrics.cached_tokens!.mean)).toEqual([0, 224, 464, 704]);
    expect(turns[3]!.metrics.ttft!.mean! / turns[0]!.metrics.ttft!.mean!).toBeLessThan(1.5);
    const cold = await simulated({ ...load, replicas: 2, sessionAffinity: '10m', prefixCaching: false });
    expect(cold.targets[0]!.turns![3]!.metrics.ttft!.mean!).toBeGreaterThan(
      1.5 * turns[3]!.metrics.ttft!.mean!,
    );
  });

  test('lets the urgent pass, and only them', async () => {
    const load = { concurrency: 200, requests: 1000, maxNumSeqs: 16, outputTokens: '20' };
    const urgent = await simulated({ ...load, priorities: '0=9,-1=1', schedulingPolicy: 'priority' });
    const fair = await simulated(load);
    const below = (run: typeof urgent): number => {
      const { ttft } = decodeHistograms(run.targets[0]!.histograms);
      return ttft!.valueAtShare(0.08) / ttft!.valueAtShare(0.5);
    };
    expect(below(urgent)).toBeLessThan(0.5 * below(fair));
  });

  test('keeps the caches of tenants apart', async () => {
    const load = { concurrency: 4, requests: 60, systemTokens: 512, inputTokens: '32', outputTokens: '4' };
    const hits = async (tenants: number) =>
      (await simulated({ ...load, tenants })).simulation!.prefixHitPercent!;
    const [one, few, many] = [await hits(1), await hits(8), await hits(1000)];
    expect(one).toBeGreaterThan(80);
    expect(few).toBeLessThan(one);
    expect(many).toBeLessThan(20);
  });

  test('follows stages of requests in flight', async () => {
    const run = await simulated({ stages: '20s@2c,20s@10c', outputTokens: '20' });
    const { inFlightMs } = run.targets[0]!.timeSeries!;
    expect(Math.round(inFlightMs[10]! / 1000)).toBe(2);
    expect(Math.round(inFlightMs[30]! / 1000)).toBe(10);
  });

  test('never has more in flight than there are users', async () => {
    const run = await simulated({ users: 6, thinkTime: '500ms', requests: 300, outputTokens: '20' });
    const { inFlightMs, sent } = run.targets[0]!.timeSeries!;
    expect(Math.max(...inFlightMs) / 1000).toBeLessThanOrEqual(6.0001);
    expect(sent.reduce((a, b) => a + b)).toBe(300);
  });

  test('gives up what the plan cancels, which ends its session', async () => {
    const run = await simulated({
      cancelShare: 0.5,
      cancelAfter: '100ms',
      turns: 3,
      concurrency: 4,
      requests: 120,
    });
    const { sent, completed, cancelled, failed, incomplete } = run.targets[0]!.counters;
    expect(sent).toBe(120);
    expect(cancelled).toBeGreaterThan(40);
    expect(completed + cancelled! + incomplete).toBe(sent);
    expect(failed).toBe(0);
  });

  test('is there for programs', async () => {
    const run = await runSimulation({ concurrency: 4, requests: 20, gpu: 'h200', tp: 2 });
    expect(run.targets[0]!.counters.completed).toBe(20);
    await expect(runSimulation({ trace: 'x.jsonl', rate: 3 })).rejects.toThrow(/has no effect with a trace/);
  });
});
