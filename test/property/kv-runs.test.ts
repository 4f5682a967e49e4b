import * as fc from '../support/fast-check.js';
import { describe, expect, it } from 'vitest';
import { chainKeys } from '../../src/simulator/cluster/kv/chain-keys.js';
import { KvCache } from '../../src/simulator/cluster/kv/kv-cache.js';
import type { UnitObserver } from '../../src/simulator/cluster/kv/unit-observer.js';
import type { EvictionPolicy } from '../../src/simulator/cluster/kv/run-store.js';
import { Overlaps } from '../../src/simulator/cluster/router/overlaps.js';
import { PrefixIndex } from '../../src/simulator/cluster/router/prefix-index.js';
import { Sequence } from '../../src/simulator/cluster/sequence.js';
import { request } from '../support/cluster.js';

const TOKENS = 16;
const BLOCKS = 40;
const TTL_MS = 50;

interface Unit {
  references: number;
  uses: number;
  lastUseMs: number;
  /** When it lost its last reference, as a place in the order of all such. */
  released: number;
}

/** What {@link KvCache} does, unit by unit and by looking at all of them. */
class NaiveCache {
  readonly units = new Map<string, Unit>();
  free = BLOCKS;
  #order = 0;

  constructor(readonly policy: EvictionPolicy) {}

  match(chain: string[], limit: number, nowMs: number): number {
    let hits = 0;
    for (; hits < limit; hits++) {
      const unit = this.units.get(chain[hits]!);
      if (!unit) break;
      if (this.policy === 'ttl' && unit.references === 0 && unit.lastUseMs < nowMs - TTL_MS) break;
    }
    return hits;
  }

  reference(key: string, nowMs: number): void {
    const unit = this.units.get(key)!;
    unit.references++;
    unit.uses++;
    unit.lastUseMs = nowMs;
  }

  release(key: string, nowMs: number): void {
    const unit = this.units.get(key)!;
    unit.lastUseMs = nowMs;
    if (--unit.references === 0) unit.released = this.#order++;
  }

  victim(): string | undefined {
    const level = (unit: Unit): number => (this.policy === 'lfu' ? Math.floor(Math.log2(unit.uses)) : 0);
    const idle = [...this.units].filter(([, unit]) => unit.references === 0);
    return idle.sort(([, a], [, b]) => level(a) - level(b) || a.released - b.released)[0]?.[0];
  }

  evict(blocks: number): void {
    while (this.free < blocks) {
      this.units.delete(this.victim()!);
      this.free++;
    }
  }

  expire(nowMs: number): void {
    if (this.policy !== 'ttl') return;
    for (
      let key = this.victim();
      key && this.units.get(key)!.lastUseMs + TTL_MS < nowMs;
      key = this.victim()
    ) {
      this.units.delete(key);
      this.free++;
    }
  }
}

/** A sequence on both caches. */
class Pair {
  /** Units that the naive cache counts a reference of. */
  readonly own: string[] = [];
  known: number;
  tokens: number;
  privateBlocks = 0;

  constructor(
    readonly sequence: Sequence,
    readonly chain: string[],
    readonly replica: number,
    hits: number,
  ) {
    this.known = hits;
    this.tokens = hits * TOKENS;
  }
}

const replica = fc.nat(2);
const action = fc.oneof(
  {
    weight: 3,
    arbitrary: fc.record({
      kind: fc.constant('open' as const),
      replica,
      family: fc.nat(1),
      shared: fc.nat(10),
      length: fc.integer({ min: 1, max: 12 }),
      limit: fc.integer({ min: 1, max: 12 }),
    }),
  },
  {
    weight: 5,
    arbitrary: fc.record({
      kind: fc.constant('compute' as const),
      which: fc.nat(),
      units: fc.integer({ min: 1, max: 4 }),
    }),
  },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('close' as const), which: fc.nat() }) },
  {
    weight: 1,
    arbitrary: fc.record({ kind: fc.constant('wait' as const), ms: fc.integer({ min: 1, max: 40 }) }),
  },
);

