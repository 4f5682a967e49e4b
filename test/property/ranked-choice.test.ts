import { describe, expect, it } from 'vitest';
import { createRandom } from '../../src/lib/random.js';
import { ReplicaHeap } from '../../src/simulator/cluster/replica-heap.js';
import { KvAware } from '../../src/simulator/cluster/router/kv-aware.js';
import { Overlaps } from '../../src/simulator/cluster/router/overlaps.js';
import type { Fleet, Rank } from '../../src/simulator/cluster/router/policy.js';
import { LeastLoaded } from '../../src/simulator/cluster/router/simple-policies.js';
import * as fc from '../support/fast-check.js';

const SIZE = 40;

const perReplica = (most: number): fc.Arbitrary<number[]> =>
  fc.array(fc.integer({ min: 0, max: most }), { minLength: SIZE, maxLength: SIZE });

const aFleet = fc.record({
  allowed: perReplica(1).map((bits) => bits.map((bit, r) => (r === 7 ? 1 : bit))),
  inflight: perReplica(4),
  prefill: perReplica(30),
  decode: perReplica(60),
  overlap: perReplica(5),
  active: perReplica(5),
  seed: fc.nat(1000),
});

type Shape = typeof aFleet extends fc.Arbitrary<infer T> ? T : never;

function ranked(keyOf: (replica: number) => number): ReplicaHeap {
  const heap = new ReplicaHeap(SIZE, 0);
  for (let r = 0; r < SIZE; r++) heap.set(r, keyOf(r));
  return heap;
}

/** Four blocks for each. */
function overlapsOf(values: readonly number[]): Overlaps {
  const overlaps = new Overlaps(SIZE, 1);
  for (let value = 1; value <= 5; value++) {
    for (let word = 0; 32 * word < SIZE; word++) {
      const bits = values.slice(32 * word, 32 * (word + 1)).map((own, bit) => (own >= value ? 1 << bit : 0));
      overlaps.put(
        word,
        bits.reduce((all, bit) => all | bit, 0),
      );
    }
    overlaps.add(0, 4 * value);
  }
  return overlaps;
}

/** The books of a router, and in them the order that a policy looks at. */
function fleetOf({ allowed, inflight, prefill, decode, overlap, active }: Shape, rank: Rank): Fleet {
  const list = allowed.flatMap((bit, r) => (bit === 1 ? [r] : []));
  const keys: Record<Rank, (replica: number) => number> = {
    inflight: (r) => inflight[r]!,
    load: (r) => inflight[r]! + decode[r]! * 1e-9,
    decodeBlocks: (r) => decode[r]!,
  };
  return {
    size: SIZE,
    allowed: Uint8Array.from(allowed),
    allowedList: Int32Array.from(list),
    allowedCount: list.length,
    inflight: Float64Array.from(inflight),
    prefillBlocks: Float64Array.from(prefill),
    decodeBlocks: Float64Array.from(decode),
    pricePerHour: new Float64Array(SIZE).fill(1),
    overlaps: overlapsOf(overlap),
    active: overlapsOf(active),
    ranks: { [rank]: ranked(keys[rank]) },
    pressure: 1,
  };
}

/** Looks at every replica: the allowed one of the lowest cost, of equals the first from a start on. */
function naive({ allowed, seed }: Shape, costOf: (replica: number) => number): number {
  const start = createRandom(seed, 'choice').int(SIZE);
  const turns = Array.from({ length: SIZE }, (_, i) => (start + i) % SIZE).filter((r) => allowed[r] === 1);
  const lowest = Math.min(...turns.map(costOf));
  return turns.find((r) => costOf(r) === lowest)!;
}

const request = {
  order: 0,
  promptTokens: 400,
  promptBlocks: 25,
  expectedOutputTokens: 0,
  sessionId: undefined,
};

describe('replicas in order', () => {
  it('are those of a sorted list, and all up to a bound are found, whatever changed before', () => {
    const changes = fc.array(fc.tuple(fc.nat(SIZE - 1), fc.integer({ min: -5, max: 20 })), { maxLength: 80 });
    fc.assert(
      fc.property(changes, fc.integer({ min: -6, max: 21 }), (list, bound) => {
        const heap = new ReplicaHeap(SIZE, 3);
        const keys = Array.from({ length: SIZE }, () => 3);
        for (const [replica, key] of list) {
          heap.set(replica, key);
          keys[replica] = key;
        }
        expect([heap.lowest, heap.first]).toEqual([Math.min(...keys), keys.indexOf(Math.min(...keys))]);
        const found: number[] = [];
        heap.begin();
        for (let r = heap.next(bound); r >= 0; r = heap.next(bound)) found.push(r);
        expect(found.toSorted((a, b) => a - b)).toEqual(keys.flatMap((key, r) => (key <= bound ? [r] : [])));
      }),
      { numRuns: 100 },
    );
  });

  it('lead the policies to the same replica as a look at all of them', () => {
    fc.assert(
      fc.property(aFleet, (shape) => {
        const { inflight, prefill, decode, overlap, active, seed } = shape;
        const random = (): ReturnType<typeof createRandom> => createRandom(seed, 'choice');
        expect(new LeastLoaded(random()).choose(request, fleetOf(shape, 'load'))).toBe(
          naive(shape, (r) => inflight[r]! + decode[r]! * 1e-9),
        );
        expect(new KvAware({}, random()).choose(request, fleetOf(shape, 'decodeBlocks'))).toBe(
          naive(shape, (r) => Math.max(prefill[r]! + 25 - 4 * overlap[r]!, 0) + decode[r]! - 4 * active[r]!),
        );
      }),
      { numRuns: 150 },
    );
  });
});
