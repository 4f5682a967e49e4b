/** Tokens over time, taken together as long as they belong together: a call per run of steps and second, not per token. */
import { liveBucketFromMs, liveBucketOf } from '../../results/progress.js';
import { FINEST_BUCKET_MS, type TimeSeries } from '../../results/time-series.js';

/** The second that is being counted, the live bucket of its gaps, and what those add up to. */
const FROM_MS = 0;
const TO_MS = 1;
const LOW_MS = 2;
const HIGH_MS = 3;
const GAPS_MS = 4;
const NUMBERS = 5;

/** Counts tokens and the gaps between them; {@link TokenSeries.settle} before the series is read. */
export class TokenSeries {
  /** In a list of numbers: as fields, each of them would be a new object whenever it changes. */
  readonly #numbers = new Float64Array(NUMBERS);
  #tokens = 0;
  /** The live bucket of the gaps. */
  #bucket = 0;
  #gaps = 0;

  constructor(readonly series: TimeSeries) {}

  tokens(count: number, atMs: number): void {
    if (atMs < this.#numbers[FROM_MS]! || atMs >= this.#numbers[TO_MS]!) this.#moveTo(atMs);
    this.#tokens += count;
  }

  /** Equal gaps that ended with tokens that have just been counted. */
  gaps(ms: number, count: number): void {
    if (ms < this.#numbers[LOW_MS]! || ms >= this.#numbers[HIGH_MS]!) this.#rangeOf(ms);
    this.#gaps += count;
    this.#numbers[GAPS_MS]! += ms * count;
  }

  #moveTo(atMs: number): void {
    this.settle();
    const fromMs = Math.floor(atMs / FINEST_BUCKET_MS) * FINEST_BUCKET_MS;
    this.#numbers[FROM_MS] = fromMs;
    this.#numbers[TO_MS] = fromMs + FINEST_BUCKET_MS;
  }

  #rangeOf(ms: number): void {
    this.#settleGaps();
    this.#bucket = liveBucketOf(ms);
    this.#numbers[LOW_MS] = this.#bucket === 0 ? 0 : Math.min(ms, liveBucketFromMs(this.#bucket));
    this.#numbers[HIGH_MS] = liveBucketFromMs(this.#bucket + 1);
  }

  /** Hands over what has been counted. */
  settle(): void {
    if (this.#tokens > 0) this.series.add('outputTokens', this.#tokens, this.#numbers[FROM_MS]!);
    this.#tokens = 0;
    this.#settleGaps();
  }

  #settleGaps(): void {
    const numbers = this.#numbers;
    if (this.#gaps > 0)
      this.series.recordMany('itl', this.#bucket, this.#gaps, numbers[GAPS_MS]!, numbers[FROM_MS]!);
    this.#gaps = 0;
    numbers[GAPS_MS] = 0;
  }
}
