/** The routes of a server, to walk them: whatever a family answers is among them. */
import type { ServerContext } from '../../src/server/context.js';
import { allRoutes } from '../../src/server/families.js';
import type { Route } from '../../src/server/routing/route.js';
import { TEST_OPTIONS } from './server.js';

/** All routes. Their handlers are not to be called: there is no server behind them. */
export const serverRoutes = (): readonly Pick<Route, 'method' | 'path' | 'operationId' | 'open'>[] =>
  allRoutes({ seed: 0, options: TEST_OPTIONS, clock: { nowMs: () => 0, wallMs: () => 0 } } as ServerContext);

/** A path of a route. */
export const pathOf = (path: string, id: string): string => path.replaceAll(/:\w+|\*/g, id);
