import { describe, expect, it } from 'vitest';
import { systemClock } from '../../../../src/lib/clock.js';
import type { ServerContext } from '../../../../src/server/context.js';
import { allRoutes } from '../../../../src/server/families.js';
import { embeddingRoutes } from '../../../../src/server/protocols/openai/embeddings/routes.js';
import { moderationRoutes } from '../../../../src/server/protocols/openai/moderations.js';
import { rankingRoutes } from '../../../../src/server/protocols/rerank/nim.js';
import { rerankRoutes } from '../../../../src/server/protocols/rerank/rerank.js';
import { lateRoutes } from '../../../../src/server/routing/late-routes.js';
import { telemetryRoutes } from '../../../../src/server/telemetry/routes.js';

// Routes are only made here, and none is asked.
const context = { seed: 1, clock: systemClock } as unknown as ServerContext;
const head = { method: 'GET', path: '/late', operationId: 'late' } as const;
const request = {} as never;
const reply = {} as never;

describe('routes whose code is loaded later', () => {
  it('are told of as the code that answers them has them', () => {
    const told = new Map(allRoutes(context).map((route) => [`${route.method} ${route.path}`, route]));
    const families = [telemetryRoutes, embeddingRoutes, moderationRoutes, rankingRoutes, rerankRoutes];
    for (const route of families.flatMap((family) => family(context))) {
      const { operationId, renderError } = told.get(`${route.method} ${route.path}`) ?? {};
      expect([route.path, operationId, renderError]).toEqual([
        route.path,
        route.operationId,
        route.renderError,
      ]);
    }
  });

  it('load it once, with the first requests', async () => {
    let loads = 0;
    const asked: unknown[] = [];
    const [route] = lateRoutes(async () => {
      loads++;
      return [{ ...head, handler: (one) => void asked.push(one) }];
    }, [head]);
    expect(loads).toBe(0);
    await Promise.all([route!.handler(request, reply), route!.handler(request, reply)]);
    await route!.handler(request, reply);
    expect([loads, asked]).toEqual([1, [request, request, request]]);
  });

  it('try again when it could not be loaded', async () => {
    let loads = 0;
    const [route] = lateRoutes(async () => {
      if (loads++ === 0) throw new Error('no file descriptors left');
      return [{ ...head, handler: () => {} }];
    }, [head]);
    await expect(route!.handler(request, reply)).rejects.toThrow('no file descriptors left');
    await route!.handler(request, reply);
    expect(loads).toBe(2);
  });
});
