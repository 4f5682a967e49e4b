import * as fc from '../support/fast-check.js';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { RunningServer } from '../../src/server/index.js';
import { assemble, postChat, startTestServer } from '../support/server.js';

let server: RunningServer;
let again: RunningServer;
beforeAll(async () => {
  server = await startTestServer();
  // Another process life of the same server: other threads, other number of them.
  again = await startTestServer({ threads: 1 });
});
afterAll(() => Promise.all([server.close(), again.close()]));

const text = fc.oneof(fc.string({ maxLength: 40 }), fc.string({ unit: 'grapheme', maxLength: 20 }));
const request = fc.record(
  {
    messages: fc.array(
      fc.record(
        {
          role: fc.constantFrom('system', 'user', 'assistant'),
          content: text,
          name: fc.stringMatching(/^\w{1,8}$/),
        },
        { requiredKeys: ['role', 'content'] },
      ),
      { minLength: 1, maxLength: 3 },
    ),
    n: fc.integer({ min: 1, max: 3 }),
    max_tokens: fc.integer({ min: 1, max: 80 }),
    ignore_eos: fc.boolean(),
    seed: fc.integer({ min: -100, max: 100 }),
    stop: fc.array(fc.stringMatching(/^[a-z ,.]{1,3}$/), { minLength: 1, maxLength: 4 }),
  },
  { requiredKeys: ['messages'] },
);

interface Whole {
  id: string;
  created?: number;
  choices: { message: { content: string }; finish_reason: string }[];
  usage: unknown;
}

const whole = async (url: string, body: object): Promise<Whole> =>
  (await postChat(url, body)).json() as Promise<Whole>;

it('gives the same bytes but for `created` on every thread and after a restart', async () => {
  await fc.assert(
    fc.asyncProperty(request, async (asked) => {
      const body = { model: 'fakeai-1', ...asked };
      const answers = await Promise.all([server, server, server, again].map(({ url }) => whole(url, body)));
      for (const answer of answers) delete answer.created;
      for (const answer of answers.slice(1)) expect(JSON.stringify(answer)).toBe(JSON.stringify(answers[0]));
    }),
    { numRuns: 30 },
  );
  const requests = (await server.stats()).map((stats) => stats.requests);
  expect(requests.every((count) => count > 0)).toBe(true);
});

it('streams exactly what it answers whole', async () => {
  await fc.assert(
    fc.asyncProperty(request, async (asked) => {
      const body = { model: 'fakeai-1', ...asked };
      const answer = await whole(server.url, body);
      const streaming = { ...body, stream: true, stream_options: { include_usage: true } };
      const streamed = assemble(await (await postChat(server.url, streaming)).text());
      expect(streamed).toEqual({
        id: answer.id,
        contents: answer.choices.map(({ message }) => message.content),
        reasons: answer.choices.map((choice) => choice.finish_reason),
        usage: answer.usage,
      });
    }),
    { numRuns: 40 },
  );
});

it('streams the same with latency as without', async () => {
  const slow = await startTestServer({ latency: 'fixed', ttft: 5, itl: 1, jitter: 0.5 });
  const body = {
    model: 'fakeai-1',
    n: 2,
    max_tokens: 40,
    messages: [{ role: 'user', content: 'hi' }],
    stop: ['zz'],
  };
  const streamed = assemble(await (await postChat(slow.url, { ...body, stream: true })).text());
  const answer = await whole(server.url, body);
  expect(streamed.contents).toEqual(answer.choices.map(({ message }) => message.content));
  const late = await whole(slow.url, body);
  expect(late.choices).toEqual(answer.choices);
  expect((await slow.stats()).reduce((sum, { pacing }) => sum + pacing.count, 0)).toBeGreaterThan(0);
  await slow.close();
});
