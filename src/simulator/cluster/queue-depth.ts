/** How many requests wait in a cluster, and how many did at most. */
import type { Replica } from './replica.js';

/** Requests that wait for keys and values from a lower tier. */
export function loadingOf({ pinned, parts }: Replica): number {
  let count = 0;
  // Without lower tiers only those are pinned whose blocks another replica reads.
  if (parts.tiers) for (const { state, internal } of pinned) if (state === 'loading' && !internal) count++;
  return count;
}

/** Of all replicas; each tells when its own queue may have changed. */
export class QueueDepth {
  /** Since the start. Those that are admitted at the instant at which they come do not wait. */
  most = 0;
  #now = 0;
  readonly #waiting: Int32Array;

  constructor(replicas: number) {
    this.#waiting = new Int32Array(replicas);
  }

  look(replica: Replica): void {
    const { index, scheduler, pinned } = replica;
    const waiting = scheduler.waiting.size + (pinned.size > 0 ? loadingOf(replica) : 0);
    this.#now += waiting - this.#waiting[index]!;
    this.#waiting[index] = waiting;
    if (this.#now > this.most) this.most = this.#now;
  }
}
