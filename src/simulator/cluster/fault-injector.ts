/** Lets failures happen to replicas at their instants. */

import type { Dispatcher } from './dispatcher.js';
import { Slowdowns, isFatalXid, type FailureEvent, type SlowdownEvent } from './failures.js';
import type { Scheduling } from './kv/shared-link.js';
import type { Replica } from './replica.js';
import type { ReplicaCondition } from './snapshot.js';

export class FaultInjector {
  readonly #slowdowns: Slowdowns;
  readonly #lastXid: Int32Array;
  readonly #xids: Record<number, number>[];
  /** Of each replica: when it is to crash, earliest first. */
  readonly #crashesMs: number[][];

  constructor(
    readonly replicas: readonly Replica[],
    readonly dispatcher: Dispatcher,
    readonly timeline: Scheduling,
  ) {
    this.#slowdowns = new Slowdowns(replicas.length);
    this.#lastXid = new Int32Array(replicas.length);
    this.#xids = replicas.map(() => ({}));
    this.#crashesMs = replicas.map(() => []);
  }

  schedule(failure: FailureEvent): void {
    const replica = this.replicas[failure.replica]!;
    if (isFatal(failure)) insert(this.#crashesMs[failure.replica]!, failure.atMs);
    this.timeline.at(failure.atMs, (nowMs) => {
      if (isFatal(failure)) this.#crashesMs[failure.replica]!.shift();
      if (failure.kind === 'crash') this.#crash(replica, failure.downMs, nowMs);
      else if (failure.kind === 'xid') {
        this.#lastXid[replica.index] = failure.code;
        const xids = this.#xids[replica.index]!;
        xids[failure.code] = (xids[failure.code] ?? 0) + 1;
        if (isFatalXid(failure.code)) this.#crash(replica, failure.downMs, nowMs);
      } else this.#slowDown(failure, replica, nowMs);
    });
  }

  /** When a replica crashes next, as far as it is known; Infinity for never. */
  nextCrashMs(replica: number): number {
    return this.#crashesMs[replica]![0] ?? Infinity;
  }

  #crash(replica: Replica, downMs: number, nowMs: number): void {
    if (!replica.up) return;
    this.dispatcher.crash(replica, nowMs);
    this.timeline.at(nowMs + downMs, (atMs) => this.dispatcher.restart(replica, atMs));
  }

  #slowDown(failure: SlowdownEvent, replica: Replica, nowMs: number): void {
    const { kind, factor, durationMs } = failure;
    this.#slowdowns.begin(kind, replica.index, factor);
    this.#apply(replica, nowMs);
    this.timeline.at(nowMs + durationMs, (atMs) => {
      this.#slowdowns.end(kind, replica.index, factor);
      this.#apply(replica, atMs);
    });
  }

  /** The step in progress keeps its length; the next one has the new factor. */
  #apply(replica: Replica, nowMs: number): void {
    const { index } = replica;
    replica.setSlowness(this.#slowdowns.factor(index), this.#slowdowns.thermalFactor(index), nowMs);
  }

  condition(replica: number): Pick<ReplicaCondition, 'thermalFactor' | 'lastXid' | 'xids'> {
    return {
      thermalFactor: this.#slowdowns.thermalFactor(replica),
      lastXid: this.#lastXid[replica]!,
      xids: this.#xids[replica]!,
    };
  }
}

const isFatal = (failure: FailureEvent): boolean =>
  failure.kind === 'crash' || (failure.kind === 'xid' && isFatalXid(failure.code));

/** Keeps a list in order. */
function insert(list: number[], value: number): void {
  const place = list.findIndex((other) => other > value);
  list.splice(place < 0 ? list.length : place, 0, value);
}
