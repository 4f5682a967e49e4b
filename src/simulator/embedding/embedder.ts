/**
 * Vectors of texts without a learnt model: every feature of a text has a fixed sparse direction (feature hashing), and a
 * text's vector is the weighted sum of them. Texts that share words, meanings or spellings are near each other, others
 * are nearly at right angles.
 */
import { createRandom, hash32 } from '../../lib/random.js';
import { TextFeatures } from './features.js';

/** Coordinates that each feature touches. */
const TOUCHED = 16;
/** Of 31 bits: a number below 1. */
const SHARE = 2 ** -31;
/** Share of a vector's squared length that all texts have in common, as those of real models have. */
const COMMON = 0.08;

/** What an {@link Embedder} is made of. */
export interface EmbedderOptions {
  seed: number;
  /** Vectors of different models have nothing to do with each other. */
  model: string;
  /** Length of a full vector. */
  dimensions: number;
}

/** Makes unit vectors of texts. The same text gives the same vector, on every thread and machine. */
export class Embedder {
  readonly #salt: number;
  readonly #dimensions: number;
  readonly #common: Float64Array;
  readonly #features = new TextFeatures();

  constructor({ seed, model, dimensions }: EmbedderOptions) {
    this.#salt = hash32(seed, 'embedding', model);
    this.#dimensions = dimensions;
    const random = createRandom(seed, 'embedding', model, 'common');
    this.#common = Float64Array.from({ length: dimensions }, () => random.normal());
  }

  /**
   * The vector of a text.
   *
   * @param dimensions - how many of its first coordinates; the rest is cut off and what is left made a unit vector
   *   again. As with Matryoshka embeddings, the first coordinates hold more than their share
   * @returns a vector of length 1
   */
  embed(text: string, dimensions = this.#dimensions): Float32Array {
    const sum = new Float64Array(this.#dimensions);
    let squares = 0;
    const features = this.#features.read(text);
    for (let place = 0; place < features.count; place++) {
      const weight = features.weight(place);
      this.#add(sum, features.hash(place), weight);
      squares += weight * weight;
    }
    // So that the part in common has the same share of every vector.
    const scale = Math.sqrt((squares * TOUCHED * COMMON) / (1 - COMMON) / this.#dimensions);
    const common = this.#common;
    for (let i = 0; i < sum.length; i++) sum[i]! += common[i]! * scale;
    return unit(sum.subarray(0, dimensions));
  }

  #add(sum: Float64Array, hash: number, weight: number): void {
    const dimensions = this.#dimensions;
    let state = hash ^ this.#salt;
    for (let i = 0; i < TOUCHED; i++) {
      state = step(state);
      const share = (state >>> 1) * SHARE;
      // Squared: early coordinates are touched more often.
      sum[(share * share * dimensions) | 0]! += (state & 1) === 0 ? weight : -weight;
    }
  }
}

/** The next state of a 32-bit generator (an additive step with MurmurHash3's final mix). */
function step(state: number): number {
  let h = (state + 0x9e3779b9) | 0;
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return (h ^ (h >>> 16)) >>> 0;
}

function unit(vector: Float64Array): Float32Array {
  let squares = 0;
  for (let i = 0; i < vector.length; i++) squares += vector[i]! * vector[i]!;
  const length = Math.sqrt(squares);
  const result = new Float32Array(vector.length);
  for (let i = 0; i < vector.length; i++) result[i] = vector[i]! / length;
  return result;
}

/** The cosine of the angle between two unit vectors of the same length. */
export function cosineOfUnits(a: Float32Array, b: Float32Array): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += a[i]! * b[i]!;
  return sum;
}
