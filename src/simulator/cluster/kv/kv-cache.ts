/** The KV blocks of one replica: allocation, prefix sharing, eviction. */

import type { Sequence } from '../sequence.js';
import { RunStore, type EvictionPolicy } from './run-store.js';

/** Hears which units a replica holds; the router's index listens, and lower tiers take what is evicted. */
export interface UnitObserver {
  /**
   * Units `from … to - 1` of a chain.
   *
   * @param runFrom - where the holder's run begins that they extend or are; -1 when it does not hold what is before them
   */
  added(keys: Int32Array, from: number, to: number, runFrom: number): void;
  /** Units `from … to - 1` of a chain, the last one first. */
  removed(keys: Int32Array, from: number, to: number, nowMs: number): void;
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

/** Units of a sequence that are cached: as its own, or as another's while the sequence has blocks of its own for them. */
export const SHARED = 1;
const PRIVATE = 0;

/** Adds units to the end of what a sequence holds. */
const hold = (held: number[], kind: number, to: number): void => {
  if (held.at(-2) === kind) held[held.length - 1] = to;
  else held.push(kind, to);
};

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
  readonly store: RunStore;
  readonly unitBlocks: number;
  free: number;
  /** Of the units matched last, those without references: taking them makes their blocks unavailable. */
  matchedIdle = 0;
  /** Slot of each run matched last and the unit after the last that agreed, which need not be looked up again. */
  readonly #matched: number[] = [];
  /** Whose keys they are. */
  #matchedKeys: Int32Array | undefined;
  readonly #walked: number[] = [];
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
    this.store = new RunStore(options.eviction);
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
    const { runs } = this.store;
    this.#matched.length = 0;
    let unit = 0;
    while (unit < limit) {
      const slot = runs.startingAt(keys, unit);
      if (slot < 0) break;
      const idle = this.store.references(slot) === 0;
      if (idle && this.store.lastUseMs(slot) < oldest) break;
      const end = runs.commonEnd(slot, keys, limit);
      if (idle) this.matchedIdle += end - unit;
      const last = this.#matched.length - 2;
      if (last >= 0 && end === runs.to(slot) && this.store.join(this.#matched[last]!, slot, keys)) {
        this.#matched[last + 1] = end;
      } else this.#matched.push(slot, end);
      unit = end;
    }
    return unit;
  }

