/** Pages of metrics are read over real sockets while a run goes on. */
import { once } from 'node:events';
import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { resolveSettings } from '../../../src/config/resolve.js';
import { runBenchSettings } from '../../../src/runs/run.js';
import type { RunFile } from '../../../src/results/run-file.js';

const servers: Server[] = [];
afterEach(() => {
  for (const server of servers.splice(0)) server.close();
});

async function listen(listener: RequestListener): Promise<string> {
  const server = createServer(listener).listen(0, '127.0.0.1');
  servers.push(server);
  await once(server, 'listening');
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

async function bench(flags: Record<string, unknown>): Promise<RunFile> {
  const { settings, server } = await resolveSettings({
    section: 'bench',
    flags: { requests: 2, 'input-tokens': 5, 'output-tokens': 2, latency: 'instant', threads: 1, ...flags },
  });
  return runBenchSettings(settings, server, {});
}

describe('--server-metrics', () => {
  it('reads before and after the run, and keeps what was chosen', async () => {
    let reads = 0;
    const url = await listen((_, response) => response.end(`vllm:x ${++reads}\nelse 1\n`));
    const run = await bench({ 'server-metrics': [url], 'server-metrics-interval': '1h' });
    const [page] = run.serverMetrics!;
    expect(page).toMatchObject({ readings: 2, failures: 0 });
    expect(page!.series).toEqual([{ name: 'vllm:x', type: 'untyped', labels: {}, values: [1, 2] }]);
    expect(page!.atMs[0]).toBeLessThan(0);
    expect(page!.atMs[1]).toBeGreaterThan(0);
  });

  it('says what is wrong with a page, and measures all the same', async () => {
    const refusing = await listen((_, response) => response.writeHead(403).end('no'));
    const run = await bench({
      'server-metrics': [refusing, 'http://user:secret@127.0.0.1:1/metrics'],
      'server-metrics-interval': '1h',
    });
    expect(run.targets[0]!.counters.completed).toBe(2);
    expect(run.serverMetrics).toMatchObject([
      { readings: 0, failures: 2, lastFailure: 'HTTP 403', series: [] },
      { readings: 0, failures: 2, lastFailure: expect.stringContaining('ECONNREFUSED') as string },
    ]);
    expect(JSON.stringify(run)).not.toContain('secret');
  });

  it('shows its key to the server that is measured, and to no other', async () => {
    const keys: Record<string, unknown> = {};
    const listener =
      (name: string): RequestListener =>
      (request, response) => {
        if (request.url === '/metrics') keys[name] = request.headers.authorization;
        const message = { role: 'assistant', content: 'a' };
        const usage = { prompt_tokens: 1, completion_tokens: 1 };
        response
          .setHeader('content-type', 'application/json')
          .end(JSON.stringify({ choices: [{ index: 0, message }], usage }));
      };
    const [measured, other] = [await listen(listener('measured')), await listen(listener('other'))];
    await bench({
      url: measured,
      model: 'm',
      latency: undefined,
      streaming: false,
      'api-key': 'sk-1',
      'server-metrics': [`${measured}/metrics`, `${other}/metrics`],
    });
    expect(keys).toEqual({ measured: 'Bearer sk-1', other: undefined });
  });
});
