import * as fc from 'fast-check';
import { expect, it } from 'vitest';
import { createOutlines, type RequestOutline } from '../../src/workloads/outlines.js';
import type { Plan, Shard, Trace } from '../../src/workloads/plan.js';
import { createLane, type PlannedRequest } from '../../src/workloads/requests.js';
import { plans } from './arbitraries.js';

const take = (plan: Plan, target: number, shard: Shard, below: number): PlannedRequest[] => {
  const lane = createLane(plan, target, shard);
  const requests: PlannedRequest[] = [];
  for (let next = lane.next(); next && next.index < below; next = lane.next()) requests.push(next);
  return requests;
};

const target = (plan: Plan, pick: number): number => pick % plan.targets.length;

it('the shards together are the plan, byte for byte', () => {
  fc.assert(
    fc.property(plans, fc.integer({ min: 1, max: 9 }), fc.nat(2), (plan, count, pick) => {
      const whole = take(plan, target(plan, pick), { index: 0, count: 1 }, 40);
      const shards = Array.from({ length: count }, (_, index) =>
        take(plan, target(plan, pick), { index, count }, 40),
      );
      for (const [index, shard] of shards.entries())
        expect(shard.every((request) => request.index % count === index)).toBe(true);
      expect(shards.flat().toSorted((a, b) => a.index - b.index)).toEqual(whole);
      expect(whole.map((request) => request.index)).toEqual(whole.map((_, i) => i));
    }),
  );
});

it('a plan that crossed to another thread gives the same requests', () => {
  fc.assert(
    fc.property(plans, (plan) => {
      const shard = { index: 1, count: 2 };
      expect(take(structuredClone(plan), 0, shard, 30)).toEqual(take(plan, 0, shard, 30));
    }),
  );
});

it('all targets get the same bodies', () => {
  fc.assert(
    fc.property(plans, (plan) => {
      const bodies = plan.targets.map((_, index) =>
        take(plan, index, { index: 0, count: 1 }, 10).map(({ body }) => body),
      );
      // Random stages end a request earlier or later for another target.
      const shortest = Math.min(...bodies.map(({ length }) => length));
      for (const each of bodies) expect(each.slice(0, shortest)).toEqual(bodies[0]!.slice(0, shortest));
    }),
  );
});

it('instants never go back', () => {
  fc.assert(
    fc.property(plans, (plan) => {
      const instants = take(plan, 0, { index: 0, count: 1 }, 40).map(({ intendedMs }) => intendedMs);
      if (plan.arrivals.kind === 'closed')
        expect(instants.every((instant) => instant === undefined)).toBe(true);
      else
        for (const [i, instant] of instants.entries())
          expect(instant).toBeGreaterThanOrEqual(instants[i - 1] ?? 0);
    }),
  );
});

const hasMedia = ({ workload }: Plan): boolean =>
  workload.kind === 'synthetic' && (workload.media?.images ?? 0) + (workload.media?.audio ?? 0) > 0;

it('every body is JSON that asks for what was planned', () => {
  fc.assert(
    fc.property(plans, (plan) => {
      const system = plan.workload.kind === 'synthetic' && plan.workload.shape?.systemTokens !== undefined;
      for (const { body, outputTokens } of take(plan, 0, { index: 0, count: 1 }, 5)) {
        expect(JSON.parse(body)).toEqual({
          model: plan.model,
          messages: [
            ...(system ? [{ role: 'system', content: expect.any(String) }] : []),
            { role: 'user', content: hasMedia(plan) ? expect.any(Array) : expect.any(String) },
          ],
          max_tokens: outputTokens,
          ...(plan.ignoreEos && { min_tokens: outputTokens, ignore_eos: true }),
          ...(plan.streaming && { stream: true, stream_options: { include_usage: true } }),
        });
      }
    }),
  );
});

it('an outline is the request without its text, and names the full blocks of a trace', () => {
  fc.assert(
    fc.property(plans, (plan) => {
      const outlines = createOutlines(plan);
      const whole = take(plan, 0, { index: 0, count: 1 }, 30);
      for (const { body: _, turn: _turn, followUp: _followUp, ...request } of whole) {
        const { blockHashes, ...outline } = outlines.next() as RequestOutline;
        expect(outline).toEqual(request);
        const expected =
          plan.workload.kind === 'trace' ? fullBlocksOf(plan.workload.trace, request.index) : [];
        expect([...blockHashes]).toEqual(expected);
      }
      if (whole.length < 30) expect(outlines.next()).toBeUndefined();
    }),
  );
});

function fullBlocksOf(trace: Trace, row: number): number[] {
  const ids = Array.from(trace.hashIds.subarray(trace.hashStart[row], trace.hashStart[row + 1]));
  return ids.filter((_, block) => (block + 1) * trace.hashBlockTokens <= trace.inputTokens[row]!);
}
