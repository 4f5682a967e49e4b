/**
 * The open loop: requests leave at their own instants, whatever becomes of those before. One that could not be sent in
 * time, because this thread was busy or too many were in flight, is sent as soon as possible; it is late on the record,
 * never skipped. The queue of held-back requests is the schedule itself: nothing is taken from it that cannot be sent.
 *
 * Later turns of sessions are not in the schedule: they are sent some time after the answer before, and go before new
 * sessions where the in-flight limit holds both back. There is a limit for sessions between turns as well
 * ({@link WAITING_PER_FLIGHT}), beyond which new sessions are held back.
 *
 * When the time for sending is over while the in-flight limit holds requests back, those are not sent any more. The
 * offered rate times the duration, less the requests sent, tells how many.
 */
import type { Deadline } from '../lib/deadline-wheel.js';
import { widthOf } from '../results/shard-plan.js';
import { shareOf } from '../workloads/plan.js';
import { LaneRunner, type LaneRunnerOptions, type WaitingTurn } from './lane-runner.js';

/** Most requests sent in one turn of the event loop, so that a backlog does not keep answers from being read. */
const MAX_PER_TURN = 64;
/** The wheel runs in one turn whatever was due when the turn began; a moment later is the next turn. */
const NEXT_TURN_MS = 1e-3;

/** For each request that may be in flight so many sessions may be between turns. */
const WAITING_PER_FLIGHT = 10;

/** Sends this shard's part of the schedule; at most its part of the in-flight limit is in flight. */
export class OpenLane extends LaneRunner {
  readonly #limit: number;
  #next: Deadline | undefined;
  /** When the limit last let a request go: what was due before that has been held back by it. */
  #heldUntilMs = Number.NEGATIVE_INFINITY;
  /** Turns that are due; at most as many as sessions may wait. */
  readonly #due: WaitingTurn[] = [];
  #exhausted = false;

  constructor(options: LaneRunnerOptions) {
    super(options);
    this.#limit = shareOf(widthOf(options.plan), options.shard);
  }

  protected override pump(): void {
    for (let sent = 0; this.state === 'sending'; sent++) {
      const turn = this.#due[0];
      if (turn) {
        if (!this.#sendTurn(turn, sent)) return;
        continue;
      }
      const request = this.requests.peek();
      if (!request && this.sessionsOpen) {
        this.#exhausted = true;
        return;
      }
      const offsetMs = request?.intendedMs ?? 0;
      const measured = offsetMs >= this.plan.warmupMs;
      const dueMs = this.startMs + offsetMs;
      const nowMs = this.clock.nowMs();
      if (!request || (measured && this.left === 0)) {
        this.finishSending(nowMs);
      } else if (dueMs >= this.endMs) {
        this.finishSending(Math.max(nowMs, this.endMs));
      } else if (dueMs > nowMs || sent >= MAX_PER_TURN) {
        this.#wakeAt(Math.max(dueMs, nowMs + NEXT_TURN_MS));
        return;
      } else if (this.open >= this.#limit || (request.followUp && this.#crowded)) {
        if (nowMs >= this.endMs) this.finishSending(nowMs);
        return;
      } else {
        this.requests.take();
        if (measured && dueMs < this.#heldUntilMs) this.recorder.counters.heldBack++;
        this.launch(request, dueMs, nowMs, measured);
      }
    }
  }

  protected override timeIsUp(): void {
    this.pump();
  }

  protected override landed(): void {
    // Only a lane at its limit or its end waits for this; any other has its next instant on the wheel.
    if (this.open === this.#limit - 1) this.#heldUntilMs = this.clock.nowMs();
    else if (!this.#exhausted) return;
    this.pump();
  }

  protected override paused(): void {
    this.landed();
  }

  protected override turnDue(turn: WaitingTurn): void {
    if (this.#crowded) this.#heldUntilMs = this.clock.nowMs();
    this.#due.push(turn);
    this.pump();
  }

  get #crowded(): boolean {
    return this.waiting >= WAITING_PER_FLIGHT * this.#limit;
  }

  /** Sends the first turn that is due, if it may be sent now; false if the lane has to wait for that. */
  #sendTurn(turn: WaitingTurn, sent: number): boolean {
    const nowMs = this.clock.nowMs();
    const measured = nowMs >= this.measureFromMs;
    if (nowMs >= this.endMs) {
      this.waiting -= this.#due.length;
      this.#due.length = 0;
    } else if (measured && this.left === 0) {
      this.finishSending(nowMs);
    } else if (this.open >= this.#limit) {
      return false;
    } else if (sent >= MAX_PER_TURN) {
      this.#wakeAt(nowMs + NEXT_TURN_MS);
      return false;
    } else {
      this.#due.shift();
      if (measured && turn.dueMs < this.#heldUntilMs) this.recorder.counters.heldBack++;
      const request = this.takeTurn(turn);
      this.launch(request, Number.NaN, this.clock.nowMs(), measured);
    }
    return true;
  }

  #wakeAt(instantMs: number): void {
    if (this.#next) this.wheel.move(this.#next, instantMs);
    else this.#next = this.wheel.at(instantMs, () => this.pump());
  }
}
