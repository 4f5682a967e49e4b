/** What else realtime sessions do: sound that can be looked at, transcripts, MCP, prompts, limits, long conversations. */
import { writeFileSync } from 'node:fs';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { RunningServer } from '../../src/server/index.js';
import { synthesize } from '../../src/simulator/speech/synthesize.js';
import { VOICES } from '../../src/simulator/speech/voices.js';
import { type RealtimeEvent, RealtimeSocket } from '../support/realtime-socket.js';
import { startTestServer } from '../support/server.js';
import { temporaryFolder } from '../support/cli.js';

const folder = temporaryFolder();
let server: RunningServer;
beforeAll(async () => {
  const path = folder.file('guide.yaml');
  writeFileSync(path, 'id: pmpt_guide\ninstructions: You guide people through {{city}}.\n');
  server = await startTestServer({
    model: [],
    bodyLimit: 8 * 1024 * 1024,
    prompts: [path],
  });
});
afterAll(async () => {
  await server.close();
  folder.remove();
});

const sessions = new Set<RealtimeSocket>();
afterEach(() => {
  for (const session of sessions) session.close();
  sessions.clear();
});

/** A session whose client ends turns itself, and that answers in text. */
async function open(settings: object = {}, on = server, key?: string): Promise<RealtimeSocket> {
  const session = new RealtimeSocket(on.url, 'model=gpt-realtime', key);
  sessions.add(session);
  const audio = { input: { turn_detection: null } };
  await session.set({ output_modalities: ['text'], audio, ...settings });
  return session;
}

const speech = (text: string): Int16Array => synthesize({ seed: 1, text, voice: VOICES[0]!, speed: 1 });
const base64 = (samples: Int16Array): string =>
  Buffer.from(samples.buffer, samples.byteOffset, samples.byteLength).toString('base64');
const say = async (session: RealtimeSocket, text: string): Promise<string> => {
  const audio = base64(speech(text));
  await session.send({ type: 'input_audio_buffer.append', audio }, { type: 'input_audio_buffer.commit' });
  return audio;
};
const codes = (session: RealtimeSocket): unknown[] =>
  session.events.flatMap((event) =>
    event.type === 'error' ? [(event['error'] as { code: string }).code] : [],
  );

describe('what is heard', () => {
  it('is not shown with an item, and can be looked at', async () => {
    const session = await open();
    const audio = await say(session, 'Hello there.');
    const added = (await session.until('conversation.item.done'))['item'] as { id: string };
    expect(added).toMatchObject({ role: 'user', content: [{ type: 'input_audio' }] });
    expect(JSON.stringify(added)).not.toMatch(/transcript|"audio"/);
    await session.send({ type: 'conversation.item.retrieve', item_id: added.id });
    const { item } = await session.until('conversation.item.retrieved');
    expect(item).toMatchObject({ content: [{ type: 'input_audio', audio }] });
    session.validate();
  });

  it('can be put in as an item, and counts as sound', async () => {
    const session = await open();
    const audio = base64(speech('Tell me about the weather.'));
    const item = { id: 'mine', type: 'message', role: 'user', content: [{ type: 'input_audio', audio }] };
    await session.send({ type: 'conversation.item.create', item });
    expect(JSON.stringify(await session.until('conversation.item.added'))).not.toContain(audio);
    const { usage } = await session.respond();
    const details = (usage as Record<string, Record<string, number>>)['input_token_details']!;
    expect(details['audio_tokens']).toBeGreaterThan(2);
    await session.send({ type: 'conversation.item.retrieve', item_id: 'mine' });
    expect(await session.until('conversation.item.retrieved')).toMatchObject({
      item: { content: [{ audio }] },
    });
    session.validate();
  });

  const TYPE = 'conversation.item.input_audio_transcription';
  it.each([
    ['whisper-1', 'delta', 'duration'],
    ['gpt-4o-transcribe', 'delta', 'tokens'],
    ['gpt-4o-transcribe-diarize', 'segment', 'tokens'],
  ])('%s writes it down', async (model, kind, usage) => {
    const audio = { input: { turn_detection: null, transcription: { model } } };
    const session = await open({ audio, include: ['item.input_audio_transcription.logprobs'] });
    await say(session, 'Hello there, this is a long sentence.');
    const completed = await session.until(`${TYPE}.completed`);
    expect(completed).toMatchObject({ usage: { type: usage } });
    const pieces = session.events.filter(({ type }) => type === `${TYPE}.${kind}`);
    const joined = pieces.map((event) => event['delta'] ?? event['text']).join('');
    expect(joined).toBe(completed['transcript']);
    expect((completed['logprobs'] as unknown[]).length).toBeGreaterThan(3);
    session.validate();
  });

  it('cannot be written down by a model that there is not', async () => {
    const session = await open({
      audio: { input: { turn_detection: null, transcription: { model: 'none' } } },
    });
    await say(session, 'Hello there.');
    expect(await session.until(`${TYPE}.failed`)).toMatchObject({ error: { code: 'model_not_found' } });
    session.validate();
  });
});

