/** A request as a route's handler sees it. */
import type { HttpRequest } from '../http/parser.js';
import { parseJsonObject } from '../protocols/openai/json-body.js';

const NO_PARAMS: Readonly<Record<string, string>> = {};

/** Of all requests without one; nobody adds to it. */
const NO_QUERY = new URLSearchParams();

/** See the file's head. */
export class ApiRequest {
  readonly #request: HttpRequest;
  #query: URLSearchParams | undefined;
  #json: Record<string, unknown> | undefined;

  constructor(
    request: HttpRequest,
    /** Named parts of the path, decoded. */
    readonly params: Readonly<Record<string, string | undefined>> = NO_PARAMS,
    /** The body's bytes; see `Route.borrowsBody`. */
    readonly body: Buffer = request.body,
  ) {
    this.#request = request;
  }

  get method(): string {
    return this.#request.head.method;
  }

  /** As sent, without the query. */
  get path(): string {
    return this.#request.head.path;
  }

  get query(): URLSearchParams {
    const { query } = this.#request.head;
    return (this.#query ??= query === '' ? NO_QUERY : new URLSearchParams(query));
  }

  /** All headers by lower-case name; repeated ones joined by a comma. */
  get headers(): ReadonlyMap<string, string> {
    return this.#request.head.headers;
  }

  /**
   * A header's value.
   *
   * @param name - in lower case
   */
  header(name: string): string | undefined {
    return this.#request.head.headers.get(name);
  }

  /** A named part of the path; the route's pattern must have it. */
  param(name: string): string {
    return this.params[name]!;
  }

  /**
   * The body as a JSON object, whatever its content type says.
   *
   * @throws ApiError 400 when it is not one
   */
  json(): Record<string, unknown> {
    return (this.#json ??= parseJsonObject(this.body));
  }
}
