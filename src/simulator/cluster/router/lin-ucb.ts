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
  /** Roots of the diagonal of the inverse matrix. */
  readonly #roots: Float64Array;
  /** Features that others are compared with; A⁻¹ times them, and them times that. */
  readonly #near: Float64Array;
  readonly #nearProduct: Float64Array;
  #nearVariance = 0;
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
    this.#roots = new Float64Array(size).fill(1);
    this.#near = new Float64Array(size);
    this.#nearProduct = new Float64Array(size);
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

  /** {@link bonus} of features that {@link mostBonus} is about to compare others with. */
  bonusNear(x: Float64Array): number {
    this.#near.set(x);
    this.#nearVariance = this.#multiply(x);
    this.#nearProduct.set(this.#product);
    return this.alpha * Math.sqrt(Math.max(0, this.#nearVariance));
  }

  /**
   * Not less than {@link bonus}, for a ninth of the work, and little more where the features are like those of the last
   * {@link bonusNear}: with x = n + d, xᵀA⁻¹x = nᵀA⁻¹n + 2 dᵀA⁻¹n + dᵀA⁻¹d, and as |A⁻¹ᵢⱼ| ≤ √(A⁻¹ᵢᵢ A⁻¹ⱼⱼ), the last term is at most
   * (Σ |dᵢ| √A⁻¹ᵢᵢ)². A millionth is added for what rounding does.
   */
  mostBonus(x: Float64Array): number {
    const [near, product, roots] = [this.#near, this.#nearProduct, this.#roots];
    let inner = 0;
    let root = 0;
    for (let i = 0; i < roots.length; i++) {
      const difference = x[i]! - near[i]!;
      inner += difference * product[i]!;
      root += Math.abs(difference) * roots[i]!;
    }
    return (
      this.alpha * Math.sqrt(Math.max(0, this.#nearVariance + 2 * inner + root * root)) * (1 + 1e-6) + 1e-6
    );
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
      this.#roots[i] = Math.sqrt(Math.max(0, inverse[i * size + i]!));
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