  /** Gives a sequence without blocks references to all the units of its chain that {@link match} has just found. */
  acquire(sequence: Sequence, nowMs: number): void {
    const { keys, held } = sequence;
    if (keys !== this.#matchedKeys) throw new TypeError('units are acquired after they are matched');
    const { runs } = this.store;
    for (let i = 0; i < this.#matched.length; i += 2) {
      const [slot, end] = [this.#matched[i]!, this.#matched[i + 1]!];
      if (end < runs.to(slot)) this.store.split(slot, end);
      runs.adopt(slot, keys);
      this.store.reference(slot, nowMs);
    }
    const units = this.#matched.at(-1) ?? 0;
    if (units > 0) held.push(SHARED, units);
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
    while (this.free < blocks) this.#evict(this.store.victim(), blocks - this.free, nowMs);
    this.free -= blocks;
    this.privateBlocks += blocks;
    sequence.privateBlocks += blocks;
    sequence.heldBlocks += blocks;
    return true;
  }

  /** Makes the units that the first `tokens` tokens fill findable. A unit that another sequence cached stays private. */
  register(sequence: Sequence, tokens: number, nowMs: number): void {
    if (tokens < sequence.unitDueTokens || !this.options.prefixCaching) return;
    const full = Math.min(sequence.units, Math.floor(tokens / this.options.hashTokens));
    const { keys, held } = sequence;
    const { runs } = this.store;
    for (let unit = sequence.heldUnits; unit < full; unit = sequence.heldUnits) {
      const follows = unit === 0 || held.at(-2) === SHARED;
      const other = follows ? runs.startingAt(keys, unit) : runs.holding(keys, unit);
      if (other >= 0) hold(held, PRIVATE, runs.commonEnd(other, keys, full));
      else this.#add(sequence, unit, runs.gapEnd(keys, unit, full), follows, nowMs);
    }
    const next = sequence.heldUnits + 1;
    sequence.unitDueTokens = next > sequence.units ? Infinity : next * this.options.hashTokens;
  }

  /** Caches units of a sequence that are new. */
  #add(sequence: Sequence, from: number, to: number, follows: boolean, nowMs: number): void {
    const { keys, lastRun } = sequence;
    const { store } = this;
    let runFrom = follows ? from : -1;
    if (lastRun >= 0 && follows && from > 0 && store.extend(lastRun, keys, from, to)) {
      runFrom = store.runs.from(lastRun);
    } else sequence.lastRun = store.insert(keys, from, to, nowMs, !follows);
    hold(sequence.held, SHARED, to);
    const blocks = (to - from) * this.unitBlocks;
    this.privateBlocks -= blocks;
    sequence.privateBlocks -= blocks;
    this.statistics.registeredUnits += to - from;
    for (const observer of this.observers) observer.added(keys, from, to, runFrom);
  }

  /** Caches all full units of a sequence without blocks; false, changing nothing, when they do not fit. */
  preload(sequence: Sequence, nowMs: number): boolean {
    const tokens = sequence.units * this.options.hashTokens;
    const cached = this.match(sequence.keys, sequence.units, nowMs);
    const lacking = (sequence.units - cached + this.matchedIdle) * this.unitBlocks;
    if (!this.options.prefixCaching || lacking > this.available) return false;
    this.acquire(sequence, nowMs);
    this.grow(sequence, tokens, nowMs);
    this.register(sequence, tokens, nowMs);
    this.release(sequence, nowMs);
    return true;
  }

  /** Takes all blocks of a sequence back, the tail first so that it is evicted first. */
  release(sequence: Sequence, nowMs: number): void {
    const { held, keys } = sequence;
    for (let i = held.length - 2; i >= 0; i -= 2) {
      if (held[i] === SHARED) this.#releaseUnits(keys, held[i - 1] ?? 0, held[i + 1]!, nowMs);
    }
    sequence.lastRun = -1;
    sequence.unitDueTokens = 0;
    held.length = 0;
    this.free += sequence.privateBlocks;
    this.privateBlocks -= sequence.privateBlocks;
    sequence.privateBlocks = 0;
    sequence.heldBlocks = 0;
  }

  /** Releases units of a chain, which are whole runs, the last of them first. */
  #releaseUnits(keys: Int32Array, from: number, to: number, nowMs: number): void {
    const { runs } = this.store;
    const slots = this.#walked;
    for (let unit = from; unit < to; unit = runs.to(slots.at(-1)!)) slots.push(runs.startingAt(keys, unit));
    while (slots.length > 0) this.store.release(slots.pop()!, nowMs);
  }

  /** Forgets units unused for longer than the TTL; LRU order is the order of last use, so only the head is looked at. */
  expire(nowMs: number): void {
    if (this.options.eviction !== 'ttl') return;
    for (let slot = this.store.victim(); slot >= 0; slot = this.store.victim()) {
      if (this.store.lastUseMs(slot) + this.options.ttlMs >= nowMs) return;
      this.statistics.expiredUnits += this.store.runs.to(slot) - this.store.runs.from(slot);
      this.#evict(slot, Infinity, nowMs);
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
    const { runs } = this.store;
    runs.forEach((slot) => {
      for (const observer of this.observers) {
        observer.removed(runs.keys(slot), runs.from(slot), runs.to(slot), nowMs);
      }
    });
    this.store.clear();
    this.free = this.options.totalBlocks;
    this.privateBlocks = 0;
  }

  /** Evicts as many units from the end of a run as there are and make so many blocks free. */
  #evict(slot: number, blocks: number, nowMs: number): void {
    const { runs } = this.store;
    const keys = runs.keys(slot);
    const to = runs.to(slot);
    const from = Math.max(runs.from(slot), to - Math.ceil(blocks / this.unitBlocks));
    this.store.cut(slot, from);
    this.free += (to - from) * this.unitBlocks;
    this.statistics.evictedUnits += to - from;
    for (const observer of this.observers) observer.removed(keys, from, to, nowMs);
  }
}
