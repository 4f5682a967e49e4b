/** Whether the server is up: `GET /health`, `/ping` as hosts of models ask, and NVIDIA NIM's probes. */
import type { ServerContext } from '../context.js';
import type { Route } from '../routing/route.js';
import { isDead } from '../telemetry/health.js';

const probe = (path: string, operationId: string, handler: Route['handler']): Route => ({
  method: 'GET',
  path,
  operationId,
  open: true,
  handler,
});

/**
 * As vLLM, 503 when its engine is dead: when no simulated cluster has a replica left to answer with, until one is restarted. Whether it is
 * alive is another question: a server that answers is, and has not to be restarted for that.
 */
export function healthRoutes({ vitals, report }: ServerContext): Route[] {
  const own = ['/health', '/ping'].map((path) =>
    probe(path, path.slice(1), async (_request, reply) => {
      const dead = isDead(await report());
      const { uptimeMs, activeStreams } = vitals();
      const status = dead ? 'unhealthy' : 'ok';
      reply.json(
        { status, uptime_ms: Math.round(uptimeMs), active_streams: activeStreams },
        dead ? 503 : 200,
      );
    }),
  );
  return [
    ...own,
    probe('/health/ready', 'nimReady', async (_request, reply) => {
      const dead = isDead(await report());
      const message = `Service is ${dead ? 'not ready' : 'ready'}.`;
      reply.json({ object: 'health.response', message }, dead ? 503 : 200);
    }),
    probe('/health/live', 'nimLive', (_request, reply) =>
      reply.json({ object: 'health.response', message: 'Service is live.' }),
    ),
  ];
}
