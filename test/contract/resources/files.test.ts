/** Files over OpenAI's SDK and over plain HTTP, on a server of two threads. */
import OpenAI, { toFile } from 'openai';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { RunningServer } from '../../../src/server/index.js';
import { uploadFile } from '../../support/files.js';
import { startTestServer } from '../../support/server.js';
import { expectAnswer, expectError, expectValid } from '../../support/spec.js';

let server: RunningServer;
let openai: OpenAI;

beforeAll(async () => {
  server = await startTestServer();
  openai = new OpenAI({ baseURL: `${server.url}/v1`, apiKey: 'any', maxRetries: 0 });
});
afterAll(() => server.close());

const LINE = '{"prompt":"Grüße","completion":"x"}\n';

test('a file is uploaded, found, read and deleted', async () => {
  const file = await openai.files.create({
    file: await toFile(Buffer.from(LINE), 'lines.jsonl'),
    purpose: 'fine-tune',
  });
  expectValid('createFile', file);
  expect(file).toMatchObject({
    object: 'file',
    bytes: Buffer.byteLength(LINE),
    filename: 'lines.jsonl',
    purpose: 'fine-tune',
    status: 'processed',
  });
  expect(file.id).toMatch(/^file-\w{22}$/);
  expectValid('retrieveFile', await openai.files.retrieve(file.id));
  expect(await (await openai.files.content(file.id)).text()).toBe(LINE);
  const deleted = await openai.files.delete(file.id);
  expectValid('deleteFile', deleted);
  expect(deleted).toEqual({ id: file.id, object: 'file', deleted: true });
  for (const path of ['', '/content']) {
    const response = await fetch(`${server.url}/v1/files/${file.id}${path}`);
    const error = await expectError(response, 404, { param: 'id', code: null });
    expect(error.message).toBe(`No such File object: ${file.id}`);
  }
});

test('lists are walked page by page, by purpose and order', async () => {
  const ids: string[] = [];
  for (let i = 0; i < 5; i++) {
    const file = await openai.files.create({
      file: await toFile(Buffer.from('x'), `${i}.pdf`),
      purpose: 'vision',
    });
    ids.push(file.id);
  }
  const seen: string[] = [];
  for await (const { id } of openai.files.list({ purpose: 'vision', limit: 2, order: 'asc' })) seen.push(id);
  expect(seen).toEqual(ids);
  const newest = await expectAnswer(
    'listFiles',
    await fetch(`${server.url}/v1/files?purpose=vision&limit=3`),
  );
  expect(newest).toMatchObject({ object: 'list', has_more: true, first_id: ids[4], last_id: ids[2] });
  const none = await expectAnswer('listFiles', await fetch(`${server.url}/v1/files?purpose=evals`));
  expect(none).toEqual({ object: 'list', data: [], has_more: false, first_id: null, last_id: null });
});

test('files expire', async () => {
  const file = await openai.files.create({
    file: await toFile(Buffer.from('x'), 'a.txt'),
    purpose: 'user_data',
    expires_after: { anchor: 'created_at', seconds: 3600 },
  });
  expect(file.expires_at! - file.created_at).toBe(3600);
  const batch = await openai.files.create({
    file: await toFile(Buffer.from('{}\n'), 'a.jsonl'),
    purpose: 'batch',
  });
  expect(batch.expires_at! - batch.created_at).toBe(30 * 24 * 3600);
});

describe('refused', () => {
  const upload = (fields: Record<string, string>, name = 'a.txt', content = 'x'): Promise<Response> =>
    uploadFile(server.url, name, content, fields);

  test.each([
    [
      'an unknown purpose',
      () => upload({ purpose: 'fun' }),
      {
        param: 'purpose',
        code: null,
        message:
          "'fun' is not one of ['fine-tune', 'assistants', 'batch', 'user_data', 'vision', 'evals'] - 'purpose'",
      },
    ],
    ['an empty file', () => upload({}, 'a.txt', ''), { param: 'file', message: 'File is empty.' }],
    ['a wrong format', () => upload({ purpose: 'batch' }), { param: 'file', code: 'invalid_file_format' }],
    [
      'a life too short',
      () => upload({ 'expires_after[anchor]': 'created_at', 'expires_after[seconds]': '5' }),
      { param: null, code: null, message: "5 is less than the minimum of 3600 - 'expires_after.seconds'" },
    ],
  ])('%s', async (_, request, fields) => {
    await expectError(await request(), 400, fields);
  });

  test('what is not a form, and a form without a file', async () => {
    const post = (body: string | FormData): Promise<Response> =>
      fetch(`${server.url}/v1/files`, { method: 'POST', body });
    expect((await expectError(await post('{}'), 400)).message).toContain('multipart/form-data');
    const form = new FormData();
    form.set('purpose', 'vision');
    await expectError(await post(form), 400, { param: null, message: "'file' is a required property" });
  });

  test.each([
    ['limit=0', { param: null, message: '0 is less than the minimum of 1' }],
    ['limit=10001', { param: null, message: '10001 is greater than the maximum of 10000' }],
    ['limit=x', { param: null, message: "Wrong type, expected 'integer' for query parameter 'limit'" }],
    ['order=up', { param: null, message: "'up' is not one of ['asc', 'desc']" }],
    ['after=file-x', { param: 'after', code: 'invalid_value' }],
  ])('a list with %s', async (query, fields) => {
    await expectError(await fetch(`${server.url}/v1/files?${query}`), 400, fields);
  });

  test('reading back what was uploaded as user data', async () => {
    const { id } = await expectAnswer('createFile', await upload({}));
    const error = await expectError(await fetch(`${server.url}/v1/files/${String(id)}/content`), 400);
    expect(error.message).toBe('Not allowed to download files of purpose: user_data');
  });
});

test('ids are decided by the seed and what was made before', async () => {
  const idsOf = async (seed: number): Promise<unknown[]> => {
    const other = await startTestServer({ seed, threads: 1 });
    const ids: unknown[] = [];
    for (let i = 0; i < 4; i++) {
      ids.push((await expectAnswer('createFile', await uploadFile(other.url, 'a.txt', 'x')))['id']);
    }
    await other.close();
    return ids;
  };
  const [first, again, different] = await Promise.all([idsOf(1), idsOf(1), idsOf(2)]);
  expect(again).toEqual(first);
  expect(new Set([...first, ...different]).size).toBe(8);
});

test('an operation that is not simulated says so at once', async () => {
  const response = await fetch(`${server.url}/v1/organization/audit_logs`);
  expect(response.headers.get('x-should-retry')).toBe('false');
  const error = await expectError(response, 501, { code: 'not_implemented', type: 'not_implemented_error' });
  expect(error.message).toContain('list-audit-logs (GET /v1/organization/audit_logs)');
  await expectError(await fetch(`${server.url}/v1/organization/audit_logs`, { method: 'PUT' }), 405);
  await expectError(await fetch(`${server.url}/v1/nothing`), 404, { code: null });
});
