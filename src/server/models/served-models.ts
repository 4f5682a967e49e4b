/** Which models a server answers for, and how it refuses the others. */
import { type Endpoint, type ModelInfo, versionOf } from '../../simulator/models/model.js';
import { readFineTunedId } from '../../simulator/models/fine-tuned.js';
import { DEFAULT_MODEL, ModelRegistry, unknownModel } from '../../simulator/models/registry.js';
import { asciiJson } from '../json.js';
import { ApiError } from '../protocols/openai/errors.js';
import { RemovedModels } from './removed-models.js';

/** What is served. */
export interface ServedModelsOptions {
  /** Ids or aliases; all known models when empty. */
  model: readonly string[];
  /** Models that the user described; served in any case. */
  custom: readonly ModelInfo[];
  /** What happens to an id that is not served: 404, or an answer all the same. */
  unknown: 'refuse' | 'accept';
  /** Models that were deleted; none without it. */
  removed?: RemovedModels;
}

/** A model for chats. */
export interface ChatModel {
  readonly info: ModelInfo;
  /** What answers call it, as JSON. */
  readonly idJson: string;
}

/** Chat models that are remembered. */
const MAX_REMEMBERED = 1000;

/** The models of one server. */
export class ServedModels {
  readonly #registry: ModelRegistry;
  readonly #accept: boolean;
  /** So that they do not come back as fine-tuned models of their base. */
  readonly #removed: RemovedModels;
  /** Those that were found to be good for chats, by the ids that were asked for. */
  readonly #chatModels = new Map<string, ChatModel>();
  /** How many models had been removed when {@link #chatModels} was begun. */
  #removedThen = 0;

  constructor({ model, custom, unknown, removed = new RemovedModels() }: ServedModelsOptions) {
    this.#removed = removed;
    this.#accept = unknown === 'accept';
    const known = new ModelRegistry();
    for (const one of custom) known.register(one);
    // A model that is asked for by an alias has that name here: it is what clients will say.
    const named = model.map((id) => {
      const found = known.find(id);
      return found ? { ...found, id, aliases: found.id === id ? found.aliases : [] } : unknownModel(id);
    });
    this.#registry = new ModelRegistry(model.length === 0 ? known.models : [...named, ...custom]);
  }

  /** The models that are listed. */
  get served(): readonly ModelInfo[] {
    return this.#registry.models.filter(({ id }) => !this.#isRemoved(id));
  }

  /** Whether a model is served. */
  knows(id: string): boolean {
    if (this.#isRemoved(id)) return false;
    return (this.#accept && id !== '') || this.#registry.find(id) !== undefined;
  }

  /**
   * What is known of a model.
   *
   * @param id - an id, an alias, or an id fine-tuned from one
   * @throws ApiError 404 when it is not served
   */
  info(id: string): ModelInfo {
    const found = this.#isRemoved(id) ? undefined : this.#registry.find(id);
    if (found) return found;
    if (this.#accept && id !== '' && !this.#isRemoved(id)) return unknownModel(id);
    const message = `The model \`${id.slice(0, 200)}\` does not exist or you do not have access to it.`;
    throw new ApiError({ status: 404, message, code: 'model_not_found' });
  }

  /** What answers call a model, and those that are kept of it. An id that is not served is its own. */
  versionOf(id: string): string {
    const found = this.#registry.find(id);
    return found ? versionOf(found, id) : id;
  }

  /**
   * A model for an endpoint.
   *
   * @throws ApiError 404 when it is not served; what OpenAI answers when it is of another kind
   */
  of(id: string, endpoint: Endpoint): ModelInfo {
    const model = this.info(id);
    if (model.endpoints.includes(endpoint)) return model;
    if (endpoint === 'responses' && model.endpoints.includes('chat')) return model;
    throw wrongKind(model, endpoint, this.served);
  }

  /**
   * A model for chats. Of one id this is the same object, unless models were removed or very many were asked for.
   *
   * @throws ApiError when it is not served, or not for chats
   */
  chat(id: string): ChatModel {
    const removed = this.#removed.additions;
    if (removed !== this.#removedThen) this.#chatModels.clear();
    this.#removedThen = removed;
    const known = this.#chatModels.get(id);
    if (known !== undefined) return known;
    const info = this.of(id, 'chat');
    const found = { info, idJson: asciiJson(versionOf(info, id)) };
    if (this.#chatModels.size < MAX_REMEMBERED) this.#chatModels.set(id, found);
    return found;
  }

  /** Removes a fine-tuned model, for all threads. */
  remove(id: string): void {
    this.#removed.add(id);
  }

  #isRemoved(id: string): boolean {
    return readFineTunedId(id) !== undefined && this.#removed.has(id);
  }
}

/** The first model that a server with these options lists: the one to use when none is named. */
export const firstModel = (model: readonly string[]): string => model[0] ?? DEFAULT_MODEL;

function wrongKind(model: ModelInfo, endpoint: Endpoint, served: readonly ModelInfo[]): ApiError {
  if (endpoint === 'chat' && model.endpoints.includes('responses')) {
    const message = 'This model is only supported in v1/responses and not in v1/chat/completions.';
    return new ApiError({ status: 404, message, param: 'model' });
  }
  if (endpoint === 'chat') {
    const message =
      'This is not a chat model and thus not supported in the v1/chat/completions endpoint. Did you mean to use v1/completions?';
    return new ApiError({ status: 404, message, param: 'model' });
  }
  if (endpoint === 'completions' && model.endpoints.includes('chat')) {
    const message =
      'This is a chat model and not supported in the v1/completions endpoint. Did you mean to use v1/chat/completions?';
    return new ApiError({ status: 404, message, param: 'model' });
  }
  if (endpoint === 'embeddings') {
    const message = 'You are not allowed to generate embeddings from this model';
    return new ApiError({ status: 403, message });
  }
  const fit = served.filter(({ endpoints }) => endpoints.includes(endpoint)).map(({ id }) => `'${id}'`);
  const such = fit.length === 0 ? 'none is served' : `such as ${fit.slice(0, 3).join(', ')}`;
  const message = `The model '${model.id.slice(0, 200)}' is not a model for ${WORK[endpoint]}. Use one that is: ${such}.`;
  return new ApiError({ status: 400, message, param: 'model', code: 'invalid_value' });
}

const WORK: Readonly<Record<Endpoint, string>> = {
  chat: 'chats',
  responses: 'responses',
  completions: 'completions',
  embeddings: 'embeddings',
  rerank: 'ranking',
  moderation: 'moderation',
  image: 'images',
  speech: 'speech',
  transcription: 'transcription',
  realtime: 'realtime sessions',
  video: 'videos',
};
