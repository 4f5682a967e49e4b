/** The books of one lane: what becomes of its requests, in figures. */
import type { ErrorKind } from '../results/error-kinds.js';
import type { Plan } from '../workloads/plan.js';
import type { Flight } from './flight.js';
import type { LaneWatch } from './lane-watch.js';
import { Recorder } from './recorder.js';
import { emptyRequest } from './request-values.js';

/** Keeps the recorder and the watch of a lane. Warm-up requests are in the watch and nowhere else. */
export class Ledger {
  readonly recorder: Recorder;
  readonly #watch: LaneWatch;
  readonly #streaming: boolean;
  /** Used again for each. */
  readonly #request = emptyRequest();

  constructor({ goodput, streaming }: Plan, watch: LaneWatch) {
    this.recorder = new Recorder(undefined, goodput);
    this.#watch = watch;
    this.#streaming = streaming;
  }

  launched({ measured, intendedMs, sentMs }: Flight): void {
    const { counters } = this.recorder;
    if (measured) {
      counters.sent++;
      if (!Number.isNaN(intendedMs)) this.recorder.lateness(sentMs - intendedMs);
    } else counters.warmup++;
    this.#watch.sent(intendedMs, sentMs, measured);
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
    if (chunks.count > 0) this.#watch.latency('ttft', chunks.firstMs - sentMs, endMs, measured);
    if (measured) this.#record(flight, endMs);
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

  #record(flight: Flight, endMs: number): void {
    const { reader } = flight;
    const { usage, chunks } = reader;
    const { counters } = this.recorder;
    const reported = usage?.outputTokens;
    // Without usage and without a stream nothing tells how long the answer is.
    const outputTokens = reported ?? (this.#streaming ? chunks.count : Number.NaN);
    if (reported === undefined) {
      counters.withoutUsage++;
      if (this.#streaming) counters.chunkCounted++;
    }
    if (chunks.gapsMs) this.recorder.gaps(chunks.gapsMs, Math.max(1, outputTokens / chunks.count || 1));
    const request = this.#request;
    request.intendedMs = flight.intendedMs;
    request.sentMs = flight.sentMs;
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
    this.recorder.completed(request);
  }
}
