/**
 * One target's load on one thread, whatever decides when requests are sent: stop rule, warm-up, timeouts, grace, and the
 * records. Subclasses say when ({@link ClosedLane}, {@link OpenLane}, {@link UserLane}).
 *
 * Life: `ready` → `sending` → `draining` (nothing more is sent, requests in flight may finish for the grace time) →
 * `over`. Warm-up requests (those sent, or meant to be sent, before measuring starts) are sent and otherwise forgotten.
 */
import type { Clock } from '../lib/clock.js';
import type { Deadline, DeadlineWheel } from '../lib/deadline-wheel.js';
import { createRandom } from '../lib/random.js';
import type { ErrorKind } from '../results/error-kinds.js';
import type { Plan } from '../workloads/plan.js';
import type { FollowUp } from '../workloads/requests.js';
import { dialectOf } from './dialects/index.js';
import { Flight, FlightList, type FlightOwner, type Reading } from './flight.js';
import type { LaneRunnerOptions, WaitingTurn } from './lane-options.js';
import { LaneWatch } from './lane-watch.js';
import { Ledger } from './ledger.js';
import { LookAhead, type ReadyRequest } from './look-ahead.js';
import type { Recorder } from './recorder.js';
import { Resting } from './resting.js';
import type { Transport } from './transport/transport.js';

export type { LaneRunnerOptions, WaitingTurn } from './lane-options.js';

export abstract class LaneRunner implements FlightOwner {
  readonly watch: LaneWatch;
  protected readonly plan: Plan;
  protected readonly requests: LookAhead;
  protected readonly clock: Clock;
  protected readonly wheel: DeadlineWheel;
  protected readonly flights = new FlightList();
  protected state: 'ready' | 'sending' | 'draining' | 'over' = 'ready';
  /** Instants of the clock; set by {@link LaneRunner.start}. */
  protected startMs = Number.NaN;
  protected measureFromMs = Number.NaN;
  /** When the time for sending is over; infinite without a duration. */
  protected endMs = Number.POSITIVE_INFINITY;
  /** Measured requests that may still be sent. */
  protected left: number;
  /** Sessions that wait between an answer and their next turn. */
  protected waiting = 0;
  readonly #resting: Resting;
  /** Turns in flight that another one follows if they succeed. */
  #followed = 0;
  readonly #transport: Transport;
  readonly #ledger: Ledger;
  readonly #reading: Reading;
  readonly #onOver: () => void;
  #timeout: Deadline | undefined;
  #grace: Deadline | undefined;

  constructor(options: LaneRunnerOptions) {
    const { plan } = options;
    this.plan = plan;
    this.requests = new LookAhead(options.lane, (body) => options.transport.prepare(body), options.clock);
    this.clock = options.clock;
    this.wheel = options.wheel;
    this.#resting = new Resting(plan, this.clock, this.wheel, (failed) => this.#retry(failed));
    this.left = options.measuredRequests ?? Number.POSITIVE_INFINITY;
    this.#transport = options.transport;
    this.watch = new LaneWatch(options.cell);
    this.#ledger = new Ledger({ ...options, watch: this.watch });
    const keepText = plan.tokenizer?.counts ?? 'never';
    this.#reading = { dialect: dialectOf(plan), streaming: plan.streaming, keepText };
    this.#onOver = options.onOver;
  }

  /** Finishes the books; to be called when the lane is over. */
  settle(): void {
    this.#ledger.settle();
  }

  get recorder(): Recorder {
    return this.#ledger.recorder;
  }

  /** Prepares the first requests. */
  prepare(): void {
    this.requests.fill();
  }

  /** Starts at an instant, at once if it has passed. */
  start(startMs: number): void {
    this.startMs = startMs;
    this.#ledger.start(startMs);
    this.measureFromMs = startMs + this.plan.warmupMs;
    this.endMs = this.measureFromMs + (this.plan.stop.durationMs ?? Number.POSITIVE_INFINITY);
    this.wheel.at(startMs, () => {
      if (this.state !== 'ready') return;
      this.state = 'sending';
      if (this.endMs !== Number.POSITIVE_INFINITY) this.wheel.at(this.endMs, () => this.timeIsUp());
      this.pump();
    });
  }

  /** Stops at once: sends nothing more and cuts what is in flight. */
  interrupt(): void {
    if (this.state === 'over') return;
    this.state = 'draining';
    this.#cut();
  }

  /** Sends nothing more; what is in flight may finish. */
  finish(): void {
    if (this.state === 'ready') this.interrupt();
    else this.finishSending(this.clock.nowMs());
  }

  /** Sends whatever may be sent now. */
  protected abstract pump(): void;

  /** The time for sending is over. */
  protected abstract timeIsUp(): void;

  /** A request ended, and so did its session; what comes next is up to the subclass. */
  protected abstract landed(kind: ErrorKind | undefined, flight: Flight): void;

  /** A request ended, and its session goes on later. */
  protected abstract paused(flight: Flight): void;

  /** The next turn of a session is due; the lane is sending. */
  protected abstract turnDue(turn: WaitingTurn): void;

  /** Whether a session goes on by itself: more may have to be sent after the lane's requests are all taken. */
  protected get sessionsOpen(): boolean {
    return this.waiting + this.#followed > 0;
  }

  /** Requests that were sent and have not ended, those between two attempts included. */
  protected get open(): number {
    return this.flights.size + this.#resting.size;
  }

  /** Makes a turn ready, to be launched at once: its session waits no longer. */
  protected takeTurn({ followUp, answer }: WaitingTurn): ReadyRequest {
    this.waiting--;
    return this.requests.ready(followUp.requestWith(answer));
  }

