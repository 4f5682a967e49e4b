/** Slower memories below the GPU's: units evicted from HBM go to host memory, from there to disk. */

import type { UnitObserver } from './unit-observer.js';
import { RateMeter } from '../../../lib/rate-meter.js';
import { SharedLink, type Scheduling } from './shared-link.js';
import { RunStore } from './run-store.js';

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
  readonly store: RunStore;
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
      store: new RunStore('lru'),
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

  /** Units left HBM. */
  removed(keys: Int32Array, from: number, to: number, nowMs: number): void {
    for (let unit = to - 1; unit >= from; unit--) this.#store(0, keys, unit, nowMs);
  }

  /** Here every unit is a run of its own: they come and go one by one. */
  #store(index: number, keys: Int32Array, unit: number, nowMs: number): void {
    const tier = this.#tiers[index];
    if (!tier || tier.capacity === 0) return;
    const { store, statistics } = tier;
    const known = store.runs.startingAt(keys, unit);
    if (known >= 0) {
      this.#touch(store, known, nowMs);
      return;
    }
    if (store.size >= tier.capacity) {
      const slot = store.victim();
      const [oldKeys, oldUnit] = [store.runs.keys(slot), store.runs.from(slot)];
      store.cut(slot, oldUnit);
      statistics.evictedUnits++;
      tier.observer?.removed(oldKeys, oldUnit, oldUnit + 1, nowMs);
      this.#store(index + 1, oldKeys, oldUnit, nowMs);
    }
    store.release(store.insert(keys, unit, unit + 1, nowMs, false), nowMs);
    statistics.storedUnits++;
    if (index === 0) this.#stored.add(this.unitBytes, nowMs);
    tier.observer?.added(keys, unit, unit + 1, -1);
  }

  #touch(store: RunStore, slot: number, nowMs: number): void {
    store.reference(slot, nowMs);
    store.release(slot, nowMs);
  }

  /** Consecutive units from `from` on that some tier holds. */
  match(keys: Int32Array, from: number, limit: number): number {
    let unit = from;
    while (unit < limit && this.#tierOf(keys, unit)) unit++;
    return unit - from;
  }

  #tierOf(keys: Int32Array, unit: number): Tier | undefined {
    for (const tier of this.#tiers) if (tier.store.runs.startingAt(keys, unit) >= 0) return tier;
    return undefined;
  }

  /** Brings units found by {@link match} to the GPU; one transfer per tier, `done` when the last has ended. */
  load(keys: Int32Array, from: number, count: number, nowMs: number, done: (nowMs: number) => void): void {
    const units = this.#tiers.map(() => 0);
    for (let unit = from + count - 1; unit >= from; unit--) {
      const tier = this.#tierOf(keys, unit)!;
      units[this.#tiers.indexOf(tier)]!++;
      this.#touch(tier.store, tier.store.runs.startingAt(keys, unit), nowMs);
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
      const tier = this.#tierOf(keys, unit);
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
      const { runs } = tier.store;
      runs.forEach((slot) => tier.observer?.removed(runs.keys(slot), runs.from(slot), runs.to(slot), nowMs));
      tier.store.clear();
    }
  }
}