describe('cached runs of units', () => {
  it.each<EvictionPolicy>(['lru', 'lfu', 'ttl'])(
    'hold, evict (%s) and tell the router what single units would',
    (eviction) => {
      fc.assert(
        fc.property(fc.array(action, { maxLength: 80 }), (actions) => {
          const index = new PrefixIndex(3, 1);
          const caches = [0, 1, 2].map((r) => {
            const options = {
              totalBlocks: BLOCKS,
              blockTokens: TOKENS,
              hashTokens: TOKENS,
              eviction,
              ttlMs: TTL_MS,
              prefixCaching: true,
              stateTokens: 0,
            };
            const observers: UnitObserver[] = [index.observer(r, 0)];
            return { real: new KvCache(options, observers), naive: new NaiveCache(eviction) };
          });
          const open: Pair[] = [];
          let nowMs = 0;
          let made = 0;

          const compute = (pair: Pair, units: number): void => {
            const { real, naive } = caches[pair.replica]!;
            const to = Math.min(pair.tokens + units * TOKENS, pair.chain.length * TOKENS);
            const blocks = (to - pair.tokens) / TOKENS;
            const idle = [...naive.units.values()].filter((unit) => unit.references === 0).length;
            const fits = blocks <= naive.free + idle;
            expect(real.grow(pair.sequence, to, nowMs)).toBe(fits);
            if (!fits) return;
            naive.evict(blocks);
            naive.free -= blocks;
            pair.tokens = to;
            real.register(pair.sequence, to, nowMs);
            for (; pair.known < to / TOKENS; pair.known++) {
              const key = pair.chain[pair.known]!;
              if (naive.units.has(key)) pair.privateBlocks++;
              else {
                naive.units.set(key, { references: 1, uses: 1, lastUseMs: nowMs, released: -1 });
                pair.own.push(key);
              }
            }
          };

          for (const a of actions) {
            nowMs++;
            for (const { real, naive } of caches) {
              real.expire(nowMs);
              naive.expire(nowMs);
            }
            if (a.kind === 'wait') nowMs += a.ms;
            if (a.kind === 'open') {
              made++;
              const hashes = Array.from({ length: a.length }, (_, i) =>
                i < a.shared ? a.family * 100 + i : made * 1000 + i,
              );
              const chain = hashes.map((_, i) => hashes.slice(0, i + 1).join());
              const fields = { promptTokens: a.length * TOKENS, blockHashes: hashes };
              const sequence = new Sequence(
                request(made, fields),
                chainKeys(hashes, a.length, undefined),
                made,
              );
              const { real, naive } = caches[a.replica]!;
              const limit = Math.min(a.length, a.limit);
              const hits = naive.match(chain, limit, nowMs);
              expect(real.match(sequence.keys, limit, nowMs)).toBe(hits);
              const pair = new Pair(sequence, chain, a.replica, hits);
              real.acquire(sequence, nowMs);
              for (const key of chain.slice(0, hits)) {
                naive.reference(key, nowMs);
                pair.own.push(key);
              }
              open.push(pair);
            }
            const pair = a.kind === 'compute' || a.kind === 'close' ? open[a.which % open.length] : undefined;
            if (a.kind === 'compute' && pair) compute(pair, a.units);
            if (a.kind === 'close' && pair) {
              open.splice(open.indexOf(pair), 1);
              const { real, naive } = caches[pair.replica]!;
              real.release(pair.sequence, nowMs);
              for (const key of pair.own.toReversed()) naive.release(key, nowMs);
              naive.free += pair.privateBlocks;
            }
            for (const { real, naive } of caches) {
              expect([real.free, real.store.size]).toEqual([naive.free, naive.units.size]);
              expect(real.store.evictable).toBe(
                [...naive.units.values()].filter((unit) => unit.references === 0).length,
              );
            }
            expect(index.size).toBe(new Set(caches.flatMap(({ naive }) => [...naive.units.keys()])).size);
            for (const { sequence, chain } of open) {
              const overlaps = new Overlaps(3, 1);
              index.overlap(sequence.keys, chain.length, [1], overlaps);
              const units = caches
                .map(({ naive }) => chain.findIndex((key) => !naive.units.has(key)))
                .map((unit) => (unit < 0 ? chain.length : unit));
              expect(caches.map((_, r) => overlaps.of(r))).toEqual(units);
              const most = Math.max(...units);
              const allowed = new Uint8Array(3).fill(1);
              expect(overlaps.closest(allowed)).toBe(most > 0 ? units.indexOf(most) : -1);
            }
          }
        }),
        { numRuns: 150 },
      );
    },
  );
});
