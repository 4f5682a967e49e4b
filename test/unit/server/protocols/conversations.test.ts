/** Conversations are made with all their items, or not at all. */
import { expect, test } from 'vitest';
import { TestApp } from '../../../support/app.js';

test('a refused item leaves no conversation behind', async () => {
  // Equal seeds, equal ids.
  const [app, other] = [new TestApp(), new TestApp()];
  const { id } = await other.post('/conversations');
  const message = { type: 'message', role: 'user', content: 'Hi' };
  const refused = await app.request('POST', '/conversations', { items: [message, { type: 'nonsense' }] });
  expect(refused.status).toBe(400);
  expect((await app.request('GET', `/conversations/${id}`)).status).toBe(404);
  const made = await app.post('/conversations', { items: [message] });
  expect((await app.get(`/conversations/${made.id}/items`)).data).toHaveLength(1);
  await Promise.all([app.close(), other.close()]);
});
