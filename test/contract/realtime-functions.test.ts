/** Realtime sessions while functions are at work, what they say they used, and where speech is cut. */
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import type { RunningServer } from '../../src/server/index.js';
import { type RealtimeEvent, RealtimeSocket } from '../support/realtime-socket.js';
import { startTestServer } from '../support/server.js';

let server: RunningServer;
beforeAll(async () => {
  server = await startTestServer({ model: [] });
});
afterAll(() => server.close());

const sessions = new Set<RealtimeSocket>();
afterEach(() => {
  for (const session of sessions) session.close();
  sessions.clear();
});

const WEATHER = {
  type: 'function',
  name: 'get_weather',
  description: 'Weather of a city',
  parameters: { type: 'object', properties: { city: { type: 'string' } }, required: ['city'] },
};

async function open(settings: object = {}): Promise<RealtimeSocket> {
  const session = new RealtimeSocket(server.url, 'model=gpt-realtime');
  sessions.add(session);
  await session.set({ output_modalities: ['text'], tools: [WEATHER], ...settings });
  return session;
}

const say = (text: string) => ({
  type: 'conversation.item.create',
  item: { type: 'message', role: 'user', content: [{ type: 'input_text', text }] },
});
const answer = (callId: string) => ({
  type: 'conversation.item.create',
  item: { type: 'function_call_output', call_id: callId, output: '{"c":20}' },
});

interface Call {
  id: string;
  type: string;
  call_id: string;
  arguments: string;
}
const callsOf = (response: RealtimeEvent): Call[] =>
  (response['output'] as Call[]).filter(({ type }) => type === 'function_call');
const SPOKEN = { status: 'completed', output: [{ type: 'message', status: 'completed' }] };
const usageOf = (response: RealtimeEvent) =>
  response['usage'] as Record<string, number> & Record<string, Record<string, number>>;

it('goes on from several calls', async () => {
  const session = await open();
  await session.send(say('What is the weather in Paris and Rome?'));
  const calls = callsOf(await session.respond());
  expect(calls.map((call) => JSON.parse(call.arguments) as unknown)).toEqual([
    { city: 'Paris' },
    { city: 'Rome' },
  ]);
  // In whatever order the results are there.
  await session.send(answer(calls[1]!.call_id), answer(calls[0]!.call_id));
  expect(await session.respond()).toMatchObject(SPOKEN);
  session.validate();
});

it('answers while a function is at work, and takes its result later', async () => {
  const session = await open();
  await session.send(say('What is the weather in Paris?'));
  const [call] = callsOf(await session.respond());
  await session.send(say('Are you still there?'));
  expect(await session.respond()).toMatchObject(SPOKEN);
  await session.send(answer(call!.call_id));
  expect(await session.respond()).toMatchObject(SPOKEN);
  await session.send({ type: 'conversation.item.delete', item_id: call!.id }, say('And now?'));
  expect(await session.respond()).toMatchObject(SPOKEN);
  session.validate();
});

it('refuses the result of a call that nobody made', async () => {
  const session = await open();
  await session.send(answer('call_nobody'));
  expect(await session.until('error')).toMatchObject({
    error: { code: 'invalid_tool_call_id', message: expect.stringContaining("'call_nobody'") },
  });
});

it('refuses sound that is not base64, wherever it is sent', async () => {
  const session = await open();
  const content = [{ type: 'input_audio', audio: '!AAAA' }];
  await session.send(
    { type: 'input_audio_buffer.append', audio: 'AAAA*AAA' },
    { type: 'conversation.item.create', item: { type: 'message', role: 'user', content } },
  );
  await session.until('error', 2);
  const params = session.events.flatMap(({ type, error }) =>
    type === 'error' ? [(error as { param: string }).param] : [],
  );
  expect(params).toEqual(['audio', 'item.content[0].audio']);
});

it('counts sound by its length, words as text, and calls as no sound', async () => {
  const session = await open({ output_modalities: ['audio'] });
  await session.send(say('What is the weather in Paris?'));
  const called = usageOf(await session.respond());
  expect(called['output_token_details']).toEqual({ text_tokens: called['output_tokens'], audio_tokens: 0 });
  const audio = Buffer.alloc(3 * 48_000).toString('base64');
  const item = { id: 'mine', type: 'message', role: 'user', content: [{ type: 'input_audio', audio }] };
  await session.send({ type: 'conversation.item.create', item });
  const response = await session.respond({ tool_choice: 'none' });
  const usage = usageOf(response);
  const bytes = session.events
    .filter(({ type }) => type === 'response.output_audio.delta')
    .reduce((sum, { delta }) => sum + Buffer.from(delta as string, 'base64').length, 0);
  const details = usage['output_token_details']!;
  // Twenty tokens a second of what is said, ten of what is heard.
  expect(Math.abs(details['audio_tokens']! - (bytes / 48_000) * 20)).toBeLessThan(6);
  expect(details['text_tokens']).toBeGreaterThan(0);
  expect(usage['output_tokens']).toBe(details['text_tokens']! + details['audio_tokens']!);
  expect(usage['input_token_details']!['audio_tokens']).toBe(30);
  expect(usage['input_tokens']).toBe(usage['input_token_details']!['text_tokens']! + 30);
  session.validate();
});

it('cuts speech where it was heard to, and not behind its end', async () => {
  const session = await open({ output_modalities: ['audio'], tools: [] });
  await session.send(say('Speak to me.'));
  const [item] = (await session.respond())['output'] as { id: string }[];
  const bytes = session.events
    .filter(({ type }) => type === 'response.output_audio.delta')
    .reduce((sum, { delta }) => sum + Buffer.from(delta as string, 'base64').length, 0);
  const lengthMs = Math.floor(bytes / 48);
  const cut = (endMs: number) => ({
    type: 'conversation.item.truncate',
    item_id: item!.id,
    content_index: 0,
    audio_end_ms: endMs,
  });
  await session.send(cut(lengthMs + 1000), cut(lengthMs));
  expect(await session.until('error')).toMatchObject({
    error: { code: 'invalid_value', param: 'audio_end_ms' },
  });
  expect(await session.until('conversation.item.truncated')).toMatchObject({ audio_end_ms: lengthMs });
});
