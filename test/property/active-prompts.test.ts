import { expect, it } from 'vitest';
import { chainKeys } from '../../src/simulator/cluster/kv/chain-keys.js';
import { ActivePrompts } from '../../src/simulator/cluster/router/active-prompts.js';
import { Overlaps } from '../../src/simulator/cluster/router/overlaps.js';
import * as fc from '../support/fast-check.js';

const REPLICAS = 3;

/** Prompts that part in few places, so that they have much in common. */
const prompt = fc.array(fc.nat(1), { minLength: 0, maxLength: 12 });
const work = fc.array(
  fc.record({
    replica: fc.nat(REPLICAS - 1),
    blocks: prompt,
    ends: fc.option(fc.nat(50), { nil: undefined }),
  }),
  { maxLength: 60 },
);

/** Names of a prompt's units: each stands for all before it. */
const namesOf = (blocks: readonly number[]): string[] => blocks.map((_, i) => blocks.slice(0, i + 1).join());

it('counts each unit once for a replica, as long as a prompt with it is there', () => {
  fc.assert(
    fc.property(work, prompt, (steps, asked) => {
      const active = new ActivePrompts(REPLICAS);
      const placed: { replica: number; blocks: number[]; last: number }[] = [];
      const overlaps = new Overlaps(REPLICAS, 1);
      const units = [0, 0, 0];
      const keysOf = (blocks: readonly number[]): Int32Array => chainKeys(blocks, blocks.length, undefined);
      const held = (replica: number): Set<string> =>
        new Set(placed.flatMap((one) => (one.replica === replica ? namesOf(one.blocks) : [])));
      for (const { replica, blocks, ends } of steps) {
        active.overlap(keysOf(blocks), blocks.length, overlaps);
        units[replica]! += blocks.length - overlaps.of(replica);
        placed.push({ replica, blocks, last: active.add(replica, keysOf(blocks), blocks.length) });
        if (ends !== undefined) {
          const [gone] = placed.splice(ends % placed.length, 1);
          units[gone!.replica]! -= active.remove(gone!.replica, gone!.last);
        }
        expect(units).toEqual([0, 1, 2].map((r) => held(r).size));
        active.overlap(keysOf(asked), asked.length, overlaps);
        const common = (r: number): number => namesOf(asked).filter((name) => held(r).has(name)).length;
        expect([0, 1, 2].map((r) => overlaps.of(r))).toEqual([0, 1, 2].map(common));
      }
    }),
    { numRuns: 100 },
  );
});
