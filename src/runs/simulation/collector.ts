/** What a simulated client sees: the cluster's events become the records that the load engine keeps of real ones. */
import { LaneWatch } from '../../engine/lane-watch.js';
import { Recorder } from '../../engine/recorder.js';
import { NumberMap } from '../../lib/number-map.js';
import type { ErrorKind } from '../../results/error-kinds.js';
import type { TimeSeries } from '../../results/time-series.js';
import type {
  ClusterSink,
  FinishReason,
  RejectReason,
  RequestUsage,
  StepTimes,
} from '../../simulator/cluster/types.js';
import type { RequestOutline } from '../../workloads/outlines.js';
import type { Plan } from '../../workloads/plan.js';
import { hasSessions } from '../../workloads/session-shape.js';
import { type Departure, FIRST_MS, FlightRows, LAST_MS, LONGEST_GAP_MS, SECOND_MS } from './flight-rows.js';
import { REJECTIONS } from './rejections.js';
import { TokenSeries } from './token-series.js';
import { noCompletion, noFlight, type VirtualFlight } from './virtual-flight.js';
import type { VirtualRecords } from './virtual-records.js';

/** Called when a request has ended. */
export type OnLanded = (
  flight: VirtualFlight,
  outcome: 'completed' | 'failed' | 'cancelled',
  atMs: number,
) => void;

/** Nobody looks at a simulation while it goes on more closely than {@link Collector} itself tells. */
const UNWATCHED = { add: () => {}, record: () => {}, failed: () => {} };

/** Listens to a cluster and records the measured requests, and all of them over time. */
export class Collector implements ClusterSink {
  readonly recorder: Recorder;
  /** What is under way, */
  readonly #requests = new NumberMap<RequestOutline>();
  /** its numbers, and the instant of each chunk, if requests are written down. */
  readonly #rows = new FlightRows();
  readonly #chunkMs: NumberMap<number[]> | undefined;
  /** The request that has ended last. */
  readonly #landed = noFlight();
  readonly #completed = noCompletion();
  /** The request that its client gives up right now. */
  #cancelling = -1;
  readonly #watch = new LaneWatch(UNWATCHED);
  readonly #tokens = new TokenSeries(this.#watch.series);
  readonly #onLanded: OnLanded;
  readonly #timeoutMessage: string;
  readonly #sessions: boolean;
  readonly #records: VirtualRecords | undefined;
  completed = 0;
  failed = 0;

  /**
   * @param plan - says what makes a request good, and whether there are turns
   * @param records - where requests are written down
   */
  constructor(
    onLanded: OnLanded,
    timeoutMessage: string,
    plan: Pick<Plan, 'goodput' | 'workload'>,
    records?: VirtualRecords,
  ) {
    this.#records = records;
    this.#chunkMs = records && new NumberMap();
    this.recorder = new Recorder(undefined, plan.goodput);
    this.#sessions = hasSessions(plan.workload);
    this.#onLanded = onLanded;
    this.#timeoutMessage = timeoutMessage;
  }

  get inFlight(): number {
    return this.#requests.size;
  }

  /** The run over time. */
  get series(): TimeSeries {
    this.#tokens.settle();
    return this.#watch.series;
  }

  isInFlight(id: number): boolean {
    return this.#rows.find(id) >= 0;
  }

  /** To be called before the request is submitted: it may be rejected at once. */
  launched(id: number, request: RequestOutline, departure: Departure): void {
    const { measured, intendedMs, sentMs } = departure;
    if (measured) this.recorder.counters.sent++;
    else this.recorder.counters.warmup++;
    this.#watch.sent(intendedMs, sentMs, measured);
    this.#rows.add(id, departure);
    this.#requests.set(id, request);
    this.#chunkMs?.set(id, []);
  }

  /** The run is over: what is still under way is neither success nor failure. */
  cut(atMs: number): void {
    const left = this.#requests.entries().toSorted(([a], [b]) => a - b);
    for (const [id] of left) {
      const flight = this.#take(id, atMs)!;
      if (flight.measured) this.recorder.incomplete();
      this.#records?.ended(flight, { outcome: 'incomplete', atMs });
    }
  }

  /** The client gives up; to be called before the cluster is told, which then says what came until then, and that it is over. */
  cancelling(id: number): void {
    this.#cancelling = id;
  }

