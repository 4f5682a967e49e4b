/** What a thread counts of one route, as one list of numbers. */
import { type HistogramData, HistogramOver } from '../../lib/bucket-histogram.js';
import { COUNTED_FINELY } from '../../simulator/telemetry/bounds.js';

/** Totals of one route. */
export interface RouteTotals {
  /** Answers by status; 499 where the client went before the answer was complete. */
  readonly statuses: Readonly<Record<number, number>>;
  readonly durationS: HistogramData;
}

/** Statuses that are told apart; those that come after count as 0. There are fewer, unless faults make some up. */
const MOST_STATUSES = 48;
const OTHER_STATUS = 0;
const FIRST_HISTOGRAM = 2 * MOST_STATUSES;
/** Seconds. */
const BOUNDS = COUNTED_FINELY.e2eS;

/** See the file's head. Pairs of a status and its count, in the order in which they came; then the histogram. */
export class RouteMeter implements RouteTotals {
  /** Numbers that one takes. */
  static readonly length = FIRST_HISTOGRAM + HistogramOver.lengthOf(BOUNDS);

  readonly #numbers: Float64Array;
  readonly durationS: HistogramOver;

  /** @param numbers - where it counts; own memory by default */
  constructor(numbers: Float64Array = new Float64Array(RouteMeter.length)) {
    this.#numbers = numbers;
    this.durationS = new HistogramOver(BOUNDS, numbers.subarray(FIRST_HISTOGRAM));
  }

  get statuses(): Record<number, number> {
    const statuses: Record<number, number> = {};
    for (let at = 0; at < FIRST_HISTOGRAM && this.#numbers[at + 1]! > 0; at += 2)
      statuses[this.#numbers[at]!] = this.#numbers[at + 1]!;
    return statuses;
  }

  /** A request was answered. */
  answered(status: number, durationMs: number): void {
    this.#add(status, 1);
    this.durationS.observe(durationMs / 1000);
  }

  /** Adds what another thread counted. */
  merge(other: RouteMeter): void {
    const theirs = other.#numbers;
    for (let at = 0; at < FIRST_HISTOGRAM && theirs[at + 1]! > 0; at += 2)
      this.#add(theirs[at]!, theirs[at + 1]!);
    for (let at = FIRST_HISTOGRAM; at < RouteMeter.length; at++) this.#numbers[at]! += other.#numbers[at]!;
  }

  /** Different statuses so far. */
  get statusCount(): number {
    let at = 0;
    while (at < FIRST_HISTOGRAM && this.#numbers[at + 1]! > 0) at += 2;
    return at / 2;
  }

  /** Answers of a status. */
  answersOf(status: number): number {
    for (let at = 0; at < FIRST_HISTOGRAM && this.#numbers[at + 1]! > 0; at += 2)
      if (this.#numbers[at] === status) return this.#numbers[at + 1]!;
    return 0;
  }

  /** Answers of a class of statuses, such as 2 for all from 200 to 299. */
  answersIn(hundreds: number): number {
    let sum = 0;
    for (let at = 0; at < FIRST_HISTOGRAM && this.#numbers[at + 1]! > 0; at += 2)
      if (Math.floor(this.#numbers[at]! / 100) === hundreds) sum += this.#numbers[at + 1]!;
    return sum;
  }

  /** Sets all numbers to 0. */
  reset(): void {
    this.#numbers.fill(0);
  }

  #add(status: number, count: number): void {
    const numbers = this.#numbers;
    let at = 0;
    while (numbers[at + 1]! > 0 && numbers[at] !== status && at < FIRST_HISTOGRAM - 2) at += 2;
    numbers[at] = numbers[at + 1]! > 0 && numbers[at] !== status ? OTHER_STATUS : status;
    numbers[at + 1]! += count;
  }
}
