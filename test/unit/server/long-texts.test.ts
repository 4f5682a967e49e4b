import { expect, it } from 'vitest';
import { createRandom } from '../../../src/lib/random.js';
import { startTestServer } from '../../support/server.js';

const random = createRandom(1);
/** A megabyte without a space. */
const HOSTILE = Array.from({ length: 1_000_000 }, () => String.fromCharCode(97 + random.int(26))).join('');

it.each([
  ['chats', '/v1/chat/completions', { messages: [{ role: 'user', content: HOSTILE }], max_tokens: 4 }],
  ['responses', '/v1/responses', { input: HOSTILE, max_output_tokens: 16, store: false }],
  ['messages', '/v1/messages', { messages: [{ role: 'user', content: HOSTILE }], max_tokens: 4 }],
  [
    'files in chats',
    '/v1/chat/completions',
    {
      messages: [
        {
          role: 'user',
          content: [{ type: 'file', file: { file_data: Buffer.from(HOSTILE).toString('base64') } }],
        },
      ],
      max_tokens: 4,
    },
  ],
])('others are served while a text of %s is counted', async (_, path, body) => {
  const server = await startTestServer({ threads: 1, bodyLimit: 4 * 1024 * 1024 });
  const post = (to: string, asked: object): Promise<Response> =>
    fetch(server.url + to, { method: 'POST', body: JSON.stringify({ model: 'fakeai-1', ...asked }) });
  const events: string[] = [];
  const hostile = post(path, body).then(async (response) => {
    events.push('hostile');
    return (await response.json()) as { usage: Record<string, number> };
  });
  while (!events.includes('hostile')) {
    await (await post('/v1/chat/completions', { messages: [{ role: 'user', content: 'Hi' }] })).json();
    events.push('other');
  }
  const { usage } = await hostile;
  expect(usage.total_tokens ?? usage.input_tokens).toBeGreaterThan(500_000);
  expect(events.filter((event) => event === 'other').length).toBeGreaterThan(5);
  await server.close();
});
