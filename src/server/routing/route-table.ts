/** Finds the route of a request. */
import { ApiError } from '../protocols/openai/errors.js';
import { PathTree } from './path-tree.js';
import type { Method, Route } from './route.js';

const METHODS: readonly Method[] = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE'];
/** What is served at all: the methods of `OPTIONS *`. */
export const SERVED_METHODS: readonly string[] = [...METHODS, 'HEAD', 'OPTIONS'];
/** Longest part of a path that can be a parameter; longer ones are unknown URLs. */
const MAX_PARAM_CHARACTERS = 1024;

/** A route, and what its path's named parts are. */
export interface FoundRoute {
  route: Route;
  /** The route's method and path, as metrics name it. */
  name: string;
  params: Readonly<Record<string, string | undefined>>;
}

const NO_PARAMS = {};

const nameOf = ({ method, path }: Route): string => `${method} ${path}`;

/** See the file's head. */
export class RouteTable {
  readonly routes: readonly Route[];
  readonly #tree = new PathTree<Route>(MAX_PARAM_CHARACTERS);
  /** Paths without parameters, as they are sent, by method: found without walking the tree. */
  readonly #fixed = new Map<string, Map<string, FoundRoute>>();

  /** @throws Error when two routes have the same method and path */
  constructor(routes: readonly Route[]) {
    this.routes = routes;
    for (const route of routes) {
      this.#tree.add(route.method, route.path, route);
      if (/[:*]/.test(route.path)) continue;
      const found = { route, name: nameOf(route), params: NO_PARAMS };
      const ofMethod = this.#fixed.get(route.method) ?? new Map<string, FoundRoute>();
      this.#fixed.set(route.method, ofMethod.set(route.path, found).set(`/v1${route.path}`, found));
    }
  }

  /**
   * The route of a request; `HEAD` is answered as `GET` is.
   *
   * @param path - as sent, with or without `/v1`
   * @throws ApiError 404 for a path that nothing serves, 405 for a method that is not served on it
   */
  find(method: string, path: string): FoundRoute {
    const wanted = method === 'HEAD' ? 'GET' : method;
    const found = this.#fixed.get(wanted)?.get(path) ?? this.#walk(wanted, withoutVersion(path));
    if (found) return found;
    const allowed = this.methodsOf(method, path);
    throw wrongMethod(method, path, allowed);
  }

  /**
   * The methods of a path.
   *
   * @param method - the one that was asked
   * @throws ApiError 404 for a path that nothing serves
   */
  methodsOf(method: string, path: string): string[] {
    const served: string[] = METHODS.filter((other) => this.#walk(other, withoutVersion(path)));
    if (served.length === 0) throw unknownUrl(method, path);
    return [...served, ...(served.includes('GET') ? ['HEAD'] : []), 'OPTIONS'];
  }

  /** Any route of a path: whose protocol it is. */
  anyOf(path: string): Route | undefined {
    const resource = withoutVersion(path);
    return METHODS.map((method) => this.#walk(method, resource)).find(Boolean)?.route;
  }

  #walk(method: string, resource: string): FoundRoute | undefined {
    const found = this.#tree.find(method, resource);
    if (!found) return undefined;
    const { value: route, params } = found;
    return { route, name: nameOf(route), params };
  }
}

const withoutVersion = (path: string): string => (path.startsWith('/v1/') ? path.slice(3) : path);

function wrongMethod(method: string, path: string, allowed: readonly string[]): ApiError {
  return new ApiError({
    status: 405,
    message: `Not allowed to ${method.slice(0, 50)} on ${path.slice(0, 200)}. (HINT: Perhaps you meant to use a different HTTP method?)`,
    code: 'method_not_supported',
    headers: `allow: ${allowed.join(', ')}\r\n`,
  });
}

/** OpenAI's words, which differ outside of its API. */
function unknownUrl(method: string, path: string): ApiError {
  const asked = path.slice(0, 200);
  return path.startsWith('/v1/')
    ? new ApiError({ status: 404, message: `Invalid URL (${method} ${asked})` })
    : new ApiError({
        status: 404,
        message: `Unknown request URL: ${method} ${asked}. Please check the URL for typos, or see the docs at https://platform.openai.com/docs/api-reference/.`,
        code: 'unknown_url',
      });
}
