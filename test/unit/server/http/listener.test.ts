import { once } from 'node:events';
import { connect } from 'node:net';
import { expect, it } from 'vitest';
import { systemClock } from '../../../../src/lib/clock.js';
import { HttpListener } from '../../../../src/server/http/listener.js';

it('says how many connections are open, whenever one comes or goes', async () => {
  const seen: number[] = [];
  let onChange = (): void => {};
  const listener = new HttpListener({
    handler: {
      handle: (_request, response) => response.send(200, '', ''),
      refuse: (status, message, response) => response.send(status, '', message, true),
    },
    clock: systemClock,
    bodyLimit: 1000,
    maxConnections: 10,
    onConnections: (count) => {
      seen.push(count);
      onChange();
    },
  });
  const port = await listener.listen({ host: '127.0.0.1', port: 0 });
  const changed = (): Promise<void> => new Promise((resolve) => (onChange = resolve));
  const client = async () => {
    const socket = connect(port, '127.0.0.1');
    await once(socket, 'connect');
    socket.write('GET / HTTP/1.1\r\nHost: x\r\n\r\n');
    await once(socket, 'data');
    return socket;
  };
  const [first, second] = [await client(), await client()];
  expect(seen).toEqual([1, 2]);
  for (const socket of [first, second]) {
    const gone = changed();
    socket.destroy();
    await gone;
  }
  expect(seen).toEqual([1, 2, 1, 0]);
  const third = await client();
  expect(seen).toEqual([1, 2, 1, 0, 1]);
  third.destroy();
  await listener.close(1000);
  expect(seen).toEqual([1, 2, 1, 0, 1, 0]);
});
