import * as fc from '../support/fast-check.js';
import { expect, it } from 'vitest';
import type { Plan, Shard } from '../../src/workloads/plan.js';
import { createLane, type PlannedRequest } from '../../src/workloads/requests.js';
import { sessionPlans } from './arbitraries.js';

const WHOLE: Shard = { index: 0, count: 1 };
const MOST_TURNS = 8;

/** Plays the first requests of a shard with all their turns, answered by `answer`. */
function play(
  plan: Plan,
  shard: Shard,
  below: number,
  answer: (index: number, turn: number) => string,
): Omit<PlannedRequest, 'followUp'>[] {
  const lane = createLane(plan, 0, shard);
  const all: Omit<PlannedRequest, 'followUp'>[] = [];
  for (let next = lane.next(); next && next.index < below; next = lane.next()) {
    let request: PlannedRequest | undefined = next;
    for (let turn = 0; request && turn < MOST_TURNS; turn++) {
      const { followUp, ...plain }: PlannedRequest = request;
      all.push(plain);
      request = followUp?.requestWith(answer(request.index, turn));
    }
  }
  return all;
}

const key = ({ index, turn = 0 }: { index: number; turn?: number }): number => index * MOST_TURNS + turn;

it('the shards of sessions together are the plan, whatever the answers are', () => {
  fc.assert(
    fc.property(
      sessionPlans,
      fc.integer({ min: 1, max: 5 }),
      fc.string({ unit: 'binary' }),
      (plan, count, text) => {
        const answer = (index: number, turn: number): string => `${text}${index}.${turn}`;
        const whole = play(plan, WHOLE, 12, answer);
        const shards = Array.from({ length: count }, (_, index) => play(plan, { index, count }, 12, answer));
        expect(shards.flat().toSorted((a, b) => key(a) - key(b))).toEqual(whole);
        expect(play(structuredClone(plan), WHOLE, 12, answer)).toEqual(whole);
      },
    ),
    { numRuns: 60 },
  );
});

it('each turn holds the turn before, its answer, and one message more', () => {
  interface Body {
    messages: { role: string; content: string }[];
    max_tokens: number;
  }
  fc.assert(
    fc.property(sessionPlans, fc.string({ unit: 'binary' }), (plan, text) => {
      const lane = createLane(plan, 0, WHOLE);
      for (let i = 0; i < 5; i++) {
        let request = lane.next();
        if (!request) return;
        for (let turn = 1; request.followUp && turn < MOST_TURNS; turn++) {
          expect(request.followUp.delayMs).toBeGreaterThanOrEqual(0);
          const next: PlannedRequest = request.followUp.requestWith(text);
          const [before, after]: Body[] = [request, next].map(({ body }) => JSON.parse(body));
          expect(next).toMatchObject({ index: request.index, turn, intendedMs: undefined });
          expect(after!.messages.slice(0, -1)).toEqual([
            ...before!.messages,
            { role: 'assistant', content: text },
          ]);
          expect(after!.messages.at(-1)!.role).toBe('user');
          expect(after!.max_tokens).toBe(next.outputTokens);
          expect(next.inputTokens).toBeGreaterThan(request.inputTokens + request.outputTokens);
          request = next;
        }
      }
    }),
    { numRuns: 60 },
  );
});
