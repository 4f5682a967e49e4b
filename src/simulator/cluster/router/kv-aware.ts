/** AI-Dynamo's KV-aware routing. */

import type { Random } from '../../../lib/random.js';
import { turnOf, type Fleet, type Rank, type RouteRequest, type RoutingPolicy } from './policy.js';

export interface KvAwareOptions {
  /** Weight of the prefill term against the decode term. Default 1. */
  readonly prefillLoadScale?: number;
  /** 0 takes the lowest cost; above it, softmax over the costs normalised to their range. Default 0. */
  readonly temperature?: number;
}

/** More than sums of blocks are off, of which some count for a part. */
const ROUNDING = 1e-6;

/**
 * cost = scale · max(active prefill blocks + the request's blocks − overlap credit, 0) + decode blocks (Dynamo
 * kv-router). The credit of a cached block is 1 in GPU memory, less in lower tiers; the index has weighted it already. Decode blocks are those that
 * the replica would be at work on: each once, so those that others there share with the request are no more load. The request's own
 * blocks are left out, as they are the same everywhere.
 */
export class KvAware implements RoutingPolicy {
  readonly name = 'kv';
  readonly needsOverlap = true;
  readonly ranks: readonly Rank[] = ['decodeBlocks'];
  readonly #scale: number;
  readonly #temperature: number;
  readonly #costs: number[] = [];
  #overlapTotal = 0;
  #promptTotal = 0;
  #hits = 0;

  constructor(
    readonly options: KvAwareOptions,
    readonly random: Random,
  ) {
    this.#scale = options.prefillLoadScale ?? 1;
    this.#temperature = options.temperature ?? 0;
  }

  choose(request: RouteRequest, fleet: Fleet): number {
    const chosen =
      this.#temperature > 0
        ? this.#sample(request, fleet)
        : this.#lowest(request, fleet, this.random.int(fleet.size));
    const overlap = fleet.overlaps.of(chosen);
    this.#promptTotal += request.promptBlocks;
    this.#overlapTotal += overlap;
    if (overlap > 0) this.#hits++;
    return chosen;
  }

  #cost({ promptBlocks }: RouteRequest, fleet: Fleet, r: number): number {
    const prefill = Math.max(fleet.prefillBlocks[r]! + promptBlocks - fleet.overlaps.of(r), 0);
    return this.#scale * prefill + fleet.decodeBlocks[r]! - fleet.active.of(r);
  }

  /**
   * The allowed replica with the lowest cost. Replicas are looked at by their decode blocks, only as far as these can still decide: the
   * rest is nowhere below what it is for the largest overlaps and nothing else to compute.
   */
  #lowest(request: RouteRequest, fleet: Fleet, start: number): number {
    const { allowed, size } = fleet;
    const prefill = Math.max(request.promptBlocks - fleet.overlaps.most, 0);
    const least = this.#scale * prefill - fleet.active.most - ROUNDING;
    const byDecode = fleet.ranks.decodeBlocks!;
    let chosen = -1;
    let lowest = Infinity;
    byDecode.begin();
    for (let r = byDecode.next(Infinity); r >= 0; r = byDecode.next(lowest - least)) {
      if (allowed[r] === 0) continue;
      const cost = this.#cost(request, fleet, r);
      if (cost > lowest) continue;
      if (cost === lowest && turnOf(r, start, size) > turnOf(chosen, start, size)) continue;
      chosen = r;
      lowest = cost;
    }
    return chosen;
  }

  #sample(request: RouteRequest, fleet: Fleet): number {
    let low = Infinity;
    let high = -Infinity;
    for (let r = 0; r < fleet.size; r++) {
      this.#costs[r] = fleet.allowed[r] === 1 ? this.#cost(request, fleet, r) : Infinity;
      if (fleet.allowed[r] === 0) continue;
      low = Math.min(low, this.#costs[r]!);
      high = Math.max(high, this.#costs[r]!);
    }
    const range = (high - low || 1) * this.#temperature;
    let total = 0;
    for (let r = 0; r < fleet.size; r++) total += this.#costs[r] = Math.exp((low - this.#costs[r]!) / range);
    let left = this.random.next() * total;
    let chosen = -1;
    for (let r = 0; r < fleet.size && left >= 0; r++) {
      if (fleet.allowed[r] === 0) continue;
      chosen = r;
      left -= this.#costs[r]!;
    }
    return chosen;
  }

  counters(): Record<string, number> {
    return { hits: this.#hits, overlap_blocks: this.#overlapTotal, prompt_blocks: this.#promptTotal };
  }
}
