/** Responses that take their time: what is kept of them is what was answered. */
import { expect, test } from 'vitest';
import { TestApp } from '../../../support/app.js';
import { ScriptedGenerator } from '../../../support/scripted-generator.js';

const USED = {
  cachedTokens: 3,
  cacheWriteTokens: 0,
  acceptedPredictionTokens: 0,
  rejectedPredictionTokens: 0,
};

test.each([false, true])('are over when they were over, streamed: %s', async (stream) => {
  const generator = new ScriptedGenerator();
  const app = new TestApp(generator);
  const answer = app.request('POST', '/responses', { model: 'fakeai-1', input: 'Hello', stream });
  await expect.poll(() => generator.started.length).toBe(1);
  generator.accept();
  app.pass(5000);
  const { maxTokens, outputTokens = maxTokens } = generator.started[0]!.request;
  if (stream) generator.tokens(0, outputTokens, USED);
  generator.finish(0, USED);
  const { body, text } = await answer;
  const last = text.split('\n').findLast((line) => line.startsWith('data: {'))!;
  const response = stream
    ? (JSON.parse(last.slice(6)) as { response: Record<string, unknown> }).response
    : body;
  expect(response).toMatchObject({
    status: 'completed',
    usage: { input_tokens_details: { cached_tokens: 3 } },
  });
  expect(Number(response['completed_at']) - Number(response['created_at'])).toBe(5);
  // Nobody waits at the end of a stream until it is kept.
  await expect.poll(() => app.get(`/responses/${String(response['id'])}`)).toEqual(response);
  await app.close();
});
