/** Files of vector stores on a clock that is moved by hand: in progress for a while, then read, or not. */
import { afterEach, expect, test } from 'vitest';
import { TestApp } from '../../../support/app.js';
import { expectValid } from '../../../support/spec.js';

let app: TestApp;
afterEach(() => app.close());

/** A lease that ends with a leap of the clock is taken anew within a second. */
const UNTIL = { interval: 20 };

const COUNTS = { in_progress: 0, completed: 0, failed: 0, cancelled: 0, total: 0 };

test('a file is in progress for as long as is asked for, and only then found', async () => {
  app = new TestApp(undefined, { ingestDuration: 5000 });
  const file = await app.file('a.txt', 'The train leaves at noon.');
  const { id } = await app.post('/vector_stores', { file_ids: [file] });
  const path = `/vector_stores/${id}`;
  app.pass(4999);
  const waiting = await app.get(path);
  expectValid('getVectorStore', waiting);
  expect(waiting).toMatchObject({
    status: 'in_progress',
    file_counts: { ...COUNTS, in_progress: 1, total: 1 },
  });
  expect(await app.get(`${path}/files/${file}`)).toMatchObject({ status: 'in_progress', usage_bytes: 0 });
  expect((await app.post(`${path}/search`, { query: 'train' })).data).toEqual([]);
  await expect
    .poll(async () => {
      app.pass(1);
      return (await app.get(path)).status;
    }, UNTIL)
    .toBe('completed');
  expect((await app.post(`${path}/search`, { query: 'train' })).data).toHaveLength(1);
});

test('a cancelled batch leaves what was not read yet', async () => {
  app = new TestApp(undefined, { ingestDuration: 5000 });
  const files = await Promise.all(['a', 'b', 'c'].map((name) => app.file(`${name}.txt`, name)));
  const { id } = await app.post('/vector_stores');
  const batch = await app.post(`/vector_stores/${id}/file_batches`, { file_ids: files });
  const path = `/vector_stores/${id}/file_batches/${batch.id}`;
  expect(batch).toMatchObject({ status: 'in_progress', file_counts: { in_progress: 3, total: 3 } });
  // One goes into the store anew, on its own: the batch loses nothing by it.
  const cancelled = await app.post(`${path}/cancel`);
  expectValid('cancelVectorStoreFileBatch', cancelled);
  expect(cancelled).toMatchObject({
    status: 'cancelled',
    file_counts: { ...COUNTS, cancelled: 3, total: 3 },
  });
  app.pass(10_000);
  const listed = await app.get(`${path}/files?filter=cancelled`);
  expect(listed.data).toHaveLength(3);
  expect(await app.get(`/vector_stores/${id}`)).toMatchObject({
    status: 'completed',
    file_counts: { cancelled: 3, completed: 0 },
  });
});

test('a file that is deleted before it is read leaves its store, and its batch does not wait for it', async () => {
  app = new TestApp(undefined, { ingestDuration: 5000 });
  const [gone, kept] = [await app.file('gone.txt', 'x'), await app.file('kept.txt', 'y')];
  const { id } = await app.post('/vector_stores', {});
  const batch = await app.post(`/vector_stores/${id}/file_batches`, { file_ids: [gone, kept] });
  await app.request('DELETE', `/files/${gone}`);
  const path = `/vector_stores/${id}/file_batches/${batch.id}`;
  await expect
    .poll(async () => {
      app.pass(5000);
      return (await app.get(path)).status;
    }, UNTIL)
    .toBe('completed');
  expect((await app.get(path)).file_counts).toEqual({ ...COUNTS, completed: 1, cancelled: 1, total: 2 });
  expect((await app.get(`/vector_stores/${id}`)).file_counts).toEqual({ ...COUNTS, completed: 1, total: 1 });
});

test('a file that has expired, or no text, fails', async () => {
  const life = { 'expires_after[anchor]': 'created_at', 'expires_after[seconds]': '3600' };
  app = new TestApp(undefined, { ingestDuration: 3_600_000 });
  const gone = await app.file('gone.txt', 'x', 'assistants', life);
  const image = await app.file('image.png', Buffer.from([0x89, 0x50, 0x4e, 0x47]));
  const { id } = await app.post('/vector_stores', { file_ids: [gone, image] });
  await expect
    .poll(async () => {
      app.pass(3_600_000);
      return (await app.get(`/vector_stores/${id}`)).status;
    }, UNTIL)
    .toBe('completed');
  const { data } = await app.get(`/vector_stores/${id}/files?order=asc`);
  expect(data).toMatchObject([
    { status: 'failed', last_error: { code: 'invalid_file' } },
    { status: 'failed', last_error: { code: 'unsupported_file' } },
  ]);
});

test('a store expires, and its search says so', async () => {
  app = new TestApp();
  const { id } = await app.post('/vector_stores', { expires_after: { anchor: 'last_active_at', days: 1 } });
  app.pass(86_400_000);
  expect(await app.get(`/vector_stores/${id}`)).toMatchObject({ status: 'expired' });
  const answer = await app.request('POST', `/vector_stores/${id}/search`, { query: 'a' });
  expect(answer).toMatchObject({ status: 400, body: { error: { code: 'vector_store_expired' } } });
});

test('a query is rewritten, and the words or the vectors weigh more', async () => {
  app = new TestApp();
  const files = await Promise.all(
    ['invoice invoice', 'Bills must be paid in a month.'].map((text, i) => app.file(`${i}.txt`, text)),
  );
  const { id } = await app.post('/vector_stores', { file_ids: files, description: 'About money' });
  await expect.poll(async () => (await app.get(`/vector_stores/${id}`)).status, UNTIL).toBe('completed');
  expect(await app.get(`/vector_stores/${id}`)).toMatchObject({ description: 'About money' });
  const search = async (more: object) => {
    const found = await app.post(`/vector_stores/${id}/search`, { query: 'What about an invoice?', ...more });
    return { ...found, scores: (found.data as { score: number }[]).map(({ score }) => score) };
  };
  expect(await search({ rewrite_query: true })).toMatchObject({ search_query: ['invoice'] });
  const words = { hybrid_search: { embedding_weight: 0, text_weight: 1 } };
  expect((await search({ rewrite_query: true, ranking_options: words })).scores).toEqual([1, 0]);
  const none = await search({ ranking_options: { ranker: 'none' } });
  const vectors = { hybrid_search: { embedding_weight: 1, text_weight: 0 } };
  expect((await search({ ranking_options: vectors })).scores).toEqual(none.scores);
});
