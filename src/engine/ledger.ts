/** The books of one lane: what becomes of its requests, in figures. */
import type { ErrorKind } from '../results/error-kinds.js';
import type { Plan } from '../workloads/plan.js';
import type { Flight } from './flight.js';
import type { BoardCell } from './live-board.js';
import { Recorder } from './recorder.js';
import { emptyRequest } from './request-values.js';

/** Keeps the recorder and the live board of a lane. Warm-up requests are on the board and nowhere else. */
export class Ledger {
  readonly recorder: Recorder;
  readonly #cell: BoardCell;
  readonly #streaming: boolean;
  /** Used again for each. */
  readonly #request = emptyRequest();

  constructor({ goodput, streaming }: Plan, cell: BoardCell) {
    this.recorder = new Recorder(undefined, goodput);
    this.#cell = cell;
    this.#streaming = streaming;
  }

  launched({ measured, intendedMs, sentMs }: Flight): void {
    const { counters } = this.recorder;
    if (measured) {
      counters.sent++;
      this.#cell.add('measuredSent', 1);
      if (!Number.isNaN(intendedMs)) this.recorder.lateness(sentMs - intendedMs);
    } else counters.warmup++;
    this.#cell.add('sent', 1);
    this.#cell.add('inFlight', 1);
  }

  /** A chunk came. */
  chunk({ measured }: Flight, gapMs: number): void {
    this.#cell.add('outputTokens', 1);
    if (measured && !Number.isNaN(gapMs)) this.#cell.record('itl', gapMs);
  }

  /** The answer is complete. */
  completed(flight: Flight, endMs: number): void {
    const { reader, sentMs } = flight;
    const { usage, chunks } = reader;
    this.#left(flight);
    this.#cell.add('completed', 1);
    // Live, chunks stand for tokens until the server says how many there really were.
    if (usage?.outputTokens !== undefined) this.#cell.add('outputTokens', usage.outputTokens - chunks.count);
    if (!flight.measured) return;
    this.#cell.record('e2e', endMs - sentMs);
    if (chunks.count > 0) this.#cell.record('ttft', chunks.firstMs - sentMs);
    this.#record(flight, endMs);
  }

  failed(flight: Flight, kind: ErrorKind, message: string, atMs: number): void {
    this.#left(flight);
    this.#cell.add('failed', 1);
    if (flight.measured) this.recorder.failed(kind, message, flight.sentMs, atMs);
  }

  /** Given up on purpose. */
  cancelled(flight: Flight): void {
    this.#left(flight);
    if (flight.measured) this.recorder.counters.cancelled++;
  }

  /** Cut off at the end of the run. */
  cut(flight: Flight): void {
    this.#left(flight);
    if (flight.measured) this.recorder.incomplete();
  }

  #left({ measured, reader, sending }: Flight): void {
    this.#cell.add('inFlight', -1);
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
