import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';
import { expect, it } from 'vitest';
import { TextWriter } from '../../../../src/server/http/text-writer.js';

/** Both ends of a connection; the client reads nothing yet. */
async function connection(): Promise<{ server: Socket; client: Socket; close: () => void }> {
  const listener = createServer({ noDelay: true, pauseOnConnect: true }).listen(0, '127.0.0.1');
  await once(listener, 'listening');
  const client = connect((listener.address() as { port: number }).port, '127.0.0.1').pause();
  const [server] = (await once(listener, 'connection')) as [Socket];
  const close = (): void => {
    for (const one of [client, server]) one.on('error', () => {}).destroy();
    listener.close();
  };
  return { server, client, close };
}

it('writes at once what the system has room for, and says nothing of it', async () => {
  const { server, client, close } = await connection();
  let drains = 0;
  const writer = new TextWriter(server, () => drains++);
  writer.write('caf\xe9 ');
  writer.write('');
  writer.write('and more');
  expect(writer.waitingBytes).toBe(0);
  server.end();
  client.setEncoding('latin1').resume();
  let text = '';
  client.on('data', (part: string) => (text += part));
  await once(client, 'end');
  expect(text).toBe('caf\xe9 and more');
  expect(drains).toBe(0);
  close();
});

it('keeps the order while the client does not read, counts what waits, and says when all of it was taken', async () => {
  const { server, client, close } = await connection();
  let drains = 0;
  const writer = new TextWriter(server, () => drains++);
  let sent = '';
  const part = (i: number): string => `${i} ${'x'.repeat(100_000)}\n`;
  // More than the system takes, and then some behind it: by the writer, by the socket's own methods, by the writer again.
  for (let i = 0; writer.waitingBytes === 0 || i % 10 !== 0; i++) {
    sent += part(i);
    if (writer.waitingBytes > 0 && i % 3 === 1) server.write(part(i), 'latin1');
    else writer.write(part(i));
  }
  const waiting = writer.waitingBytes;
  expect(waiting).toBeGreaterThan(0);
  sent += 'end';
  writer.write('end');
  expect(writer.waitingBytes).toBe(waiting + 3);
  let text = '';
  client.setEncoding('latin1').on('data', (got: string) => (text += got));
  client.resume();
  await expect.poll(() => drains).toBeGreaterThan(0);
  expect(writer.waitingBytes).toBe(0);
  await expect.poll(() => text.length).toBe(sent.length);
  expect(text).toBe(sent);
  close();
});

it('says nothing and throws nothing once the client has gone', async () => {
  const { server, client, close } = await connection();
  let drains = 0;
  const writer = new TextWriter(server, () => drains++);
  const closed = new Promise((resolve) => server.on('error', () => {}).on('close', resolve));
  while (writer.waitingBytes === 0) writer.write('x'.repeat(100_000));
  writer.write('more');
  client.resetAndDestroy();
  await closed;
  writer.write('late');
  expect(drains).toBe(0);
  close();
});
