/** `GET /health`, and `/ping` as hosts of models ask: whether the server is up. */
import type { ServerContext } from '../context.js';
import type { Route } from '../routing/route.js';

export function healthRoutes({ clock, counters }: ServerContext): Route[] {
  const startedMs = clock.nowMs();
  return ['/health', '/ping'].map((path) => ({
    method: 'GET',
    path,
    operationId: path.slice(1),
    open: true,
    handler: (_request, reply) =>
      reply.json({
        status: 'ok',
        uptime_ms: Math.round(clock.nowMs() - startedMs),
        active_streams: counters.activeStreams,
      }),
  }));
}
