/** The KV blocks of one replica: allocation, prefix sharing, eviction. */

import type { Sequence } from '../sequence.js';
import { UnitStore, type EvictionPolicy } from './unit-store.js';

/** Hears which units a replica holds; the router's index listens, and lower tiers take what is evicted. */
export interface UnitObserver {
  added(low: number, high: number): void;
  removed(low: number, high: number, nowMs: number): void;
}

export interface KvCacheOptions {
  /** Blocks in the memory of the replica. */
  totalBlocks: number;
  blockTokens: number;
  /** Tokens per cached unit, a multiple of `blockTokens`. */
  hashTokens: number;
  eviction: EvictionPolicy;
  /** Idle time after which a unit is forgotten, under `ttl`. */
  ttlMs: number;
  prefixCaching: boolean;
}

/** Totals since the start. */
export interface KvStatistics {
  /** Prompt tokens looked up and found, counted at each request's first admission (as vLLM counts). */
  queriedTokens: number;
  hitTokens: number;
  /** The requests, and those of them of which something was found. */
  queries: number;
  hits: number;
  evictedUnits: number;
  expiredUnits: number;
  registeredUnits: number;
}

/**
 * A counting allocator plus a store of cached units. Every block is free, private to one sequence, or part of a unit:
 * `free + private + units · unitBlocks = total`. Free blocks are taken before any unit is evicted.
 */
export class KvCache {
  readonly store: UnitStore;
  readonly unitBlocks: number;
  free: number;
  /** Of the units matched last, those without references: taking them makes their blocks unavailable. */
  matchedIdle = 0;
  /** Slots of the units matched last, which need not be looked up again, and whose keys they are. */
  readonly #matched: number[] = [];
  #matchedKeys: Int32Array | undefined;
  /** Blocks that belong to single sequences. */
  privateBlocks = 0;
  readonly statistics: KvStatistics = {
    queriedTokens: 0,
    hitTokens: 0,
    queries: 0,
    hits: 0,
    evictedUnits: 0,
    expiredUnits: 0,
    registeredUnits: 0,
  };

  constructor(
    readonly options: KvCacheOptions,
    readonly observers: readonly UnitObserver[],
  ) {
    this.store = new UnitStore(options.eviction);
    this.unitBlocks = options.hashTokens / options.blockTokens;
    this.free = options.totalBlocks;
  }

  /** Blocks that can be had at once: free ones and those of unreferenced units. */
  get available(): number {
    return this.free + this.store.evictable * this.unitBlocks;
  }

  /** Blocks that sequences hold. */
  get used(): number {
    return this.options.totalBlocks - this.available;
  }

  /** Units from the start of the chain that are cached, at most `limit`. Leaves {@link matchedIdle} behind. */
  match(keys: Int32Array, limit: number, nowMs: number): number {
    this.matchedIdle = 0;
    this.#matchedKeys = keys;
    if (!this.options.prefixCaching) return 0;
    const oldest = this.options.eviction === 'ttl' ? nowMs - this.options.ttlMs : -Infinity;
    for (let unit = 0; unit < limit; unit++) {
      const slot = this.store.table.get(keys[2 * unit]!, keys[2 * unit + 1]!);
      if (slot < 0) return unit;
      if (this.store.references(slot) === 0) {
        if (this.store.lastUseMs(slot) < oldest) return unit;
        this.matchedIdle++;
      }
      this.#matched[unit] = slot;
    }
    return limit;
  }

