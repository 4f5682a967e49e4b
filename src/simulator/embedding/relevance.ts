/** How well a passage answers a query, as a cross-encoder would say it: a logit, and the share it stands for. */
import { TextFeatures } from './features.js';

/** Coverage at which a passage is as likely relevant as not, and how steeply that changes. */
const EVEN = 0.28;
const STEEPNESS = 18;
/** How much a passage gains by speaking of nothing else. */
const FOCUS = 0.3;

/** Scores passages against one query. */
export class RelevanceJudge {
  readonly #query: TextFeatures;
  readonly #passage = new TextFeatures();
  readonly #queryWeight: number;

  constructor(query: string) {
    this.#query = new TextFeatures().read(query);
    this.#queryWeight = squaresOf(this.#query);
  }

  /**
   * The logit of a passage's relevance: above 0 if it is likely relevant. About -6 for one that shares nothing with the
   * query.
   */
  logit(passage: string): number {
    const features = this.#passage.read(passage);
    let covered = 0;
    let common = 0;
    for (let place = 0; place < this.#query.count; place++) {
      const there = features.weightOf(this.#query.hash(place));
      if (there === 0) continue;
      const weight = this.#query.weight(place);
      covered += weight * weight;
      common += weight * there;
    }
    const coverage = covered / this.#queryWeight;
    const cosine = common / Math.sqrt(this.#queryWeight * squaresOf(features));
    return STEEPNESS * ((1 - FOCUS) * coverage + FOCUS * cosine - EVEN) - 1;
  }
}

function squaresOf(features: TextFeatures): number {
  let sum = 0;
  for (let place = 0; place < features.count; place++) {
    const weight = features.weight(place);
    sum += weight * weight;
  }
  return sum;
}

/** From a logit to a share between 0 and 1. */
export const sigmoid = (logit: number): number => 1 / (1 + Math.exp(-logit));
