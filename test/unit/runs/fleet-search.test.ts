import { describe, expect, test } from 'vitest';
import { resolveSettings } from '../../../src/config/resolve.js';
import type { RunFile } from '../../../src/results/run-file.js';
import { renderTextReport } from '../../../src/results/text-report.js';
import { runSimulateSettings } from '../../../src/runs/simulate.js';

const LOAD = { rate: 30, duration: '20s' };

async function searched(load: object, conditions: string): Promise<RunFile> {
  const simulate = { ...load, search: `min replicas where ${conditions}` };
  const { settings } = await resolveSettings({ section: 'simulate', options: { simulate } });
  return runSimulateSettings(undefined, settings, {});
}

describe('a search of the fewest replicas', () => {
  test('ends at once where requests on a replica of their own miss a condition, and says which and why', async () => {
    const run = await searched(LOAD, 'itl.p99 < 60ms and ttft.p99 < 20ms');
    expect(run.search).toMatchObject({ answer: null, outOfReach: { expression: 'ttft.p99 < 20ms' } });
    expect(run.search!.points).toHaveLength(1);
    const { value } = run.search!.outOfReach!;
    expect(renderTextReport(run).replaceAll(/\s+/g, ' ')).toContain(
      `No number of replicas meets ttft.p99 < 20ms: it stays at ${value.toFixed(1)} ms, ` +
        'as that is how long a prompt takes on a replica of its own.',
    );
    const { settings } = await resolveSettings({
      section: 'simulate',
      options: { simulate: { ...LOAD, replicas: 512 } },
    });
    const spacious = await runSimulateSettings(undefined, settings, {});
    expect(value).toBeLessThanOrEqual(spacious.targets[0]!.metrics.ttft!.p99! * 1.001);
    expect(value).toBeGreaterThan(spacious.targets[0]!.metrics.ttft!.p99! * 0.95);
  });

  test('ends at once where there are too few requests for a percentile, as there would be in any fleet', async () => {
    const run = await searched({ rate: 10, duration: '10s' }, 'ttft.p99 < 20ms');
    expect(run.search).toMatchObject({ answer: null, points: [{ value: 1, undecided: true }] });
    expect(renderTextReport(run).replaceAll(/\s+/g, ' ')).toContain(
      '? had too few requests for the percentiles asked for: simulate more requests.',
    );
  });

  test('counts on all that caches can spare', async () => {
    // Alone and with nothing cached a prompt of 4,000 tokens takes 300 ms.
    const load = { rate: 5, duration: '20s', systemTokens: 3900, inputTokens: 100, warmup: '0s' };
    expect((await searched(load, 'ttft.p50 < 120ms')).search!.outOfReach).toBeUndefined();
    const cold = await searched({ ...load, prefixCaching: false }, 'ttft.p50 < 120ms');
    expect(cold.search!.outOfReach!.value).toBeGreaterThan(200);
  });

  test('goes on while a percentile stays the same only because more than its share is still disturbed', async () => {
    // Prompts disturb more than a hundredth of the gaps up to there: p99 stays within 3 % from 16 to 64 replicas.
    const run = await searched({ rate: 100, duration: '20s' }, 'itl.p99 < 40ms');
    const at = (replicas: number): number =>
      run.search!.points.find(({ value }) => value === replicas)!.values[0]!.value!;
    expect(at(64) / at(16)).toBeGreaterThan(0.97);
    expect(run.search!.answer).toBeGreaterThan(64);
    expect(run.search!.outOfReach).toBeUndefined();
  });

  test('goes on while the fleet is overloaded, whose steps are full whatever its size', async () => {
    const run = await searched(
      { rate: 60, duration: '10s', inputTokens: 20, outputTokens: 300, maxNumSeqs: 8 },
      'itl.p50 < 15.7ms',
    );
    const [one, two] = run.search!.points.map(({ values }) => values[0]!.value!);
    expect(two! / one!).toBeGreaterThan(0.995);
    expect(run.search!.answer).toBeGreaterThan(4);
  });

  test.each([
    ['request_rate > 40', 'the load asks for no more'],
    ['e2e.mean < 100ms', 'that is how long a request takes on a replica of its own'],
    ['itl.p50 < 1ms', 'that is how long the steps of a request take on a replica of its own'],
    ['output_tokens.mean > 200', 'replicas do not change it'],
  ])('explains %s', async (condition, reason) => {
    expect((await searched(LOAD, condition)).search!.outOfReach!.reason).toBe(reason);
  });

  test('ends where requests fail in every fleet', async () => {
    const load = { rate: 5, duration: '10s', inputTokens: 'uniform(1000,3000)', maxModelLen: 2000 };
    const strict = await searched(load, 'ttft.p99 < 5s');
    expect(strict.search!.outOfReach).toMatchObject({
      expression: 'failed or unfinished requests = 0',
      reason: 'these requests do not complete in any fleet',
    });
    const gated = await searched(load, 'error_rate < 1%');
    expect(gated.search!.outOfReach!.expression).toBe('error_rate < 1%');
  });
});
