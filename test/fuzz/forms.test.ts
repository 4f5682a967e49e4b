/** Random forms of every operation that takes one: the answer comes soon, and is never a failure of the server. */
import * as fc from '../support/fast-check.js';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { RunningServer } from '../../src/server/index.js';
import { EXAMPLES, exampleUrl, World } from '../support/examples/index.js';
import { startTestServer } from '../support/server.js';
import { expectError, formFields, operations } from '../support/spec.js';

const LATEST_MS = 15_000;
const RUNS = Number(process.env['FUZZ_RUNS'] ?? 8);

let server: RunningServer;
let world: World;
beforeAll(async () => {
  server = await startTestServer({ threads: 1, model: [], drain: 0 });
  world = new World(server.url);
});
afterAll(async () => {
  await world.close();
  await server.close();
});

const IDS = [...operations]
  .filter(([id, { request }]) => request['multipart/form-data'] && id in EXAMPLES)
  .map(([id]) => id);

const text = fc.oneof(
  fc.constantFrom('', 'x', '-1', '0', '1', '2.5', '1e9', 'true', 'null', 'auto', 'json', 'verbose_json', 'png', 'whisper-1', 'dall-e-2', '{"a":1}', '[', '{', '\u0000', 'a'.repeat(5000)), // prettier-ignore
  fc.string({ maxLength: 20 }),
);
const file = fc.record({
  bytes: fc.uint8Array({ maxLength: 64 }),
  name: fc.constantFrom('', 'a', 'a.png', 'a.wav', 'a.jsonl', 'a/SKILL.md', '../../etc/passwd', 'a"b.png'),
  type: fc.constantFrom('', 'image/png', 'audio/wav', 'video/mp4', 'application/json', 'no type'),
  magic: fc.constantFrom('', 'RIFF', 'ID3', 'OggS', 'fLaC', '\u0089PNG\r\n\u001a\n', 'PK\u0003\u0004', '\u0000\u0000\u0000\u0018ftyp'), // prettier-ignore
});
const ends = fc.constantFrom('', '', '', '[]', '[a]', '[anchor]', '[seconds]', '[0]', '[__proto__]', '[a][b][c][d][e][f]', '[', ']'); // prettier-ignore

const filed = ({ bytes, name, type, magic }: { bytes: Uint8Array; name: string; type: string; magic: string }): File =>
  new File([Buffer.from(magic, 'latin1'), new Uint8Array(bytes)], name, { type }); // prettier-ignore

test.each(IDS)('%s', async (id) => {
  const example = await EXAMPLES[id]!(world);
  const names = [...formFields(id).map(({ name }) => name), 'zzz', '__proto__'];
  const part = fc.record({ name: fc.constantFrom(...names), end: ends, value: fc.oneof(text, file) });
  const form = fc.record({ parts: fc.array(part, { maxLength: 6 }), keeps: fc.boolean() });
  await fc.assert(
    fc.asyncProperty(form, async ({ parts, keeps }) => {
      const body = new FormData();
      for (const [name, value] of Object.entries(keeps ? (example.form ?? {}) : {}))
        for (const one of [value].flat()) body.append(name, one);
      for (const { name, end, value } of parts) {
        if (typeof value === 'string') body.append(name + end, value);
        else body.append(name + end, filed(value));
      }
      const url = exampleUrl(server.url, id, example);
      const response = await fetch(url, { method: 'POST', body, signal: AbortSignal.timeout(LATEST_MS) });
      if (response.status < 400) await response.arrayBuffer();
      else await expectError(response, response.status < 500 ? response.status : -1);
    }),
    { numRuns: RUNS },
  );
});

test('the server goes on', async () => {
  expect((await fetch(`${server.url}/health`)).status).toBe(200);
});
