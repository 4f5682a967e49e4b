/** When requests leave in virtual time, as the lanes of the load engine have it; nothing is late here. */
import { createRandom, type Random } from '../../lib/random.js';
import { Timeline } from '../../simulator/cluster/timeline.js';
import { concurrencyAt, nextConcurrencyMs } from '../../workloads/arrivals.js';
import { sampleLength } from '../../workloads/lengths.js';
import type { LengthDistribution, Plan } from '../../workloads/plan.js';
import type { OutlineLane, RequestOutline } from '../../workloads/outlines.js';

/** A closed loop against a fleet that refuses everything would otherwise never get on. */
const PAUSE_AFTER_FAILURE_MS = 100;

/** What a load asks of the run that it is part of. */
export interface LoadHost {
  readonly plan: Plan;
  readonly outlines: OutlineLane;
  /** Whether a request that is sent, or due, at an instant may still be. */
  mayLaunch(atMs: number): boolean;
  launch(request: RequestOutline, intendedMs: number, atMs: number): void;
  /** Nothing more is sent from here on. */
  finishSending(atMs: number): void;
  /** Whether sessions go on by themselves. */
  readonly sessionsOpen: boolean;
}

/** Decides what is sent next. What it plans is on its {@link VirtualLoad.agenda}. */
export abstract class VirtualLoad {
  /** What happens when; at one instant in the order in which it was planned. */
  readonly agenda = new Timeline();

  constructor(readonly host: LoadHost) {}

  abstract begin(): void;

  /** A request has ended, and so has its session. */
  abstract landed(index: number, failed: boolean, atMs: number): void;

  /** A request has ended, and its session goes on later. */
  paused(): void {
    // Most loads keep its place.
  }

  /** A later turn is due. */
  turnDue(request: RequestOutline, atMs: number): void {
    if (this.host.mayLaunch(atMs)) this.host.launch(request, Number.NaN, atMs);
    else this.host.finishSending(atMs);
  }
}

/** Each request at its own instant. */
class OpenLoad extends VirtualLoad {
  #exhausted = false;

  begin(): void {
    this.#plan(0);
  }

  /** The next request of the plan, taken when it is due. */
  #plan(nowMs: number): void {
    const request = this.host.outlines.next();
    if (request) this.agenda.at(request.intendedMs ?? nowMs, (atMs) => this.#send(request, atMs));
    else if (this.host.sessionsOpen) this.#exhausted = true;
    else this.agenda.at(nowMs, (atMs) => this.host.finishSending(atMs));
  }

  #send(request: RequestOutline, atMs: number): void {
    if (!this.host.mayLaunch(atMs)) {
      this.host.finishSending(atMs);
      return;
    }
    this.host.launch(request, atMs, atMs);
    this.#plan(atMs);
  }

  landed(_index: number, _failed: boolean, atMs: number): void {
    if (this.#exhausted && !this.host.sessionsOpen) this.host.finishSending(atMs);
  }
}

/** A number in flight; a session has its place until it ends. */
class ClosedLoad extends VirtualLoad {
  #slots = 0;
  #wanted = 0;

  begin(): void {
    this.#adjust(0);
  }

  #adjust(nowMs: number): void {
    const { arrivals } = this.host.plan;
    if (arrivals.kind !== 'closed') throw new TypeError('a closed loop needs a concurrency');
    this.#wanted = concurrencyAt(arrivals, nowMs);
    const nextMs = nextConcurrencyMs(arrivals, nowMs);
    if (nextMs !== undefined) this.agenda.at(nextMs, (atMs) => this.#adjust(atMs));
    for (; this.#slots < this.#wanted; this.#slots++) this.agenda.at(nowMs, (atMs) => this.#sendNext(atMs));
  }

  #sendNext(atMs: number): void {
    if (!this.host.mayLaunch(atMs)) {
      this.host.finishSending(atMs);
      return;
    }
    const request = this.#slots > this.#wanted ? undefined : this.host.outlines.next();
    if (request) this.host.launch(request, Number.NaN, atMs);
    else this.#slots--;
  }

  landed(_index: number, failed: boolean, atMs: number): void {
    this.agenda.at(failed ? atMs + PAUSE_AFTER_FAILURE_MS : atMs, (dueMs) => this.#sendNext(dueMs));
  }
}

/** Users, each of whom waits for an answer: user u sends the requests u, u + users, u + 2·users …. */
class UserLoad extends VirtualLoad {
  readonly #users: number;
  /** Without it, users have a schedule. */
  readonly #thinkMs: LengthDistribution | undefined;

  constructor(host: LoadHost) {
    super(host);
    const { arrivals } = host.plan;
    if (arrivals.kind !== 'users') throw new TypeError('there are no users');
    this.#users = arrivals.users;
    this.#thinkMs = 'thinkMs' in arrivals ? arrivals.thinkMs : undefined;
  }

  begin(): void {
    for (let user = 0; user < this.#users; user++) {
      if (this.#thinkMs === undefined) this.#askWhenDue(user, 0);
      else {
        const random = createRandom(this.host.plan.seed, 'first-think', user);
        const part = random.next();
        this.#askAt(part * timeOf(this.#thinkMs, random), user, Number.NaN);
      }
    }
  }

  landed(index: number, failed: boolean, atMs: number): void {
    const freeMs = failed ? atMs + PAUSE_AFTER_FAILURE_MS : atMs;
    const next = index + this.#users;
    if (this.#thinkMs === undefined) {
      this.#askWhenDue(next, freeMs);
      return;
    }
    const thinkMs = timeOf(this.#thinkMs, createRandom(this.host.plan.seed, 'think', index));
    this.#askAt(Math.max(freeMs, atMs + thinkMs), next, Number.NaN);
  }

  #askWhenDue(index: number, freeMs: number): void {
    const dueMs = this.host.outlines.dueMs(index) ?? 0;
    this.#askAt(Math.max(dueMs, freeMs), index, dueMs);
  }

  #askAt(whenMs: number, index: number, intendedMs: number): void {
    this.agenda.at(whenMs, (atMs) => {
      const request = this.host.outlines.at(index);
      if (request && this.host.mayLaunch(Number.isNaN(intendedMs) ? atMs : intendedMs))
        this.host.launch(request, intendedMs, atMs);
      else this.host.finishSending(atMs);
    });
  }
}

const timeOf = (distribution: LengthDistribution, random: Random): number =>
  distribution.kind === 'fixed' ? distribution.value : sampleLength(distribution, random);

/** The load of a plan. */
export function createLoad(host: LoadHost): VirtualLoad {
  switch (host.plan.arrivals.kind) {
    case 'closed':
      return new ClosedLoad(host);
    case 'users':
      return new UserLoad(host);
    default:
      return new OpenLoad(host);
  }
}
