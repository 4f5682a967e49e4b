/**
 * The working example of every operation with one place of it changed: the answer comes soon, it is never a failure of the
 * server, and it is an error in shape or what the specification says. FUZZ_RUNS is the number of requests per operation.
 */
import * as fc from '../support/fast-check.js';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { RunningServer } from '../../src/server/index.js';
import { type Example, EXAMPLES, exampleUrl, World } from '../support/examples/index.js';
import { formOf, type FormField } from '../support/examples/world.js';
import { startTestServer } from '../support/server.js';
import { expectError, expectValid, operations } from '../support/spec.js';

const LATEST_MS = 30_000;
const RUNS = Number(process.env['FUZZ_RUNS'] ?? 6);
const DEEP = 20_000;

let server: RunningServer;
let world: World;
beforeAll(async () => {
  server = await startTestServer({ threads: 1, model: [], batchRate: 50, drain: 0 });
  world = new World(server.url);
});
afterAll(async () => {
  await world.close();
  await server.close();
});

/** What JSON can say in the place of a value. */
const strange = fc.constantFrom(
  'null', 'true', '0', '-1', '1', '0.5', '1e308', '1e999', '-0', '12345678901234567890', '2147483648', '""', '" "', '"x"',
  '"\\u0000"', '"\\ud800"', '"../../x"', '"auto"', '[]', '[[]]', '[null]', '{}', '{"type":"text"}', '{"__proto__":{"a":1}}',
  '{"a":1,"a":2}', `"${'x'.repeat(100_000)}"`, `${'['.repeat(DEEP)}${']'.repeat(DEEP)}`, `${'{"a":'.repeat(DEEP)}1${'}'.repeat(DEEP)}`,
  `[${Array.from({ length: 2000 }, () => '"x"').join(',')}]`,
); // prettier-ignore

interface Change {
  /** Which of all places, counted over all depths. */
  at: number;
  value: string;
  /** What becomes of the bytes afterwards. */
  bytes: 'whole' | 'cut' | 'latin' | 'marked' | 'doubled';
}
const change: fc.Arbitrary<Change> = fc.record({
  at: fc.nat(),
  value: strange,
  bytes: fc.oneof(
    { weight: 8, arbitrary: fc.constant('whole' as const) },
    fc.constantFrom('cut' as const, 'latin' as const, 'marked' as const, 'doubled' as const),
  ),
});

const MARK = '\u{10ffff}mark';

/** The text of a body with something else in one place. */
function changedJson(body: object, { at, value }: Change): string {
  const copy = structuredClone({ body }) as object;
  const places: [Record<string, unknown>, string][] = [];
  const walk = (one: unknown): void => {
    if (typeof one !== 'object' || one === null) return;
    for (const key of Object.keys(one)) {
      places.push([one as Record<string, unknown>, key]);
      walk((one as Record<string, unknown>)[key]);
    }
  };
  walk(copy);
  const [owner, key] = places[at % places.length]!;
  owner[key] = MARK;
  return JSON.stringify((copy as { body: unknown }).body).replace(JSON.stringify(MARK), () => value);
}

function bytesOf(text: string, { bytes }: Change): Buffer {
  if (bytes === 'cut') return Buffer.from(text.slice(0, -1));
  if (bytes === 'marked') return Buffer.from(`\ufeff${text}`);
  if (bytes === 'doubled')
    return Buffer.from(text.replace('{', () => `{${text.slice(1, -1)}${text === '{}' ? '' : ','}`));
  // A byte that begins a character and no other that continues it.
  return bytes === 'latin'
    ? Buffer.concat([Buffer.from(text.slice(0, -2)), Buffer.from([0xc3]), Buffer.from(text.slice(-2))])
    : Buffer.from(text);
}

type Fields = NonNullable<Example['form']>;

function changedForm(fields: Fields, { at, value, bytes }: Change): FormData {
  const names = Object.keys(fields);
  const name = names[at % names.length]!;
  const text: FormField = bytes === 'latin' ? new File([value], 'a\u0000b.png') : value;
  return formOf({ ...fields, [name]: bytes === 'doubled' ? [text, text] : text });
}

async function send(id: string, example: Example, how: Change): Promise<Response> {
  const { method } = operations.get(id)!;
  const url = exampleUrl(server.url, id, example);
  const signal = AbortSignal.timeout(LATEST_MS);
  if (example.form && how.bytes !== 'cut')
    return fetch(url, { method, signal, body: changedForm(example.form, how) });
  if (example.form) {
    const whole = new Response(formOf(example.form));
    const body = Buffer.from(await whole.arrayBuffer());
    const headers = { 'content-type': whole.headers.get('content-type')! };
    return fetch(url, { method, signal, headers, body: body.subarray(0, how.at % body.length) });
  }
  const headers = { 'content-type': 'application/json' };
  const body = bytesOf(changedJson(example.body!, how), how);
  return fetch(url, { method, signal, headers, body: new Uint8Array(body) });
}

const IDS = Object.keys(EXAMPLES).filter((id) => Object.keys(operations.get(id)!.request).length > 0);

test.each(IDS)('%s', async (id) => {
  const example = await EXAMPLES[id]!(world);
  await fc.assert(
    fc.asyncProperty(change, async (how) => {
      const response = await send(id, example, how);
      if (response.status >= 400) {
        const status = response.status < 500 ? response.status : -1;
        await expectError(response, status);
        return;
      }
      const text = await response.text();
      if (response.headers.get('content-type') === 'application/json') expectValid(id, JSON.parse(text));
    }),
    { numRuns: RUNS },
  );
});

test('the server goes on', async () => {
  expect((await fetch(`${server.url}/health`)).status).toBe(200);
  expect(await server.stats()).toHaveLength(1);
});
