/** Requests through proxies: tunnels, whole URLs, credentials, refusals, and proxies that say nothing. */
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { connect, createServer, type AddressInfo, type Socket } from 'node:net';
import { createServer as createTlsServer } from 'node:tls';
import { afterEach, expect, it, vi } from 'vitest';
import { runLoad } from '../../../src/engine/index.js';
import { resolveTargets } from '../../../src/runs/targets.js';
import { buildRunFile } from '../../../src/results/build-run-file.js';
import { renderTextReport } from '../../../src/results/text-report.js';
import type { Plan } from '../../../src/workloads/plan.js';
import { summarizePlan } from '../../../src/results/plan-summary.js';
import { planOf } from './lane-bench.js';
import { completion, response, startScripted, type ScriptedServer } from './scripted-server.js';

const fixture = (name: string): string =>
  readFileSync(new URL(`../../fixtures/tls/${name}`, import.meta.url), 'utf8');

interface TestProxy {
  port: number;
  /** The heads of all CONNECT requests. */
  asked: string[];
  sockets: Set<Socket>;
}

const closers: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  vi.unstubAllEnvs();
  for (const close of closers.splice(0)) await close();
});

/** @param answer - in place of a tunnel; `''` is silence */
async function startProxy(options: { tls?: boolean; answer?: string } = {}): Promise<TestProxy> {
  const proxy: TestProxy = { port: 0, asked: [], sockets: new Set() };
  const serve = (socket: Socket): void => {
    proxy.sockets.add(socket);
    socket.on('error', () => {}).on('close', () => proxy.sockets.delete(socket));
    socket.once('data', (bytes) => {
      const head = bytes.toString('latin1');
      proxy.asked.push(head);
      if (options.answer !== undefined) {
        if (options.answer !== '') socket.end(options.answer);
        return;
      }
      const [, host, port] = /^CONNECT ([^:]+):(\d+) /.exec(head)!;
      const there = connect(Number(port), host, () => {
        socket.write('HTTP/1.1 200 Connection established\r\nvia: 1.1 test\r\n\r\n');
        socket.pipe(there).pipe(socket);
      });
      there.on('error', () => socket.destroy());
      socket.on('close', () => there.destroy());
    });
  };
  const server = options.tls
    ? createTlsServer({ key: fixture('key.pem'), cert: fixture('cert.pem') }, serve)
    : createServer(serve);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  closers.push(async () => {
    for (const socket of proxy.sockets) socket.destroy();
    server.close();
    await once(server, 'close');
  });
  proxy.port = (server.address() as AddressInfo).port;
  return proxy;
}

async function startTarget(tls: boolean): Promise<ScriptedServer> {
  const server = await startScripted(
    (socket) => socket.write(response('200 OK', 'application/json', completion(5, 2))),
    { tls },
  );
  closers.push(() => server.close());
  return server;
}

async function measure(url: string, proxy: string, over: Partial<Plan> = {}) {
  const plan = planOf({
    targets: [{ name: 't', url, proxy }],
    streaming: false,
    arrivals: { kind: 'closed', concurrency: 1 },
    stop: { requests: 3 },
    timeoutMs: 10_000,
    graceMs: 10_000,
    ...over,
  });
  const outcome = await runLoad({ plan, threads: 1, headers: {}, security: { ca: fixture('cert.pem') } });
  return { plan, outcome, target: outcome.targets[0]! };
}

it('an https endpoint is reached through a tunnel, and nobody is told the credentials', async () => {
  const server = await startTarget(true);
  const proxy = await startProxy();
  const { plan, outcome, target } = await measure(
    `https://127.0.0.1:${server.port}`,
    `http://me:p%40ss@127.0.0.1:${proxy.port}/`,
  );
  expect(target.errors).toEqual([]);
  expect(target.counters.completed).toBe(3);
  // One connection in flight, so one tunnel.
  expect(proxy.asked).toHaveLength(1);
  expect(proxy.asked[0]).toMatch(new RegExp(`^CONNECT 127.0.0.1:${server.port} HTTP/1.1\r\nhost: 127`));
  const credentials = Buffer.from('me:p@ss').toString('base64');
  expect(proxy.asked[0]).toContain(`proxy-authorization: Basic ${credentials}\r\n`);
  expect(server.requests.join()).not.toContain('proxy-authorization');
  expect(target.distributions.connect!.count).toBe(1);
  const tool = { name: 'fakeai', version: '0.0.0' } as const;
  const run = buildRunFile({ outcome, plan: summarizePlan(plan), sloExpressions: [], tool });
  expect(run.targets[0]!.proxy).toBe(`http://***:***@127.0.0.1:${proxy.port}/`);
  expect(renderTextReport(run)).toMatch(/through\s+http:\/\/\*\*\*:\*\*\*@127/);
  expect(JSON.stringify(run)).not.toMatch(/p%40ss|p@ss/);
});

