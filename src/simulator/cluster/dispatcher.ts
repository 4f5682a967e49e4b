/** Moves sequences between replicas: placing, handing over after prefill, losing and placing again. */

import type { Delivery } from './delivery.js';
import type { Scheduling, SharedLink } from './kv/shared-link.js';
import type { Replica } from './replica.js';
import type { Router } from './router/router.js';
import { Sequence } from './sequence.js';

/** Replicas tried for one request before it counts as unavailable. */
const MOST_ATTEMPTS = 8;
/** How often stranded sequences try again while a replica is up. */
const RETRY_MS = 1000;

export interface DispatcherParts {
  readonly replicas: readonly Replica[];
  /** By pool. */
  readonly routers: readonly [Router, ...Router[]];
  /** Out of each prefill replica. */
  readonly links: readonly SharedLink[];
  readonly delivery: Delivery;
  readonly timeline: Scheduling;
  readonly onCrash: 'requeue' | 'fail';
}

export class Dispatcher {
  /** Accepted before, and now without a replica to go on; bounded by what the crashed replicas held. */
  #stranded: Sequence[] = [];
  #retryArmed = false;
  /** What replicas compute when they start; bounded by what the caller wants to be warm. */
  readonly #warm = new Map<Replica, Sequence[]>();

  constructor(readonly parts: DispatcherParts) {}

  get stranded(): number {
    return this.#stranded.filter((sequence) => sequence.state !== 'done').length;
  }

  routerOf(sequence: Sequence): Router {
    return this.parts.routers[sequence.pool] ?? this.parts.routers[0];
  }

  /** Places a new request; returns why it could not be. */
  place(sequence: Sequence, nowMs: number, bounded: boolean): 'queue_full' | 'unavailable' | undefined {
    const router = this.routerOf(sequence);
    for (let attempt = 0; attempt < MOST_ATTEMPTS; attempt++) {
      const index = router.place(sequence, nowMs);
      if (index < 0) break;
      const replica = this.parts.replicas[index]!;
      if (replica.up) {
        if (replica.enqueue(sequence, nowMs, bounded)) return undefined;
        router.ended(sequence, true, nowMs);
        return 'queue_full';
      }
      router.ended(sequence, true, nowMs); // connection refused
    }
    return 'unavailable';
  }

  /** Places a sequence that was accepted before; it waits if no replica is up. */
  #placeAgain(sequence: Sequence, nowMs: number): void {
    sequence.state = 'held';
    if (!this.place(sequence, nowMs, false)) return;
    this.#stranded.push(sequence);
    // Replicas that are down say when they are back; an open circuit does not.
    if (this.#retryArmed || !this.parts.replicas.some((replica) => replica.up)) return;
    this.#retryArmed = true;
    this.parts.timeline.at(nowMs + RETRY_MS, (atMs) => {
      this.#retryArmed = false;
      this.retryStranded(atMs);
    });
  }

  /** The first token is out: the keys and values go to a decode replica. */
  handOver(sequence: Sequence, nowMs: number): void {
    const from = this.parts.replicas[sequence.replica]!;
    const { epoch } = sequence;
    const bytes = from.parts.cost.kvBytesPerToken * sequence.computed;
    this.parts.links[from.index]!.start(bytes, nowMs, (atMs) => {
      if (epoch !== sequence.epoch || !from.handedOver(sequence, atMs) || sequence.state === 'done') return;
      this.routerOf(sequence).ended(sequence, false, atMs);
      sequence.remoteTokens = sequence.computed;
      sequence.computed = 0;
      sequence.pool = 1;
      this.#placeAgain(sequence, atMs);
    });
  }

  /** A replica dies. */
  crash(replica: Replica, nowMs: number): void {
    if (!replica.up) return;
    const lost = replica.crash(nowMs);
    for (const router of this.parts.routers) router.setUp(replica.index, false);
    for (const sequence of lost) {
      this.parts.delivery.interrupted(sequence, nowMs);
      if (this.parts.onCrash === 'fail' || sequence.internal) {
        this.parts.delivery.finish(sequence, 'replica_failed', nowMs);
        continue;
      }
      this.routerOf(sequence).ended(sequence, true, nowMs);
      sequence.restart();
      this.parts.delivery.totals.requeued++;
      this.#placeAgain(sequence, nowMs);
    }
  }

  /** Has a replica compute a prefix, now and at each restart. */
  warm(sequence: Sequence, replica: Replica, nowMs: number): void {
    this.#warm.set(replica, [...(this.#warm.get(replica) ?? []), sequence]);
    if (replica.up) replica.enqueue(sequence, nowMs, true);
  }

  /** A replica is back, with an empty cache. */
  restart(replica: Replica, nowMs: number): void {
    replica.up = true;
    for (const { request, keys, order } of this.#warm.get(replica) ?? [])
      replica.enqueue(new Sequence(request, keys, order, true), nowMs, true);
    for (const router of this.parts.routers) router.setUp(replica.index, true);
    replica.interrupt(nowMs);
    this.retryStranded(nowMs);
  }

  retryStranded(nowMs: number): void {
    const waiting = this.#stranded.filter((sequence) => sequence.state !== 'done');
    this.#stranded = [];
    for (const sequence of waiting) this.#placeAgain(sequence, nowMs);
  }
}
