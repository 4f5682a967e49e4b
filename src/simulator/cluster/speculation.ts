/** Speculative decoding: how many tokens are drafted, how many are accepted, what drafting costs. */

import { createRandom } from '../../lib/random.js';
import type { Sequence } from './sequence.js';

export interface SpeculationOptions {
  /** EAGLE and MTP heads draft every step; n-gram lookup only when it finds a match. */
  readonly method: 'eagle' | 'mtp' | 'ngram';
  /** Probability that position i is accepted if all before it were; its length is the number of drafts. */
  readonly acceptance: readonly number[];
  /** Share of steps with a proposal. Default 1, for n-gram 0.5. */
  readonly proposalRate?: number;
  /** Extra time per draft position, as a share of the step. Default 0.03 (one layer of some 32), for n-gram 0. */
  readonly draftCost?: number;
}

/** Most tokens of a predicted output that one step verifies. */
export const PREDICTION_WINDOW = 16;

/** Totals, named as vLLM's `spec_decode_*` counters. */
export interface SpeculationStatistics {
  drafts: number;
  draftTokens: number;
  acceptedTokens: number;
  /** Accepted drafts by position. */
  acceptedPerPosition: number[];
}

/** Tokens per step that the acceptance probabilities give: 1 + Σ_k Π_{i≤k} p_i. */
export function expectedTokensPerStep(acceptance: readonly number[]): number {
  let expected = 1;
  let product = 1;
  for (const p of acceptance) expected += product *= p;
  return expected;
}

/** Drafts and verifies for the sequences of one replica. */
export class Speculator {
  readonly statistics: SpeculationStatistics = {
    drafts: 0,
    draftTokens: 0,
    acceptedTokens: 0,
    acceptedPerPosition: [],
  };
  readonly #proposalRate: number;
  readonly #draftCost: number;

  constructor(
    readonly options: SpeculationOptions | undefined,
    readonly seed: number,
  ) {
    const ngram = options?.method === 'ngram';
    this.#proposalRate = options?.proposalRate ?? (ngram ? 0.5 : 1);
    this.#draftCost = options?.draftCost ?? (ngram ? 0 : 0.03);
  }

  /** True when the tokens per step of this sequence can differ from one. */
  applies(sequence: Sequence): boolean {
    return this.options !== undefined || sequence.predicted;
  }

  /** Tokens to draft for the next step; never past the end of the output. */
  draft(sequence: Sequence): number {
    const most = sequence.remaining - 1;
    if (sequence.predicted) return Math.min(most, PREDICTION_WINDOW);
    if (!this.options || most <= 0) return 0;
    if (this.#proposalRate < 1 && this.#random(sequence) >= this.#proposalRate) return 0;
    return Math.min(most, this.options.acceptance.length);
  }

  /** Of the drafts just verified, how many are kept. */
  accept(sequence: Sequence, drafts: number): number {
    if (drafts === 0) return 0;
    const prediction = sequence.request.prediction;
    let accepted = 0;
    if (prediction) {
      while (accepted < drafts && prediction.matches[sequence.generated + accepted] === 1) accepted++;
      sequence.acceptedPrediction += accepted;
    } else {
      while (accepted < drafts && this.#random(sequence) < this.options!.acceptance[accepted]!) accepted++;
    }
    this.#count(drafts, accepted);
    return accepted;
  }

  /** Factor on the time of a step in which a draft model ran. */
  costFactor(drafted: boolean): number {
    return drafted && this.options ? 1 + this.#draftCost * this.options.acceptance.length : 1;
  }

  #random(sequence: Sequence): number {
    sequence.random ??= createRandom(this.seed, 'speculation', sequence.order);
    return sequence.random.next();
  }

  #count(drafts: number, accepted: number): void {
    const { statistics } = this;
    statistics.drafts++;
    statistics.draftTokens += drafts;
    statistics.acceptedTokens += accepted;
    for (let i = 0; i < accepted; i++) {
      statistics.acceptedPerPosition[i] = (statistics.acceptedPerPosition[i] ?? 0) + 1;
    }
  }
}
