import { expect, it } from 'vitest';
import { resolveSettings } from '../../src/config/resolve.js';
import type { RunFile } from '../../src/results/run-file.js';
import { runSimulateSettings } from '../../src/runs/simulate.js';
import * as fc from '../support/fast-check.js';

/** More than any of the loads needs. */
const MOST = 10;

async function simulated(simulate: object): Promise<RunFile> {
  const { settings } = await resolveSettings({ section: 'simulate', options: { simulate } });
  return runSimulateSettings(undefined, settings, {});
}

/** Whether each fleet from 1 to {@link MOST} replicas passes, simulated one by one. */
async function passing(load: object, slo: string[]): Promise<boolean[]> {
  const runs = Array.from({ length: MOST }, (_, i) => simulated({ ...load, replicas: i + 1, slo }));
  return (await Promise.all(runs)).map(
    ({ slo: gates, targets }) => gates.every(({ passed }) => passed) && targets[0]!.counters.failed === 0,
  );
}

const loads = fc.record({
  seed: fc.nat(1000),
  rate: fc.integer({ min: 4, max: 40 }),
  router: fc.constantFrom('round-robin', 'kv'),
  inputTokens: fc.constantFrom('uniform(200,2000)', '1000'),
  ttftMs: fc.integer({ min: 120, max: 400 }),
  itlMs: fc.integer({ min: 25, max: 120 }),
});

it('finds the fewest replicas of all that pass, where more of them are never worse', async () => {
  let answered = 0;
  await fc.assert(
    fc.asyncProperty(loads, async ({ ttftMs, itlMs, ...rest }) => {
      const load = { ...rest, outputTokens: 'uniform(20,80)', requests: 200, warmup: '0s' };
      const gates = [`ttft.p90 < ${ttftMs}ms`, `itl.p90 < ${itlMs}ms`];
      const { search, plan } = await simulated({
        ...load,
        search: `min replicas where ${gates.join(' and ')}`,
      });
      const passed = await passing(load, gates);
      const first = passed.indexOf(true) + 1;
      const { answer, nextFailing, points } = search!;
      expect(new Set(points.map(({ value }) => value)).size).toBe(points.length);
      if (answer === null || answer > MOST) {
        expect(first).toBe(0);
        return;
      }
      answered++;
      expect(plan.virtual!.replicas).toBe(answer);
      expect(passed[answer - 1]).toBe(true);
      expect(nextFailing).toBe(answer > 1 ? answer - 1 : null);
      if (answer > 1) expect(passed[answer - 2]).toBe(false);
      if (!passed.slice(first).includes(false)) expect(answer).toBe(first);
    }),
    { numRuns: 8 },
  );
  expect(answered).toBeGreaterThan(0);
});