it('an http endpoint is asked for with its whole URL', async () => {
  const proxy = await startTarget(false);
  const { target } = await measure('http://somewhere.invalid:81/v1', `http://me:x@127.0.0.1:${proxy.port}`);
  expect(target.errors).toEqual([]);
  expect(proxy.requests[0]).toMatch(
    /^POST http:\/\/somewhere\.invalid:81\/v1\/chat\/completions HTTP\/1\.1\r\nhost: somewhere\.invalid:81\r\n/,
  );
  expect(proxy.requests[0]).toContain('proxy-authorization: Basic bWU6eA==\r\n');
});

it('a proxy may itself speak TLS, to endpoints with and without it', async () => {
  const proxy = await startProxy({ tls: true });
  for (const tls of [true, false]) {
    const server = await startTarget(tls);
    const url = `${tls ? 'https' : 'http'}://127.0.0.1:${server.port}`;
    const { target } = await measure(url, `https://127.0.0.1:${proxy.port}`);
    expect(target.errors).toEqual([]);
    expect(target.counters.completed).toBe(3);
  }
  expect(proxy.asked).toHaveLength(2);
});

it.each([
  ['HTTP/1.1 407 Proxy Authentication Required\r\n\r\n', 'answered 407 Proxy Authentication Required'],
  ['SSH-2.0-OpenSSH_9.6\r\n\r\n', 'did not answer with HTTP'],
  ['HTTP/1.1 200 OK\r\n\r\nmore', 'sent more than its answer'],
  ['HTTP/1.1 2', 'closed the connection'],
])('a proxy that answers %j is no way to the endpoint', async (answer, said) => {
  const proxy = await startProxy({ answer });
  const { target } = await measure('https://somewhere.invalid', `http://me:secret@127.0.0.1:${proxy.port}`, {
    stop: { requests: 1 },
  });
  expect(target.errors).toEqual([
    { kind: 'connect_failed', count: 1, example: expect.stringContaining(said) as string },
  ]);
  expect(target.errors[0]!.example).toContain('for CONNECT somewhere.invalid:443');
  expect(target.errors[0]!.example).not.toContain('secret');
});

it('nobody waits for a proxy that says nothing', async () => {
  const proxy = await startProxy({ answer: '' });
  const { target } = await measure('https://somewhere.invalid', `http://127.0.0.1:${proxy.port}`, {
    stop: { requests: 2 },
    timeoutMs: 60,
  });
  expect(target.errors).toMatchObject([{ kind: 'connect_failed', count: 2 }]);
  await vi.waitFor(() => expect(proxy.sockets.size).toBe(0));
});

it('of the environment is asked only on demand, and not for what NO_PROXY names', async () => {
  vi.stubEnv('HTTPS_PROXY', 'http://secure.example:1');
  vi.stubEnv('HTTP_PROXY', 'http://plain.example:2');
  vi.stubEnv('NO_PROXY', 'localhost,.internal');
  const target = ['a=https://api.example', 'b=http://api.example', 'c=https://llm.internal'];
  const proxiesOf = async (proxy?: string) =>
    (await resolveTargets({ target, header: [], model: 'm', proxy }, undefined)).targets.map((t) => t.proxy);
  expect(await proxiesOf('env')).toEqual(['http://secure.example:1/', 'http://plain.example:2/', undefined]);
  expect(await proxiesOf()).toEqual([undefined, undefined, undefined]);
  expect(new Set(await proxiesOf('http://one.example'))).toEqual(new Set(['http://one.example/']));
  vi.stubEnv('HTTPS_PROXY', 'socks5://me:secret@host');
  await expect(proxiesOf('env')).rejects.toMatchObject({
    code: 'FAKEAI_SETTING_INVALID',
    message: '--proxy env: "socks5://***:***@host" is not the URL of an HTTP proxy',
  });
});
