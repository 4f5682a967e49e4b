/** Tokens over time, taken together as long as they belong together: a call per run of steps and second, not per token. */
import { liveBucketFromMs, liveBucketOf } from '../../results/progress.js';
import { FINEST_BUCKET_MS, type TimeSeries } from '../../results/time-series.js';

/** Counts tokens and the gaps between them; {@link TokenSeries.settle} before the series is read. */
export class TokenSeries {
  /** The second that is being counted, */
  #fromMs = 0;
  #toMs = 0;
  #tokens = 0;
  /** and the live bucket of its gaps. */
  #bucket = 0;
  #lowMs = 0;
  #highMs = 0;
  #gaps = 0;
  #gapsMs = 0;

  constructor(readonly series: TimeSeries) {}

  tokens(count: number, atMs: number): void {
    if (atMs < this.#fromMs || atMs >= this.#toMs) this.#moveTo(atMs);
    this.#tokens += count;
  }

  /** Equal gaps that ended with tokens that have just been counted. */
  gaps(ms: number, count: number): void {
    if (ms < this.#lowMs || ms >= this.#highMs) this.#rangeOf(ms);
    this.#gaps += count;
    this.#gapsMs += ms * count;
  }

  #moveTo(atMs: number): void {
    this.settle();
    this.#fromMs = Math.floor(atMs / FINEST_BUCKET_MS) * FINEST_BUCKET_MS;
    this.#toMs = this.#fromMs + FINEST_BUCKET_MS;
  }

  #rangeOf(ms: number): void {
    this.#settleGaps();
    this.#bucket = liveBucketOf(ms);
    this.#lowMs = this.#bucket === 0 ? 0 : Math.min(ms, liveBucketFromMs(this.#bucket));
    this.#highMs = liveBucketFromMs(this.#bucket + 1);
  }

  /** Hands over what has been counted. */
  settle(): void {
    if (this.#tokens > 0) this.series.add('outputTokens', this.#tokens, this.#fromMs);
    this.#tokens = 0;
    this.#settleGaps();
  }

  #settleGaps(): void {
    if (this.#gaps > 0) this.series.recordMany('itl', this.#bucket, this.#gaps, this.#gapsMs, this.#fromMs);
    this.#gaps = 0;
    this.#gapsMs = 0;
  }
}
