/** Routes that are known from the start while the code that answers them is loaded with their first request. */
import type { Handler, Route } from './route.js';

/** A route without what answers; the body is copied, as loading outlasts the connection's buffer. */
export type RouteHead = Omit<Route, 'handler' | 'borrowsBody'>;

/**
 * The routes of `heads`.
 *
 * @param load - imports and makes the routes, at most once unless it fails; there must be one for each of `heads`
 */
export function lateRoutes(load: () => Promise<Route[]>, heads: readonly RouteHead[]): Route[] {
  let loading: Promise<Map<string, Handler>> | undefined;
  let handlers: Map<string, Handler> | undefined;
  const loadAll = (): Promise<Map<string, Handler>> => {
    loading ??= load().then(
      (routes) => (handlers = new Map(routes.map((route) => [nameOf(route), route.handler]))),
      (error: unknown) => {
        loading = undefined;
        throw error;
      },
    );
    return loading;
  };
  return heads.map((head) => {
    const name = nameOf(head);
    return {
      ...head,
      handler: (request, reply) =>
        handlers
          ? handlers.get(name)!(request, reply)
          : loadAll().then((loaded) => loaded.get(name)!(request, reply)),
    };
  });
}

const nameOf = ({ method, path }: RouteHead): string => `${method} ${path}`;
