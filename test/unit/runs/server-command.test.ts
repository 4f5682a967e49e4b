/** Servers that are started for one run: real processes. */
import { once } from 'node:events';
import { createServer } from 'node:http';
import { createServer as createListener, type AddressInfo } from 'node:net';
import { afterEach, describe, expect, it, test } from 'vitest';
import { systemClock } from '../../../src/lib/clock.js';
import { ServerCommand } from '../../../src/runs/server-command.js';

const started: ServerCommand[] = [];
afterEach(async () => {
  for (const server of started.splice(0)) await server.stop();
});

async function freePort(): Promise<number> {
  const server = createListener().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}

const node = (script: string): string[] => [process.execPath, '-e', script];

async function start(command: string[], port: number, readyTimeoutMs = 20_000, signal?: AbortSignal) {
  const server = await ServerCommand.start({
    command,
    port,
    readyTimeoutMs,
    clock: systemClock,
    stopAfterMs: 200,
    signal,
  });
  started.push(server);
  return server;
}

const listens = (port: number, answer: string): string =>
  `require('http').createServer((request, response) => { ${answer} }).listen(${port}, '127.0.0.1');`;

describe('ServerCommand', () => {
  it('waits until the server says that it is ready, and stops all of it', async () => {
    const port = await freePort();
    // Its worker ignores the polite signal, and reports not to be ready at first.
    const worker = `process.on('SIGTERM', () => {}); let asked = 0; ${listens(
      port,
      "response.statusCode = request.url === '/health' && ++asked < 3 ? 503 : 200; response.end(String(asked))",
    )}`;
    const leader = `require('child_process').spawn(process.execPath, ['-e', ${JSON.stringify(worker)}], { stdio: 'inherit' });`;
    const server = await start(node(leader), port);
    const url = `http://127.0.0.1:${port}/`;
    expect(await (await fetch(url)).text()).toBe('3');
    await server.stop();
    await expect(fetch(url)).rejects.toThrow();
  });

  it('takes a server without /health for ready when it answers otherwise', async () => {
    const port = await freePort();
    const server = await start(
      node(listens(port, "response.statusCode = request.url === '/v1/models' ? 401 : 404; response.end()")),
      port,
    );
    expect(() => server.refuseEnded('during the run')).not.toThrow();
  });

  it('notices that the server ended during the run', async () => {
    const port = await freePort();
    const script = listens(port, "response.end('ok'); if (request.url === '/end') process.exit(3)");
    const server = await start(node(`console.log('up'); ${script}`), port);
    await fetch(`http://127.0.0.1:${port}/end`).catch(() => {});
    await expect.poll(() => ended(server)).toBe(true);
    expect(() => server.refuseEnded('during the run')).toThrow(/ended with exit code 3 during the run/);
  });

  test.each([
    ['no such program', ['no-such-program-here'], 'cannot be started: spawn no-such-program-here ENOENT', ''],
    [
      'one that ends at once',
      node("console.log('loading'); console.error('out of memory'); process.exitCode = 7"),
      'ended with exit code 7 before it answered',
      'out of memory',
    ],
    [
      'one that never answers',
      node("console.log('still loading'); setTimeout(() => {}, 60000)"),
      'did not answer',
      'still loading',
    ],
  ])('refuses %s, and shows what it said', async (_, command, problem, said) => {
    const failure = await start(command, await freePort(), said === 'still loading' ? 500 : 20_000).catch(
      (error: unknown) => error,
    );
    expect(failure).toMatchObject({
      code: 'FAKEAI_SERVER_COMMAND_FAILED',
      message: expect.stringContaining(problem) as string,
      hint: expect.stringContaining(said) as string,
    });
  });

  it('does not measure somebody else who has the port', async () => {
    const other = createServer().listen(0, '127.0.0.1');
    await once(other, 'listening');
    const { port } = other.address() as AddressInfo;
    await expect(start(node(''), port)).rejects.toMatchObject({ code: 'FAKEAI_PORT_IN_USE' });
    other.close();
  });

  it('ends with the run that is interrupted while it waits', async () => {
    const waiting = start(
      node('setTimeout(() => {}, 60000)'),
      await freePort(),
      20_000,
      AbortSignal.timeout(50),
    );
    await expect(waiting).rejects.toMatchObject({ code: 'FAKEAI_INTERRUPTED', exitCode: 130 });
  });
});

const ended = (server: ServerCommand): boolean => {
  try {
    server.refuseEnded('');
    return false;
  } catch {
    return true;
  }
};
