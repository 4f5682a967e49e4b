/** Vector stores over OpenAI's SDK, on a server of two threads. */
import OpenAI, { toFile } from 'openai';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { RunningServer } from '../../../src/server/index.js';
import { startTestServer } from '../../support/server.js';
import { expectAnswer, expectError, expectValid } from '../../support/spec.js';

let server: RunningServer;
let openai: OpenAI;

beforeAll(async () => {
  server = await startTestServer();
  openai = new OpenAI({ baseURL: `${server.url}/v1`, apiKey: 'any', maxRetries: 0 });
});
afterAll(() => server.close());

const TEXTS = {
  'pets.txt': 'Cats sleep for most of the day. Dogs need a walk in the morning.',
  'billing.txt': 'Invoices are due within thirty days. Late payments cost two percent.',
  'travel.txt': 'The train to Lisbon leaves at noon from platform four.',
};

async function upload(name: string, content: string | Buffer): Promise<string> {
  const file = await toFile(Buffer.from(content), name);
  return (await openai.files.create({ file, purpose: 'assistants' })).id;
}
/** A store when its files are read. */
async function untilRead(id: string) {
  await expect
    .poll(async () => (await openai.vectorStores.retrieve(id)).status, { interval: 10 })
    .toBe('completed');
  return openai.vectorStores.retrieve(id);
}
const uploadAll = (): Promise<string[]> =>
  Promise.all(Object.entries(TEXTS).map(([name, text]) => upload(name, text)));

test('a search finds the file that says what was asked', async () => {
  const ids = await uploadAll();
  const created = await openai.vectorStores.create({ name: 'all', file_ids: ids, metadata: { a: 'b' } });
  expectValid('createVectorStore', created);
  expect(created).toMatchObject({ name: 'all', metadata: { a: 'b' }, file_counts: { total: 3 } });
  const store = await untilRead(created.id);
  expect(store.file_counts).toEqual({ in_progress: 0, completed: 3, failed: 0, cancelled: 0, total: 3 });
  expect(store.usage_bytes).toBeGreaterThan(100);
  const found = await openai.vectorStores.search(store.id, {
    query: 'When must an invoice be paid? invoices due',
  });
  expectValid('searchVectorStore', {
    object: 'vector_store.search_results.page',
    search_query: ['x'],
    data: found.data,
    has_more: false,
    next_page: null,
  });
  expect(found.data[0]).toMatchObject({ filename: 'billing.txt', content: [{ text: TEXTS['billing.txt'] }] });
  const strict = await openai.vectorStores.search(store.id, {
    query: ['train to Lisbon', 'zebra'],
    max_num_results: 2,
    ranking_options: { score_threshold: 0.3 },
  });
  expect(strict.data.map(({ filename }) => filename)).toEqual(['travel.txt']);
});

test('files are put in one by one, with attributes that a search filters by', async () => {
  const [pets, billing] = await uploadAll();
  const store = await openai.vectorStores.create({});
  const file = await openai.vectorStores.files.createAndPoll(store.id, {
    file_id: pets!,
    attributes: { year: 2024 },
    chunking_strategy: { type: 'static', static: { max_chunk_size_tokens: 100, chunk_overlap_tokens: 50 } },
  });
  expectValid('createVectorStoreFile', file);
  expect(file).toMatchObject({
    status: 'completed',
    attributes: { year: 2024 },
    chunking_strategy: { static: { max_chunk_size_tokens: 100 } },
  });
  await openai.vectorStores.files.createAndPoll(store.id, { file_id: billing!, attributes: { year: 2020 } });
  const newer = { type: 'gt' as const, key: 'year', value: 2022 };
  const found = await openai.vectorStores.search(store.id, { query: 'invoices', filters: newer });
  expect(found.data.map(({ file_id: id }) => id)).toEqual([pets]);
  const updated = await openai.vectorStores.files.update(billing!, {
    vector_store_id: store.id,
    attributes: { year: 2030 },
  });
  expectValid('updateVectorStoreFileAttributes', updated);
  expect(
    (await openai.vectorStores.search(store.id, { query: 'invoices', filters: newer })).data,
  ).toHaveLength(2);
  const content = await expectAnswer<{ data: { text: string }[] }>(
    'retrieveVectorStoreFileContent',
    await fetch(`${server.url}/v1/vector_stores/${store.id}/files/${pets}/content`),
  );
  expect(content.data[0]!.text).toBe(TEXTS['pets.txt']);
  const listed = await expectAnswer<{ data: { id: string }[] }>(
    'listVectorStoreFiles',
    await fetch(`${server.url}/v1/vector_stores/${store.id}/files?after=${billing}&filter=completed`),
  );
  expect(listed.data.map(({ id }) => id)).toEqual([pets]);
  expectValid(
    'deleteVectorStoreFile',
    await openai.vectorStores.files.delete(pets!, { vector_store_id: store.id }),
  );
  const after = await openai.vectorStores.retrieve(store.id);
  expectValid('getVectorStore', after);
  expect(after.file_counts).toMatchObject({ completed: 1, total: 1 });
});

