/** The families of stored resources. Their code is loaded with their first request. */
import type { ServerContext } from '../../context.js';
import type { Route } from '../../routing/route.js';
import { lazyRoutes } from './operations.js';

export const resourceRoutes = (context: ServerContext): Route[] => [
  ...lazyRoutes(context, async () => (await import('./files/files.js')).handlers, [
    'createFile',
    'listFiles',
    'retrieveFile',
    'deleteFile',
    'downloadFile',
  ]),
];
