import { describe, expect, it } from 'vitest';
import { FakeaiError } from '../../../src/lib/errors.js';
import { DatasetBuilder } from '../../../src/workloads/datasets/builder.js';
import { readDataset, type ReadDatasetOptions } from '../../../src/workloads/datasets/read-dataset.js';
import type { Dataset, Plan } from '../../../src/workloads/plan.js';
import { createLane, type PlannedRequest } from '../../../src/workloads/requests.js';
import { temporaryFiles } from './files.js';
import { fixed, planOf } from './plans.js';

const write = temporaryFiles();
/** One token per word: what counts is that the reader counts with what it is given. */
const countTokens = (text: string): number => (text === '' ? 0 : text.split(' ').length);

const read = async (content: string, options: Partial<ReadDatasetOptions> = {}): Promise<Dataset> =>
  readDataset(await write('data.json', content), { countTokens, ...options });

const refusal = async (content: string, options?: Partial<ReadDatasetOptions>): Promise<FakeaiError> => {
  const error = await read(content, options).then(
    () => expect.unreachable('it was accepted'),
    (reason: unknown) => reason,
  );
  if (error instanceof FakeaiError) return error;
  throw error;
};

type DatasetWorkload = Extract<Plan['workload'], { kind: 'dataset' }>;

const send = (
  dataset: Dataset,
  count: number,
  changes: Partial<DatasetWorkload> = {},
  plan: Partial<Plan> = {},
): (PlannedRequest & { json: Record<string, unknown> })[] => {
  const workload = {
    kind: 'dataset' as const,
    dataset,
    order: 'sequential' as const,
    outputTokens: fixed(77),
    sessions: false,
    ...changes,
  };
  const lane = createLane(planOf({ ...plan, workload }), 0, { index: 0, count: 1 });
  return Array.from({ length: count }, () => {
    const request = lane.next()!;
    return { ...request, json: JSON.parse(request.body) };
  });
};

const SHAREGPT = JSON.stringify(
  [
    {
      id: 'a',
      conversations: [
        { from: 'human', value: 'hello "you" é 😀 {' },
        { from: 'gpt', value: 'one two three' },
        { from: 'human', value: 'and then' },
        { from: 'gpt', value: 'nothing more' },
      ],
    },
    { id: 'only answers', conversations: [{ from: 'gpt', value: 'x' }] },
    {
      id: 'b',
      conversations: [
        { from: 'system', value: 'be brief' },
        { from: 'human', value: 'why' },
      ],
    },
  ],
  undefined,
  2,
);

describe('ShareGPT', () => {
  it('gives the first turn, asks for as long an answer as there was, and begins again at its end', async () => {
    const dataset = await read(SHAREGPT);
    expect(dataset.source.format).toBe('sharegpt');
    const [first, second, third] = send(dataset, 3);
    expect(first!.json).toMatchObject({
      messages: [{ role: 'user', content: 'hello "you" é 😀 {' }],
      max_tokens: 3,
    });
    expect([first!.inputTokens, first!.outputTokens, first!.followUp]).toEqual([5, 3, undefined]);
    expect(second!.json).toMatchObject({
      messages: [
        { role: 'system', content: 'be brief' },
        { role: 'user', content: 'why' },
      ],
      max_tokens: 77,
    });
    expect(second!.inputTokens).toBe(3);
    expect(third!.body).toBe(first!.body);
  });

  it('is a session where that is asked for', async () => {
    const [first] = send(await read(SHAREGPT), 1, { sessions: true });
    const next = first!.followUp!.requestWith('a "real" answer');
    expect(JSON.parse(next.body)).toMatchObject({
      messages: [
        { role: 'user' },
        { role: 'assistant', content: 'a "real" answer' },
        { role: 'user', content: 'and then' },
      ],
      max_tokens: 2,
    });
    expect([first!.turn, next.turn, next.inputTokens, next.followUp]).toEqual([0, 1, 5 + 3 + 2, undefined]);
  });
});

describe('chats', () => {
  it('send all messages but an answer at the end', async () => {
    const dataset = await read(
      '{"messages":[{"role":"user","content":"a b"},{"role":"assistant","content":"c"},{"role":"user","content":[{"type":"text","text":"d e f"}]},{"role":"assistant","content":"g h"}]}\n',
    );
    expect(dataset.source.format).toBe('chat');
    const [request] = send(dataset, 1);
    expect(request!.json['messages']).toHaveLength(3);
    expect([request!.inputTokens, request!.outputTokens]).toEqual([6, 2]);
  });
});

describe('OpenAI batch files', () => {
  const line = (body: object, url = '/v1/chat/completions'): string =>
    JSON.stringify({ custom_id: 'x', method: 'POST', url, body });
  const messages = [{ role: 'user', content: 'a b c' }];

  it('keep their bodies, but for model and streaming', async () => {
    const dataset = await read(
      [
        line({ model: 'gpt', messages, temperature: 0.5, max_completion_tokens: 9, stream: false }),
        line({ messages, max_tokens: null, metadata: { max_tokens: '5' } }),
      ].join('\n'),
    );
    const [first, second] = send(dataset, 2);
    expect(first!.json).toEqual({
      model: 'fakeai-1',
      messages,
      temperature: 0.5,
      max_completion_tokens: 9,
      stream: true,
      stream_options: { include_usage: true },
    });
    expect([first!.inputTokens, first!.outputTokens]).toEqual([3, 9]);
    expect(second!.json).toMatchObject({ max_tokens: 77, metadata: { max_tokens: '5' } });
    const [forced] = send(dataset, 1, {}, { ignoreEos: true });
    expect(forced!.json).toMatchObject({ min_tokens: 9, ignore_eos: true });
  });

  it('must be for chats', async () => {
    const error = await refusal(`${line({ messages })}\n${line({ input: 'x' }, '/v1/embeddings')}`);
    expect(error.message).toContain(':2: field "url" must be /v1/chat/completions, not "/v1/embeddings"');
  });
});

