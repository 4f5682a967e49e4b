import { describe, expect, test } from 'vitest';
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

  test('is there for programs', async () => {
    const run = await runSimulation({ concurrency: 4, requests: 20, gpu: 'h200', tp: 2 });
    expect(run.targets[0]!.counters.completed).toBe(20);
    await expect(runSimulation({ trace: 'x.jsonl', rate: 3 })).rejects.toThrow(/has no effect with a trace/);
  });
});
