/** Slower memories below the GPU's: units evicted from HBM go to host memory, from there to disk. */

import type { UnitObserver } from './kv-cache.js';
import { RateMeter } from '../../../lib/rate-meter.js';
import { SharedLink, type Scheduling } from './shared-link.js';
import { UnitStore } from './unit-store.js';

export interface TierOptions {
  readonly name: string;
  /** Units are the same as in HBM; the tier evicts the least recently used when full. */
  readonly capacityBlocks: number;
  /** Read bandwidth into the GPU, shared between the loads of one replica. DRAM about 20, NVMe gen4 about 7. */
  readonly gigabytesPerSecond: number;
  /** Fixed time of a load. NVMe 0.08, object store 30. */
  readonly latencyMs: number;
}

/** Totals of one tier of one replica. */
export interface TierStatistics {
  readonly name: string;
  units: number;
  storedUnits: number;
  loadedUnits: number;
  /** Of those loaded, units that were on their way before it was the request's turn. */
  prefetchedUnits: number;
  evictedUnits: number;
}

interface Tier {
  readonly capacity: number;
  readonly store: UnitStore;
  readonly link: SharedLink;
  readonly statistics: TierStatistics;
  readonly observer: UnitObserver | undefined;
}

/** The lower tiers of one replica, fastest first. */
export class TierStack implements UnitObserver {
  readonly #tiers: Tier[];
  /** Bytes that leave the GPUs. */
  readonly #stored = new RateMeter();

  /**
   * @param unitBytes - keys and values of one unit
   * @param observers - one per tier
   */
  constructor(
    options: readonly TierOptions[],
    readonly unitBlocks: number,
    readonly unitBytes: number,
    timeline: Scheduling,
    observers: readonly (UnitObserver | undefined)[],
  ) {
    this.#tiers = options.map((tier, index) => ({
      capacity: Math.floor(tier.capacityBlocks / unitBlocks),
      store: new UnitStore('lru'),
      link: new SharedLink(timeline, tier.gigabytesPerSecond * 1e6, tier.latencyMs),
      statistics: {
        name: tier.name,
        units: 0,
        storedUnits: 0,
        loadedUnits: 0,
        prefetchedUnits: 0,
        evictedUnits: 0,
      },
      observer: observers[index],
    }));
  }

  /** Nothing to do: a unit that returns to HBM stays here too. */
  added(): void {}

  /** A unit left HBM. */
  removed(low: number, high: number, nowMs: number): void {
    this.#store(0, low, high, nowMs);
  }

  #store(index: number, low: number, high: number, nowMs: number): void {
    const tier = this.#tiers[index];
    if (!tier || tier.capacity === 0) return;
    const { store, statistics } = tier;
    const known = store.table.get(low, high);
    if (known >= 0) {
      this.#touch(store, known, nowMs);
      return;
    }
    if (store.size >= tier.capacity) {
      const slot = store.victim();
      const [oldLow, oldHigh] = [store.low(slot), store.high(slot)];
      store.remove(slot);
      statistics.evictedUnits++;
      tier.observer?.removed(oldLow, oldHigh, nowMs);
      this.#store(index + 1, oldLow, oldHigh, nowMs);
    }
    store.release(store.insert(low, high, nowMs), nowMs);
    statistics.storedUnits++;
    if (index === 0) this.#stored.add(this.unitBytes, nowMs);
    tier.observer?.added(low, high);
  }

  #touch(store: UnitStore, slot: number, nowMs: number): void {
    store.reference(slot, nowMs);
    store.release(slot, nowMs);
  }

  /** Consecutive units from `from` on that some tier holds. */
  match(keys: Int32Array, from: number, limit: number): number {
    let unit = from;
    while (unit < limit && this.#tierOf(keys[2 * unit]!, keys[2 * unit + 1]!)) unit++;
    return unit - from;
  }

  #tierOf(low: number, high: number): Tier | undefined {
    for (const tier of this.#tiers) if (tier.store.table.get(low, high) >= 0) return tier;
    return undefined;
  }

  /** Brings units found by {@link match} to the GPU; one transfer per tier, `done` when the last has ended. */
  load(keys: Int32Array, from: number, count: number, nowMs: number, done: (nowMs: number) => void): void {
    const units = this.#tiers.map(() => 0);
    for (let unit = from + count - 1; unit >= from; unit--) {
      const tier = this.#tierOf(keys[2 * unit]!, keys[2 * unit + 1]!)!;
      units[this.#tiers.indexOf(tier)]!++;
      this.#touch(tier.store, tier.store.table.get(keys[2 * unit]!, keys[2 * unit + 1]!), nowMs);
    }
    let open = units.filter((n) => n > 0).length;
    for (const [index, n] of units.entries()) {
      if (n === 0) continue;
      const tier = this.#tiers[index]!;
      tier.statistics.loadedUnits += n;
      tier.link.start(n * this.unitBytes, nowMs, (at) => {
        if (--open === 0) done(at);
      });
    }
  }

  /** Counts units that {@link load} brings, as loaded ahead of their request. */
  prefetched(keys: Int32Array, from: number, count: number): void {
    for (let unit = from; unit < from + count; unit++) {
      const tier = this.#tierOf(keys[2 * unit]!, keys[2 * unit + 1]!);
      if (tier) tier.statistics.prefetchedUnits++;
    }
  }

  /** Bytes per second to and from the GPUs, over about the last second. */
  traffic(nowMs: number): { storedPerS: number; loadedPerS: number } {
    const loadedPerS = this.#tiers.reduce((sum, { link }) => sum + link.bytesPerS(nowMs), 0);
    return { storedPerS: this.#stored.read(nowMs), loadedPerS };
  }

  statistics(): TierStatistics[] {
    return this.#tiers.map((tier) => ({ ...tier.statistics, units: tier.store.size }));
  }

  /** Loses everything (the machine restarted). */
  clear(nowMs: number): void {
    for (const tier of this.#tiers) {
      tier.store.forEach((low, high) => tier.observer?.removed(low, high, nowMs));
      tier.store.clear();
    }
  }
}
