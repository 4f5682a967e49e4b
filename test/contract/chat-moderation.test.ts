/** `moderation` of chat completions: scores of what is asked and answered, and blocks. */
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { RunningServer } from '../../src/server/index.js';
import { expectAnswer, expectError, expectEvents } from '../support/spec.js';
import { postChat, startTestServer } from '../support/server.js';

let server: RunningServer;
beforeAll(async () => {
  server = await startTestServer({ model: ['fakeai-1', 'gpt-4o', 'omni-moderation-latest'], threads: 1 });
});
afterAll(() => server.close());

const BAD = 'I will kill you';
const moderation = (input?: string, output?: string, model = 'omni-moderation-latest') => ({
  moderation: {
    model,
    ...((input ?? output) && {
      policy: { ...(input && { input: { mode: input } }), ...(output && { output: { mode: output } }) },
    }),
  },
});
const chat = (content: string, rest: object): Promise<Response> =>
  postChat(server.url, { model: 'fakeai-1', messages: [{ role: 'user', content }], ...rest });

interface Results {
  type: string;
  model: string;
  results: { flagged: boolean; categories: Record<string, boolean> }[];
}
interface Answer {
  choices: { message: { content: string | null }; finish_reason: string }[];
  moderation?: { input: Results; output: Results };
}
const answer = async (content: string, rest: object): Promise<Answer> =>
  expectAnswer<Answer>('createChatCompletion', await chat(content, rest));
const flags = (said: Answer) => [said.moderation!.input, said.moderation!.output].map(({ results }) => results.map(({ flagged }) => flagged)); // prettier-ignore

it('scores the input and each of the choices, and lets all through', async () => {
  const good = await answer('Hello', { n: 2, ...moderation() });
  expect(flags(good)).toEqual([[false], [false, false]]);
  expect(good.moderation!.input).toMatchObject({
    type: 'moderation_results',
    model: 'omni-moderation-latest',
  });
  const bad = await answer(BAD, { guided_choice: [BAD], ...moderation('score', 'score') });
  expect(flags(bad)).toEqual([[true], [true]]);
  expect(bad.choices[0]!.message.content).toBe(BAD);
  expect((await answer('Hello', {})).moderation).toBeUndefined();
});

it('blocks what is flagged, if that is asked for', async () => {
  await expectError(await chat(BAD, moderation('block')), 400, { code: 'moderation_blocked' });
  expect((await answer('Hello', moderation('block', 'block'))).choices[0]!.finish_reason).toBe('stop');
  const said = await answer('Hello', { guided_choice: [BAD], ...moderation('block', 'block') });
  expect(said.choices[0]).toMatchObject({ message: { content: null }, finish_reason: 'content_filter' });
});

it('says the same in a stream, in a chunk of its own', async () => {
  const streamed = async (rest: object) => {
    const response = await chat('Hello', { stream: true, stream_options: { include_usage: true }, ...rest });
    return (await expectEvents('createChatCompletion', response)) as unknown as {
      choices: { delta: { content?: string }; finish_reason: string | null }[];
      moderation?: object;
      usage: object | null;
    }[];
  };
  const chunks = await streamed({ guided_choice: [BAD], ...moderation('score', 'block') });
  const whole = await answer('Hello', { guided_choice: [BAD], ...moderation('score', 'block') });
  expect(chunks.at(-2)).toMatchObject({ choices: [], moderation: whole.moderation, usage: null });
  expect(chunks.at(-1)!.usage).not.toBeNull();
  expect(chunks.flatMap(({ choices }) => choices.map((one) => one.finish_reason ?? one.delta.content))).toEqual(['', 'content_filter']); // prettier-ignore
  const shown = await streamed({ guided_choice: [BAD], ...moderation('score', 'score') });
  expect(shown.flatMap(({ choices }) => choices.map(({ delta }) => delta.content ?? '')).join('')).toBe(BAD);
});

it('is only of models that moderate, and not of sound', async () => {
  await expectError(await chat('Hello', moderation('score', 'score', 'gpt-4o')), 400);
  await expectError(await chat('Hello', moderation('hide')), 400, { param: 'moderation.policy.input.mode' });
  const audio = { modalities: ['text', 'audio'], audio: { voice: 'nova', format: 'wav' } };
  await expectError(await chat('Hello', { ...audio, ...moderation() }), 400, { param: 'moderation' });
});
