/** What a lane shows of itself: now (the board, which the main thread reads) and over time (the series of the run file). */
import type { ErrorKind } from '../results/error-kinds.js';
import { liveBucketOf, type LiveDistribution, type WATCHED_DISTRIBUTIONS } from '../results/progress.js';
import { TimeSeries } from '../results/time-series.js';
import type { BoardCell } from './live-board.js';

/** Hears of everything that happens to requests; instants are those of the clock. */
export class LaneWatch {
  readonly series = new TimeSeries();
  readonly #cell: Pick<BoardCell, 'add' | 'record' | 'failed'>;
  #startMs = 0;
  #inFlight = 0;
  /** Up to here, since the start, the number in flight has been accounted for. */
  #accountedMs = 0;

  constructor(cell: Pick<BoardCell, 'add' | 'record' | 'failed'>) {
    this.#cell = cell;
  }

  /** The run starts at this instant. */
  start(startMs: number): void {
    this.#startMs = startMs;
  }

  /**
   * A request was written.
   *
   * @param intendedMs - NaN in closed loops
   */
  sent(intendedMs: number, atMs: number, measured: boolean): void {
    this.#cell.add('sent', 1);
    this.#cell.add('inFlight', 1);
    if (measured) this.#cell.add('measuredSent', 1);
    if (!Number.isNaN(intendedMs)) this.series.add('offered', 1, intendedMs - this.#startMs);
    this.series.add('sent', 1, atMs - this.#startMs);
    this.#account(atMs);
    this.#inFlight++;
  }

  /** A request is no longer in flight. */
  left(atMs: number): void {
    this.#cell.add('inFlight', -1);
    this.#account(atMs);
    this.#inFlight--;
  }

  completed(atMs: number): void {
    this.#cell.add('completed', 1);
    this.series.add('completed', 1, atMs - this.#startMs);
  }

  failed(kind: ErrorKind, atMs: number): void {
    this.#cell.add('failed', 1);
    this.#cell.failed(kind);
    this.series.add('failed', 1, atMs - this.#startMs);
  }

  /** Output tokens came; fewer than none when usage says that there were fewer than text events. */
  tokens(count: number, atMs: number): void {
    this.#cell.add('outputTokens', count);
    this.series.add('outputTokens', count, atMs - this.#startMs);
  }

  /** Prompt tokens that the server reported, and those of them that were in its cache. */
  prompt(inputTokens: number, cachedTokens: number, atMs: number): void {
    this.series.add('inputTokens', inputTokens, atMs - this.#startMs);
    if (cachedTokens > 0) this.series.add('cachedTokens', cachedTokens, atMs - this.#startMs);
  }

  /** A latency; the board has those of measured requests only. */
  latency(name: LiveDistribution, ms: number, atMs: number, measured: boolean): void {
    const bucket = liveBucketOf(ms);
    if (measured) this.#cell.record(name, bucket);
    this.series.record(name, bucket, ms, atMs - this.#startMs);
  }

  /** A latency of a measured request that only rules look at. */
  watched(name: (typeof WATCHED_DISTRIBUTIONS)[number], ms: number): void {
    this.#cell.record(name, liveBucketOf(ms));
  }

  /** Nothing more will be sent. */
  sendingOver(): void {
    this.#cell.add('sendingOver', 1);
  }

  /** Stamps of sockets are a little older than those of sending: time that was accounted for stays. */
  #account(atMs: number): void {
    const nowMs = atMs - this.#startMs;
    if (nowMs <= this.#accountedMs) return;
    this.series.inFlight(this.#inFlight, this.#accountedMs, nowMs);
    this.#accountedMs = nowMs;
  }
}
