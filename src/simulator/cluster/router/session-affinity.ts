/** Keeps a conversation on one replica. */

import type { Fleet, Rank, RouteOutcome, RouteRequest, RoutingPolicy } from './policy.js';

export interface SessionAffinityOptions {
  /** Idle time after which a session may move. Default 10 minutes. */
  readonly ttlMs?: number;
  /** Sessions remembered; the one idle longest is forgotten for a new one. Default 100,000. */
  readonly maxSessions?: number;
}

interface Home {
  replica: number;
  lastMs: number;
}

/** The replica of the session's last request if it may be used, else the inner policy's choice. */
export class SessionAffinity implements RoutingPolicy {
  /** With the policy that places what has no home yet. */
  readonly name: string;
  readonly #ttlMs: number;
  readonly #maxSessions: number;
  /** In order of last use. */
  readonly #homes = new Map<string | number, Home>();
  #kept = 0;
  #moved = 0;

  constructor(
    options: SessionAffinityOptions,
    readonly inner: RoutingPolicy,
  ) {
    this.name = `session/${inner.name}`;
    this.#ttlMs = options.ttlMs ?? 600_000;
    this.#maxSessions = options.maxSessions ?? 100_000;
  }

  get ranks(): readonly Rank[] {
    return this.inner.ranks;
  }

  get needsOverlap(): boolean {
    return this.inner.needsOverlap;
  }

  choose(request: RouteRequest, fleet: Fleet, nowMs: number): number {
    const session = request.sessionId;
    if (session === undefined) return this.inner.choose(request, fleet, nowMs);
    const home = this.#homes.get(session);
    const valid = home && nowMs - home.lastMs <= this.#ttlMs && fleet.allowed[home.replica] === 1;
    const replica = valid ? home.replica : this.inner.choose(request, fleet, nowMs);
    if (valid) this.#kept++;
    else if (home) this.#moved++;
    this.#homes.delete(session);
    this.#homes.set(session, { replica, lastMs: nowMs });
    if (this.#homes.size > this.#maxSessions) this.#homes.delete(this.#homes.keys().next().value!);
    return replica;
  }

  observe(outcome: RouteOutcome, fleet: Fleet): void {
    this.inner.observe?.(outcome, fleet);
  }

  counters(): Record<string, number> {
    return { kept: this.#kept, moved: this.#moved, sessions: this.#homes.size, ...this.inner.counters() };
  }
}
