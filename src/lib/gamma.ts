/** Gamma-distributed numbers, for arrivals that are burstier or steadier than Poisson's. */
import type { Random } from './random.js';

/**
 * Makes a sampler of the gamma distribution with mean 1: coefficient of variation 1/√shape, so shape 1 is exponential,
 * below 1 comes in bursts, and far above 1 is nearly constant.
 *
 * Marsaglia and Tsang, "A simple method for generating gamma variables" (2000); shapes below 1 by their section 6.
 *
 * @param random - advanced by a varying number of draws
 * @param shape - above 0
 */
export function gammaSampler(random: Random, shape: number): () => number {
  const boosted = shape < 1 ? shape + 1 : shape;
  const d = boosted - 1 / 3;
  const c = 1 / Math.sqrt(9 * d);
  const standard = (): number => {
    for (;;) {
      const x = random.normal();
      const v = (1 + c * x) ** 3;
      if (v <= 0) continue;
      const u = 1 - random.next();
      if (Math.log(u) < 0.5 * x * x + d - d * v + d * Math.log(v)) return d * v;
    }
  };
  return shape < 1
    ? () => (standard() * (1 - random.next()) ** (1 / shape)) / shape
    : () => standard() / shape;
}
