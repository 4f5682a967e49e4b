/** Every kind of endpoint against answers in the shape of its vendor: what is sent, and what is read. */
import { afterEach, describe, expect, it } from 'vitest';
import { AnswerReader } from '../../../src/engine/answer-reader.js';
import { dialectOf } from '../../../src/engine/dialects/index.js';
import { runLoad } from '../../../src/engine/index.js';
import type { EndpointKind } from '../../../src/lib/endpoint-kinds.js';
import type { TargetOutcome } from '../../../src/results/outcome.js';
import type { Plan } from '../../../src/workloads/plan.js';
import { planOf } from './lane-bench.js';
import { response, startScripted, STREAM_HEAD, type ScriptedServer } from './scripted-server.js';

let server: ScriptedServer | undefined;
afterEach(async () => {
  await server?.close();
  server = undefined;
});

/** Two requests; what they measured, and the first as it came. */
async function measure(
  answer: string,
  over: Partial<Plan>,
): Promise<{ target: TargetOutcome; request: string }> {
  server = await startScripted((socket) => {
    if (answer.startsWith('HTTP/1.1 200 OK\r\ncontent-type: text/event-stream')) socket.end(answer, 'latin1');
    else socket.write(answer, 'latin1');
  });
  const plan = planOf({
    targets: [{ name: 't', url: `http://127.0.0.1:${server.port}` }],
    stop: { requests: 2 },
    timeoutMs: 10_000,
    graceMs: 10_000,
    tokenizer: { choice: { vocabulary: 'o200k_base' }, counts: 'if-needed' },
    ...over,
  });
  const { targets } = await runLoad({ plan, threads: 1, headers: {} });
  return { target: targets[0]!, request: server.requests[0]! };
}

const lineOf = (request: string): string => request.slice(0, request.indexOf('\r\n'));
const bodyOf = (request: string): Record<string, unknown> =>
  JSON.parse(request.slice(request.indexOf('\r\n\r\n') + 4)) as Record<string, unknown>;
const json = (body: object): string => response('200 OK', 'application/json', JSON.stringify(body));
const mean = ({ distributions }: TargetOutcome, name: keyof TargetOutcome['distributions']) =>
  distributions[name]?.statistic('mean');

/** Events with their types, as OpenAI's responses and Anthropic's messages have them. */
const typed = (...events: { type: string }[]): string =>
  events.map((event) => `event: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`).join('');

const RESPONSES_STREAM = typed(
  {
    type: 'response.created',
    response: {
      id: 'resp_1',
      object: 'response',
      status: 'in_progress',
      error: null,
      output: [],
      usage: null,
    },
  } as never,
  {
    type: 'response.output_item.added',
    output_index: 0,
    item: { id: 'rs_1', type: 'reasoning', summary: [] },
  } as never,
  {
    type: 'response.reasoning_summary_text.delta',
    item_id: 'rs_1',
    summary_index: 0,
    delta: 'Thinking',
  } as never,
  {
    type: 'response.content_part.added',
    item_id: 'msg_1',
    part: { type: 'output_text', text: '', annotations: [] },
  } as never,
  {
    type: 'response.output_text.delta',
    item_id: 'msg_1',
    content_index: 0,
    delta: 'Hel',
    logprobs: [],
    obfuscation: 'abc',
  } as never,
  {
    type: 'response.output_text.delta',
    item_id: 'msg_1',
    content_index: 0,
    delta: 'lo',
    logprobs: [],
  } as never,
  {
    type: 'response.output_text.done',
    item_id: 'msg_1',
    content_index: 0,
    text: 'Hello',
    logprobs: [],
  } as never,
  {
    type: 'response.completed',
    response: {
      id: 'resp_1',
      object: 'response',
      status: 'completed',
      error: null,
      output: [{ type: 'message', content: [{ type: 'output_text', text: 'Hello' }] }],
      usage: {
        input_tokens: 12,
        input_tokens_details: { cached_tokens: 4 },
        output_tokens: 5,
        output_tokens_details: { reasoning_tokens: 3 },
        total_tokens: 17,
      },
    },
  } as never,
);

