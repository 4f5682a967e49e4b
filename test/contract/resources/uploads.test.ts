/** Uploads over OpenAI's SDK, on a server of two threads. */
import { createHash } from 'node:crypto';
import OpenAI, { toFile } from 'openai';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startServer } from '../../../src/index.js';
import type { RunningServer } from '../../../src/server/index.js';
import { startTestServer } from '../../support/server.js';
import { expectError, expectValid } from '../../support/spec.js';

let server: RunningServer;
let openai: OpenAI;

beforeAll(async () => {
  server = await startTestServer();
  openai = new OpenAI({ baseURL: `${server.url}/v1`, apiKey: 'any', maxRetries: 0 });
});
afterAll(() => server.close());

const create = (bytes: number, filename = 'all.jsonl') =>
  openai.uploads.create({ filename, bytes, purpose: 'fine-tune', mime_type: 'text/jsonl' });

async function addPart(id: string, text: string): Promise<string> {
  const part = await openai.uploads.parts.create(id, { data: await toFile(Buffer.from(text), 'part') });
  expectValid('addUploadPart', part);
  expect(part.upload_id).toBe(id);
  return part.id;
}

const post = (path: string, body: object = {}): Promise<Response> =>
  fetch(`${server.url}/v1/uploads/${path}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });

test('parts become a file in the order that the completion names', async () => {
  const upload = await create(9);
  expectValid('createUpload', upload);
  expect(upload).toMatchObject({ status: 'pending', bytes: 9, filename: 'all.jsonl', purpose: 'fine-tune' });
  expect(upload.expires_at - upload.created_at).toBe(3600);
  const second = await addPart(upload.id, 'two');
  const first = await addPart(upload.id, 'one');
  await addPart(upload.id, 'never used');
  const third = await addPart(upload.id, 'six');
  const md5 = createHash('md5').update('onetwosix').digest('hex');
  const completed = await openai.uploads.complete(upload.id, { part_ids: [first, second, third], md5 });
  expectValid('completeUpload', completed);
  expect(completed).toMatchObject({ status: 'completed', file: { bytes: 9, filename: 'all.jsonl' } });
  expect(await (await openai.files.content(completed.file!.id)).text()).toBe('onetwosix');
  await expectError(await post(`${upload.id}/complete`, { part_ids: [first] }), 400, {
    code: 'upload_not_pending',
  });
});

test('a cancelled upload takes nothing more', async () => {
  const upload = await create(3);
  await addPart(upload.id, 'abc');
  const cancelled = await openai.uploads.cancel(upload.id);
  expectValid('cancelUpload', cancelled);
  expect(cancelled.status).toBe('cancelled');
  await expect(addPart(upload.id, 'abc')).rejects.toMatchObject({ status: 400, code: 'upload_not_pending' });
});

test.each([
  ['image/png', '\x89PNG\r\n\x1a\n', 'hello'],
  ['application/pdf', '%PDF-1.7', 'PK'],
  ['text/plain; charset=utf-8', 'hello', 'a\0b'],
  ['application/json', '{}', '\x89PNG\0'],
  ['text/plain', '\xff\xfea\0', undefined],
  ['application/x-own', 'anything\0', undefined],
])('a file is of the type %s that its upload names', async (mimeType, good, bad) => {
  const made = async (content: string): Promise<Response> => {
    const bytes = Buffer.from(content, 'latin1');
    const { id } = await openai.uploads.create({ filename: 'a', bytes: bytes.length, purpose: 'user_data', mime_type: mimeType }); // prettier-ignore
    const part = await openai.uploads.parts.create(id, { data: await toFile(bytes, 'part') });
    return post(`${id}/complete`, { part_ids: [part.id] });
  };
  expect((await made(good)).status).toBe(200);
  if (bad !== undefined) await expectError(await made(bad), 400, { code: 'invalid_mime_type' });
});

describe('refused', () => {
  test('a completion that does not fit', async () => {
    const upload = await create(6);
    const part = await addPart(upload.id, 'abc');
    const complete = (body: object): Promise<Response> => post(`${upload.id}/complete`, body);
    await expectError(await complete({ part_ids: [part] }), 400, { code: 'bytes_mismatch' });
    await expectError(await complete({ part_ids: [part, part] }), 400, { param: 'part_ids' });
    await expectError(await complete({ part_ids: ['part_x'] }), 400, { param: 'part_ids' });
    await expectError(await complete({ part_ids: [] }), 400, { param: 'part_ids', code: 'empty_array' });
    const other = await addPart(upload.id, 'def');
    const body = { part_ids: [part, other], md5: '00' };
    await expectError(await complete(body), 400, { param: 'md5', code: 'checksum_mismatch' });
  });

  test('an unknown upload, and one of nothing', async () => {
    await expectError(await post('upload_x/cancel'), 404, { param: 'upload_id' });
    const body = { filename: 'a.jsonl', purpose: 'fine-tune', bytes: 0, mime_type: 'x' };
    await expectError(await post('', body), 400, {
      param: null,
      message: "0 is less than the minimum of 1 - 'bytes'",
    });
    await expectError(await post('', { ...body, bytes: 1, filename: 'a.txt' }), 400, {
      code: 'invalid_file_format',
    });
  });
});

test('a part as large as SDKs make them is taken as the server is by default', async () => {
  const usual = await startServer({ port: 0, threads: 1, latency: 'instant' });
  const client = new OpenAI({ baseURL: `${usual.url}/v1`, apiKey: 'any', maxRetries: 0 });
  try {
    // The chunk size of `upload_file_chunked`, and the most that OpenAI takes.
    const bytes = 64 * 1024 * 1024;
    const about = { filename: 'all.jsonl', purpose: 'batch', mime_type: 'text/jsonl' } as const;
    const { id } = await client.uploads.create({ ...about, bytes });
    const data = new File([Buffer.alloc(bytes, ' ')], 'part');
    expect(await client.uploads.parts.create(id, { data })).toMatchObject({ upload_id: id });
  } finally {
    await usual.close();
  }
});
