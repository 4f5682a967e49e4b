/** Shards of shards: machines and their threads send together what a single thread would, each request once. */
import * as fc from '../support/fast-check.js';
import { expect, it } from 'vitest';
import { composeShards, effectiveShard, threadsOf } from '../../src/engine/shares.js';
import { widthOf } from '../../src/results/shard-plan.js';
import { measuredShare } from '../../src/workloads/measured-share.js';
import { shareOf, type Plan, type Shard } from '../../src/workloads/plan.js';
import { hasSessions } from '../../src/workloads/session-shape.js';
import { createLane } from '../../src/workloads/requests.js';
import type { Measure } from '../../src/runs/series/load.js';
import { runSweep } from '../../src/runs/series/sweep.js';
import { runFile } from '../fixtures/run.js';
import { planOf } from '../unit/workloads/plans.js';
import { plans, sessionPlans, userPlans } from './arbitraries.js';

const RUN = runFile();
const WHOLE: Shard = { index: 0, count: 1 };

interface Sent {
  index: number;
  intendedMs: number | undefined;
  body: string;
  measured: boolean;
}

/** What a lane sends if nothing holds it back: as `OpenLane` and `ClosedLane` do, up to the plan's number of requests. */
function sentBy(plan: Plan, shard: Shard): Sent[] {
  const lane = createLane(plan, 0, shard);
  const sent: Sent[] = [];
  let left = measuredShare(plan, 0, shard);
  for (let next = lane.next(); next; next = lane.next()) {
    const measured = (next.intendedMs ?? Infinity) >= plan.warmupMs;
    if (measured && left-- === 0) break;
    const { index, intendedMs, body } = next;
    sent.push({ index, intendedMs, body, measured });
  }
  return sent;
}

const machineParts = (plan: Plan, machines: number, threads: readonly number[]): Shard[] =>
  Array.from({ length: machines }, (_, index) => effectiveShard(plan, { index, count: machines })).flatMap(
    (outer, machine) => {
      if (!outer) return [];
      const count = threadsOf(plan, outer, threads[machine % threads.length]!);
      return Array.from({ length: count }, (_, index) => composeShards(outer, { index, count }));
    },
  );

it('machines with any numbers of threads send the plan, byte for byte, and measure the same requests', () => {
  const stop = fc.record({ requests: fc.integer({ min: 1, max: 25 }) });
  fc.assert(
    fc.property(
      fc.oneof(plans, sessionPlans, userPlans),
      stop,
      fc.constantFrom(0, 0, 3, 40),
      fc.integer({ min: 1, max: 40 }),
      fc.integer({ min: 1, max: 6 }),
      fc.array(fc.integer({ min: 1, max: 4 }), { minLength: 1, maxLength: 3 }),
      (drawn, stopRule, warmupMs, maxInFlight, machines, threads) => {
        const slow = 'ratePerSecond' in drawn.arrivals && drawn.arrivals.ratePerSecond > 1000;
        // How many requests sessions make during a warm-up, their answers decide.
        const warmless = slow || hasSessions(drawn.workload);
        const plan = { ...drawn, stop: stopRule, warmupMs: warmless ? 0 : warmupMs, maxInFlight };
        const whole = sentBy(plan, WHOLE);
        const shards = machineParts(plan, machines, threads);
        const slots = shards.map((shard) => shareOf(widthOf(plan), shard));
        expect(slots.reduce((sum, own) => sum + own)).toBe(widthOf(plan));
        expect(Math.min(...slots)).toBeGreaterThan(0);
        const parts = shards.flatMap((shard) => sentBy(plan, shard));
        expect(parts.toSorted((a, b) => a.index - b.index)).toEqual(whole);
      },
    ),
    { numRuns: 60 },
  );
});

it('machines that split a sweep send each of its loads, byte for byte, and know without each other when it begins', async () => {
  const loads = fc.oneof(
    fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 1, maxLength: 4 }).map((values) => ({
      text: 'concurrency',
      loads: values.map((value) => ({ kind: 'concurrency' as const, value })),
    })),
    fc.array(fc.integer({ min: 1, max: 900 }), { minLength: 1, maxLength: 4 }).map((values) => ({
      text: 'rate',
      loads: values.map((value) => ({ kind: 'rate' as const, value })),
    })),
  );
  await fc.assert(
    fc.asyncProperty(loads, fc.integer({ min: 1, max: 6 }), plans, async (sweep, machines, drawn) => {
      const workload = drawn.workload.kind === 'trace' ? planOf().workload : drawn.workload;
      const plan = {
        ...drawn,
        workload,
        stop: { requests: 9, durationMs: 1000 },
        warmupMs: 0,
        maxInFlight: 5,
      };
      const settings = { arrivals: 'poisson', warmup: 0, sweepPoints: 3 } as const;
      const byLoad = new Map<number, { plan: Plan; startMs: number; shards: Shard[] }>();
      for (let index = 0; index < machines; index++) {
        const shard = { index, count: machines };
        const measure: Measure = (point, { load, startAtWallMs }) => {
          const known = byLoad.get(load!) ?? { plan: point, startMs: startAtWallMs!, shards: [] };
          expect({ plan: point, startMs: startAtWallMs }).toEqual({
            plan: known.plan,
            startMs: known.startMs,
          });
          known.shards.push(effectiveShard(point, shard)!);
          byLoad.set(load!, known);
          return Promise.resolve(RUN);
        };
        const part = { shard, startAtWallMs: 1e12 };
        await runSweep(sweep, { plan, settings, hooks: {}, measure }, part).catch((error: unknown) => {
          // A machine for which there is nothing to do in any load says so.
          expect(sweep.loads.every(({ value }) => Math.min(5, value) <= index)).toBe(true);
          expect(error).toMatchObject({ code: 'FAKEAI_SETTING_INVALID' });
        });
      }
      expect([...byLoad.keys()].toSorted((a, b) => a - b)).toEqual(sweep.loads.map((_, i) => i));
      for (const { plan: point, shards } of byLoad.values()) {
        const parts = shards.flatMap((shard) => sentBy(point, shard));
        expect(parts.toSorted((a, b) => a.index - b.index)).toEqual(sentBy(point, WHOLE));
      }
    }),
    { numRuns: 40 },
  );
});
