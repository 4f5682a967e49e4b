/** Images, audio and video. Their code is loaded with their first request. */
import type { ServerContext } from '../../context.js';
import type { Route } from '../../routing/route.js';
import { lazyRoutes } from './operations.js';

export const mediaRoutes = (context: ServerContext): Route[] => [
  ...lazyRoutes(context, async () => (await import('./images/images.js')).handlers, [
    'createImage',
    'createImageEdit',
    'createImageVariation',
  ]),
  {
    method: 'GET',
    path: '/images/:name',
    operationId: 'serveImage',
    handler: async (request, reply) =>
      (await import('./images/images.js')).serveImage(context, request, reply),
  },
];
