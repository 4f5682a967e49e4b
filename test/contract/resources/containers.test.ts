/** Containers over OpenAI's SDK. */
import OpenAI, { toFile } from 'openai';
import { afterAll, beforeAll, expect, test } from 'vitest';
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

test('a container holds files until it is deleted', async () => {
  const uploaded = await openai.files.create({
    file: await toFile(Buffer.from('uploaded'), 'a.csv'),
    purpose: 'user_data',
  });
  const container = await openai.containers.create({
    name: 'box',
    file_ids: [uploaded.id],
    expires_after: { anchor: 'last_active_at', minutes: 5 },
  });
  expectValid('CreateContainer', container);
  expect(container).toMatchObject({ status: 'running', name: 'box', expires_after: { minutes: 5 } });
  const direct = await openai.containers.files.create(container.id, {
    file: await toFile(Buffer.from('direct'), 'b.txt'),
  });
  expectValid('CreateContainerFile', direct);
  expect(direct).toMatchObject({ path: '/mnt/data/b.txt', bytes: 6, source: 'user' });
  const path = `${server.url}/v1/containers/${container.id}`;
  const files = await expectAnswer<{ data: { path: string; id: string }[] }>(
    'ListContainerFiles',
    await fetch(`${path}/files?order=asc`),
  );
  expect(files.data.map((one) => one.path)).toEqual(['/mnt/data/a.csv', '/mnt/data/b.txt']);
  expect(await (await fetch(`${path}/files/${files.data[0]!.id}/content`)).text()).toBe('uploaded');
  const { data } = await openai.containers.list({ name: 'box' });
  expect(data.map(({ id }) => id)).toEqual([container.id]);
  await openai.containers.files.delete(direct.id, { container_id: container.id });
  await expectError(await fetch(`${path}/files/${direct.id}`), 404, { param: 'file_id' });
  await openai.containers.delete(container.id);
  await expectError(await fetch(path), 404, { param: 'container_id' });
});

test('refused', async () => {
  const post = (path: string, body: object): Promise<Response> =>
    fetch(`${server.url}/v1/containers${path}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
    });
  await expectError(await post('', {}), 400, { param: 'name' });
  await expectError(await post('', { name: 'x', file_ids: ['file-x'] }), 404, { param: 'file_ids[0]' });
  await expectError(await post('', { name: 'x', skills: [{}] }), 400, { param: 'skills[0].type' });
  const { id } = await openai.containers.create({ name: 'x' });
  await expectError(await post(`/${id}/files`, {}), 400, { param: 'file_id' });
  await expectError(await post('/cntr_x/files', { file_id: 'x' }), 404, { param: 'container_id' });
});
