/** Finds models by what clients call them. */
import type { Architecture } from '../architectures/architecture.js';
import { findArchitecture } from '../architectures/catalogue.js';
import { BUILT_IN_MODELS } from './catalogue/index.js';
import { readFineTunedId } from './fine-tuned.js';
import type { ModelInfo } from './model.js';

/** A bound for what is registered at run time. */
const MAX_MODELS = 10_000;

/**
 * Models by id and alias. A fine-tuned id (`ft:BASE:ORGANIZATION:SUFFIX:ID`) that was not registered is its base under
 * another name.
 */
export class ModelRegistry {
  readonly #byId = new Map<string, ModelInfo>();
  readonly #byAlias = new Map<string, ModelInfo>();

  /** @param models - in the order in which they are listed; the built-in ones without this */
  constructor(models: readonly ModelInfo[] = BUILT_IN_MODELS) {
    for (const model of models) this.register(model);
  }

  /** All models, in the order in which they were registered. */
  get models(): readonly ModelInfo[] {
    return [...this.#byId.values()];
  }

  /**
   * Adds a model, or replaces the one with its id.
   *
   * @throws RangeError at 10,000 models
   */
  register(model: ModelInfo): void {
    if (!this.#byId.has(model.id) && this.#byId.size >= MAX_MODELS)
      throw new RangeError(`more than ${MAX_MODELS} models`);
    this.#byId.set(model.id, model);
    for (const alias of model.aliases) this.#byAlias.set(alias, model);
  }

  /**
   * Removes a model.
   *
   * @returns whether there was one
   */
  remove(id: string): boolean {
    const model = this.#byId.get(id);
    if (!model) return false;
    this.#byId.delete(id);
    for (const alias of model.aliases) if (this.#byAlias.get(alias) === model) this.#byAlias.delete(alias);
    return true;
  }

  /** A model by its id or an alias, or by a fine-tuned id of it; then it has the id that was asked for. */
  find(id: string): ModelInfo | undefined {
    const known = this.#byId.get(id) ?? this.#byAlias.get(id);
    if (known) return known;
    const tuned = readFineTunedId(id);
    const base = tuned && (this.#byId.get(tuned.base) ?? this.#byAlias.get(tuned.base));
    return base && fineTunedModel(id, base, tuned.organization);
  }
}

/** A fine-tuned model of a base: like it in everything but its name and its owner. */
export const fineTunedModel = (
  id: string,
  base: ModelInfo,
  owner: string,
  createdS = base.createdS,
): ModelInfo => ({
  ...base,
  id,
  aliases: [],
  owner,
  createdS,
});

/**
 * What can be said of a model that nobody described: it can do all that the house's own model can, and has the figures
 * of a known architecture if its name tells one.
 */
export function unknownModel(id: string): ModelInfo {
  const architecture = findArchitecture(id)?.name;
  const owner = id.includes('/') ? id.slice(0, id.indexOf('/')).toLowerCase() : 'fakeai';
  const own: ModelInfo = { ...BUILT_IN_MODELS[0]!, id, aliases: [], owner };
  return architecture === undefined ? own : { ...own, architecture, architectureIsStandIn: false };
}

/** A model of which nothing is known but its shape. */
export const modelOfShape = (shape: Architecture): ModelInfo => ({
  ...unknownModel(shape.name),
  architecture: shape.name,
  architectureIsStandIn: false,
  ...(shape.contextTokens !== undefined && { contextTokens: shape.contextTokens }),
  shape,
});

/** The model that is used when none is named. */
export const DEFAULT_MODEL = BUILT_IN_MODELS[0]!.id;
