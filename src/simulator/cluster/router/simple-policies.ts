/** Round robin, random, least loaded. */

import type { Random } from '../../../lib/random.js';
import { lowest, type Fleet, type RouteRequest, type RoutingPolicy } from './policy.js';

/** Each allowed replica in turn. */
export class RoundRobin implements RoutingPolicy {
  readonly name = 'round-robin';
  readonly needsOverlap = false;
  #next = 0;

  choose(_request: RouteRequest, fleet: Fleet): number {
    let chosen = this.#next;
    while (fleet.allowed[chosen] === 0) chosen = (chosen + 1) % fleet.size;
    this.#next = (chosen + 1) % fleet.size;
    return chosen;
  }

  counters(): Record<string, number> {
    return {};
  }
}

/** Any allowed replica with equal probability. */
export class RandomChoice implements RoutingPolicy {
  readonly name = 'random';
  readonly needsOverlap = false;

  constructor(readonly random: Random) {}

  choose(_request: RouteRequest, fleet: Fleet): number {
    let left = 0;
    for (const allowed of fleet.allowed) left += allowed;
    left = this.random.int(left);
    for (let replica = 0; ; replica++) if (fleet.allowed[replica] === 1 && left-- === 0) return replica;
  }

  counters(): Record<string, number> {
    return {};
  }
}

/** Fewest requests in flight; among equals fewest blocks, then at random. */
export class LeastLoaded implements RoutingPolicy {
  readonly name = 'least-loaded';
  readonly needsOverlap = false;

  constructor(readonly random: Random) {}

  choose(_request: RouteRequest, fleet: Fleet): number {
    return lowest(
      fleet,
      this.random.int(fleet.size),
      (r) => fleet.inflight[r]! + fleet.decodeBlocks[r]! * 1e-9,
    );
  }

  counters(): Record<string, number> {
    return {};
  }
}