const MESSAGES_STREAM = typed(
  {
    type: 'message_start',
    message: {
      id: 'msg_1',
      type: 'message',
      role: 'assistant',
      content: [],
      stop_reason: null,
      usage: {
        input_tokens: 8,
        cache_creation_input_tokens: 1,
        cache_read_input_tokens: 3,
        output_tokens: 1,
      },
    },
  } as never,
  { type: 'content_block_start', index: 0, content_block: { type: 'thinking', thinking: '' } } as never,
  { type: 'ping' },
  { type: 'content_block_delta', index: 0, delta: { type: 'thinking_delta', thinking: 'Hm' } } as never,
  { type: 'content_block_start', index: 1, content_block: { type: 'text', text: '' } } as never,
  { type: 'content_block_delta', index: 1, delta: { type: 'text_delta', text: 'Hel' } } as never,
  { type: 'content_block_delta', index: 1, delta: { type: 'text_delta', text: 'lo' } } as never,
  { type: 'content_block_stop', index: 1 } as never,
  {
    type: 'message_delta',
    delta: { stop_reason: 'end_turn' },
    usage: { input_tokens: 8, output_tokens: 5, output_tokens_details: { thinking_tokens: 2 } },
  } as never,
  { type: 'message_stop' },
);

const COMPLETIONS_STREAM = `data: ${JSON.stringify({ object: 'text_completion', choices: [{ text: 'Hel', index: 0 }] })}\n\ndata: ${JSON.stringify({ object: 'text_completion', choices: [{ text: 'lo', index: 0 }], usage: null })}\n\ndata: ${JSON.stringify({ choices: [], usage: { prompt_tokens: 12, completion_tokens: 5 } })}\n\ndata: [DONE]\n\n`;

