/** AI-Dynamo's KV-aware routing. */

import type { Random } from '../../../lib/random.js';
import { lowest, type Fleet, type RouteRequest, type RoutingPolicy } from './policy.js';

export interface KvAwareOptions {
  /** Weight of the prefill term against the decode term. Default 1. */
  readonly prefillLoadScale?: number;
  /** 0 takes the lowest cost; above it, softmax over the costs normalised to their range. Default 0. */
  readonly temperature?: number;
}

/**
 * cost = scale · max(active prefill blocks + the request's blocks − overlap credit, 0) + decode blocks (Dynamo
 * kv-router). The credit of a cached block is 1 in GPU memory, less in lower tiers; the index has weighted it already.
 */
export class KvAware implements RoutingPolicy {
  readonly name = 'kv';
  readonly needsOverlap = true;
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
    const cost = (r: number): number =>
      this.#scale * Math.max(fleet.prefillBlocks[r]! + request.promptBlocks - fleet.overlapBlocks[r]!, 0) +
      fleet.decodeBlocks[r]!;
    const chosen =
      this.#temperature > 0 ? this.#sample(fleet, cost) : lowest(fleet, this.random.int(fleet.size), cost);
    this.#promptTotal += request.promptBlocks;
    this.#overlapTotal += fleet.overlapBlocks[chosen]!;
    if (fleet.overlapBlocks[chosen]! > 0) this.#hits++;
    return chosen;
  }

  #sample(fleet: Fleet, cost: (replica: number) => number): number {
    let low = Infinity;
    let high = -Infinity;
    for (let r = 0; r < fleet.size; r++) {
      this.#costs[r] = fleet.allowed[r] === 1 ? cost(r) : Infinity;
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
