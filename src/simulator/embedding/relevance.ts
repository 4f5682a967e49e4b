/** How well a passage answers a query, as a cross-encoder would say it: a logit, and the share it stands for. */
import { featuresOf } from './features.js';

/** Coverage at which a passage is as likely relevant as not, and how steeply that changes. */
const EVEN = 0.28;
const STEEPNESS = 18;
/** How much a passage gains by speaking of nothing else. */
const FOCUS = 0.3;

/** Scores passages against one query. */
export class RelevanceJudge {
  readonly #query: ReadonlyMap<number, number>;
  readonly #queryWeight: number;

  constructor(query: string) {
    this.#query = featuresOf(query);
    this.#queryWeight = squaresOf(this.#query);
  }

  /**
   * The logit of a passage's relevance: above 0 if it is likely relevant. About -6 for one that shares nothing with the
   * query.
   */
  logit(passage: string): number {
    const features = featuresOf(passage);
    let covered = 0;
    let common = 0;
    for (const [hash, weight] of this.#query) {
      const there = features.get(hash);
      if (there === undefined) continue;
      covered += weight * weight;
      common += weight * there;
    }
    const coverage = covered / this.#queryWeight;
    const cosine = common / Math.sqrt(this.#queryWeight * squaresOf(features));
    return STEEPNESS * ((1 - FOCUS) * coverage + FOCUS * cosine - EVEN) - 1;
  }
}

const squaresOf = (features: ReadonlyMap<number, number>): number => {
  let sum = 0;
  for (const weight of features.values()) sum += weight * weight;
  return sum;
};

/** From a logit to a share between 0 and 1. */
export const sigmoid = (logit: number): number => 1 / (1 + Math.exp(-logit));