describe('servers of tools', () => {
  const toolServer = (approval: string): object => ({
    type: 'mcp',
    server_label: 'weather',
    server_url: 'https://example.com/mcp',
    allowed_tools: ['get_weather'],
    require_approval: approval,
  });

  it('are listed, and called', async () => {
    const session = await open({ tools: [toolServer('never')] });
    const listed = (await session.until('conversation.item.done'))['item'] as { tools: { name: string }[] };
    expect(listed.tools.map(({ name }) => name)).toEqual(['get_weather']);
    expect(session.types.slice(-4)).toEqual([
      'conversation.item.added',
      'mcp_list_tools.in_progress',
      'mcp_list_tools.completed',
      'conversation.item.done',
    ]);
    await session.ask('How is the weather in Paris?');
    const from = session.events.length;
    const { output } = await session.respond();
    expect(output).toMatchObject([
      {
        type: 'mcp_call',
        server_label: 'weather',
        name: 'get_weather',
        output: expect.any(String) as string,
      },
      { type: 'message' },
    ]);
    const about = session.types.slice(from).filter((type) => type.includes('mcp'));
    expect(about).toEqual([
      'response.mcp_call_arguments.delta',
      'response.mcp_call_arguments.done',
      'response.mcp_call.in_progress',
      'response.mcp_call.completed',
    ]);
    session.validate();
  });

  it('cannot be listed when they cannot be reached', async () => {
    const unreachable = { ...toolServer('never'), server_url: 'https://mcp.invalid' };
    const session = await open({ tools: [unreachable] });
    await session.until('mcp_list_tools.failed');
    session.validate();
  });

  it('are called when the client agrees', async () => {
    const session = await open({ tools: [toolServer('always')] });
    await session.ask('How is the weather in Paris?');
    const [asked] = (await session.respond())['output'] as { id: string; type: string }[];
    expect(asked!.type).toBe('mcp_approval_request');
    await session.send({
      type: 'conversation.item.create',
      item: { id: 'yes', type: 'mcp_approval_response', approval_request_id: asked!.id, approve: true },
    });
    const { output } = await session.respond();
    expect(output).toMatchObject([{ type: 'mcp_call', name: 'get_weather' }, { type: 'message' }]);
    session.validate();
  });
});

describe('settings', () => {
  it('are checked and shown', async () => {
    const truncation = { type: 'retention_ratio', retention_ratio: 0.5 };
    const session = await open({
      truncation,
      tracing: { workflow_name: 'mine' },
      reasoning: { effort: 'low' },
      prompt: { id: 'pmpt_guide', variables: { city: 'Rome' } },
    });
    expect((await session.until('session.updated'))['session']).toMatchObject({
      truncation,
      tracing: { workflow_name: 'mine' },
      reasoning: { effort: 'low' },
      prompt: { id: 'pmpt_guide' },
    });
    const update = (settings: object): object => ({
      type: 'session.update',
      session: { type: 'realtime', ...settings },
    });
    await session.send(
      update({ tracing: 'auto' }),
      update({ truncation: 'sometimes' }),
      update({ prompt: { id: 'pmpt_none' } }),
      update({ prompt: { id: 'pmpt_guide' } }),
      { type: 'session.update', session: { type: 'transcription' } },
      { type: 'output_audio_buffer.clear' },
    );
    await session.until('error', 6);
    expect(codes(session)).toEqual([
      'cannot_update_tracing',
      'invalid_type',
      null,
      'prompt_variable_missing',
      'invalid_value',
      'invalid_value',
    ]);
    session.validate();
  });

  it('of a prompt are what the model is told', async () => {
    const tokens = async (settings: object): Promise<number> => {
      const session = await open(settings);
      await session.ask('Hello.');
      const { usage } = await session.respond();
      return (usage as { input_tokens: number }).input_tokens;
    };
    const city = 'a city with a very long name indeed';
    const [short, long, none] = await Promise.all([
      tokens({ prompt: { id: 'pmpt_guide', variables: { city: 'Rome' } } }),
      tokens({ prompt: { id: 'pmpt_guide', variables: { city } } }),
      tokens({ instructions: '' }),
    ]);
    expect(short).toBeGreaterThan(none);
    expect(long - short).toBe(7);
  });
});