test('files are put in as a batch; what is not text fails', async () => {
  const ids = [...(await uploadAll()), await upload('image.bin', Buffer.from([0x89, 0x50, 0x4e, 0x47]))];
  const store = await openai.vectorStores.create({});
  const batch = await openai.vectorStores.fileBatches.createAndPoll(store.id, { file_ids: ids });
  expectValid('createVectorStoreFileBatch', batch);
  expect(batch).toMatchObject({ status: 'completed', file_counts: { completed: 3, failed: 1, total: 4 } });
  const { data } = await openai.vectorStores.fileBatches.listFiles(batch.id, {
    vector_store_id: store.id,
    filter: 'failed',
  });
  expect(data).toMatchObject([
    { status: 'failed', last_error: { code: 'unsupported_file' }, usage_bytes: 0 },
  ]);
});

test('a file that is deleted leaves all stores that it is in', async () => {
  const [file, other] = (await uploadAll()) as [string, string];
  const stores = [
    await openai.vectorStores.create({ file_ids: [file, other] }),
    await openai.vectorStores.create({ file_ids: [file] }),
  ];
  for (const { id } of stores) await untilRead(id);
  await openai.files.delete(file);
  const kept: string[][] = [];
  for (const { id } of stores)
    kept.push((await openai.vectorStores.files.list(id)).data.map((one) => one.id));
  expect(kept).toEqual([[other], []]);
  const counts = await Promise.all(
    stores.map(async ({ id }) => (await openai.vectorStores.retrieve(id)).file_counts.total),
  );
  expect(counts).toEqual([1, 0]);
  const { data } = await openai.vectorStores.search(stores[0]!.id, { query: 'Cats and dogs' });
  expect(data.map((found) => found.file_id)).toEqual([other]);
});

test('stores are listed, changed and deleted with their files', async () => {
  const [pets] = await uploadAll();
  const { id } = await openai.vectorStores.create({ file_ids: [pets!] });
  const changed = await openai.vectorStores.update(id, {
    name: 'new',
    expires_after: { anchor: 'last_active_at', days: 1 },
  });
  expectValid('modifyVectorStore', changed);
  expect(changed.expires_at! - changed.last_active_at!).toBe(86_400);
  const list = await expectAnswer<{ data: unknown[] }>(
    'listVectorStores',
    await fetch(`${server.url}/v1/vector_stores`),
  );
  expect(list.data[0]).toMatchObject({ id, name: 'new' });
  expectValid('deleteVectorStore', await openai.vectorStores.delete(id));
  await expectError(await fetch(`${server.url}/v1/vector_stores/${id}/files/${pets}`), 404);
});

describe('refused', () => {
  const post = (path: string, body: object): Promise<Response> =>
    fetch(`${server.url}/v1/vector_stores${path}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
    });

  test('what is not there, and what cannot be', async () => {
    await expectError(await post('', { file_ids: ['file-x'] }), 404, { param: 'file_ids[0]' });
    await expectError(await post('/vs_x/search', { query: 'a' }), 404, { param: 'vector_store_id' });
    const { id } = await openai.vectorStores.create({});
    await expectError(await post(`/${id}/search`, {}), 400, { param: 'query' });
    await expectError(await post(`/${id}/files`, { file_id: 'file-x' }), 404, { param: 'file_id' });
    await expectError(await post(`/${id}/file_batches`, {}), 400, { param: 'file_ids' });
    const tooLarge = { type: 'static', static: { max_chunk_size_tokens: 100, chunk_overlap_tokens: 51 } };
    await expectError(await post('', { chunking_strategy: tooLarge }), 400);
  });
});