  /** Gives a sequence without blocks references to the first `units` units of its chain, which {@link match} has just found. */
  acquire(sequence: Sequence, units: number, nowMs: number): void {
    const { keys, slots } = sequence;
    if (keys !== this.#matchedKeys) throw new TypeError('units are acquired after they are matched');
    for (let unit = 0; unit < units; unit++) {
      const slot = this.#matched[unit]!;
      this.store.reference(slot, nowMs);
      slots.push(slot);
    }
    sequence.heldBlocks += units * this.unitBlocks;
  }

  /** Blocks that the sequence lacks to hold `tokens`. */
  lacking(sequence: Sequence, tokens: number): number {
    return Math.max(0, Math.ceil(tokens / this.options.blockTokens) - sequence.heldBlocks);
  }

  /** Gives a sequence blocks for `tokens`; false, changing nothing, when there are not enough. */
  grow(sequence: Sequence, tokens: number, nowMs: number): boolean {
    const blocks = this.lacking(sequence, tokens);
    if (blocks === 0) return true;
    if (blocks > this.available) return false;
    while (this.free < blocks) this.#evict(this.store.victim(), nowMs);
    this.free -= blocks;
    this.privateBlocks += blocks;
    sequence.privateBlocks += blocks;
    sequence.heldBlocks += blocks;
    return true;
  }

  /** Makes the units that the first `tokens` tokens fill findable. A unit that another sequence cached stays private. */
  register(sequence: Sequence, tokens: number, nowMs: number): void {
    if (!this.options.prefixCaching) return;
    const { keys, slots } = sequence;
    const full = Math.min(sequence.units, Math.floor(tokens / this.options.hashTokens));
    for (let unit = slots.length; unit < full; unit++) {
      const [low, high] = [keys[2 * unit]!, keys[2 * unit + 1]!];
      const slot = this.store.insert(low, high, nowMs);
      slots.push(slot);
      if (slot < 0) continue;
      this.privateBlocks -= this.unitBlocks;
      sequence.privateBlocks -= this.unitBlocks;
      this.statistics.registeredUnits++;
      for (const observer of this.observers) observer.added(low, high);
    }
  }

  /** Caches all full units of a sequence without blocks; false, changing nothing, when they do not fit. */
  preload(sequence: Sequence, nowMs: number): boolean {
    const tokens = sequence.units * this.options.hashTokens;
    const cached = this.match(sequence.keys, sequence.units, nowMs);
    const lacking = (sequence.units - cached + this.matchedIdle) * this.unitBlocks;
    if (!this.options.prefixCaching || lacking > this.available) return false;
    this.acquire(sequence, cached, nowMs);
    this.grow(sequence, tokens, nowMs);
    this.register(sequence, tokens, nowMs);
    this.release(sequence, nowMs);
    return true;
  }

  /** Takes all blocks of a sequence back, the tail first so that it is evicted first. */
  release(sequence: Sequence, nowMs: number): void {
    const { slots } = sequence;
    for (let unit = slots.length - 1; unit >= 0; unit--) {
      if (slots[unit]! >= 0) this.store.release(slots[unit]!, nowMs);
    }
    slots.length = 0;
    this.free += sequence.privateBlocks;
    this.privateBlocks -= sequence.privateBlocks;
    sequence.privateBlocks = 0;
    sequence.heldBlocks = 0;
  }

  /** Forgets units unused for longer than the TTL; LRU order is the order of last use, so only the head is looked at. */
  expire(nowMs: number): void {
    if (this.options.eviction !== 'ttl') return;
    for (let slot = this.store.victim(); slot >= 0; slot = this.store.victim()) {
      if (this.store.lastUseMs(slot) + this.options.ttlMs >= nowMs) return;
      this.statistics.expiredUnits++;
      this.#evict(slot, nowMs);
    }
  }

  /** Counts the lookup of a prompt. */
  queried(promptTokens: number, cachedTokens: number): void {
    this.statistics.queriedTokens += promptTokens;
    this.statistics.hitTokens += cachedTokens;
    this.statistics.queries++;
    if (cachedTokens > 0) this.statistics.hits++;
  }

  /** Loses everything, as a crash does. Sequences must have been released. */
  clear(nowMs: number): void {
    this.store.forEach((low, high) => {
      for (const observer of this.observers) observer.removed(low, high, nowMs);
    });
    this.store.clear();
    this.free = this.options.totalBlocks;
    this.privateBlocks = 0;
  }

  #evict(slot: number, nowMs: number): void {
    const [low, high] = [this.store.low(slot), this.store.high(slot)];
    this.store.remove(slot);
    this.free += this.unitBlocks;
    this.statistics.evictedUnits++;
    for (const observer of this.observers) observer.removed(low, high, nowMs);
  }
}
