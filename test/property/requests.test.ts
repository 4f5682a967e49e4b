import * as fc from '../support/fast-check.js';
import { expect, it } from 'vitest';
import { Tokenizer } from '../../src/lib/tokens/tokenizer.js';
import { loadVocabulary } from '../../src/lib/tokens/vocabulary.js';
import { createOutlines, type RequestOutline } from '../../src/workloads/outlines.js';
import type { Plan, PromptShape, Shard, Trace, Workload } from '../../src/workloads/plan.js';
import { createLane, type PlannedRequest } from '../../src/workloads/requests.js';
import { planOf } from '../unit/workloads/plans.js';
import { lengths, plans } from './arbitraries.js';

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
      const outlines = createOutlines(plan, 16);
      const whole = take(plan, 0, { index: 0, count: 1 }, 30);
      for (const { body: _, turn: _turn, followUp: _followUp, ...request } of whole) {
        const outline = outlines.next() as RequestOutline;
        const { blockHashes, turn: _outlineTurn, followUp: _outlineFollowUp, ...rest } = outline;
        expect(rest).toEqual(request);
        if (plan.workload.kind === 'trace')
          expect(Array.from(blockHashes)).toEqual(fullBlocksOf(plan.workload.trace, request.index));
        else if (outlines.hashTokens === undefined) expect(blockHashes).toHaveLength(0);
        else {
          const tokens = request.inputTokens + request.outputTokens;
          expect(blockHashes).toHaveLength(Math.floor(tokens / 16));
        }
      }
      if (whole.length < 30) expect(outlines.next()).toBeUndefined();
    }),
  );
});

const tokenizer = new Tokenizer(loadVocabulary('o200k_base'));
interface ChatBody {
  messages: { role: string; content: string }[];
}
/** Token ids of all messages of a request that is text alone. */
const idsOf = ({ body }: PlannedRequest): number[] =>
  (JSON.parse(body) as ChatBody).messages.flatMap(({ content }) => tokenizer.encode(content));

const sharedLength = (a: ArrayLike<unknown>, b: ArrayLike<unknown>): number => {
  let shared = 0;
  while (shared < Math.min(a.length, b.length) && a[shared] === b[shared]) shared++;
  return shared;
};

const shapes: fc.Arbitrary<PromptShape> = fc.record(
  {
    systemTokens: fc.integer({ min: 1, max: 60 }),
    prefixPool: fc.record({
      prefixes: fc.integer({ min: 1, max: 3 }),
      tokens: fc.integer({ min: 1, max: 60 }),
      hitRatio: fc.constantFrom(0, 0.5, 1),
    }),
    cacheBust: fc.constantFrom('start' as const, 'end' as const),
    pool: fc.integer({ min: 1, max: 4 }),
  },
  { requiredKeys: [] },
);

it('outlines share as many blocks as the prompts share beginnings', () => {
  fc.assert(
    fc.property(shapes, fc.integer({ min: 1, max: 40 }), fc.nat(1000), (shape, inputTokens, seed) => {
      const workload: Workload = {
        kind: 'synthetic',
        inputTokens: { kind: 'fixed', value: inputTokens },
        outputTokens: { kind: 'fixed', value: 1 },
        shape,
      };
      const plan = planOf({ workload, seed });
      const outlines = createOutlines(plan, 4);
      const requests = take(plan, 0, { index: 0, count: 1 }, 6).map((request) => {
        const { blockHashes } = outlines.next()!;
        // The answer's blocks come after those of the prompt.
        const full = Math.floor(request.inputTokens / 4);
        return { ids: idsOf(request), hashes: Array.from(blockHashes).slice(0, full) };
      });
      for (const a of requests) {
        expect(a.ids).toHaveLength(idsLength(shape, inputTokens));
        for (const b of requests) {
          if (a === b) continue;
          const tokens = sharedLength(a.ids, b.ids);
          const blocks = sharedLength(a.hashes, b.hashes);
          expect(blocks * 4).toBeLessThanOrEqual(tokens);
          // Texts that are apart may begin with the same words by chance.
          expect(blocks * 4).toBeGreaterThan(tokens - 4 - CHANCE_TOKENS);
        }
      }
    }),
    { numRuns: 40 },
  );
});

const CHANCE_TOKENS = 6;
const idsLength = ({ systemTokens = 0, prefixPool, cacheBust }: PromptShape, inputTokens: number): number =>
  systemTokens + (prefixPool?.tokens ?? 0) + (cacheBust ? 8 : 0) + inputTokens;

it('each turn of a session begins with all blocks of the turn before, its answer among them', () => {
  fc.assert(
    fc.property(lengths(60), lengths(60), fc.nat(1000), (inputTokens, outputTokens, seed) => {
      const session = { turns: { kind: 'fixed', value: 4 }, delayMs: { kind: 'fixed', value: 5 } } as const;
      const plan = planOf({ workload: { kind: 'synthetic', inputTokens, outputTokens, session }, seed });
      const lane = createLane(plan, 0, { index: 0, count: 1 });
      let planned = lane.next();
      let outline = createOutlines(plan, 16).next();
      let turns = 0;
      let before: ArrayLike<number> = [];
      for (; outline && planned; turns++) {
        expect(outline.inputTokens).toBe(planned.inputTokens);
        expect(outline.outputTokens).toBe(planned.outputTokens);
        expect(outline.turn).toBe(turns);
        expect(outline.blockHashes).toHaveLength(
          Math.floor((outline.inputTokens + outline.outputTokens) / 16),
        );
        expect(sharedLength(before, outline.blockHashes)).toBe(before.length);
        expect(outline.followUp?.delayMs).toBe(planned.followUp?.delayMs);
        before = outline.blockHashes;
        outline = outline.followUp?.request();
        planned = planned.followUp?.requestWith('');
      }
      expect(turns).toBe(4);
    }),
    { numRuns: 40 },
  );
});

function fullBlocksOf(trace: Trace, row: number): number[] {
  const ids = Array.from(trace.hashIds.subarray(trace.hashStart[row], trace.hashStart[row + 1]));
  return ids.filter((_, block) => (block + 1) * trace.hashBlockTokens <= trace.inputTokens[row]!);
}
