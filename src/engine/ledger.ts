/** The books of one lane: what becomes of its requests, in figures. */
import type { Clock } from '../lib/clock.js';
import type { TextTokenizer } from '../lib/tokens/text-tokenizer.js';
import type { ErrorKind } from '../results/error-kinds.js';
import type { Plan } from '../workloads/plan.js';
import type { Flight } from './flight.js';
import type { LaneWatch } from './lane-watch.js';
import { Recorder } from './recorder.js';
import { emptyRequest } from './request-values.js';

/** Answers that wait for their tokens to be counted; beyond that, counting does not wait. */
const MOST_UNCOUNTED = 1024;
/** Longest time of counting in one turn; one answer is always finished. */
const COUNTING_TURN_MS = 0.1;

/** Keeps the recorder and the watch of a lane. Warm-up requests are in the watch and nowhere else. */
export class Ledger {
  readonly recorder: Recorder;
  readonly #watch: LaneWatch;
  readonly #streaming: boolean;
  readonly #lengthForced: boolean;
  /** Used again for each. */
  readonly #request = emptyRequest();

  /** Completed requests whose tokens are yet to be counted, when there is time for it. */
  readonly #uncounted: { flight: Flight; endMs: number }[] = [];
  readonly #tokenizer: (() => TextTokenizer) | undefined;
  readonly #countsAll: boolean;
  readonly #clock: Clock;
  #counting: NodeJS.Immediate | undefined;

  /** @param tokenizer - opens the one of the plan, if it has one */
  constructor(
    { goodput, streaming, ignoreEos, tokenizer: planned }: Plan,
    watch: LaneWatch,
    clock: Clock,
    tokenizer?: () => TextTokenizer,
  ) {
    this.recorder = new Recorder(undefined, goodput);
    this.#clock = clock;
    this.#tokenizer = tokenizer;
    this.#countsAll = planned?.counts === 'always';
    this.#watch = watch;
    this.#streaming = streaming;
    this.#lengthForced = ignoreEos;
  }

  launched({ measured, intendedMs, sentMs }: Flight): void {
    const { counters } = this.recorder;
    if (measured) {
      counters.sent++;
      if (!Number.isNaN(intendedMs)) this.recorder.lateness(sentMs - intendedMs);
    } else counters.warmup++;
    this.#watch.sent(intendedMs, sentMs, measured);
  }

  /** An attempt failed that another one follows: what it cost is in the books, but the request has not ended. */
  attemptFailed(flight: Flight, kind: ErrorKind, message: string, atMs: number): void {
    this.#left(flight, atMs);
    if (flight.measured) this.recorder.retried(kind, message);
  }

  /** Another attempt was written. */
  relaunched({ sentMs }: Flight): void {
    this.#watch.sent(Number.NaN, sentMs, false);
  }

  /** The run ended between two attempts. */
  cutBetween({ measured }: Flight): void {
    if (measured) this.recorder.incomplete();
  }

  /** A chunk came. */
  chunk({ measured }: Flight, atMs: number, gapMs: number): void {
    this.#watch.tokens(1, atMs);
    if (!Number.isNaN(gapMs)) this.#watch.latency('itl', gapMs, atMs, measured);
  }

