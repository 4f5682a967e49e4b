/** The KV blocks of one replica: allocation, prefix sharing, eviction. */

import type { Sequence } from '../sequence.js';
import { hold, PRIVATE } from './held-runs.js';
import { matched, walked } from './scratch.js';
import type { KvCacheOptions } from './kv-cache-options.js';
import { noStatistics } from './kv-statistics.js';
import { RunStore } from './run-store.js';
import { StateStore } from './state-store.js';
import type { UnitObserver } from './unit-observer.js';

/** More tokens than any sequence has; an integer, because the engine keeps those in place. */
const NEVER = 2 ** 31 - 1;

/**
 * A counting allocator plus a store of cached units. Every block is free, private to one sequence, or part of a unit:
 * `free + private + units · unitBlocks = total`. Free blocks are taken before any unit is evicted.
 */
export class KvCache {
  readonly store: RunStore;
  readonly unitBlocks: number;
  /** Of models with recurrent layers, if prefixes are cached. */
  readonly states: StateStore | undefined;
  free: number;
  /** Of the units matched last, those without references: taking them makes their blocks unavailable. */
  matchedIdle = 0;
  /** The slot of the run that the chain matched last begins with. */
  #firstRun = -1;
  /** Blocks that belong to single sequences. */
  privateBlocks = 0;
  readonly statistics = noStatistics();

  constructor(
    readonly options: KvCacheOptions,
    readonly observers: readonly UnitObserver[],
  ) {
    this.store = new RunStore(options.eviction);
    this.unitBlocks = options.hashTokens / options.blockTokens;
    this.free = options.totalBlocks;
    if (options.stateTokens > 0 && options.prefixCaching)
      this.states = new StateStore(options.stateTokens, options.hashTokens);
  }

  /** Blocks that can be had at once: free ones and those of unreferenced units. */
  get available(): number {
    return this.free + this.store.evictable * this.unitBlocks;
  }

  /** Blocks that sequences hold. */
  get used(): number {
    return this.options.totalBlocks - this.available;
  }

  /** {@link match}, but only as far as a sequence can go on behind: where a state was kept, of models that have one. */
  matchResumable(keys: Int32Array, limit: number, nowMs: number): number {
    const cached = this.match(keys, limit, nowMs);
    const units = this.states ? this.states.resumable(keys, cached) : cached;
    return units === cached ? cached : this.match(keys, units, nowMs);
  }

  /** Units from the start of the chain that are cached, at most `limit`. Leaves {@link matchedIdle} behind. */
  match(keys: Int32Array, limit: number, nowMs: number): number {
    this.matchedIdle = 0;
    matched.cache = this;
    matched.keys = keys;
    matched.runs.clear();
    if (!this.options.prefixCaching) return 0;
    const oldest = this.options.eviction === 'ttl' ? nowMs - this.options.ttlMs : -Infinity;
    const { runs } = this.store;
    let unit = 0;
    while (unit < limit) {
      const slot = this.#startingAt(keys, unit, limit);
      if (slot < 0) break;
      const idle = this.store.references(slot) === 0;
      if (idle && this.store.lastUseMs(slot) < oldest) break;
      const end = runs.commonEnd(slot, keys, limit);
      if (idle) this.matchedIdle += end - unit;
      const last = matched.runs.length - 2;
      if (last >= 0 && end === runs.to(slot) && this.store.join(matched.runs.at(last), slot, keys)) {
        matched.runs.replaceTop(end);
      } else {
        matched.runs.push(slot);
        matched.runs.push(end);
      }
      unit = end;
    }
    return unit;
  }

  /** The run that starts with a unit of a chain, or -1: the first one often is that which the chain before began with. */
  #startingAt(keys: Int32Array, unit: number, limit: number): number {
    const { runs } = this.store;
    if (unit > 0) return runs.startingAt(keys, unit);
    if (this.#firstRun < 0 || !runs.isIn(this.#firstRun, keys, unit, limit))
      this.#firstRun = runs.startingAt(keys, unit);
    return this.#firstRun;
  }

  /** Gives a sequence without blocks references to all the units of its chain that {@link match} has just found. */
  acquire(sequence: Sequence, nowMs: number): void {
    const { keys } = sequence;
    if (matched.cache !== this || matched.keys !== keys)
      throw new TypeError('units are acquired after they are matched');
    const { runs } = this.store;
    for (let i = 0; i < matched.runs.length; i += 2) {
      const slot = matched.runs.at(i);
      const end = matched.runs.at(i + 1);
      if (end < runs.to(slot)) this.store.split(slot, end);
      runs.adopt(slot, keys);
      this.store.reference(slot, nowMs);
      hold(sequence, slot, end);
    }
    sequence.heldBlocks += sequence.heldUnits * this.unitBlocks;
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
    const { keys } = sequence;
    const { runs } = this.store;
    this.#extendOwn(sequence, full);
    for (let unit = sequence.heldUnits; unit < full; unit = sequence.heldUnits) {
      const follows = unit === 0 || sequence.heldSlot !== PRIVATE;
      const other = follows ? runs.startingAt(keys, unit) : runs.holding(keys, unit);
      if (other >= 0) hold(sequence, PRIVATE, runs.commonEnd(other, keys, full));
      else this.#add(sequence, unit, runs.gapEnd(keys, unit, full), follows, nowMs);
    }
    const next = sequence.heldUnits + 1;
    sequence.unitDueTokens = next > sequence.units ? NEVER : next * this.options.hashTokens;
  }

