/**
 * Users, each of whom waits for an answer before asking again: they think for a while, or have a schedule of their own.
 *
 * Users who think begin at a random part of a think time, so that they do not all come at once and stay together. Users
 * with a schedule are never ahead of it: where an answer took longer than the gap, the next request leaves as soon as the
 * answer is there, late on the record (`lateness`, `heldBack`), and its response time counts from when it was due.
 */
import { createRandom } from '../lib/random.js';
import type { ErrorKind } from '../results/error-kinds.js';
import { widthOf } from '../results/shard-plan.js';
import { sampleLength } from '../workloads/lengths.js';
import { shareOf, type LengthDistribution } from '../workloads/plan.js';
import type { Lane } from '../workloads/requests.js';
import { CONNECTION_FAILURES } from './closed-lane.js';
import type { Flight } from './flight.js';
import { LaneRunner, type LaneRunnerOptions, type WaitingTurn } from './lane-runner.js';

/** After a failure of the connection a user waits at least so long, which a person would too. */
const AFTER_FAILURE_MS = 100;

/** Plays this shard's users; at most its part of the in-flight limit is in flight. */
export class UserLane extends LaneRunner {
  readonly #count: number;
  /** Without it, users have a schedule. */
  readonly #thinkMs: LengthDistribution | undefined;
  readonly #lane: Lane;
  readonly #limit: number;
  /** Numbers of the users that are this shard's. */
  readonly #users: number[];
  /** What waits for the in-flight limit, in the order in which it was due; at most one per user. */
  readonly #queue: (() => void)[] = [];

  constructor(options: LaneRunnerOptions) {
    super(options);
    const { plan, shard } = options;
    const { arrivals } = plan;
    if (arrivals.kind !== 'users') throw new TypeError('there are no users');
    this.#count = arrivals.users;
    this.#thinkMs = 'thinkMs' in arrivals ? arrivals.thinkMs : undefined;
    this.#lane = options.lane;
    this.#limit = shareOf(widthOf(plan), shard);
    this.#users = Array.from(
      { length: shareOf(arrivals.users, shard) },
      (_, i) => shard.index + i * shard.count,
    );
  }

  /** Nobody knows whose request will be the next, so none is prepared ahead. */
  override prepare(): void {}

  protected override pump(): void {
    for (const user of this.#users) this.#begin(user);
  }

  protected override timeIsUp(): void {
    this.finishSending(this.endMs);
  }

  protected override landed(kind: ErrorKind | undefined, { index }: Flight): void {
    const leastMs = kind !== undefined && CONNECTION_FAILURES.has(kind) ? AFTER_FAILURE_MS : 0;
    this.#goOn(index, leastMs);
    this.#letGo();
  }

  protected override paused(): void {
    this.#letGo();
  }

  protected override turnDue(turn: WaitingTurn): void {
    this.#whenFree(() => {
      const request = this.takeTurn(turn);
      const nowMs = this.clock.nowMs();
      if (this.#isOver(nowMs, nowMs)) this.finishSending(nowMs);
      else this.launch(request, Number.NaN, nowMs, nowMs >= this.measureFromMs);
    });
  }

  #begin(user: number): void {
    if (this.#thinkMs === undefined) {
      this.#askAt(user, Number.NEGATIVE_INFINITY);
      return;
    }
    const random = createRandom(this.plan.seed, 'first-think', user);
    const part = random.next();
    this.#after(part * timeOf(this.#thinkMs, random), user);
  }

  /** A session ended: the user's next request. */
  #goOn(index: number, leastMs: number): void {
    const next = index + this.#count;
    if (this.#thinkMs === undefined) {
      this.#askAt(next, this.clock.nowMs() + leastMs);
      return;
    }
    const ms = timeOf(this.#thinkMs, createRandom(this.plan.seed, 'think', index));
    this.#after(Math.max(leastMs, ms), next);
  }

  #after(ms: number, index: number): void {
    this.wheel.at(this.clock.nowMs() + ms, () => this.#ask(index, Number.NaN, false));
  }

  /**
   * Asks when the request is due, or as soon as the user can.
   *
   * @param freeMs - from when on the user can
   */
  #askAt(index: number, freeMs: number): void {
    const dueMs = this.startMs + (this.#lane.dueMs(index) ?? 0);
    this.wheel.at(Math.max(dueMs, freeMs), () => this.#ask(index, dueMs, dueMs < freeMs));
  }

  #ask(index: number, dueMs: number, late: boolean): void {
    if (this.state !== 'sending') return;
    const heldBack = late || this.open >= this.#limit;
    this.#whenFree(() => {
      const request = this.#lane.at(index);
      const nowMs = this.clock.nowMs();
      const atMs = Number.isNaN(dueMs) ? nowMs : dueMs;
      if (!request || this.#isOver(nowMs, atMs)) {
        this.finishSending(nowMs);
        return;
      }
      const measured = atMs >= this.measureFromMs;
      if (measured && heldBack) this.recorder.counters.heldBack++;
      this.launch(this.requests.ready(request), dueMs, this.clock.nowMs(), measured);
    });
  }

  #isOver(nowMs: number, atMs: number): boolean {
    return nowMs >= this.endMs || (atMs >= this.measureFromMs && this.left === 0);
  }

  #whenFree(send: () => void): void {
    if (this.open < this.#limit) send();
    else this.#queue.push(send);
  }

  #letGo(): void {
    while (this.state === 'sending' && this.open < this.#limit) {
      const send = this.#queue.shift();
      if (!send) return;
      send();
    }
  }
}

const timeOf = (distribution: LengthDistribution, random: ReturnType<typeof createRandom>): number =>
  distribution.kind === 'fixed' ? distribution.value : sampleLength(distribution, random);
