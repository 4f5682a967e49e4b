import { afterEach, describe, expect, it } from 'vitest';
import { runLoad } from '../../../src/engine/index.js';
import type { Plan } from '../../../src/workloads/plan.js';
import { completion, response, startScripted, type ScriptedServer } from './scripted-server.js';
import { planOf } from './lane-bench.js';

let server: ScriptedServer | undefined;
afterEach(async () => {
  await server?.close();
  server = undefined;
});

const PROBE = { ratePerSecond: 100, inputTokens: 4, outputTokens: 16 };
const isProbe = (request: string): boolean => request.includes('"max_tokens":16');

/** A server that refuses probes, so that they cannot be taken for the load. */
async function start(): Promise<Plan> {
  server = await startScripted((socket, { text }) => {
    const refused = response('503 Service Unavailable', 'application/json', '{}');
    socket.write(isProbe(text) ? refused : response('200 OK', 'application/json', completion(5, 3)));
  });
  return planOf({
    targets: [{ name: 't', url: `http://127.0.0.1:${server.port}` }],
    arrivals: { kind: 'constant', ratePerSecond: 200 },
    stop: { durationMs: 400 },
    warmupMs: 100,
    probe: PROBE,
  });
}

describe('a probe', () => {
  it('is beside the load and in none of its figures', async () => {
    const plan = await start();
    const { targets, probe } = await runLoad({ plan, threads: 1, headers: {} });
    const probes = server!.requests.filter(isProbe).length;
    expect(targets[0]!.counters).toMatchObject({ sent: 80, failed: 0, completed: 80 });
    const { sent, warmup, failed, completed } = probe![0]!.counters;
    expect(sent + warmup).toBe(probes);
    expect(failed).toBe(sent);
    expect(completed).toBe(0);
    // About 40 of them while load is sent, and none for long after.
    expect(sent).toBeGreaterThan(5);
    expect(sent).toBeLessThan(100);
  });

  it('is sent by the first part of a split load alone', async () => {
    const plan = await start();
    const { probe } = await runLoad({ plan, threads: 1, headers: {}, shard: { index: 1, count: 2 } });
    expect(probe).toBeUndefined();
    expect(server!.requests.some(isProbe)).toBe(false);
  });

  it('ends with a run that is stopped', async () => {
    const plan = await start();
    const stop = new AbortController();
    const onProgress = (): void => stop.abort();
    const { interrupted, probe } = await runLoad({
      plan,
      threads: 1,
      headers: {},
      signal: stop.signal,
      onProgress,
    });
    expect(interrupted).toBe(true);
    expect(probe).toHaveLength(1);
  });
});
