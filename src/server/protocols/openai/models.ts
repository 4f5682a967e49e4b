/** `GET /v1/models` and `GET /v1/models/{id}`. */
import type { ServerContext } from '../../context.js';
import { asciiJson } from '../../json.js';
import type { Route } from '../../routing/route.js';
import { ApiError } from './errors.js';

/** When all models were "created": a fixed instant (2025-01-01), so that answers do not depend on when they are asked. */
const CREATED_S = 1_735_689_600;
const OWNER = 'fakeai';

/** The models that are served; their answers are prepared. */
export class ModelList {
  readonly #byId: ReadonlyMap<string, { idJson: string; body: string }>;
  /** The answer to `GET /v1/models`. */
  readonly listBody: string;

  constructor(ids: readonly string[]) {
    this.#byId = new Map(
      ids.map((id) => {
        const body = asciiJson({ id, object: 'model', created: CREATED_S, owned_by: OWNER });
        return [id, { idJson: asciiJson(id), body }];
      }),
    );
    this.listBody = `{"object":"list","data":[${[...this.#byId.values()].map(({ body }) => body).join(',')}]}`;
  }

  /**
   * The id of a model as JSON.
   *
   * @throws ApiError when the model is not served
   */
  require(id: string): string {
    const model = this.#byId.get(id);
    if (model) return model.idJson;
    const message = `The model \`${id.slice(0, 200)}\` does not exist or you do not have access to it.`;
    throw new ApiError({ status: 404, message, param: 'model', code: 'model_not_found' });
  }

  /**
   * The answer to `GET /v1/models/{id}`.
   *
   * @throws ApiError when the model is not served
   */
  bodyOf(id: string): string {
    this.require(id);
    return this.#byId.get(id)!.body;
  }
}

/** The models. An id may have slashes in it. */
export const modelRoutes = ({ models }: ServerContext): Route[] => [
  {
    method: 'GET',
    path: '/models',
    operationId: 'listModels',
    handler: (_request, reply) => reply.jsonText(models.listBody),
  },
  {
    method: 'GET',
    path: '/models/*',
    operationId: 'retrieveModel',
    handler: (request, reply) => reply.jsonText(models.bodyOf(request.param('*'))),
  },
];
