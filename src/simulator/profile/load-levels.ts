/** Times at any number of requests in flight, from distributions that were measured at some. */
import type { LoadLevel, PromptDependence, Quantiles } from './profile.js';
import { quantileFunction } from './quantiles.js';

/** A prompt that is much shorter than those measured still takes this share of their time. */
const LEAST_SHARE = 0.05;

/** @param more - prompt tokens beyond those of the measurement; negative for fewer */
export const lengthened = (ms: number, more: number, { perPromptTokenMs = 0 }: PromptDependence): number =>
  Math.max(LEAST_SHARE * ms, ms + more * perPromptTokenMs);

/** A time by the normal score of the request, and its prompt tokens beyond those of the measurement. */
export type TimeAt = (score: number, more: number) => number;

/** The time that a distribution gives. */
export function timeOf(distribution: Quantiles & PromptDependence): TimeAt {
  const quantile = quantileFunction(distribution);
  return (score, more) => lengthened(quantile(score), more, distribution);
}

/** The levels on either side of a load, and how far it is from the lower to the upper one: more than 1 beyond the last level. */
interface Place {
  readonly low: number;
  readonly high: number;
  readonly weight: number;
}

/**
 * Before the first level times are those of the first; beyond the last the line through the last two goes on. Between two levels
 * the time to the first token goes from one to the other quantile by quantile. Gaps come from either of them, in proportion: they
 * are made of lumps (steps with and without somebody's prompt), and load changes how large the lumps are more than where.
 */
export class LoadLevels {
  readonly #inFlight: readonly number[];
  readonly #ttft: readonly TimeAt[];
  readonly #itl: readonly TimeAt[];
  readonly #sigma: readonly number[];

  constructor(levels: readonly LoadLevel[]) {
    this.#inFlight = levels.map(({ inFlight }) => inFlight);
    this.#ttft = levels.map(({ ttft }) => timeOf(ttft));
    this.#itl = levels.flatMap(({ itl }) => (itl ? [timeOf(itl)] : []));
    this.#sigma = levels.map(({ itl }) => itl?.streamSigma ?? 0);
  }

  /** Whether they tell of the time between tokens too. */
  get hasItl(): boolean {
    return this.#itl.length === this.#inFlight.length;
  }

  ttftMs(inFlight: number, score: number, more: number): number {
    const { low, high, weight } = this.#place(inFlight);
    const from = this.#ttft[low]!(score, more);
    if (weight === 0) return from;
    const to = this.#ttft[high]!(score, more);
    if (weight > 1) return Math.max(to, from + weight * (to - from));
    const [below, above] = [this.#inFlight[low]!, this.#inFlight[high]!];
    return from * (to / from) ** (Math.log(inFlight / below) / Math.log(above / below));
  }

  /** @param choice - 0 to 1, by chance: which of two levels it is from */
  itlMs(inFlight: number, score: number, more: number, choice: number): number {
    const { low, high, weight } = this.#place(inFlight);
    if (weight <= 1) return this.#itl[choice < weight ? high : low]!(score, more);
    const [from, to] = [this.#itl[low]!(score, more), this.#itl[high]!(score, more)];
    return Math.max(to, from + weight * (to - from));
  }

  streamSigma(inFlight: number): number {
    const { low, high, weight } = this.#place(inFlight);
    return this.#sigma[low]! + Math.min(1, weight) * (this.#sigma[high]! - this.#sigma[low]!);
  }

  #place(inFlight: number): Place {
    const points = this.#inFlight;
    const last = points.length - 1;
    if (inFlight <= points[0]! || last === 0) return { low: 0, high: 0, weight: 0 };
    let high = 1;
    while (high < last && inFlight > points[high]!) high++;
    const low = high - 1;
    const [from, to] = [points[low]!, points[high]!];
    return { low, high, weight: (inFlight - from) / (to - from) };
  }
}