  /**
   * Makes the run longer that a sequence made and alone holds, as each block of an answer does. Nobody can have cached what is
   * behind it: whoever does that holds the run too, unless there are loose ones. So nothing need be looked up.
   */
  #extendOwn(sequence: Sequence, to: number): void {
    const { lastRun, heldSlot, heldUnits: from } = sequence;
    if (lastRun < 0 || lastRun !== heldSlot || from >= to || this.store.runs.anyLoose) return;
    if (!this.store.extend(lastRun, sequence.keys, from, to)) return;
    sequence.heldUnits = to;
    this.#cached(sequence, from, to, this.store.runs.from(lastRun));
  }

  /** Caches units of a sequence that are new. */
  #add(sequence: Sequence, from: number, to: number, follows: boolean, nowMs: number): void {
    const { keys, lastRun } = sequence;
    const { store } = this;
    let runFrom = follows ? from : -1;
    if (lastRun >= 0 && follows && from > 0 && store.extend(lastRun, keys, from, to)) {
      runFrom = store.runs.from(lastRun);
    } else sequence.lastRun = store.insert(keys, from, to, nowMs, !follows);
    hold(sequence, sequence.lastRun, to);
    this.#cached(sequence, from, to, runFrom);
  }

  /** Private blocks of a sequence have become units. */
  #cached(sequence: Sequence, from: number, to: number, runFrom: number): void {
    const blocks = (to - from) * this.unitBlocks;
    this.privateBlocks -= blocks;
    sequence.privateBlocks -= blocks;
    this.statistics.registeredUnits += to - from;
    for (const observer of this.observers) observer.added(sequence.keys, from, to, runFrom);
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
    this.keepLastState(sequence, tokens);
    this.release(sequence, nowMs);
    return true;
  }

  /** The first `tokens` tokens of a sequence are here with the last state among them that can be kept. */
  keepLastState({ keys }: Sequence, tokens: number): void {
    const { states } = this;
    states?.keep(keys, tokens - (tokens % states.spacingTokens));
  }

  /** Takes all blocks of a sequence back, the tail first so that it is evicted first. */
  release(sequence: Sequence, nowMs: number): void {
    const { held } = sequence;
    if (sequence.heldCount > 0) held[sequence.heldCount - 1] = sequence.heldUnits;
    for (let end = sequence.heldCount, start = end; end > 0; end = start) {
      start = end - 2;
      if (held[start] === PRIVATE) continue;
      while (start > 0 && held[start - 2] !== PRIVATE) start -= 2;
      this.#releaseRuns(sequence, start, end, nowMs);
    }
    sequence.lastRun = -1;
    sequence.unitDueTokens = 0;
    sequence.heldCount = 0;
    sequence.heldSlot = PRIVATE;
    sequence.heldUnits = 0;
    this.free += sequence.privateBlocks;
    this.privateBlocks -= sequence.privateBlocks;
    sequence.privateBlocks = 0;
    sequence.heldBlocks = 0;
  }

  /**
   * Releases consecutive runs that a sequence holds, places `start … end - 1` of its list, the last of them first. They may have
   * been divided and joined since; one that was not is found without looking it up.
   */
  #releaseRuns({ keys, held }: Sequence, start: number, end: number, nowMs: number): void {
    const { runs } = this.store;
    const to = held[end - 1]!;
    let unit = start > 0 ? held[start - 1]! : 0;
    for (let at = start; unit < to;) {
      while (held[at + 1]! <= unit) at += 2;
      const noted = held[at]!;
      const slot = runs.isIn(noted, keys, unit, to) ? noted : runs.startingAt(keys, unit);
      walked.push(slot);
      unit = runs.to(slot);
    }
    while (walked.length > 0) this.store.release(walked.pop(), nowMs);
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

  /** Units that {@link expire} would forget. */
  overdueUnits(nowMs: number): number {
    return this.options.eviction === 'ttl' ? this.store.idleSince(nowMs - this.options.ttlMs) : 0;
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
    this.states?.clear();
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
    this.states?.forget(keys, from, to);
    for (const observer of this.observers) observer.removed(keys, from, to, nowMs);
  }
}
