/** What a simulated client sees: the cluster's events become the records that the load engine keeps of real ones. */
import { Recorder } from '../../engine/recorder.js';
import type { ErrorKind } from '../../results/error-kinds.js';
import type { Plan } from '../../workloads/plan.js';
import type {
  ClusterSink,
  FinishReason,
  RejectReason,
  RequestUsage,
  StepTimes,
} from '../../simulator/cluster/types.js';

/** A request under way. */
interface Flight {
  /** NaN in closed loops. */
  intendedMs: number;
  sentMs: number;
  firstMs: number;
  lastMs: number;
  secondMs: number;
  longestGapMs: number;
  chunks: number;
  measured: boolean;
}

/** What a real server would have answered. */
const REJECTIONS: Readonly<Record<RejectReason, { kind: ErrorKind; message: string }>> = {
  queue_full: { kind: 'http_429', message: 'the queue of the replica is full (--max-queue)' },
  context_too_long: {
    kind: 'http_4xx',
    message: 'prompt and answer do not fit into the KV cache of a replica',
  },
  unavailable: { kind: 'http_5xx', message: 'no replica is up' },
};

/** Called when a request has ended. */
export type OnLanded = (atMs: number, failed: boolean) => void;

/** Listens to a cluster and records the measured requests. */
export class Collector implements ClusterSink {
  readonly recorder: Recorder;
  readonly #flights = new Map<number, Flight>();
  readonly #onLanded: OnLanded;
  readonly #timeoutMessage: string;
  completed = 0;
  failed = 0;

  /** @param goodput - what makes a request good */
  constructor(onLanded: OnLanded, timeoutMessage: string, goodput?: Plan['goodput']) {
    this.recorder = new Recorder(undefined, goodput);
    this.#onLanded = onLanded;
    this.#timeoutMessage = timeoutMessage;
  }

  get inFlight(): number {
    return this.#flights.size;
  }

  isInFlight(id: number): boolean {
    return this.#flights.has(id);
  }

  /** To be called before the request is submitted: it may be rejected at once. */
  launched(id: number, intendedMs: number, sentMs: number, measured: boolean): void {
    if (measured) this.recorder.counters.sent++;
    else this.recorder.counters.warmup++;
    this.#flights.set(id, {
      intendedMs,
      sentMs,
      firstMs: Number.NaN,
      lastMs: Number.NaN,
      secondMs: Number.NaN,
      longestGapMs: Number.NaN,
      chunks: 0,
      measured,
    });
  }

  /** The run is over: what is still under way is neither success nor failure. */
  cut(): void {
    for (const { measured } of this.#flights.values()) if (measured) this.recorder.incomplete();
    this.#flights.clear();
  }

  onFirstScheduled(): void {
    // The client cannot see it.
  }

  onTokens(id: number, count: number, atMs: number): void {
    const flight = this.#flights.get(id);
    if (flight) this.#text(flight, atMs, count);
  }

  onTokenRun(id: number, from: number, to: number, times: StepTimes): void {
    const flight = this.#flights.get(id);
    if (!flight) return;
    for (let step = from + 1; step <= to; step++) this.#text(flight, times.endOf(step), 1);
  }

  #text(flight: Flight, atMs: number, tokens: number): void {
    const gapMs = atMs - flight.lastMs;
    flight.lastMs = atMs;
    if (flight.chunks++ === 0) {
      flight.firstMs = atMs;
      return;
    }
    if (flight.chunks === 2) flight.secondMs = atMs;
    if (!(gapMs <= flight.longestGapMs)) flight.longestGapMs = gapMs;
    if (flight.measured) this.recorder.gap(gapMs, tokens);
  }

  onFinish(id: number, reason: FinishReason, atMs: number, usage: RequestUsage): void {
    if (reason === 'aborted') return this.#fail(id, 'timeout', this.#timeoutMessage, atMs);
    if (reason === 'replica_failed') return this.#fail(id, 'http_5xx', 'the replica failed', atMs);
    const flight = this.#flights.get(id);
    if (!flight) return;
    this.#flights.delete(id);
    this.completed++;
    if (flight.measured) {
      this.recorder.completed({
        intendedMs: flight.intendedMs,
        sentMs: flight.sentMs,
        firstSentMs: Number.NaN,
        // A real server's first byte is that of its headers, which the cluster knows nothing of.
        firstByteMs: Number.NaN,
        firstEventMs: Number.NaN,
        firstSoundMs: Number.NaN,
        soundStallMs: Number.NaN,
        soundSeconds: Number.NaN,
        firstTextMs: flight.firstMs,
        secondTextMs: flight.secondMs,
        lastTextMs: flight.lastMs,
        firstAnswerMs: flight.firstMs,
        longestGapMs: flight.longestGapMs,
        chunks: flight.chunks,
        endMs: atMs,
        inputTokens: usage.promptTokens,
        outputTokens: usage.outputTokens,
        reasoningTokens: Number.NaN,
        cachedTokens: usage.cachedTokens,
        tokenizedTokens: Number.NaN,
      });
    }
    this.#onLanded(atMs, false);
  }

  onReject(id: number, reason: RejectReason, atMs: number): void {
    const { kind, message } = REJECTIONS[reason];
    this.#fail(id, kind, message, atMs);
  }

  #fail(id: number, kind: ErrorKind, message: string, atMs: number): void {
    const flight = this.#flights.get(id);
    if (!flight) return;
    this.#flights.delete(id);
    this.failed++;
    if (flight.measured) this.recorder.failed(kind, message, flight.sentMs, atMs);
    this.#onLanded(atMs, true);
  }
}
