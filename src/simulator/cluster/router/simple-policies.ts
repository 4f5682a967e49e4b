/** Round robin, random, least loaded. */

import type { Random } from '../../../lib/random.js';
import { turnOf, type Fleet, type Rank, type RouteRequest, type RoutingPolicy } from './policy.js';

/** Each allowed replica in turn. */
export class RoundRobin implements RoutingPolicy {
  readonly name = 'round-robin';
  readonly needsOverlap = false;
  readonly ranks: readonly Rank[] = [];
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
  readonly ranks: readonly Rank[] = [];

  constructor(readonly random: Random) {}

  choose(_request: RouteRequest, fleet: Fleet): number {
    return fleet.allowedList[this.random.int(fleet.allowedCount)]!;
  }

  counters(): Record<string, number> {
    return {};
  }
}

/** Fewest requests in flight; among equals fewest blocks, then at random. */
export class LeastLoaded implements RoutingPolicy {
  readonly name = 'least-loaded';
  readonly needsOverlap = false;
  readonly ranks: readonly Rank[] = ['load'];

  constructor(readonly random: Random) {}

  choose(_request: RouteRequest, fleet: Fleet): number {
    const start = this.random.int(fleet.size);
    const loads = fleet.ranks.load!;
    let chosen = -1;
    let lowest = Infinity;
    loads.begin();
    for (let r = loads.next(Infinity); r >= 0; r = loads.next(lowest)) {
      if (fleet.allowed[r] === 0) continue;
      const load = loads.keyOf(r);
      if (load === lowest && turnOf(r, start, fleet.size) > turnOf(chosen, start, fleet.size)) continue;
      chosen = r;
      lowest = load;
    }
    return chosen;
  }

  counters(): Record<string, number> {
    return {};
  }
}
