/** Brings what lower memories hold of a chain into the KV cache of one replica. */

import type { KvCache } from './kv/kv-cache.js';
import type { TierStack } from './kv/tiers.js';
import type { AdmissionListener } from './scheduler-parts.js';
import { Sequence } from './sequence.js';

/**
 * Share of the KV blocks that loads ahead of their turn leave alone. Where memory is short, what was loaded early is evicted before it is used:
 * with less than this, an overloaded replica loaded up to 40 % of its units twice, and was slower for it.
 */
const SPARE = 0.25;

export class TierLoads {
  /** Blocks that have come ahead for sequences that still wait for their turn; those on their way are held anyway. */
  #claimed = 0;

  constructor(
    readonly kv: KvCache,
    readonly tiers: TierStack,
    readonly listener: AdmissionListener,
  ) {}

  /** Units that lower tiers hold of a chain behind those that were matched; recurrent states are taken to be there with them. */
  match(sequence: Sequence, hits: number, limit: number): number {
    const below = this.tiers.match(sequence.keys, hits, limit);
    const { states } = this.kv;
    return states ? Math.max(0, states.aligned(hits + below) - hits) : below;
  }

  /**
   * Starts to load units behind those that the cache has just matched.
   *
   * @param arrived - called when they are in the cache
   * @returns false, changing nothing, without room for them
   */
  start(sequence: Sequence, hits: number, below: number, nowMs: number, arrived?: () => void): boolean {
    const { kv } = this;
    if (below * kv.unitBlocks > kv.available - kv.matchedIdle * kv.unitBlocks) return false;
    kv.acquire(sequence, nowMs);
    sequence.loadTried = true;
    sequence.state = 'loading';
    this.listener.loading(sequence);
    const { epoch } = sequence;
    this.tiers.load(sequence.keys, hits, below, nowMs, (atMs) => {
      if (epoch !== sequence.epoch) return;
      this.listener.loaded(sequence, hits + below, atMs);
      arrived?.();
    });
    // Only now: making room may push units down the tiers, and those that are being read must not be among them.
    kv.grow(sequence, (hits + below) * kv.options.hashTokens, nowMs);
    return true;
  }

  /**
   * Loads what lower tiers hold of a chain, ahead of a request.
   *
   * @param spareBlocks - that must be left
   * @param arrived - called when they are in the cache
   * @returns the units on their way
   */
  ahead(sequence: Sequence, nowMs: number, spareBlocks = 0, arrived?: () => void): number {
    const { tiers, kv } = this;
    const hits = kv.match(sequence.keys, sequence.units, nowMs);
    const below = this.match(sequence, hits, sequence.units);
    if (below === 0 || below * kv.unitBlocks > kv.available - spareBlocks) return 0;
    if (!this.start(sequence, hits, below, nowMs, arrived)) return 0;
    tiers.prefetched(sequence.keys, hits, below);
    return below;
  }

  /**
   * Loads ahead what a sequence that waits will need. What has arrived stays in the cache like anything else; not more of it than
   * there is room for, or the loads for those at the end of a long queue would push out what those before them are about to use.
   */
  aheadOf(sequence: Sequence, nowMs: number): void {
    const { kv } = this;
    const units = Math.min(sequence.units, Math.floor((sequence.promptTokens - 1) / kv.options.hashTokens));
    const keys = sequence.keys.subarray(0, 2 * units);
    const ahead = new Sequence({ ...sequence.request, outputTokens: 0 }, keys, sequence.order, true);
    ahead.replica = sequence.replica;
    const spareBlocks = Math.ceil(kv.options.totalBlocks * SPARE) + this.#claimed;
    const claim = (): void => {
      if (sequence.state !== 'waiting' || sequence.prefetch !== ahead) return;
      sequence.claimedBlocks = units * kv.unitBlocks;
      this.#claimed += sequence.claimedBlocks;
    };
    if (this.ahead(ahead, nowMs, spareBlocks, claim) > 0) sequence.prefetch = ahead;
  }

  /** The turn of a sequence has come, or never will. */
  unclaim(sequence: Sequence): void {
    this.#claimed -= sequence.claimedBlocks;
    sequence.claimedBlocks = 0;
  }
}