describe('streams of text', () => {
  it('that carry none are counted as such', async () => {
    const role = `data: ${JSON.stringify({ choices: [{ delta: { role: 'assistant', content: '' } }] })}\n\n`;
    const silent = await measure(`${STREAM_HEAD}${role}data: [DONE]\n\n`, { streaming: true });
    expect(silent.target.counters).toMatchObject({ completed: 2, empty: 2 });
    await server!.close();
    const spoken = await measure(STREAM_HEAD + COMPLETIONS_STREAM, {
      endpoint: 'completions',
      streaming: true,
    });
    expect(spoken.target.counters).toMatchObject({ completed: 2, empty: 0 });
  });

  it.each([
    ['completions', COMPLETIONS_STREAM, { chunks: 2, cached: undefined }],
    ['responses', RESPONSES_STREAM, { chunks: 3, cached: 4 }],
    ['messages', MESSAGES_STREAM, { chunks: 3, cached: 3 }],
  ] as const)('%s', async (endpoint, stream, expected) => {
    const { target, request } = await measure(STREAM_HEAD + stream, { endpoint, streaming: true });
    expect(target.errors).toEqual([]);
    expect(target.counters).toMatchObject({
      completed: 2,
      inputTokens: 24,
      outputTokens: 10,
      withoutUsage: 0,
    });
    expect(mean(target, 'tokens_per_chunk')).toBeCloseTo(5 / expected.chunks, 3);
    expect(mean(target, 'cached_tokens')).toBe(expected.cached);
    expect(target.distributions.ttft!.count).toBe(2);
    expect(target.distributions.ttfo!.count).toBe(2);
    expect(lineOf(request)).toBe(`POST /v1/${endpoint} HTTP/1.1`);
    expect(bodyOf(request)).toMatchObject({ model: 'm', stream: true });
  });

  const CASES: [EndpointKind, string, string][] = [
    ['completions', COMPLETIONS_STREAM, 'Hello'],
    ['responses', RESPONSES_STREAM, 'ThinkingHello'],
    ['messages', MESSAGES_STREAM, 'HmHello'],
  ];

  it.each(CASES)('%s are read wherever the network cuts them', (endpoint, stream, text) => {
    const bytes = Buffer.from(stream);
    for (let cut = 0; cut <= bytes.length; cut++) {
      const reader = new AnswerReader(dialectOf(planOf({ endpoint })), true, { onText: () => {} }, 'always');
      reader.head(200, 'text/event-stream', undefined);
      reader.data(bytes, 0, cut, 1);
      reader.data(bytes, cut, bytes.length, 2);
      reader.end();
      expect(reader).toMatchObject({ kind: undefined, done: true, text });
      expect(reader.usage).toMatchObject({ inputTokens: 12, outputTokens: 5 });
    }
  });

  it('messages say how much of them is thought', () => {
    const reader = new AnswerReader(dialectOf(planOf({ endpoint: 'messages' })), true, { onText: () => {} });
    const bytes = Buffer.from(MESSAGES_STREAM);
    reader.head(200, 'text/event-stream', undefined);
    reader.data(bytes, 0, bytes.length, 1);
    expect(reader.usage).toMatchObject({ inputTokens: 12, cachedTokens: 3, reasoningTokens: 2 });
  });

  it.each(CASES)('%s that end too soon are failures', (endpoint, stream) => {
    const reader = new AnswerReader(dialectOf(planOf({ endpoint })), true, { onText: () => {} });
    const bytes = Buffer.from(stream.slice(0, stream.trimEnd().lastIndexOf('data:')));
    reader.head(200, 'text/event-stream', undefined);
    reader.data(bytes, 0, bytes.length, 1);
    reader.end();
    expect(reader.kind).toBe('no_done');
  });

  it.each([
    [
      'responses',
      {
        type: 'response.failed',
        response: { status: 'failed', error: { code: 'server_error', message: 'GPU on fire' } },
      },
    ],
    ['responses', { type: 'error', code: 'server_error', message: 'GPU on fire' }],
    ['messages', { type: 'error', error: { type: 'overloaded_error', message: 'GPU on fire' } }],
  ] as const)('%s say why they fail', async (endpoint, event) => {
    const begun = typed({ type: endpoint === 'responses' ? 'response.created' : 'ping' });
    const { target } = await measure(STREAM_HEAD + begun + typed(event), { endpoint, streaming: true });
    expect(target.errors).toEqual([{ kind: 'stream_error', count: 2, example: 'GPU on fire' }]);
  });

  it('knows reasoning in a response from its answer, whatever comes first in the event', () => {
    const reader = new AnswerReader(dialectOf(planOf({ endpoint: 'responses' })), true, { onText: () => {} });
    reader.head(200, 'text/event-stream', undefined);
    const feed = (event: object, atMs: number): void => {
      const bytes = Buffer.from(`data: ${JSON.stringify(event)}\n\n`);
      reader.data(bytes, 0, bytes.length, atMs);
    };
    feed({ delta: 'Hm', type: 'response.reasoning_text.delta' }, 1);
    feed({ delta: '{}', type: 'response.function_call_arguments.delta' }, 2);
    expect(reader.chunks).toMatchObject({ firstReasoningMs: 1, firstAnswerMs: 2, count: 2 });
  });
});

const WAV_SECONDS = 1.5;
function wav(): string {
  const head = Buffer.alloc(44);
  head.write('RIFF', 0, 'latin1');
  // The sizes of a stream are unknown when it begins.
  head.writeUInt32LE(0xffffffff, 4);
  head.write('WAVEfmt ', 8, 'latin1');
  head.write('fmt ', 12);
  head.writeUInt32LE(16, 16);
  head.writeUInt32LE(48_000, 28);
  head.write('data', 36);
  const sound = head.toString('latin1') + '\u0000'.repeat(48_000 * WAV_SECONDS);
  return `HTTP/1.1 200 OK\r\ncontent-type: audio/wav\r\ncontent-length: ${sound.length}\r\n\r\n${sound}`;
}

