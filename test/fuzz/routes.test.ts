/**
 * Every operation of OpenAI's API with bodies that are nearly right and plainly wrong: an answer comes soon, it is never a
 * failure of the server, and a refusal has OpenAI's shape.
 */
import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { RunningServer } from '../../src/server/index.js';
import { startTestServer } from '../support/server.js';
import { expectError, operations, requestKeys } from '../support/spec.js';

const LATEST_MS = 10_000;
const BODIES_PER_OPERATION = 3;

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
  const keys = requestKeys(operationId);
  const nearly = fc.record(Object.fromEntries(keys.map((key) => [key, value])), { requiredKeys: [] });
  return fc.oneof(
    { weight: 4, arbitrary: nearly.map((body) => JSON.stringify(body)) },
    fc.constantFrom('', '{', '[]', 'null', '{"a":', '\u0000', '"x"'),
  );
};

const isForm = (operationId: string): boolean =>
  operations.get(operationId)!.request['multipart/form-data'] !== undefined;

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

test.each([...operations.keys()])('%s', async (operationId) => {
  const { method, path } = operations.get(operationId)!;
  const query = fc.constantFrom(
    '',
    '?limit=x',
    '?after=nothing&limit=1',
    '?order=up',
    '?start_time=-1&limit=99999',
  );
  await fc.assert(
    fc.asyncProperty(bodyOf(operationId), id, query, fc.boolean(), async (body, one, search, form) => {
      const url = `${server.url}/v1${path.replaceAll(/\{\w+\}/g, one)}${search}`;
      const sent =
        method === 'GET' || method === 'DELETE'
          ? {}
          : isForm(operationId) && form
            ? { body: formOf(body) }
            : { body, headers: { 'content-type': 'application/json' } };
      const response = await fetch(url, { method, ...sent, signal: AbortSignal.timeout(LATEST_MS) });
      if (response.status === 501) await expectError(response, 501, { code: 'not_implemented' });
      else if (response.status >= 400) {
        expect(response.status, await response.clone().text()).toBeLessThan(500);
        await expectError(response, response.status);
      } else await response.arrayBuffer();
    }),
    { numRuns: BODIES_PER_OPERATION },
  );
});
