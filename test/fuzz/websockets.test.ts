/**
 * Every WebSocket with messages that are nearly right and plainly wrong: each connection goes on answering or is closed as
 * the protocol says, none ends the thread. FUZZ_RUNS is the number of connections per path.
 */
import { once } from 'node:events';
import * as fc from '../support/fast-check.js';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { WebSocket } from 'ws';
import { createRandom } from '../../src/lib/random.js';
import type { RunningServer } from '../../src/server/index.js';
import { generateValue } from '../../src/simulator/content/json/generate.js';
import { startTestServer } from '../support/server.js';
import { namedSchema } from '../support/spec.js';

const RUNS = Number(process.env['FUZZ_RUNS'] ?? 15);
const LATEST_MS = 30_000;

let server: RunningServer;
beforeAll(async () => {
  server = await startTestServer({ threads: 1, model: [] });
});
afterAll(() => server.close());

type Message = string | Uint8Array;

/** Events that a client may send, some with a part that is something else. */
function events(family: string, name: string): fc.Arbitrary<Message> {
  const schema = namedSchema(family, name);
  const other = fc.oneof(fc.constant(null), fc.integer(), fc.string(), fc.constant([]), fc.constant({}));
  return fc.tuple(fc.nat(), fc.option(other), fc.nat()).map(([seed, value, at]) => {
    const event = generateValue(schema, { random: createRandom(seed), context: '' }) as Record<
      string,
      unknown
    >;
    const keys = Object.keys(event).filter((key) => key !== 'type');
    if (value !== null && keys.length > 0) event[keys[at % keys.length]!] = value;
    return JSON.stringify(event);
  });
}

const junk: fc.Arbitrary<Message> = fc.oneof(
  fc.json(),
  fc.string(),
  fc.constantFrom(
    '',
    '{',
    'null',
    '[]',
    '{"type":null}',
    '{"type":"__proto__"}',
    '{"type":"session.update"}',
  ),
  fc.uint8Array({ maxLength: 200 }),
);
const metricsMessage = fc
  .record({
    action: fc.oneof(fc.constantFrom('subscribe', 'unsubscribe', 'x'), fc.integer()),
    metrics: fc.oneof(fc.array(fc.string()), fc.constant(null)),
    interval_ms: fc.oneof(fc.integer(), fc.double(), fc.string()),
  })
  .map((one) => JSON.stringify(one));

test.each([
  ['/v1/realtime?model=gpt-realtime', events('realtime', 'RealtimeClientEvent')],
  ['/v1/responses', events('responses', 'ResponsesClientEvent')],
  ['/ws/metrics', metricsMessage],
])('%s', async (path, valid) => {
  const messages = fc.array(fc.oneof({ weight: 3, arbitrary: valid }, junk), { minLength: 1, maxLength: 8 });
  await fc.assert(
    fc.asyncProperty(messages, async (sent) => {
      const socket = new WebSocket(server.url.replace('http', 'ws') + path);
      const failures: string[] = [];
      socket.on('message', (data: Buffer) => {
        const text = data.toString('utf8');
        if (text.includes('server_error')) failures.push(text);
      });
      await once(socket, 'open');
      for (const message of sent) socket.send(message);
      // A pong comes when all before it was read; without one the server has closed.
      const over = once(socket, 'close').then(([code]) =>
        expect([1000, 1003, 1007, 1008, 1009]).toContain(code),
      );
      socket.ping();
      await Promise.race([once(socket, 'pong', { signal: AbortSignal.timeout(LATEST_MS) }), over]);
      socket.terminate();
      expect(failures).toEqual([]);
      over.catch(() => {});
    }),
    { numRuns: RUNS },
  );
  expect((await fetch(`${server.url}/health`)).status).toBe(200);
  // A thread that was replaced would have counted anew.
  expect((await server.stats())[0]!.requests).toBeGreaterThan(RUNS);
});