const ITEMS: [EndpointKind, string, Partial<Plan>, object][] = [
  [
    'embeddings',
    json({
      object: 'list',
      data: [{ embedding: [1] }, { embedding: [2] }, { embedding: [3] }],
      usage: { prompt_tokens: 15, total_tokens: 15 },
    }),
    { endpointOptions: { items: 3 } },
    { path: '/v1/embeddings', items: 6, inputTokens: 30 },
  ],
  [
    'rerank',
    json({
      results: [
        { index: 1, relevance_score: 0.9 },
        { index: 0, relevance_score: 0.1 },
      ],
      meta: { tokens: { input_tokens: 20, output_tokens: 0 } },
    }),
    { endpointOptions: { items: 2, rerankShape: 'cohere' } },
    { path: '/v1/rerank', items: 4, inputTokens: 40 },
  ],
  [
    'rerank',
    json({ rankings: [{ index: 0, logit: 2.5 }], usage: { prompt_tokens: 9, total_tokens: 9 } }),
    { endpointOptions: { items: 1, rerankShape: 'nim' } },
    { path: '/v1/ranking', items: 2, inputTokens: 18 },
  ],
  [
    'images',
    json({
      created: 1,
      data: [{ b64_json: 'aGk=' }, { b64_json: 'aGk=' }],
      usage: { input_tokens: 7, output_tokens: 100, total_tokens: 107 },
    }),
    { endpointOptions: { items: 2, imageSize: '512x512' } },
    { path: '/v1/images/generations', items: 4, inputTokens: 14, outputTokens: 200 },
  ],
  [
    'moderations',
    json({ id: 'modr-1', model: 'm', results: [{ flagged: false }] }),
    {},
    { path: '/v1/moderations', items: 2, inputTokens: 10 },
  ],
  ['speech', wav(), {}, { path: '/v1/audio/speech', items: 2 * WAV_SECONDS, inputTokens: 10 }],
  [
    'transcription',
    json({ text: 'hi', usage: { type: 'duration', seconds: 2 } }),
    { endpointOptions: { audioSeconds: 0.1 } },
    { path: '/v1/audio/transcriptions', items: 4, inputTokens: 0, outputTokens: 2, withoutUsage: 2 },
  ],
  [
    'translation',
    json({ text: 'hi' }),
    { endpointOptions: { audioSeconds: 0.1 } },
    { path: '/v1/audio/translations', items: 0.2, inputTokens: 0, outputTokens: 2, withoutUsage: 2 },
  ],
];