  #cancelled(id: number, atMs: number, usage: RequestUsage): void {
    const flight = this.#take(id, atMs);
    if (!flight) return;
    this.#records?.ended(flight, { outcome: 'cancelled', atMs, usage });
    if (flight.measured) this.recorder.counters.cancelled++;
    this.#onLanded(flight, 'cancelled', atMs);
  }

  /** A request is over, and its tokens have all come; undefined if it is not under way. */
  #take(id: number, atMs: number): VirtualFlight | undefined {
    const at = this.#rows.find(id);
    if (at < 0) return undefined;
    const flight = this.#landed;
    flight.request = this.#requests.get(id)!;
    this.#requests.delete(id);
    this.#rows.take(at, flight);
    if (this.#chunkMs) {
      flight.chunkMs = this.#chunkMs.get(id);
      this.#chunkMs.delete(id);
    }
    this.#watch.left(atMs);
    return flight;
  }

  onFirstScheduled(): void {
    // The client cannot see it.
  }

  onTokens(id: number, count: number, atMs: number): void {
    const at = this.#rows.find(id);
    if (at >= 0) this.#text(id, at, atMs, count);
  }

  /** The gaps of a run are those of all who are in it, so they are recorded per step and not per token. */
  onTokenRun(ids: readonly number[], from: number, to: number, times: StepTimes): void {
    const beforeMs = times.endOf(from);
    const { memory } = this.#rows;
    let [first, others, measuredFirst, measuredOthers] = [0, 0, 0, 0];
    for (const id of ids) {
      const at = this.#rows.find(id);
      if (at < 0) continue;
      const inStep = memory[at + LAST_MS] === beforeMs;
      // After a pause the first gap is its own.
      if (!inStep) this.#text(id, at, times.endOf(from + 1), 1);
      this.#passSteps(id, at, inStep ? from : from + 1, to, times);
      others++;
      if (inStep) first++;
      if (!this.#rows.isMeasured(at)) continue;
      measuredOthers++;
      if (inStep) measuredFirst++;
    }
    this.#gaps(times, from, from + 1, first, measuredFirst);
    this.#gaps(times, from + 1, to, others, measuredOthers);
  }

  /** The gaps before the tokens of steps `from + 1 … to`, of so many requests. */
  #gaps(times: StepTimes, from: number, to: number, requests: number, measured: number): void {
    if (requests === 0) return;
    let beforeMs = times.endOf(from);
    for (let step = from + 1; step <= to; step++) {
      const atMs = times.endOf(step);
      const gapMs = atMs - beforeMs;
      this.#tokens.tokens(requests, atMs);
      this.#tokens.gaps(gapMs, requests);
      if (measured > 0) this.recorder.gap(gapMs, 1, measured);
      beforeMs = atMs;
    }
  }

  /** @param at - where its row is */
  #text(id: number, at: number, atMs: number, tokens: number): void {
    const { memory } = this.#rows;
    const gapMs = atMs - memory[at + LAST_MS]!;
    memory[at + LAST_MS] = atMs;
    this.#tokens.tokens(tokens, atMs);
    this.#chunkMs?.get(id)?.push(atMs);
    const chunks = this.#rows.countChunk(at);
    if (chunks === 1) {
      memory[at + FIRST_MS] = atMs;
      return;
    }
    if (chunks === 2) memory[at + SECOND_MS] = atMs;
    if (!(gapMs <= memory[at + LONGEST_GAP_MS]!)) memory[at + LONGEST_GAP_MS] = gapMs;
    this.#tokens.gaps(gapMs, 1);
    if (this.#rows.isMeasured(at)) this.recorder.gap(gapMs, tokens);
  }

  #passSteps(id: number, at: number, from: number, to: number, times: StepTimes): void {
    if (from === to) return;
    this.#rows.pass(at, from, to, times);
    const chunkMs = this.#chunkMs?.get(id);
    if (!chunkMs) return;
    for (let step = from + 1; step <= to; step++) chunkMs.push(times.endOf(step));
  }

  onFinish(id: number, reason: FinishReason, atMs: number, usage: RequestUsage): void {
    if (reason === 'aborted' && id === this.#cancelling) return this.#cancelled(id, atMs, usage);
    if (reason === 'aborted') return this.#fail(id, 'timeout', this.#timeoutMessage, atMs, usage);
    if (reason === 'replica_failed') return this.#fail(id, 'http_5xx', 'the replica failed', atMs, usage);
    const flight = this.#take(id, atMs);
    if (!flight) return;
    this.completed++;
    this.#watch.completed(atMs);
    this.#watch.latency('e2e', atMs - flight.sentMs, atMs, flight.measured);
    if (flight.chunks > 0)
      this.#watch.latency('ttft', flight.firstMs - flight.sentMs, flight.firstMs, flight.measured);
    this.#watch.prompt(usage.promptTokens, usage.cachedTokens, atMs);
    if (flight.measured) this.#record(flight, atMs, usage);
    this.#records?.ended(flight, { outcome: 'completed', atMs, usage });
    this.#onLanded(flight, 'completed', atMs);
  }

  #record(flight: VirtualFlight, endMs: number, usage: RequestUsage): void {
    const request = this.#completed;
    request.intendedMs = flight.intendedMs;
    request.sentMs = flight.sentMs;
    request.firstTextMs = flight.firstMs;
    request.secondTextMs = flight.secondMs;
    request.lastTextMs = flight.lastMs;
    request.firstAnswerMs = flight.firstMs;
    request.longestGapMs = flight.longestGapMs;
    request.chunks = flight.chunks;
    request.endMs = endMs;
    request.inputTokens = usage.promptTokens;
    request.outputTokens = usage.outputTokens;
    request.cachedTokens = usage.cachedTokens;
    this.recorder.completed(request, this.#sessions ? flight.request.turn : undefined);
  }

  onReject(id: number, reason: RejectReason, atMs: number): void {
    const { kind, message } = REJECTIONS[reason];
    this.#fail(id, kind, message, atMs);
  }

  #fail(id: number, kind: ErrorKind, message: string, atMs: number, usage?: RequestUsage): void {
    const flight = this.#take(id, atMs);
    if (!flight) return;
    this.failed++;
    this.#watch.failed(kind, atMs);
    this.#records?.ended(flight, { outcome: 'failed', atMs, kind, message, ...(usage && { usage }) });
    if (flight.measured) this.recorder.failed(kind, message, flight.sentMs, atMs);
    this.#onLanded(flight, 'failed', atMs);
  }
}
