/** A server whose engines are all dead says so to probes. */
import { describe, expect, it } from 'vitest';
import { isDead } from '../../../../src/server/telemetry/health.js';
import type { Cluster } from '../../../../src/simulator/cluster/cluster.js';
import { createCluster } from '../../../support/cluster.js';
import { startTestServer } from '../../../support/server.js';

const dead = (...clusters: Cluster[]): boolean =>
  isDead({ clusters: clusters.map((cluster) => ({ model: 'm', cluster: cluster.snapshot() })) });
const crash = (replica: number, downMs: number) => ({ kind: 'crash' as const, replica, atMs: 1000, downMs });

describe('engines are dead', () => {
  it('while the last replica is down, not before and not after', () => {
    const { cluster } = createCluster({ replicas: 2, failures: [crash(0, 3000), crash(1, 1000)] });
    const seen = [500, 1500, 2500, 4500].map((atMs) => {
      cluster.advance(atMs);
      return dead(cluster);
    });
    expect(seen).toEqual([false, true, false, false]);
  });

  it('when nobody can compute prompts, though others could decode', () => {
    const { cluster } = createCluster({
      replicas: 3,
      disaggregation: { prefillReplicas: 1 },
      failures: [crash(0, 1000)],
    });
    cluster.advance(1500);
    expect(dead(cluster)).toBe(true);
    cluster.advance(2500);
    expect(dead(cluster)).toBe(false);
  });

  it('only all together, and never where there are none', () => {
    const { cluster } = createCluster({ replicas: 1, failures: [crash(0, Infinity)] });
    cluster.advance(1500);
    expect(dead(cluster, createCluster().cluster)).toBe(false);
    expect(dead()).toBe(false);
  });
});

it('answers probes with 503 while every replica is down', async () => {
  const server = await startTestServer({
    threads: 1,
    model: ['llama-3.1-8b'],
    latency: 'physics',
    gpu: 'h100',
    failure: ['crash:0@0s+1h'],
  });
  const ask = async (path: string): Promise<[number, unknown]> => {
    const response = await fetch(`${server.url}${path}`);
    return [response.status, await response.json()];
  };
  try {
    expect(await ask('/health')).toEqual([503, expect.objectContaining({ status: 'unhealthy' })]);
    expect(await ask('/ping')).toEqual([503, expect.objectContaining({ status: 'unhealthy' })]);
    expect(await ask('/v1/health/ready')).toEqual([
      503,
      { object: 'health.response', message: 'Service is not ready.' },
    ]);
    expect((await ask('/v1/health/live'))[0]).toBe(200);
    expect(await ask('/health/detailed')).toEqual([200, expect.objectContaining({ ready: false })]);
  } finally {
    await server.close();
  }
});