  /** The answer is complete. */
  completed(flight: Flight, endMs: number): void {
    const { reader, sentMs, measured } = flight;
    const { usage, chunks } = reader;
    this.#left(flight, endMs);
    this.#watch.ended('completed', endMs);
    // Live, chunks stand for tokens until the server says how many there really were.
    if (usage?.outputTokens !== undefined) this.#watch.tokens(usage.outputTokens - chunks.count, endMs);
    this.#watch.latency('e2e', endMs - sentMs, endMs, measured);
    if (chunks.count > 0) this.#watch.latency('ttft', chunks.firstMs - sentMs, chunks.firstMs, measured);
    if (usage) this.#watch.prompt(usage.inputTokens ?? 0, usage.cachedTokens ?? 0, endMs);
    if (!measured) return;
    this.#compare(flight);
    const needed = this.#countsAll || usage?.outputTokens === undefined;
    if (this.#tokenizer && needed) this.#countLater(flight, endMs);
    else this.#record(flight, endMs);
  }

  /** Counts what is still uncounted. */
  settle(): void {
    clearImmediate(this.#counting);
    for (const { flight, endMs } of this.#uncounted.splice(0)) this.#count(flight, endMs);
  }

  failed(flight: Flight, kind: ErrorKind, message: string, atMs: number): void {
    this.#left(flight, atMs);
    this.#watch.ended('failed', atMs);
    if (flight.measured) this.recorder.failed(kind, message, flight.sentMs, atMs);
  }

  /** Given up on purpose. */
  cancelled(flight: Flight, atMs: number): void {
    this.#left(flight, atMs);
    if (flight.measured) this.recorder.counters.cancelled++;
  }

  /** Cut off at the end of the run. */
  cut(flight: Flight, atMs: number): void {
    this.#left(flight, atMs);
    if (flight.measured) this.recorder.incomplete();
  }

  #left({ measured, reader, sending }: Flight, atMs: number): void {
    this.#watch.left(atMs);
    if (!measured) return;
    this.recorder.counters.bytesReceived += reader.bytes;
    const opening = sending?.opening;
    if (!opening) return;
    const openMs =
      (Number.isNaN(opening.secureMs) ? opening.connectedMs : opening.secureMs) - opening.startMs;
    if (!Number.isNaN(openMs)) this.recorder.connected(openMs);
  }

  /** Whether the request was what the plan wanted, as far as the server says. */
  #compare({ reader: { usage }, inputTokens, outputTokens }: Flight): void {
    const { counters } = this.recorder;
    if (usage?.inputTokens !== undefined) {
      counters.plannedInputTokens += inputTokens;
      counters.reportedInputTokens += usage.inputTokens;
    }
    const answered = usage?.outputTokens;
    if (answered === undefined || outputTokens === 0) return;
    if (answered > outputTokens || (this.#lengthForced && answered < outputTokens)) counters.offLength++;
  }

  /** Counting would hold up the reads that are due: it waits for turns of the event loop, up to a bound. */
  #countLater(flight: Flight, endMs: number): void {
    if (this.#uncounted.length >= MOST_UNCOUNTED) this.settle();
    this.#uncounted.push({ flight, endMs });
    if (this.#uncounted.length === 1) this.#counting = setImmediate(this.#countSome);
  }

  readonly #countSome = (): void => {
    const untilMs = this.#clock.nowMs() + COUNTING_TURN_MS;
    do {
      const next = this.#uncounted.shift();
      if (!next) return;
      this.#count(next.flight, next.endMs);
    } while (this.#clock.nowMs() < untilMs);
    if (this.#uncounted.length > 0) this.#counting = setImmediate(this.#countSome);
  };

  #count(flight: Flight, endMs: number): void {
    const { text } = flight.reader;
    this.#record(flight, endMs, text === undefined ? undefined : this.#tokenizer?.().count(text));
  }

  /** @param tokenized - output tokens, if they were counted */
  #record(flight: Flight, endMs: number, tokenized?: number): void {
    const { reader } = flight;
    const { usage, chunks } = reader;
    const { counters } = this.recorder;
    const reported = usage?.outputTokens;
    // Without usage, tokenizer and stream nothing tells how long the answer is.
    const outputTokens = reported ?? tokenized ?? (this.#streaming ? chunks.count : Number.NaN);
    if (reported === undefined) {
      counters.withoutUsage++;
      if (tokenized !== undefined) counters.tokenized++;
      else if (this.#streaming) counters.chunkCounted++;
    }
    if (chunks.gapsMs) this.recorder.gaps(chunks.gapsMs, Math.max(1, outputTokens / chunks.count || 1));
    const request = this.#request;
    request.intendedMs = flight.intendedMs;
    request.sentMs = flight.sentMs;
    request.firstSentMs = flight.firstSentMs;
    request.firstByteMs = flight.firstByteMs;
    request.firstTextMs = chunks.firstMs;
    request.secondTextMs = chunks.secondMs;
    request.lastTextMs = chunks.lastMs;
    request.firstAnswerMs = chunks.firstAnswerMs;
    request.longestGapMs = chunks.longestGapMs;
    request.endMs = endMs;
    request.chunks = chunks.count;
    request.inputTokens = usage?.inputTokens ?? flight.inputTokens;
    request.outputTokens = outputTokens;
    request.reasoningTokens = usage?.reasoningTokens ?? Number.NaN;
    request.cachedTokens = usage?.cachedTokens ?? Number.NaN;
    request.tokenizedTokens = reported === undefined ? Number.NaN : (tokenized ?? Number.NaN);
    this.recorder.completed(request);
  }
}
