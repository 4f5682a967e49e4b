/** `GET /v1/models` and `GET /v1/models/{id}`. */
import { asciiJson } from '../json.js';
import { ApiError } from './errors.js';

/** When all models were "created": a fixed instant (2025-01-01), so that answers do not depend on when they are asked. */
const CREATED_S = 1_735_689_600;
const OWNER = 'fakeai';

/** The models that are served; their answers are prepared. */
export class ModelList {
  readonly #byId: ReadonlyMap<string, string>;
  /** The answer to `GET /v1/models`. */
  readonly listBody: string;

  constructor(ids: readonly string[]) {
    this.#byId = new Map(
      ids.map((id) => [id, asciiJson({ id, object: 'model', created: CREATED_S, owned_by: OWNER })]),
    );
    this.listBody = `{"object":"list","data":[${[...this.#byId.values()].join(',')}]}`;
  }

  /** @throws ApiError when the model is not served */
  require(id: string): void {
    if (this.#byId.has(id)) return;
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
    return this.#byId.get(id)!;
  }
}
