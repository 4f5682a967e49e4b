/** Every type of event that the specification has for a stream is seen here and is as it says, or cannot come, for a reason. */
import { writeFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import type { RunningServer } from '../../../src/server/index.js';
import { temporaryFolder } from '../../support/cli.js';
import { formOf, World } from '../../support/examples/world.js';
import { expectRealtimeEvents } from '../../support/realtime-events.js';
import { eventsOf, startTestServer } from '../../support/server.js';
import { eventTypes, expectEvents, expectSchema } from '../../support/spec.js';

let server: RunningServer;
let world: World;
let folder: ReturnType<typeof temporaryFolder>;
beforeAll(async () => {
  folder = temporaryFolder();
  const refusing = [{ match: { message: 'Refuse' }, answer: { refusal: 'No.' } }];
  writeFileSync(folder.file('a.json'), JSON.stringify(refusing));
  server = await startTestServer({
    threads: 1,
    model: [],
    bodyLimit: 8 * 1024 * 1024,
    fixtures: [folder.path],
  });
  world = new World(server.url);
});
afterAll(async () => {
  await server.close();
  folder.remove();
});

interface Event {
  type: string;
  response?: { id: string; output: { type: string; id: string }[] };
}

const post = (path: string, body: object): Promise<Response> =>
  fetch(`${server.url}/v1${path}`, {
    method: 'POST',
    ...(body instanceof FormData
      ? { body }
      : { body: JSON.stringify(body), headers: { 'content-type': 'application/json' } }),
  });

/** All types are seen but for those that are named, and none of those is. */
function expectAll(
  types: readonly string[],
  seen: ReadonlySet<string>,
  never: Readonly<Record<string, string>>,
): void {
  expect(types.filter((type) => !seen.has(type)).toSorted()).toEqual(Object.keys(never).toSorted());
}

describe('responses', () => {
  const seen = new Set<string>();
  const respond = async (body: object): Promise<Event[]> => {
    const response = await post('/responses', { model: 'gpt-5-mini', stream: true, ...body });
    const events = await expectEvents<Event>('createResponse', response);
    for (const { type } of events) seen.add(type);
    return events;
  };
  const mcp = {
    type: 'mcp',
    server_label: 'shop',
    server_url: 'https://shop.example.com',
    allowed_tools: ['find_order'],
  };
  const lookup = {
    type: 'function',
    name: 'lookup',
    parameters: { type: 'object', properties: { a: { type: 'string' } } },
  };
  const hosted = { type: 'shell', environment: { type: 'container_auto' } };

  it.each([
    ['text', { input: 'Hi' }],
    ['thoughts', { input: 'Think', reasoning: { effort: 'high', summary: 'detailed' } }],
    ['open thoughts', { model: 'deepseek-r1', input: 'Think' }],
    ['a refusal', { input: 'Refuse' }],
    ['a limit', { model: 'gpt-4o', input: 'Tell me all about the sea', max_output_tokens: 16 }],
    [
      'a function',
      { input: 'Look up a', tools: [lookup], tool_choice: { type: 'function', name: 'lookup' } },
    ],
    [
      'a custom tool',
      { input: 'Write it', tools: [{ type: 'custom', name: 'write' }], tool_choice: 'required' },
    ],
    ['web search', { input: 'Search the news', tools: [{ type: 'web_search' }] }],
    ['code', { input: 'Compute 12 * 3', tools: [{ type: 'code_interpreter', container: { type: 'auto' } }] }],
    [
      'a picture',
      {
        input: 'Draw a picture of a cat',
        tools: [{ type: 'image_generation', quality: 'low', partial_images: 1 }],
      },
    ],
    [
      'a local shell',
      {
        input: 'List the files of this directory',
        tools: [{ type: 'shell', environment: { type: 'local' } }],
      },
    ],
    ['a shell of the server', { input: 'Run `ls -la`', tools: [hosted], tool_choice: { type: 'shell' } }],
    ['MCP', { input: 'Find my order', tools: [{ ...mcp, require_approval: 'never' }] }],
    [
      'MCP that fails',
      {
        input: 'Fail loudly',
        tools: [{ ...mcp, allowed_tools: ['fail_loudly'], require_approval: 'never' }],
      },
    ],
    [
      'MCP that is not there',
      { input: 'Hi', tools: [{ ...mcp, server_url: 'https://mcp.gone.invalid/sse' }] },
    ],
    ['the background', { input: 'Hi', background: true }],
  ] as const)('of %s', async (_, body) => {
    await respond(body);
  });

  it('of a search in files', async () => {
    const file = await world.file('The capital of Elbonia is Mudville.', 'elbonia.txt', 'assistants');
    const { id } = await world.post('/vector_stores', { file_ids: [file] });
    await world.until(`/vector_stores/${id}/files/${file}`, ({ status }) => status === 'completed');
    const tools = [{ type: 'file_search', vector_store_ids: [id] }];
    await respond({ input: 'Find the capital of Elbonia', tools });
  });

  it('read again, after the answer', async () => {
    const { id } = await world.post('/responses', { model: 'gpt-4o', input: 'Hi', background: true });
    await world.until(`/responses/${id}`, ({ status }) => status === 'completed');
    const asked = await post('/responses', {
      model: 'gpt-4o',
      input: 'Hello',
      background: true,
      stream: true,
    });
    const events = await expectEvents<Event>('createResponse', asked);
    const again = await fetch(`${server.url}/v1/responses/${events[0]!.response!.id}?stream=true`);
    const text = await again.text();
    const read = eventsOf(text).map(
      (event) => JSON.parse(event.replace(/^event: [^\n]*\ndata: /, '')) as Event,
    );
    expect(read).toEqual(events);
  });

  it('are all', () => {
    expectAll(eventTypes('createResponse'), seen, {
      'response.audio.delta': 'responses do not speak, at OpenAI neither',
      'response.audio.done': 'responses do not speak, at OpenAI neither',
      'response.audio.transcript.delta': 'responses do not speak, at OpenAI neither',
      'response.audio.transcript.done': 'responses do not speak, at OpenAI neither',
      error: 'the engine fails within a stream only when a thread of it ends',
    });
  });
});

describe('runs', () => {
  const seen = new Set<string>();
  interface RunEvent {
    event: string;
    data: Record<string, unknown>;
  }
  const run = async (path: string, body: object): Promise<RunEvent[]> => {
    const response = await post(path, { ...body, stream: true });
    expect(response.headers.get('content-type')).toMatch(/^text\/event-stream/);
    const events = (await response.text())
      .split('\n\n')
      .filter((one) => one !== '')
      .map((one) => /^event: (.*)\ndata: (.*)$/.exec(one)!)
      .map(([, event, data]) => ({
        event: event!,
        data: (event === 'done' ? data : JSON.parse(data!)) as Record<string, unknown>,
      }));
    for (const event of events) {
      seen.add(event.event);
      expectSchema('threads', 'AssistantStreamEvent', event);
    }
    return events;
  };
  const FUNCTION = {
    type: 'function',
    function: { name: 'lookup', parameters: { type: 'object', properties: {} } },
  };
  const ask = (content: string) => ({ messages: [{ role: 'user', content }] });

  it('of answers, tools and limits', async () => {
    const { id: assistant_id } = await world.post('/assistants', { model: 'gpt-4o' });
    await run('/threads/runs', { assistant_id, thread: ask('Hi') });
    const code = { assistant_id, thread: ask('Compute 2 + 3'), tools: [{ type: 'code_interpreter' }] };
    await run('/threads/runs', { ...code, tool_choice: { type: 'code_interpreter' } });
    await run('/threads/runs', {
      assistant_id,
      thread: ask('Tell me all. '.repeat(200)),
      max_prompt_tokens: 256,
    });
    const called = { tools: [FUNCTION], tool_choice: { type: 'function', function: { name: 'lookup' } } };
    const events = await run('/threads/runs', { assistant_id, thread: ask('Look it up'), ...called });
    const waiting = events.find(({ event }) => event === 'thread.run.requires_action')!.data as {
      id: string;
      thread_id: string;
      required_action: { submit_tool_outputs: { tool_calls: { id: string }[] } };
    };
    const outputs = waiting.required_action.submit_tool_outputs.tool_calls.map(({ id }) => ({
      tool_call_id: id,
      output: 'x',
    }));
    await run(`/threads/${waiting.thread_id}/runs/${waiting.id}/submit_tool_outputs`, {
      tool_outputs: outputs,
    });
  });

  it('are all', () => {
    const byTime = 'needs a clock that is moved, or an engine that fails: test/unit/server/assistants';
    expectAll(eventTypes('createRun', 'AssistantStreamEvent'), seen, {
      'thread.run.failed': byTime,
      'thread.run.cancelling': byTime,
      'thread.run.cancelled': byTime,
      'thread.run.expired': byTime,
      'thread.run.step.failed': byTime,
      'thread.run.step.cancelled': byTime,
      'thread.run.step.expired': byTime,
      'thread.message.incomplete': byTime,
      error: 'a run that fails says so with thread.run.failed',
    });
  });
});

describe('media', () => {
  it.each([
    ['createImage', '/images/generations', () => ({ prompt: 'a cat' })],
    ['createImageEdit', '/images/edits', async () => ({ prompt: 'a hat', image: await world.picture() })],
  ] as const)('of %s', async (id, path, more) => {
    const body = { model: 'gpt-image-1-mini', quality: 'low', output_format: 'jpeg', ...(await more()) };
    const response =
      id === 'createImage'
        ? await post(path, { ...body, stream: true, partial_images: 1 })
        : await post(path, formOf({ ...body, stream: 'true', partial_images: '1' }));
    const seen = new Set((await expectEvents<Event>(id, response)).map(({ type }) => type));
    expectAll(eventTypes(id), seen, {});
  });

  it('of createSpeech', async () => {
    const body = { model: 'gpt-4o-mini-tts', voice: 'alloy', input: 'Hello.', stream_format: 'sse' };
    const events = await expectEvents<Event>('createSpeech', await post('/audio/speech', body));
    expectAll(eventTypes('createSpeech'), new Set(events.map(({ type }) => type)), {});
  });

  it('of createTranscription', async () => {
    const seen = new Set<string>();
    for (const [model, response_format] of [
      ['gpt-4o-transcribe', 'json'],
      ['gpt-4o-transcribe-diarize', 'diarized_json'],
    ] as const) {
      const form = formOf({ model, response_format, stream: 'true', file: await world.speech() });
      const events = await expectEvents<Event>(
        'createTranscription',
        await post('/audio/transcriptions', form),
      );
      for (const { type } of events) seen.add(type);
    }
    expectAll(eventTypes('createTranscription'), seen, {});
  });
});

describe('realtime', () => {
  const seen = new Set<string>();

  /** Sends events, each after the one that it waits for has come so often, and gives all that came. */
  async function talk(
    query: string,
    steps: readonly (readonly [after: string, ...events: object[]])[],
    last: string,
  ): Promise<void> {
    const socket = new WebSocket(`${server.url.replace('http', 'ws')}/v1/realtime?${query}`);
    const events: Event[] = [];
    const waiting = [...steps];
    await new Promise<void>((resolve, reject) => {
      socket.once('error', reject);
      socket.on('message', (data: Buffer) => {
        const event = JSON.parse(data.toString('utf8')) as Event;
        events.push(event);
        if (waiting.length === 0 && event.type === last) resolve();
        if (waiting[0]?.[0] !== event.type) return;
        for (const next of waiting.shift()!.slice(1)) socket.send(JSON.stringify(next));
      });
    });
    socket.close();
    expectRealtimeEvents(events);
    for (const { type } of events) seen.add(type);
  }
  const say = (text: string, id: string) => ({
    type: 'conversation.item.create',
    item: { id, type: 'message', role: 'user', content: [{ type: 'input_text', text }] },
  });
  const update = (session: object) => ({ type: 'session.update', session: { type: 'realtime', ...session } });
  const lookup = {
    type: 'function',
    name: 'lookup',
    parameters: { type: 'object', properties: { a: { type: 'string' } } },
  };

  /** Silence, a greeting, silence. */
  async function spoken(): Promise<string> {
    const asked = { model: 'tts-1', voice: 'alloy', input: 'Hello there.', response_format: 'pcm' };
    const samples = await world.bytes('/audio/speech', asked);
    return Buffer.concat([Buffer.alloc(24_000), samples, Buffer.alloc(48_000)]).toString('base64');
  }

  it('of text, sound, functions and items', async () => {
    const audio = await spoken();
    const heard = { audio: { input: { turn_detection: null, transcription: { model: 'whisper-1' } } } };
    await talk(
      'model=gpt-realtime',
      [
        [
          'session.created',
          update({ output_modalities: ['text'], ...heard }),
          say('Hi', 'item_a'),
          { type: 'response.create' },
        ],
        [
          'response.done',
          update({ tools: [], tool_choice: 'auto', output_modalities: ['audio'] }),
          { type: 'response.create', response: { max_output_tokens: 5 } },
        ],
        [
          'response.done',
          { type: 'input_audio_buffer.append', audio },
          { type: 'input_audio_buffer.commit' },
        ],
        [
          'conversation.item.input_audio_transcription.completed',
          { type: 'conversation.item.retrieve', item_id: 'item_a' },
        ],
        [
          'conversation.item.retrieved',
          { type: 'input_audio_buffer.clear' },
          { type: 'conversation.item.delete', item_id: 'item_a' },
        ],
        [
          'conversation.item.deleted',
          update({ tools: [lookup], tool_choice: { type: 'function', name: 'lookup' } }),
          { type: 'response.create' },
        ],
        ['response.function_call_arguments.done', { type: 'nonsense' }],
      ],
      'error',
    );
  });

  it('of turns that the server hears', async () => {
    const audio = await spoken();
    const create = {
      output_modalities: ['audio'],
      audio: { input: { turn_detection: { type: 'server_vad' } } },
    };
    const append = { type: 'input_audio_buffer.append', audio };
    await talk('model=gpt-realtime', [['session.created', update(create), append]], 'response.done');
  });

  it('are all', () => {
    const calls = 'of calls: test/contract/realtime-calls.test.ts';
    const more = 'test/contract/realtime-events.test.ts';
    expectAll(eventTypes('create-realtime-call', 'RealtimeServerEvent'), seen, {
      'conversation.created': 'of the older API, which the service does not send any more',
      'conversation.item.created': 'of the older API: conversation.item.added and .done stand for it',
      'conversation.item.input_audio_transcription.failed': more,
      'conversation.item.input_audio_transcription.segment': more,
      'conversation.item.truncated': calls,
      'input_audio_buffer.dtmf_event_received': 'only calls over SIP have keys',
      'input_audio_buffer.timeout_triggered': 'of silence: test/unit/server/realtime/turns.test.ts',
      'output_audio_buffer.started': calls,
      'output_audio_buffer.stopped': calls,
      'output_audio_buffer.cleared': calls,
      'mcp_list_tools.in_progress': more,
      'mcp_list_tools.completed': more,
      'mcp_list_tools.failed': more,
      'response.mcp_call_arguments.delta': more,
      'response.mcp_call_arguments.done': more,
      'response.mcp_call.in_progress': more,
      'response.mcp_call.completed': more,
      'response.mcp_call.failed': 'no server is contacted that could fail',
    });
  });
});
