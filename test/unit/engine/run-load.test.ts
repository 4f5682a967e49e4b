import { afterEach, describe, expect, it } from 'vitest';
import { runLoad } from '../../../src/engine/index.js';
import type { Progress } from '../../../src/results/progress.js';
import { planOf } from './lane-bench.js';
import {
  completion,
  response,
  startScripted,
  STREAM_HEAD,
  textEvent,
  type ScriptedServer,
} from './scripted-server.js';

/** With time enough for a busy machine. */
const livePlan = (over: Parameters<typeof planOf>[0]): ReturnType<typeof planOf> =>
  planOf({ timeoutMs: 10_000, graceMs: 10_000, ...over });

let server: ScriptedServer | undefined;
afterEach(async () => {
  await server?.close();
  server = undefined;
});

const answerAll = async (): Promise<string> => {
  server = await startScripted((socket) =>
    socket.write(response('200 OK', 'application/json', completion(7, 3))),
  );
  return `http://127.0.0.1:${server.port}`;
};
const bodiesOf = (requests: string[]): string[] =>
  requests.map((r) => r.slice(r.indexOf('\r\n\r\n') + 4)).sort();

describe('runLoad', () => {
  it('sends the same requests whatever the number of threads, and merges what they measured', async () => {
    const bodies: string[][] = [];
    for (const threads of [1, 2]) {
      const url = await answerAll();
      const plan = livePlan({
        targets: [{ name: 't', url }],
        arrivals: { kind: 'poisson', ratePerSecond: 1000 },
        stop: { requests: 101 },
      });
      const outcome = await runLoad({ plan, threads, headers: {} });
      expect(outcome.interrupted).toBe(false);
      expect(outcome.threads).toHaveLength(threads);
      const [target] = outcome.targets;
      expect(target!.counters).toMatchObject({
        sent: 101,
        completed: 101,
        inputTokens: 707,
        outputTokens: 303,
      });
      expect(target!.distributions.response_time!.count).toBe(101);
      expect(target!.distributions.lateness!.count).toBe(101);
      expect(target!.measuredMs).toBeGreaterThan(50);
      bodies.push(bodiesOf(server!.requests));
      await server!.close();
      server = undefined;
    }
    expect(bodies[0]).toEqual(bodies[1]);
  });

  it('plays the same sessions to their end whatever the number of threads', async () => {
    const bodies: string[][] = [];
    for (const threads of [1, 2]) {
      const url = await answerAll();
      const plan = livePlan({
        targets: [{ name: 't', url }],
        arrivals: { kind: 'burst', requests: 5 },
        workload: {
          kind: 'synthetic',
          inputTokens: { kind: 'fixed', value: 5 },
          outputTokens: { kind: 'fixed', value: 3 },
          session: { turns: { kind: 'fixed', value: 3 }, delayMs: { kind: 'fixed', value: 2 } },
        },
        stop: {},
      });
      const outcome = await runLoad({ plan, threads, headers: {} });
      expect(outcome.targets[0]!.counters).toMatchObject({ sent: 15, completed: 15, incomplete: 0 });
      bodies.push(bodiesOf(server!.requests));
      await server!.close();
      server = undefined;
    }
    expect(bodies[0]).toEqual(bodies[1]);
    const messages = bodies[0]!.map((body) => (JSON.parse(body) as { messages: unknown[] }).messages.length);
    expect(messages.toSorted((a, b) => a - b)).toEqual([1, 1, 1, 1, 1, 3, 3, 3, 3, 3, 5, 5, 5, 5, 5]);
  });

  it('gives every target the whole workload', async () => {
    const url = await answerAll();
    const targets = ['a', 'b'].map((name) => ({ name, url: `${url}/${name}` }));
    const outcome = await runLoad({
      plan: livePlan({ targets, stop: { requests: 7 } }),
      threads: 2,
      headers: {},
    });
    expect(outcome.targets.map((t) => [t.name, t.counters.completed])).toEqual([
      ['a', 7],
      ['b', 7],
    ]);
    // Whatever thread did it, the series of the target counts it once.
    for (const { series, counters } of outcome.targets) {
      const { sent, completed, outputTokens, e2e } = series!.encode();
      expect([sent, completed].map(([first]) => first)).toEqual([7, 7]);
      expect(outputTokens[0]).toBe(counters.outputTokens);
      expect(e2e[0]!.counts.reduce((sum, count) => sum + count, 0)).toBe(7);
    }
    const to = (name: string) =>
      server!.requests.filter((r) => r.startsWith(`POST /${name}/v1/chat/completions `));
    expect(bodiesOf(to('a'))).toEqual(bodiesOf(to('b')));
  });

  it('uses no more threads than requests may be in flight, and loses none', async () => {
    const url = await answerAll();
    const plan = livePlan({ targets: [{ name: 't', url }], arrivals: { kind: 'closed', concurrency: 1 } });
    const outcome = await runLoad({ plan, threads: 4, headers: {} });
    expect(outcome.threads).toHaveLength(1);
    expect(outcome.targets[0]!.counters.completed).toBe(5);
  });

  it('runs one shard of several, and the shards add up', async () => {
    const url = await answerAll();
    const plan = livePlan({
      targets: [{ name: 't', url }],
      arrivals: { kind: 'closed', concurrency: 3 },
      stop: { requests: 11 },
    });
    const counts = [];
    for (const index of [0, 1]) {
      const outcome = await runLoad({ plan, threads: 2, shard: { index, count: 2 }, headers: {} });
      counts.push(outcome.targets[0]!.counters.completed);
    }
    expect(counts[0]! + counts[1]!).toBe(11);
    const parts = bodiesOf(server!.requests);
    server!.requests.length = 0;
    await runLoad({ plan, threads: 1, headers: {} });
    expect(parts).toEqual(bodiesOf(server!.requests));
  });

  it('stops at once when told, and returns what was measured', async () => {
    const controller = new AbortController();
    server = await startScripted((socket, { total }) => {
      if (total < 4) socket.write(response('200 OK', 'application/json', completion(1, 1)));
      else controller.abort();
    });
    const outcome = await runLoad({
      plan: livePlan({
        targets: [{ name: 't', url: `http://127.0.0.1:${server.port}` }],
        stop: { durationMs: 60_000 },
        graceMs: 60_000,
      }),
      threads: 1,
      headers: {},
      signal: controller.signal,
    });
    expect(outcome.interrupted).toBe(true);
    const { sent, completed, incomplete } = outcome.targets[0]!.counters;
    // Answers that are still on their way when it is told to stop are not waited for.
    expect(completed).toBeGreaterThan(0);
    expect(completed).toBeLessThanOrEqual(4);
    expect(completed + incomplete).toBe(sent);
  });

  it('sends nothing when it is stopped before it starts', async () => {
    const url = await answerAll();
    const outcome = await runLoad({
      plan: livePlan({ targets: [{ name: 't', url }] }),
      threads: 1,
      headers: {},
      signal: AbortSignal.abort(),
    });
    expect(outcome.interrupted).toBe(true);
    expect(server!.requests).toHaveLength(0);
  });

  it('shows its progress while it runs', async () => {
    let release: () => void = () => {};
    server = await startScripted((socket) => {
      socket.write(STREAM_HEAD + textEvent('a') + textEvent('b'));
      release = () => socket.end('data: [DONE]\n\n');
    });
    const seen: Progress[] = [];
    await runLoad({
      plan: livePlan({
        targets: [{ name: 't', url: `http://127.0.0.1:${server.port}` }],
        arrivals: { kind: 'closed', concurrency: 1 },
        stop: { requests: 1 },
        streaming: true,
      }),
      threads: 1,
      headers: {},
      progressIntervalMs: 5,
      onProgress: (progress) => {
        seen.push(progress);
        if (progress.targets[0]!.outputTokens === 2) release();
      },
    });
    const during = seen.find((p) => p.targets[0]!.inFlight === 1);
    expect(during).toMatchObject({ phase: 'measuring', share: 1 });
    const last = seen.at(-1)!;
    expect(last).toMatchObject({ phase: 'finishing', share: 1 });
    expect(last.targets[0]).toMatchObject({ sent: 1, completed: 1, failed: 0, inFlight: 0, outputTokens: 2 });
    expect(last.threads).toMatchObject([{ sent: 1, inFlight: 0 }]);
    expect(last.targets[0]!.latencies.itl.reduce((a, b) => a + b)).toBe(1);
    expect(last.targets[0]!.latencies.ttft.reduce((a, b) => a + b)).toBe(1);
  });

  it('sends the headers that it is given, and refuses those that it cannot send', async () => {
    const url = await answerAll();
    const plan = livePlan({ targets: [{ name: 't', url }], stop: { requests: 1 } });
    await runLoad({ plan, threads: 1, headers: { 'X-Tenant': 'a', 'User-Agent': 'mine' } });
    expect(server!.requests[0]).toContain('x-tenant: a\r\n');
    expect(server!.requests[0]).toContain('user-agent: mine\r\n');
    expect(server!.requests[0]).toContain('content-type: application/json\r\n');
    for (const headers of [
      { 'bad name': 'x' },
      { good: 'a\r\nevil: 1' },
      { 'Content-Length': '3' },
    ] as Record<string, string>[]) {
      await expect(runLoad({ plan, threads: 1, headers })).rejects.toMatchObject({
        code: 'FAKEAI_SETTING_INVALID',
      });
    }
  });

  it('refuses a URL that is none before anything is sent', async () => {
    for (const url of ['localhost:8000', 'ftp://x', '']) {
      const plan = livePlan({ targets: [{ name: 't', url }] });
      await expect(runLoad({ plan, threads: 1, headers: {} })).rejects.toMatchObject({
        code: 'FAKEAI_SETTING_INVALID',
      });
    }
  });
});
