import { expect, it } from 'vitest';
import { createRandom } from '../../../src/lib/random.js';
import { startTestServer } from '../../support/server.js';

const random = createRandom(1);
/** A megabyte without a space. */
const HOSTILE = Array.from({ length: 1_000_000 }, () => String.fromCharCode(97 + random.int(26))).join('');

interface Refusal {
  message: string;
}

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
  ['older completions', '/v1/completions', { prompt: HOSTILE, max_tokens: 4 }],
  ['moderations', '/v1/moderations', { model: 'omni-moderation-latest', input: [HOSTILE] }],
  ['embeddings', '/v1/embeddings', { model: 'text-embedding-3-small', input: HOSTILE }],
])('others are served while a text of %s is counted', async (_, path, body) => {
  const server = await startTestServer({ threads: 1, model: [], bodyLimit: 4 * 1024 * 1024 });
  const post = (to: string, asked: object): Promise<Response> =>
    fetch(server.url + to, { method: 'POST', body: JSON.stringify({ model: 'fakeai-1', ...asked }) });
  const events: string[] = [];
  const hostile = post(path, body).then(async (response) => {
    events.push('hostile');
    return (await response.json()) as { usage?: Record<string, number>; results?: object[]; error?: Refusal };
  });
  while (!events.includes('hostile')) {
    await (await post('/v1/chat/completions', { messages: [{ role: 'user', content: 'Hi' }] })).json();
    events.push('other');
  }
  const { usage, results, error } = await hostile;
  if (usage) expect(usage['total_tokens'] ?? usage['input_tokens']).toBeGreaterThan(500_000);
  // Embeddings take no such text; to say so it must be counted.
  else if (error) expect(error.message).toContain('maximum input length');
  else expect(results).toHaveLength(1);
  expect(events.filter((event) => event === 'other').length).toBeGreaterThan(5);
  await server.close();
});
