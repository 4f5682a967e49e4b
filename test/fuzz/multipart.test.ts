/** Forms: whatever the bytes are, reading them ends, with a form or with a 400. */
import * as fc from '../support/fast-check.js';
import { expect, test } from 'vitest';
import { ApiError } from '../../src/server/protocols/openai/errors.js';
import { formObject, parseForm } from '../../src/server/protocols/openai/multipart.js';
import { ApiRequest } from '../../src/server/routing/api-request.js';
import { asHttpRequest } from '../../src/server/routing/internal-request.js';

const requestOf = (type: string, body: Buffer): ApiRequest =>
  new ApiRequest(
    asHttpRequest({ method: 'POST', path: '/files', headers: new Map([['content-type', type]]), body }),
  );

interface Part {
  name: string;
  filename?: string | undefined;
  bytes: Uint8Array;
}

const encode = (boundary: string, parts: Part[]): Buffer =>
  Buffer.concat([
    ...parts.flatMap(({ name, filename, bytes }) => [
      Buffer.from(`--${boundary}\r\nContent-Disposition: form-data; name="${name}"`),
      Buffer.from(filename === undefined ? '\r\n\r\n' : `; filename="${filename}"\r\n\r\n`),
      bytes,
      Buffer.from('\r\n'),
    ]),
    Buffer.from(`--${boundary}--\r\n`),
  ]);

const word = fc.stringMatching(/^[a-z]{1,8}$/);
const part = fc.record({
  name: word,
  filename: fc.option(word, { nil: undefined }),
  bytes: fc.uint8Array({ maxLength: 200 }),
});

test('a form comes back as it was', async () => {
  await fc.assert(
    fc.asyncProperty(fc.uniqueArray(part, { selector: ({ name }) => name, maxLength: 8 }), async (parts) => {
      const body = encode('XyZ', parts);
      fc.pre(!parts.some(({ bytes }) => Buffer.from(bytes).includes('XyZ')));
      const { fields, files } = await parseForm(requestOf('multipart/form-data; boundary=XyZ', body));
      for (const { name, filename, bytes } of parts) {
        if (filename === undefined) expect(fields.get(name)).toEqual([Buffer.from(bytes).toString('utf8')]);
        else {
          expect(files.get(name)).toHaveLength(1);
          expect(files.get(name)![0]).toMatchObject({ filename });
          expect(files.get(name)![0]!.bytes.equals(bytes)).toBe(true);
        }
      }
    }),
    { numRuns: 200 },
  );
});

/** Fails when it takes long: a test that waits for ever would not say which form it was. */
async function readOrRefuse(type: string, body: Buffer): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const hangs = new Promise<never>((_, reject) => {
    timer = setTimeout(reject, 20_000, new Error('reading does not end'));
  });
  try {
    formObject(await Promise.race([parseForm(requestOf(type, body)), hangs]));
  } catch (error) {
    expect(error).toBeInstanceOf(ApiError);
    expect((error as ApiError).status).toBe(400);
  } finally {
    clearTimeout(timer);
  }
}

test('a form that was damaged is read or refused', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(part, { maxLength: 4 }),
      fc.nat(400),
      fc.nat(400),
      fc.uint8Array({ maxLength: 20 }),
      async (parts, at, cut, inserted) => {
        const body = encode('XyZ', parts);
        const damaged = Buffer.concat([body.subarray(0, at), inserted, body.subarray(at + (cut % 50))]);
        await readOrRefuse('multipart/form-data; boundary=XyZ', damaged);
      },
    ),
    { numRuns: 400 },
  );
});

test.each([
  'multipart/form-data',
  'multipart/form-data; boundary=',
  'multipart/form-data; boundary="',
  `multipart/form-data; boundary=${'x'.repeat(5000)}`,
  'application/json',
  '',
])('the content type %j', async (type) => {
  await readOrRefuse(type, encode('XyZ', [{ name: 'a', bytes: Buffer.from('b') }]));
});

test('a form with too many parts is refused', async () => {
  const parts = Array.from({ length: 300 }, (_, i) => ({ name: `f${i}`, bytes: Buffer.from('x') }));
  const reading = parseForm(requestOf('multipart/form-data; boundary=XyZ', encode('XyZ', parts)));
  await expect(reading).rejects.toThrow('too many parts');
});

test('names with brackets are objects and lists, and reach nothing else', () => {
  const fields = new Map([
    ['a', ['1', '2']],
    ['b[c]', ['3']],
    ['b[d][e]', ['4']],
    ['f[]', ['5', '6']],
    ['__proto__[polluted]', ['x']],
    ['constructor[prototype][polluted]', ['x']],
  ]);
  expect(formObject({ fields, files: new Map() })).toEqual({
    a: ['1', '2'],
    b: { c: '3', d: { e: '4' } },
    f: ['5', '6'],
  });
  expect(({} as Record<string, unknown>)['polluted']).toBeUndefined();
});
