import { describe, expect, it } from 'vitest';
import { DeadlineWheel, type TickSource } from '../../../src/lib/deadline-wheel.js';
import type { ServerContext } from '../../../src/server/context.js';
import {
  CONNECTION_MS,
  ResponsesConnection,
} from '../../../src/server/protocols/openai/responses/socket-connection.js';

/** A connection on a clock that a test moves by hand, and what it does with its socket. */
function connect(bodyLimit = 1024) {
  let nowMs = 0;
  let tick = (): void => {};
  const ticks: TickSource = { onTick: (callback) => (tick = callback), arm: () => {}, close: () => {} };
  const clock = { nowMs: () => nowMs, wallMs: () => nowMs };
  const wheel = new DeadlineWheel({ clock, ticks });
  const done: string[] = [];
  const context = { clock, wheel, options: { bodyLimit } } as unknown as ServerContext;
  const connection = new ResponsesConnection(
    context,
    { header: () => undefined, headers: new Map() },
    {
      send: (text) => done.push((JSON.parse(text) as { error: { code: string } }).error.code),
      bufferedAmount: 0,
      close: (code) => done.push(`closed ${code}`),
    },
  );
  const advanceTo = (instantMs: number): void => {
    nowMs = instantMs;
    tick();
  };
  return { connection, done, advanceTo };
}

describe('ResponsesConnection', () => {
  it('lasts an hour, and says why it ends', () => {
    const { done, advanceTo } = connect();
    advanceTo(CONNECTION_MS - 1);
    expect(done).toEqual([]);
    advanceTo(CONNECTION_MS);
    expect(done).toEqual(['websocket_connection_limit_reached', 'closed 1000']);
  });

  it('leaves nothing behind when the client goes', () => {
    const { connection, done, advanceTo } = connect();
    connection.close();
    advanceTo(CONNECTION_MS);
    expect(done).toEqual([]);
  });

  it('takes no message beyond the limit of bodies', () => {
    const { connection, done } = connect(10);
    connection.receive(Buffer.from('{"type":"response.create"}'));
    expect(done).toEqual(['message_too_large']);
  });
});
