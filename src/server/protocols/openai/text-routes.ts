/** The families of text beside chat. Their code is loaded with their first request. */
import type { ServerContext } from '../../context.js';
import type { Route } from '../../routing/route.js';
import { lazyRoutes } from './operations.js';

export const textRoutes = (context: ServerContext): Route[] => [
  ...lazyRoutes(context, async () => (await import('./completions/completions.js')).handlers, [
    'createCompletion',
  ]),
];
