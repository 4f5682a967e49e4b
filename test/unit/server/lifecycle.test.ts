import { tmpdir } from 'node:os';
import { createServer } from 'node:net';
import { once } from 'node:events';
import { describe, expect, it } from 'vitest';
import { messageOf } from '../../../src/lib/errors.js';
import { systemClock } from '../../../src/lib/clock.js';
import { loadVocabulary } from '../../../src/lib/tokens/vocabulary.js';
import { BoundSocket } from '../../../src/server/threads/bound-socket.js';
import { ListenerPool } from '../../../src/server/threads/pool.js';
import { chatBytes, RawClient } from '../../support/raw-client.js';
import { postChat, startTestServer, TEST_OPTIONS } from '../../support/server.js';

const ASK = { model: 'fakeai-1', messages: [{ role: 'user', content: 'hi' }], max_tokens: 5 };

describe('startServer', () => {
  it('refuses a port that is taken, also with one thread', async () => {
    const other = createServer().listen(0, '127.0.0.1');
    await once(other, 'listening');
    const { port } = other.address() as { port: number };
    for (const threads of [1, 2]) {
      await expect(startTestServer({ port, threads })).rejects.toMatchObject({
        code: 'FAKEAI_PORT_IN_USE',
        exitCode: 1,
      });
    }
    other.close();
  });

  it('refuses a port that another fakeai server has, and gives it up on close', async () => {
    const first = await startTestServer();
    await expect(startTestServer({ port: first.port })).rejects.toMatchObject({ code: 'FAKEAI_PORT_IN_USE' });
    await first.close();
    const second = await startTestServer({ port: first.port });
    expect((await postChat(second.url, ASK)).status).toBe(200);
    await second.close();
  });

  it.each(['256.1.1.1', 'no-such-host.invalid', '192.0.2.1'])('refuses to listen on %s', async (host) => {
    await expect(startTestServer({ host })).rejects.toMatchObject({
      code: 'FAKEAI_LISTEN_FAILED',
      exitCode: 1,
    });
  });

  it('serves on all its threads', async () => {
    const server = await startTestServer({ threads: 3 });
    await expect
      .poll(async () => {
        await Promise.all(
          Array.from({ length: 20 }, async () => (await postChat(server.url, ASK)).arrayBuffer()),
        );
        return (await server.stats()).filter(({ requests }) => requests > 0).length;
      })
      .toBe(3);
    await server.close();
  });
});

describe('close', () => {
  it('lets an open stream finish, refuses new connections meanwhile', async () => {
    const server = await startTestServer({ latency: 'fixed', ttft: 100, itl: 20, jitter: 0 });
    const client = await RawClient.to(server.url);
    const idle = await RawClient.to(server.url);
    client.socket.write(chatBytes({ ...ASK, max_tokens: 100, ignore_eos: true, stream: true }));
    await client.until((text) => text.includes('"content":" '));
    const closing = server.close();
    await idle.untilClosed();
    const connecting = () =>
      RawClient.to(server.url).then(
        ({ socket }) => void socket.destroy(),
        (error: unknown) => error,
      );
    await expect.poll(connecting).toMatchObject({ code: 'ECONNREFUSED' });
    expect(client.received).not.toContain('[DONE]');
    expect(await client.untilClosed()).toContain('[DONE]');
    await closing;
  });

  it('cuts what has not finished when the drain time is over', async () => {
    const server = await startTestServer({ latency: 'fixed', ttft: 1, itl: 60_000, drain: 50 });
    const client = await RawClient.to(server.url);
    client.socket.write(chatBytes({ ...ASK, stream: true }));
    await client.until((text) => text.includes('"content":"A') || text.includes('"role"'));
    await server.close();
    expect(await client.untilClosed()).not.toContain('[DONE]');
    await server.close();
  });
});

describe('ListenerPool', () => {
  const startPool = async (threads: number) => {
    const socket = await BoundSocket.bind('127.0.0.1', 0);
    const pool = new ListenerPool({
      threads,
      source: { kind: 'shared', fd: socket.fd },
      options: TEST_OPTIONS,
      customModels: [],
      dataFolder: tmpdir(),
      loadVocabulary: () => loadVocabulary('o200k_base'),
      clock: systemClock,
    });
    await pool.start();
    return { pool, socket, url: `http://127.0.0.1:${socket.port}` };
  };

  it.each([1, 2])('replaces a thread that crashes, of %i, and keeps the socket open', async (threads) => {
    const { pool, socket, url } = await startPool(threads);
    await pool.workers[0]!.terminate();
    // Connections wait in the socket's queue while nobody accepts: none is refused.
    for (let i = 0; i < 10; i++) expect((await postChat(url, ASK)).status).toBe(200);
    await expect.poll(() => pool.stats().length).toBe(threads);
    await pool.close(1000);
    socket.close();
    // The process that duplicated the new thread's socket has it until it has ended.
    await expect.poll(() => RawClient.to(url).then(() => 'open', messageOf)).toContain('ECONNREFUSED');
  });

  it('gives up when threads crash again and again', async () => {
    const { pool, socket } = await startPool(1);
    const failed = pool.closed.then(
      () => undefined,
      (error: unknown) => error,
    );
    for (let crash = 0; crash < 5; crash++) {
      await expect.poll(() => pool.stats().length).toBe(1);
      await pool.workers[0]!.terminate();
    }
    expect(await failed).toMatchObject({ code: 'FAKEAI_THREAD_CRASHED', exitCode: 1 });
    socket.close();
  });
});
