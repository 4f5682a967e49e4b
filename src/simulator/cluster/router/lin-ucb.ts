/** LinUCB (Li et al. 2010), one model shared by all arms. */

/**
 * Ridge regression of reward on features with an upper confidence bound. The inverse matrix is updated in place
 * (Sherman-Morrison), so a decision costs O(d²) per arm and learning O(d²).
 */
export class LinUcb {
  readonly #inverse: Float64Array;
  readonly #sum: Float64Array;
  readonly #theta: Float64Array;
  readonly #product: Float64Array;
  updates = 0;

  /**
   * @param size - number of features d
   * @param prior - what is believed of each weight before any outcome
   * @param alpha - weight of the uncertainty: how much is explored
   */
  constructor(
    readonly size: number,
    prior: readonly number[],
    readonly alpha: number,
  ) {
    this.#inverse = new Float64Array(size * size);
    for (let i = 0; i < size; i++) this.#inverse[i * size + i] = 1;
    this.#sum = Float64Array.from(prior);
    this.#theta = Float64Array.from(prior);
    this.#product = new Float64Array(size);
  }

  /** Expected reward. */
  predict(x: Float64Array): number {
    const theta = this.#theta;
    let sum = 0;
    for (let i = 0; i < theta.length; i++) sum += theta[i]! * x[i]!;
    return sum;
  }

  /** What the uncertainty of the expected reward is worth: to be added to it. */
  bonus(x: Float64Array): number {
    return this.alpha * Math.sqrt(Math.max(0, this.#multiply(x)));
  }

  /** Learns one outcome. */
  learn(x: Float64Array, reward: number): void {
    const { size } = this;
    const scale = 1 + this.#multiply(x);
    const [inverse, product, sums] = [this.#inverse, this.#product, this.#sum];
    for (let i = 0; i < size; i++) {
      for (let j = 0; j < size; j++) inverse[i * size + j]! -= (product[i]! * product[j]!) / scale;
      sums[i]! += reward * x[i]!;
    }
    for (let i = 0; i < size; i++) {
      let sum = 0;
      for (let j = 0; j < size; j++) sum += inverse[i * size + j]! * sums[j]!;
      this.#theta[i] = sum;
    }
    this.updates++;
  }

  /** Leaves A⁻¹x in `#product` and returns xᵀA⁻¹x. */
  #multiply(x: Float64Array): number {
    const { size } = this;
    const inverse = this.#inverse;
    const product = this.#product;
    let total = 0;
    for (let i = 0; i < size; i++) {
      let sum = 0;
      for (let j = 0; j < size; j++) sum += inverse[i * size + j]! * x[j]!;
      product[i] = sum;
      total += sum * x[i]!;
    }
    return total;
  }
}
