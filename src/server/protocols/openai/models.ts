/** `GET /v1/models`, `GET /v1/models/{id}`, `DELETE /v1/models/{id}`, and what each model can do. */
import { readFineTunedId } from '../../../simulator/models/fine-tuned.js';
import type { ModelInfo } from '../../../simulator/models/model.js';
import type { ServerContext } from '../../context.js';
import type { ServedModels } from '../../models/served-models.js';
import { asciiJson } from '../../json.js';
import type { Route } from '../../routing/route.js';
import type { Collection } from '../../store/store.js';
import { inOurShape, isAnthropic, listModels, showModel } from '../anthropic/models.js';
import { ApiError } from './errors.js';

const objectOf = ({ id, createdS, owner }: ModelInfo) => ({
  id,
  object: 'model',
  created: createdS,
  owned_by: owner,
  // Nothing is shut down here.
  shutdown_date: null,
});

/** Not in OpenAI's API: everything that is known of a model. */
const capabilitiesOf = (model: ModelInfo) => ({
  id: model.id,
  object: 'model.capabilities',
  aliases: model.aliases,
  owned_by: model.owner,
  context_window: model.contextTokens,
  max_output_tokens: model.outputTokens,
  endpoints: model.endpoints,
  features: model.features,
  tokenizer: model.tokenizer,
  architecture: model.architecture ?? null,
  architecture_is_stand_in: model.architectureIsStandIn === true,
  embedding: model.embedding ?? null,
  prices: Object.fromEntries(Object.entries(model.prices).map(([key, price]) => [snakeCase(key), price])),
});

const snakeCase = (key: string): string => key.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);

/** Models that were fine-tuned here; a server that stores nothing does not load that. */
const tuned = () => import('./fine-tuning/tuned-models.js');

const CAPABILITIES = '/capabilities';

/** Fine-tuned models that were deleted; all threads know of them. */
const REMOVED: Collection<{ id: string }> = { name: 'removed-models', maxCount: 10_000, atBound: 'evict' };

/** The models. An id may have slashes in it. */
export const modelRoutes = (context: ServerContext): Route[] => [
  {
    method: 'GET',
    path: '/models',
    operationId: 'listModels',
    handler: (request, reply) => {
      if (isAnthropic(request)) {
        const texts = context.models.served.filter(({ endpoints }) => endpoints.includes('chat'));
        return inOurShape(reply, () => listModels(request, reply, texts));
      }
      const served = context.models.served.map(objectOf);
      if (!context.hasStored()) reply.json({ object: 'list', data: served });
      else
        return tuned().then(async ({ listTunedModels }) => {
          reply.json({ object: 'list', data: [...served, ...(await listTunedModels(context))] });
        });
    },
  },
  {
    method: 'GET',
    path: '/models/*',
    operationId: 'retrieveModel',
    handler: async (request, reply) => {
      const id = request.param('*');
      if (isAnthropic(request)) {
        await inOurShape(reply, async () => showModel(reply, await modelOf(context, id), id));
        return;
      }
      if (id.endsWith(CAPABILITIES)) {
        reply.json(capabilitiesOf(await modelOf(context, id.slice(0, -CAPABILITIES.length))));
      } else {
        const shown = objectOf(await modelOf(context, id));
        const created = (await tunedAt(context, id)) ?? shown.created;
        reply.jsonText(asciiJson({ ...shown, id, created }));
      }
    },
  },
  {
    method: 'DELETE',
    path: '/models/*',
    operationId: 'deleteModel',
    handler: async (request, reply) => {
      const { id } = await modelOf(context, request.param('*'));
      if (!readFineTunedId(id)) {
        const message = `The model '${id.slice(0, 200)}' cannot be deleted: only fine-tuned models can.`;
        throw new ApiError({ status: 403, message, param: 'model' });
      }
      if (context.hasStored()) await (await tuned()).forgetTunedModel(context, id);
      await (await context.store()).put(REMOVED, id, { id });
      context.models.remove(id);
      reply.json({ id, object: 'model', deleted: true });
    },
  },
];

/** When it was fine-tuned here; undefined for all others. */
async function tunedAt(context: ServerContext, id: string): Promise<number | undefined> {
  if (!readFineTunedId(id) || !context.hasStored()) return undefined;
  return (await tuned()).tunedAtS(context, id);
}

/** A model, unless another thread has deleted it. */
async function modelOf({ models, store, hasStored }: ServerContext, id: string): Promise<ModelInfo> {
  const model = listed(models, id);
  // Others cannot be deleted, and their answers need no store.
  if (!readFineTunedId(id) || !hasStored()) return model;
  if (!(await (await store()).get(REMOVED, id))) return model;
  models.remove(id);
  return listed(models, id);
}

/** A model that is asked for itself is missed in other words than one that is to answer. */
function listed(models: ServedModels, id: string): ModelInfo {
  if (models.knows(id)) return models.info(id);
  const message = `The model '${id.slice(0, 200)}' does not exist`;
  throw new ApiError({ status: 404, message, param: 'model', code: 'model_not_found' });
}
