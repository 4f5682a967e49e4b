import * as fc from '../support/fast-check.js';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { RunningServer } from '../../src/server/index.js';
import { RawClient } from '../support/raw-client.js';
import { postChat, startTestServer } from '../support/server.js';

let server: RunningServer;
beforeAll(async () => {
  server = await startTestServer({ threads: 1, bodyLimit: 20_000 });
});
afterAll(() => server.close());

const KEYS = [
  'messages', 'stream', 'stream_options', 'n', 'max_tokens', 'max_completion_tokens', 'min_tokens', 'ignore_eos', 'stop',
  'seed', 'temperature', 'tools', 'tool_choice', 'response_format', 'logprobs', 'modalities', 'store', 'user', '__proto__',
  'top_logprobs', 'logit_bias', 'parallel_tool_calls', 'functions', 'function_call', 'prediction', 'reasoning_effort',
  'presence_penalty', 'metadata', 'service_tier', 'guided_json', 'guided_regex', 'structured_outputs',
]; // prettier-ignore
const scalar = fc.oneof(
  fc.integer(),
  fc.double(),
  fc.boolean(),
  fc.constant(null),
  fc.string(),
  fc.constant(5),
);
const schema = fc.constantFrom(
  { type: 'object' },
  { type: 'array', items: { $ref: '#' }, minItems: 1 },
  { anyOf: [{ type: 'null' }, 5] },
  { type: 'object', properties: { a: { enum: [] } } },
);
const value = fc.oneof(
  scalar,
  fc.record({
    type: fc.constantFrom('json_schema', 'json_object'),
    json_schema: fc.record({ name: fc.constant('x'), schema }),
  }),
  fc.array(
    fc.record({
      type: fc.constant('function'),
      function: fc.record({ name: fc.constantFrom('f', 'g'), parameters: schema }),
    }),
    { maxLength: 3 },
  ),
  fc.array(scalar, { maxLength: 5 }),
  fc.dictionary(fc.string(), scalar),
  fc.jsonValue(),
);
const messages = fc.array(
  fc.oneof(
    value,
    fc.record({
      role: fc.oneof(fc.constantFrom('user', 'assistant', 'tool', 'x'), value),
      content: fc.oneof(
        value,
        fc.array(fc.record({ type: fc.oneof(fc.constant('text'), value), text: value })),
      ),
    }),
  ),
  { maxLength: 3 },
);

const nearly = fc
  .tuple(fc.dictionary(fc.constantFrom(...KEYS), value), fc.option(messages, { nil: undefined }))
  .map(([rest, given]) =>
    JSON.stringify({ model: 'fakeai-1', ...rest, ...(given ? { messages: given } : {}) }),
  );

it('answers any body with 200 or a refusal in the API shape', async () => {
  await fc.assert(
    fc.asyncProperty(fc.oneof(nearly, fc.json(), fc.string()), async (body) => {
      const response = await postChat(server.url, body);
      const text = await response.text();
      if (response.status === 200) return;
      expect([400, 404]).toContain(response.status);
      const { error } = JSON.parse(text) as { error: Record<string, unknown> };
      expect(Object.keys(error)).toEqual(['message', 'type', 'param', 'code']);
      expect(error.type).toBe('invalid_request_error');
    }),
    { numRuns: 300 },
  );
});

it('answers or closes on any bytes, and goes on serving', async () => {
  const piece = fc.oneof(
    fc.constantFrom(
      'GET ',
      '/v1/models',
      ' HTTP/1.1\r\n',
      'Host: x\r\n',
      '\r\n\r\n',
      '\r\n',
      'Content-Length: 9\r\n',
      '\0',
    ),
    fc.string({ unit: 'binary', maxLength: 20 }),
  );
  await fc.assert(
    fc.asyncProperty(fc.array(piece, { maxLength: 8 }), async (pieces) => {
      const client = await RawClient.to(server.url);
      client.socket.end(Buffer.from(pieces.join(''), 'utf8'));
      const received = await client.untilClosed();
      expect(received).toMatch(/^(HTTP\/1\.1 (200|4\d\d|50[15]) |$)/);
    }),
    { numRuns: 200 },
  );
  expect((await fetch(`${server.url}/health`)).status).toBe(200);
  expect(await server.stats()).toHaveLength(1);
});
