/** One embedder per model of a thread, made when it is first needed. */
import { LRUCache } from 'lru-cache';
import { Embedder } from '../../simulator/embedding/embedder.js';
import type { ModelInfo } from '../../simulator/models/model.js';

/** Models whose embedders are kept; an embedder holds one vector. */
const MAX_EMBEDDERS = 64;
/** Length of the vectors of a model that does not say it, such as a reranker. */
const DEFAULT_DIMENSIONS = 1024;

/** See the file's head. */
export class Embedders {
  readonly #seed: number;
  readonly #byModel = new LRUCache<string, Embedder>({ max: MAX_EMBEDDERS });

  constructor(seed: number) {
    this.#seed = seed;
  }

  /** The embedder of a model. */
  of({ id, embedding }: Pick<ModelInfo, 'id' | 'embedding'>): Embedder {
    const known = this.#byModel.get(id);
    if (known) return known;
    const dimensions = embedding?.dimensions ?? DEFAULT_DIMENSIONS;
    const embedder = new Embedder({ seed: this.#seed, model: id, dimensions });
    this.#byModel.set(id, embedder);
    return embedder;
  }
}
