/** `GET /health`, and `/ping` as hosts of models ask: whether the server is up. */
import type { ServerContext } from '../context.js';
import type { Route } from '../routing/route.js';

export function healthRoutes({ vitals }: ServerContext): Route[] {
  return ['/health', '/ping'].map((path) => ({
    method: 'GET',
    path,
    operationId: path.slice(1),
    open: true,
    handler: (_request, reply) => {
      const { uptimeMs, activeStreams } = vitals();
      reply.json({ status: 'ok', uptime_ms: Math.round(uptimeMs), active_streams: activeStreams });
    },
  }));
}