describe('long conversations', () => {
  const grown = async (truncation: unknown): Promise<number[]> => {
    const session = await open({ truncation, instructions: '' });
    const counts: number[] = [];
    for (let turn = 0; turn < 6; turn++) {
      await session.ask('This is a sentence of some length, said again and again and again.');
      const { usage } = await session.respond({ max_output_tokens: 1 });
      counts.push((usage as { input_tokens: number }).input_tokens);
    }
    session.validate();
    return counts;
  };

  it('are seen whole, or from where they fit', async () => {
    const limits = { token_limits: { post_instructions: 60 } };
    const [whole, cut] = await Promise.all([
      grown('auto'),
      grown({ type: 'retention_ratio', retention_ratio: 0.5, ...limits }),
    ]);
    expect(whole).toEqual(whole.toSorted((a, b) => a - b));
    expect(whole.at(-1)).toBeGreaterThan(90);
    expect(Math.max(...cut)).toBeLessThan(80);
    // More goes than has to, so that it need not be cut at once again.
    expect(cut.some((count, turn) => turn > 2 && count > cut[turn - 1]!)).toBe(true);
  });
});

describe('limits and time', () => {
  it('are said with every response, and refuse one too many', async () => {
    const limited = await startTestServer({ model: [], threads: 1, rateLimitRpm: 2 });
    const session = await open({}, limited);
    const answers: RealtimeEvent[] = [];
    for (let i = 0; i < 3; i++) answers.push(await session.respond());
    expect(answers.map((answer) => answer['status'])).toEqual(['completed', 'completed', 'failed']);
    expect(answers[2]).toMatchObject({ status_details: { error: { code: 'rate_limit_exceeded' } } });
    expect(await session.until('rate_limits.updated')).toMatchObject({
      rate_limits: [{ name: 'requests', limit: 2, remaining: 1 }],
    });
    session.validate();
    await limited.close();
  });

  it('of a key for a browser are those of the key that it was made with', async () => {
    const limited = await startTestServer({ model: [], threads: 1, rateLimitRpm: 2 });
    const headers = { authorization: 'Bearer sk-owner' };
    const made = await fetch(`${limited.url}/v1/realtime/client_secrets`, { method: 'POST', headers });
    const { value } = (await made.json()) as { value: string };
    const [first, second, owner, other] = [
      await open({}, limited, value),
      await open({}, limited, value),
      await open({}, limited, 'sk-owner'),
      await open({}, limited, 'sk-other'),
    ];
    expect((await first.respond())['status']).toBe('completed');
    expect((await second.respond())['status']).toBe('completed');
    expect((await owner.respond())['status']).toBe('failed');
    expect((await other.respond())['status']).toBe('completed');
    await limited.close();
  });

  it('responses beside the conversation are made at the same time, and cancelled one by one', async () => {
    const slow = await startTestServer({
      model: [],
      threads: 1,
      latency: 'fixed',
      ttft: 0,
      itl: 60_000,
      jitter: 0,
    });
    const session = await open({}, slow);
    const create = (response: object): object => ({ type: 'response.create', response });
    const beside = (name: string): object => create({ conversation: 'none', metadata: { name } });
    await session.send(create({}), create({}), beside('a'), beside('b'));
    await session.until('response.created', 3);
    expect(codes(session)).toEqual(['conversation_already_has_active_response']);
    const created = session.events.flatMap((event) =>
      event.type === 'response.created' ? [event['response'] as { id: string; metadata: object | null }] : [],
    );
    expect(created.map(({ metadata }) => metadata)).toEqual([null, { name: 'a' }, { name: 'b' }]);
    await session.send({ type: 'response.cancel', response_id: created[2]!.id }, { type: 'response.cancel' });
    await session.until('response.done', 2);
    const done = session.events.flatMap((event) =>
      event.type === 'response.done' ? [(event['response'] as { id: string }).id] : [],
    );
    expect(done).toEqual([created[2]!.id, created[0]!.id]);
    session.validate();
    await slow.close();
  });
});