describe('AIPerf files', () => {
  it('of single turns', async () => {
    const dataset = await read('{"text":"a b"}\n{"texts":["c","d e"]}');
    expect(dataset.source.format).toBe('single-turn');
    expect(send(dataset, 2).map(({ inputTokens }) => inputTokens)).toEqual([2, 2]);
  });

  it('of several turns, with delays', async () => {
    const dataset = await read('{"session_id":"s","turns":[{"text":"a"},{"text":"b","delay":250}]}');
    expect(dataset.source.format).toBe('multi-turn');
    expect(send(dataset, 1, { sessions: true })[0]!.followUp!.delayMs).toBe(250);
  });

  it('of payloads, indented or not', async () => {
    const data = {
      data: [{ session_id: 's', payloads: [{ messages: [{ role: 'user', content: 'a' }], n: 1 }] }],
    };
    for (const text of [JSON.stringify(data), JSON.stringify(data, undefined, 2)]) {
      const dataset = await read(text);
      expect(dataset.source.format).toBe('inputs');
      expect(send(dataset, 1)[0]!.json).toMatchObject({ model: 'fakeai-1', n: 1, max_tokens: 77 });
    }
  });

  it('with images are refused', async () => {
    expect((await refusal('{"text":"a","image":"x.png"}')).message).toContain('field "image" cannot be sent');
  });
});

describe('the order of rows', () => {
  const rows = Array.from({ length: 50 }, (_, i) => JSON.stringify({ text: `word ${i}` })).join('\n');
  const order = async (name: DatasetWorkload['order'], count: number): Promise<string[]> =>
    send(await read(rows), count, { order: name }).map(({ body }) => /word \d+/.exec(body)![0]);

  it('is that of the file, or every row once per round, or by chance', async () => {
    const sequential = await order('sequential', 100);
    expect(sequential.slice(0, 3)).toEqual(['word 0', 'word 1', 'word 2']);
    const shuffled = await order('shuffled', 100);
    expect(shuffled.slice(0, 50)).not.toEqual(sequential.slice(0, 50));
    expect(shuffled.slice(50)).not.toEqual(shuffled.slice(0, 50));
    for (const round of [shuffled.slice(0, 50), shuffled.slice(50)])
      expect(round.toSorted()).toEqual(sequential.slice(0, 50).toSorted());
    expect(new Set(await order('random', 50)).size).toBeLessThan(50);
  });
});

describe('any dataset', () => {
  it('is read up to the limit, without looking at what follows', async () => {
    const dataset = await read('{"text":"a"}\n{"text":"b"}\nbroken', { limit: 2 });
    expect(dataset.turnStart).toHaveLength(3);
  });

  it('is shared with threads, not copied', async () => {
    const dataset = await read('{"text":"a"}');
    const there = structuredClone(dataset);
    dataset.text[0] = 77;
    expect(there.text[0]).toBe(77);
  });

  it('has bounds', () => {
    const refuse = (line: number, _field: string | undefined, problem: string): never => {
      throw new Error(`${line} ${problem}`);
    };
    const turn = { json: '12345', inputTokens: 1, outputTokens: 1, delayMs: 0 };
    const source = { path: 'x', format: 'chat' as const };
    const few = new DatasetBuilder(source, refuse, { turns: 2, bytes: 100 });
    expect(() => few.add(7, [turn, turn, turn])).toThrow('7 is beyond 2 requests');
    const short = new DatasetBuilder(source, refuse, { turns: 9, bytes: 9 });
    expect(() => short.add(7, [turn, turn])).toThrow('7 is beyond 9 bytes of requests');
  });

  it.each([
    ['', 'has no requests'],
    ['[]', 'has no requests'],
    ['hello', ':1: the line is not a JSON object'],
    ['{"text":"a"}\n\n{"text":', ':3: the line begins an object that does not end'],
    ['{"text":"a"}\n{"text":5}', ':2: field "text" must be a text, not 5'],
    ['{"text":"a"}\n{"foo":5}', ':2: field "text" is missing'],
    ['{"foo":5}', ':1: the line has the members of no known format'],
    ['{"messages":[]}', ':1: field "messages" is an empty list'],
    ['{"messages":[5]}', 'must hold objects with "role"'],
    ['{"messages":[{"role":"assistant","content":"x"}]}', 'has an answer only'],
    ['{"conversations":[{"from":"human"}]}', 'must hold objects with "from" and "value"'],
    ['{"turns":[{"text":"a","delay":-1}]}', 'field "delay" must be milliseconds'],
    [
      '{"url":"/v1/chat/completions","body":{"messages":[{}],"max_tokens":"x"}}',
      'must ask for a whole number',
    ],
  ])('is refused with file, line and field: %s', async (content, problem) => {
    const error = await refusal(content);
    expect(error.exitCode).toBe(2);
    expect(error.message).toContain(problem);
  });
});
