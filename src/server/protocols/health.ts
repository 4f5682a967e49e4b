/** Whether the server is up: `GET /health`, `/ping` as hosts of models ask, and NVIDIA NIM's probes. */
import type { ServerContext } from '../context.js';
import type { Route } from '../routing/route.js';

/** NIM's; a server that answers at all can take requests. */
const PROBES = [
  ['/health/ready', 'nimReady', 'Service is ready.'],
  ['/health/live', 'nimLive', 'Service is live.'],
] as const;

export function healthRoutes({ vitals }: ServerContext): Route[] {
  const own = ['/health', '/ping'].map((path): Route => ({
    method: 'GET',
    path,
    operationId: path.slice(1),
    open: true,
    handler: (_request, reply) => {
      const { uptimeMs, activeStreams } = vitals();
      reply.json({ status: 'ok', uptime_ms: Math.round(uptimeMs), active_streams: activeStreams });
    },
  }));
  const probes = PROBES.map(([path, operationId, message]): Route => ({
    method: 'GET',
    path,
    operationId,
    open: true,
    handler: (_request, reply) => reply.json({ object: 'health.response', message }),
  }));
  return [...own, ...probes];
}
