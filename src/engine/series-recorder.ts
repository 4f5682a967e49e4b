/** The run over time, as one lane sees it. */
import type { LiveDistribution } from '../results/progress.js';
import { TimeSeries, type EncodedTimeSeries } from '../results/time-series.js';

/** Turns instants of the clock into buckets since the run's start. */
export class SeriesRecorder {
  readonly #series = new TimeSeries();
  #startMs = 0;
  #inFlight = 0;
  /** Up to here the number in flight has been accounted for. */
  #accountedMs = 0;

  /** The run starts at this instant. */
  start(startMs: number): void {
    this.#startMs = startMs;
  }

  /**
   * A request was written.
   *
   * @param intendedMs - NaN in closed loops
   */
  sent(intendedMs: number, atMs: number): void {
    if (!Number.isNaN(intendedMs)) this.#series.add('offered', 1, intendedMs - this.#startMs);
    this.#series.add('sent', 1, atMs - this.#startMs);
    this.#account(atMs);
    this.#inFlight++;
  }

  /** A request is no longer in flight. */
  left(atMs: number): void {
    this.#account(atMs);
    this.#inFlight--;
  }

  ended(how: 'completed' | 'failed', atMs: number): void {
    this.#series.add(how, 1, atMs - this.#startMs);
  }

  /** Output tokens came; fewer than none when usage says that there were fewer than text events. */
  tokens(count: number, atMs: number): void {
    this.#series.add('outputTokens', count, atMs - this.#startMs);
  }

  /**
   * Adds a latency.
   *
   * @param bucket - of the latency, see `liveBucketOf`
   */
  latency(name: LiveDistribution, bucket: number, ms: number, atMs: number): void {
    this.#series.record(name, bucket, ms, atMs - this.#startMs);
  }

  encode(): EncodedTimeSeries {
    return this.#series.encode();
  }

  /** Stamps of sockets are a little older than those of sending: time that was accounted for stays. */
  #account(atMs: number): void {
    const nowMs = atMs - this.#startMs;
    if (nowMs <= this.#accountedMs) return;
    this.#series.inFlight(this.#inFlight, this.#accountedMs, nowMs);
    this.#accountedMs = nowMs;
  }
}