  /**
   * Sends a request.
   *
   * @param intendedMs - instant, NaN in closed loops
   * @param sentMs - now
   */
  protected launch(request: ReadyRequest, intendedMs: number, sentMs: number, measured: boolean): void {
    const flight = new Flight(this, request, intendedMs, sentMs, measured, this.#reading);
    if (measured) this.left--;
    this.#ledger.launched(flight);
    if (request.followUp) this.#followed++;
    if (this.plan.retries) flight.remember(request, sentMs, 1);
    this.#fly(flight, request, sentMs);
  }

  /** @param firstSentMs - of its first attempt */
  #fly(flight: Flight, request: ReadyRequest, firstSentMs: number): void {
    this.flights.add(flight);
    if (request.followUp) flight.followedBy(request.followUp);
    if (!this.#timeout?.pending) this.#armTimeout(flight.sentMs + this.plan.timeoutMs);
    flight.sending = this.#transport.send(request.bytes, flight);
    const { cancel, seed } = this.plan;
    if (cancel && createRandom(seed, 'cancel', request.index, request.turn).next() < cancel.share)
      flight.givingUp = this.wheel.at(firstSentMs + cancel.afterMs, () => this.#giveUp(flight));
  }

  /**
   * Sends nothing more; requests in flight have the grace time to finish.
   *
   * @param fromMs - when the grace time begins
   */
  protected finishSending(fromMs: number): void {
    if (this.state !== 'sending') return;
    this.state = 'draining';
    this.requests.close();
    this.watch.sendingOver();
    if (this.open === 0) this.#over();
    else this.#grace = this.wheel.at(fromMs + this.plan.graceMs, () => this.#cut());
  }

  onText(flight: Flight, atMs: number, gapMs: number): void {
    this.#ledger.chunk(flight, atMs, gapMs);
  }

  onLanded(flight: Flight, kind: ErrorKind | undefined, message: string, atMs: number): void {
    this.#remove(flight);
    if (this.#resting.takes(flight, kind)) {
      // The request is as much under way as before.
      this.#ledger.attemptFailed(flight, kind, message, atMs);
      this.#resting.add(flight, atMs);
      return;
    }
    if (kind === undefined) this.#ledger.completed(flight, atMs);
    else this.#ledger.failed(flight, kind, message, atMs);
    const turn = flight.followUp && this.#turnAfter(flight, flight.followUp, kind, atMs);
    if (turn) this.#pause(turn, flight);
    else this.#afterLanding(kind, flight);
  }

  #retry(failed: Flight): void {
    const { request, intendedMs, measured, firstSentMs, attempt } = failed;
    const nowMs = this.clock.nowMs();
    const flight = new Flight(this, request!, intendedMs, nowMs, measured, this.#reading);
    flight.remember(request!, firstSentMs, attempt + 1);
    this.#ledger.relaunched(flight);
    this.#fly(flight, request!, firstSentMs);
  }

  #remove(flight: Flight): void {
    this.flights.remove(flight);
    if (flight.givingUp?.pending) this.wheel.cancel(flight.givingUp);
  }

  #afterLanding(kind: ErrorKind | undefined, flight: Flight): void {
    if (this.state === 'sending') this.landed(kind, flight);
    else if (this.state === 'draining' && this.open === 0) this.#over();
  }

  /** Cancels a request as the plan wants it: neither success nor failure, and the end of its session. */
  #giveUp(flight: Flight): void {
    flight.sending?.cancel();
    this.#remove(flight);
    if (flight.followUp) this.#followed--;
    this.#ledger.cancelled(flight, this.clock.nowMs());
    this.#afterLanding(undefined, flight);
  }

  /** The turn that follows on a request that ended; undefined if its session ends with it. */
  #turnAfter(
    { reader }: Flight,
    followUp: FollowUp,
    kind: ErrorKind | undefined,
    atMs: number,
  ): WaitingTurn | undefined {
    this.#followed--;
    if (kind !== undefined || this.state !== 'sending' || this.left === 0) return undefined;
    return { followUp, answer: reader.answer?.text ?? '', dueMs: atMs + followUp.delayMs };
  }

  #pause(turn: WaitingTurn, flight: Flight): void {
    this.waiting++;
    if (turn.followUp.delayMs === 0) {
      this.turnDue(turn);
      return;
    }
    this.wheel.at(turn.dueMs, () => {
      if (this.state === 'sending') this.turnDue(turn);
    });
    this.paused(flight);
  }

  #armTimeout(instantMs: number): void {
    if (this.#timeout) this.wheel.move(this.#timeout, instantMs);
    else this.#timeout = this.wheel.at(instantMs, (nowMs) => this.#timeOutDue(nowMs));
  }

  #timeOutDue(nowMs: number): void {
    const { timeoutMs } = this.plan;
    let flight = this.flights.first;
    while (flight && flight.sentMs + timeoutMs <= nowMs) {
      flight.timeOut(timeoutMs, nowMs);
      flight = this.flights.first;
    }
    if (flight) this.#armTimeout(flight.sentMs + timeoutMs);
  }

  #cut(): void {
    for (let flight = this.flights.first; flight; flight = this.flights.first) {
      flight.sending?.cancel();
      this.#remove(flight);
      this.#ledger.cut(flight, this.clock.nowMs());
    }
    this.#resting.clear((flight) => this.#ledger.cutBetween(flight));
    this.#over();
  }

  #over(): void {
    if (this.state === 'over') return;
    this.state = 'over';
    this.requests.close();
    for (const deadline of [this.#timeout, this.#grace]) if (deadline) this.wheel.cancel(deadline);
    this.#transport.close();
    this.#onOver();
  }
}