describe('answers that are counted in items', () => {
  it.each(ITEMS)('%s', async (endpoint, answer, over, { path, ...counters }: { path?: string }) => {
    const { target, request } = await measure(answer, { endpoint, ...over });
    expect(target.errors).toEqual([]);
    expect(target.counters).toMatchObject({ completed: 2, withoutUsage: 0, ...counters });
    expect(lineOf(request)).toBe(`POST ${path} HTTP/1.1`);
    expect(target.distributions.output_tokens?.count ?? 0).toBe('outputTokens' in counters ? 2 : 0);
  });

  it.each(ITEMS)('%s are failures if they are something else', async (endpoint, _, over) => {
    const { target } = await measure(json({ detail: 'Try /v2' }), { endpoint, ...over });
    expect(target.errors).toMatchObject([{ kind: 'not_json', count: 2 }]);
    expect(target.errors[0]!.example).toContain('Try /v2');
  });

  it('are asked for in bodies of their vendors', async () => {
    const bodies: Record<string, unknown>[] = [];
    for (const [endpoint, answer, over] of ITEMS.slice(0, 6)) {
      bodies.push(bodyOf((await measure(answer, { endpoint, ...over })).request));
      await server!.close();
    }
    const some = expect.stringMatching(/^\w+( \w+){4}|,/) as string;
    expect(bodies).toEqual([
      { model: 'm', input: [some, some, some] },
      { model: 'm', query: some, documents: [some, some], top_n: 2 },
      { model: 'm', query: { text: some }, passages: [{ text: some }] },
      { model: 'm', prompt: some, n: 2, size: '512x512' },
      { model: 'm', input: some },
      { model: 'm', input: some, voice: 'alloy', response_format: 'wav' },
    ]);
    expect(new Set(bodies[0]!['input'] as string[]).size).toBe(3);
  });

  it('know how fast sound was made or heard', async () => {
    const { target } = await measure(wav(), { endpoint: 'speech' });
    const { e2e, rtf, ttfa, audio_stall: stall, ttft, itl } = target.distributions;
    expect(rtf!.statistic('mean')).toBeCloseTo(e2e!.statistic('mean')! / 1000 / WAV_SECONDS, 3);
    expect([ttfa!.count, stall!.count, ttft, itl]).toEqual([2, 2, undefined, undefined]);
    expect(ttfa!.statistic('max')!).toBeLessThanOrEqual(e2e!.statistic('max')!);
    await server!.close();
    const heard = await measure(json({ text: 'hi' }), {
      endpoint: 'transcription',
      endpointOptions: { audioSeconds: 0.1 },
    });
    expect(heard.target.distributions.rtf!.count).toBe(2);
    expect(heard.target.distributions.ttfa).toBeUndefined();
  });

  it('a transcription is asked for with a file', async () => {
    const { request } = await measure(json({ text: 'hi' }), {
      endpoint: 'transcription',
      endpointOptions: { audioSeconds: 0.1 },
    });
    const boundary = /content-type: multipart\/form-data; boundary=(\S+)/.exec(request)![1]!;
    const parts = request.slice(request.indexOf('\r\n\r\n') + 4).split(`--${boundary}`);
    expect(parts).toHaveLength(5);
    expect(parts[1]).toBe('\r\ncontent-disposition: form-data; name="model"\r\n\r\nm\r\n');
    expect(parts[3]).toMatch(/name="file"; filename="audio.wav"\r\ncontent-type: audio\/wav\r\n\r\nRIFF/);
    // 16 kHz, 16 bits, a head of 44 bytes.
    expect(parts[3]!.slice(parts[3]!.indexOf('RIFF'), -2)).toHaveLength(44 + 0.1 * 16_000 * 2);
    expect(parts[4]).toBe('--\r\n');
  });
});

describe('a raw endpoint', () => {
  const raw = {
    template: '{"q":"{{prompt}}","opts":{"n":{{max_tokens}},"s":{{stream}}},"m":"{{model}}"}',
    text: 'out[*].t',
    inputTokens: 'count.in',
    outputTokens: 'count.out',
  };

  it('is asked at its own URL with its own body, and read by its paths', async () => {
    const answer = json({ out: [{ t: 'Hel' }, { t: 'lo' }], count: { in: 7, out: 2 } });
    const { target, request } = await measure(answer, { endpoint: 'raw', endpointOptions: { raw } });
    expect(target.counters).toMatchObject({ completed: 2, inputTokens: 14, outputTokens: 4 });
    expect(lineOf(request)).toBe('POST / HTTP/1.1');
    expect(bodyOf(request)).toEqual({
      q: expect.stringMatching(/\w/) as string,
      opts: { n: 3, s: false },
      m: 'm',
    });
  });

  it('may stream, and end with the connection', async () => {
    const events = [
      { out: [{ t: 'Hel' }] },
      { out: [] },
      { out: [{ t: 'lo you' }] },
      { count: { in: 7, out: 3 } },
    ];
    const stream = events.map((event) => `data: ${JSON.stringify(event)}\n\n`).join('');
    const { target } = await measure(STREAM_HEAD + stream, {
      endpoint: 'raw',
      streaming: true,
      endpointOptions: { raw },
    });
    expect(target.counters).toMatchObject({ completed: 2, inputTokens: 14, outputTokens: 6 });
    expect(target.distributions.icl!.count).toBe(2);
  });

  it('has its tokens counted where it does not say', async () => {
    const { target } = await measure(json({ out: [{ t: 'tiefgefroren' }] }), {
      endpoint: 'raw',
      streaming: true,
      endpointOptions: { raw },
    });
    expect(target.counters).toMatchObject({ tokenized: 2, withoutUsage: 2 });
    expect(target.counters.outputTokens).toBeGreaterThan(4);
  });
});
