/**
 * Every route of the server with bodies that are nearly right and plainly wrong: an answer comes soon, it is never a failure
 * of the server, and a refusal has the shape of its protocol. FUZZ_RUNS is the number of requests per route.
 */
import * as fc from '../support/fast-check.js';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { RunningServer } from '../../src/server/index.js';
import { createRandom } from '../../src/lib/random.js';
import { generateValue } from '../../src/simulator/content/json/generate.js';
import { pathOf, serverRoutes } from '../support/routes.js';
import { startTestServer } from '../support/server.js';
import { expectError, operations, requestKeys, requestSchema } from '../support/spec.js';

const LATEST_MS = 30_000;
const RUNS = Number(process.env['FUZZ_RUNS'] ?? 3);
/** What the bodies of other protocols than OpenAI's have. */
const OTHER_KEYS = [
  'model', 'messages', 'max_tokens', 'stream', 'system', 'tools', 'tool_choice', 'thinking', 'output_config', 'stop_sequences', 'query', 'documents',
  'passages', 'top_n', 'truncate', 'return_documents', 'prompt', 'input', 'name', 'metadata', 'options', 'format',
]; // prettier-ignore

let server: RunningServer;
beforeAll(async () => {
  server = await startTestServer({ threads: 1, model: [] });
});
afterAll(() => server.close());

const scalar = fc.oneof(
  fc.string({ maxLength: 12 }),
  fc.integer(),
  fc.double(),
  fc.boolean(),
  fc.constant(null),
  fc.constantFrom('gpt-4o', 'auto', '24h', 'file-x', 'text-embedding-3-small', 'in_progress'),
);
const value = fc.oneof(
  { weight: 3, arbitrary: scalar },
  fc.array(scalar, { maxLength: 3 }),
  fc.dictionary(fc.constantFrom('type', 'id', 'name', 'role', 'content', '__proto__', 'x'), scalar, {
    maxKeys: 3,
  }),
  fc.array(fc.dictionary(fc.constantFrom('type', 'role', 'content', 'text'), scalar, { maxKeys: 3 }), {
    maxLength: 2,
  }),
);
const id = fc.oneof(
  fc.constantFrom('file-x', 'a%2Fb', '%00', '..%2f', '%F0%9F%8D%8E', 'x'.repeat(300)),
  fc.stringMatching(/^\w{1,20}$/),
);

const bodyOf = (operationId: string): fc.Arbitrary<string> => {
  const keys = operations.has(operationId) ? requestKeys(operationId) : OTHER_KEYS;
  const nearly = fc.record(Object.fromEntries(keys.map((key) => [key, value])), { requiredKeys: [] });
  return fc.oneof(
    { weight: 4, arbitrary: damaged(operationId) },
    { weight: 4, arbitrary: nearly.map((body) => JSON.stringify(body)) },
    fc.constantFrom('', '{', '[]', 'null', '{"a":', '\u0000', '"x"'),
  );
};

const ALWAYS = new Set(['model', 'messages', 'input', 'prompt', 'file', 'query']);
const MODELS = ['gpt-4o', 'o3', 'gpt-audio', 'text-embedding-3-small', 'dall-e-3', 'tts-1', 'sora-2'];

/** What the specification allows, with up to two parts that are something else. */
function damaged(operationId: string): fc.Arbitrary<string> {
  const schema = operations.has(operationId) ? requestSchema(operationId) : undefined;
  if (!schema) return fc.constant('{}');
  const change = fc.record({ at: fc.nat(), value: fc.option(value, { nil: undefined }) });
  return fc.tuple(fc.nat(), fc.array(change, { maxLength: 2 })).map(([seed, changes]) => {
    const random = createRandom(seed);
    const body = generateValue(schema, { random, context: 'gpt-4o' }) as Record<string, unknown>;
    // With all that it can have it would be refused for the first thing that is not simulated.
    for (const key of Object.keys(body)) if (!ALWAYS.has(key) && random.next() < 0.7) delete body[key];
    if ('model' in body) body['model'] = MODELS[random.int(MODELS.length)];
    for (const { at, value: other } of changes) replacePart(body, at, other);
    return JSON.stringify(body);
  });
}

/** Replaces the n-th part of a value, counted over all depths; the whole stays an object. */
function replacePart(body: unknown, at: number, other: unknown): void {
  const parts: [Record<string, unknown>, string][] = [];
  const walk = (one: unknown): void => {
    if (typeof one !== 'object' || one === null) return;
    for (const key of Object.keys(one)) {
      parts.push([one as Record<string, unknown>, key]);
      walk((one as Record<string, unknown>)[key]);
    }
  };
  walk(body);
  if (parts.length === 0) return;
  const [owner, key] = parts[at % parts.length]!;
  if (other === undefined && !Array.isArray(owner)) delete owner[key];
  else owner[key] = other;
}

const isForm = (operationId: string): boolean =>
  operations.get(operationId)?.request['multipart/form-data'] !== undefined;

const formOf = (body: string): FormData => {
  const form = new FormData();
  for (const [key, one] of Object.entries(tryJson(body) ?? {})) form.append(key, String(one));
  form.append('file', new File([body], 'a.bin'));
  return form;
};

function tryJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** OpenAI's shape, Anthropic's, Cohere's or Jina's. */
async function expectRefusal(response: Response): Promise<void> {
  const text = await response.clone().text();
  if (response.status === 501) return void (await expectError(response, 501, { code: 'not_implemented' }));
  expect(response.status, text).toBeLessThan(500);
  const body = JSON.parse(text) as { type?: string; error?: object; message?: string; detail?: string };
  if (body.error && body.type !== 'error') await expectError(response, response.status);
  else expect((body.error as { message?: string })?.message ?? body.message ?? body.detail).toMatch(/\w/);
}

// Streams of events that do not end, and WebSockets, which websockets.test.ts is about.
const ENDLESS = /^(metricsStreaming|metricsSocket)$/;
const ROUTES = serverRoutes().filter(({ operationId }) => !ENDLESS.test(operationId));

test.each(ROUTES)('$method $path', async ({ method, path, operationId }) => {
  const query = fc.constantFrom(
    '',
    '?limit=x',
    '?after=nothing&limit=1',
    '?order=up',
    '?start_time=-1&limit=99999',
    '?%00=%ff&a[b]=c&include[]=x',
  );
  await fc.assert(
    fc.asyncProperty(bodyOf(operationId), id, query, fc.boolean(), async (body, one, search, form) => {
      const url = `${server.url}/v1${pathOf(path, one)}${search}`;
      const sent =
        method === 'GET' || method === 'DELETE'
          ? {}
          : isForm(operationId) && form
            ? { body: formOf(body) }
            : { body, headers: { 'content-type': 'application/json' } };
      const response = await fetch(url, { method, ...sent, signal: AbortSignal.timeout(LATEST_MS) });
      if (response.status >= 400) await expectRefusal(response);
      else await response.arrayBuffer();
    }),
    { numRuns: RUNS },
  );
});
