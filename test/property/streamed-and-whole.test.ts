/** A stream says what the whole answer says, in every API of text, with tools and structured outputs among the requests. */
import { Ajv2020 } from 'ajv/dist/2020.js';
import * as fc from '../support/fast-check.js';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { RunningServer } from '../../src/server/index.js';
import { eventsOf, startTestServer } from '../support/server.js';

const RUNS = 20;

let server: RunningServer;
beforeAll(async () => {
  server = await startTestServer({ model: [] });
});
afterAll(() => server.close());

type Json = Record<string, unknown>;

async function post(path: string, body: object): Promise<string> {
  const headers = { 'content-type': 'application/json', connection: 'close' };
  const response = await fetch(server.url + path, { method: 'POST', headers, body: JSON.stringify(body) });
  const text = await response.text();
  expect(response.status, text).toBe(200);
  return text;
}

const whole = async <T>(path: string, body: object): Promise<T> => JSON.parse(await post(path, body)) as T;

/** Events with a name have it in their data too. */
const stream = async <T>(path: string, body: object): Promise<T[]> =>
  eventsOf(await post(path, { ...body, stream: true }))
    .map((event) => event.replace(/^event: [^\n]*\ndata: /, ''))
    .filter((data) => data !== '[DONE]')
    .map((data) => JSON.parse(data) as T);

// A schema that OpenAI's strict mode takes.
const leaf: fc.Arbitrary<Json> = fc.constantFrom<Json>(
  { type: 'string' },
  { type: 'integer', minimum: -5, maximum: 5 },
  { type: 'number' },
  { type: 'boolean' },
  { type: ['string', 'null'] },
  { enum: ['a', 'ü', 7] },
  { type: 'array', items: { type: 'string' }, maxItems: 3 },
  { anyOf: [{ type: 'integer' }, { type: 'array', items: { type: 'boolean' } }] },
);
const objectOf = (member: fc.Arbitrary<Json>): fc.Arbitrary<Json> =>
  fc
    .dictionary(fc.constantFrom('id', 'name', 'city', 'tags', 'ünï'), member, { minKeys: 1, maxKeys: 4 })
    .map((properties) => ({
      type: 'object',
      properties,
      required: Object.keys(properties),
      additionalProperties: false,
    }));
const schema = objectOf(fc.oneof({ weight: 3, arbitrary: leaf }, objectOf(leaf)));

const words = fc.oneof(
  fc.constantFrom('The weather in Oslo?', 'Hi', 'list, please'),
  fc.string({ maxLength: 30 }),
);
const toolNames = ['get_weather', 'list_files', 'x'];
const tool = (strict: boolean) => (parameters: Json, i: number) => ({
  name: toolNames[i]!,
  parameters,
  strict,
});
const asked = fc.record({
  words,
  model: fc.constantFrom('gpt-4o', 'o3-mini'),
  format: fc.option(schema),
  tools: fc.array(schema, { maxLength: 3 }).map((all) => all.map(tool(true))),
  choice: fc.constantFrom('auto', 'required', 'none'),
  limit: fc.option(fc.integer({ min: 1, max: 200 })),
});

/** What only chat has; models that think take neither stops nor probabilities. */
const asChat = fc.record({
  n: fc.integer({ min: 1, max: 3 }),
  stop: fc.array(fc.stringMatching(/^[a-z ,.]{1,3}$/), { maxLength: 2 }),
  logprobs: fc.boolean(),
  effort: fc.constantFrom('low', 'high'),
});

const validates = (value: Json, text: string): boolean =>
  new Ajv2020({ strict: false }).validate(value, JSON.parse(text));

interface ToolCall {
  index?: number;
  id?: string;
  type?: string;
  function: { name: string; arguments: string };
}
interface Message {
  content: string | null;
  tool_calls?: ToolCall[];
  reasoning_content?: string;
  refusal?: string | null;
}
interface Logprobs {
  content: object[] | null;
  refusal: object[] | null;
}
interface Chunk {
  choices: {
    index: number;
    delta: Partial<Message>;
    finish_reason: string | null;
    logprobs?: Logprobs | null;
  }[];
  usage?: unknown;
}

/** The message that the deltas of a stream add up to. */
function added(
  chunks: readonly Chunk[],
  index: number,
): { message: Message; reason: string | null; tokens: object[] } {
  const message: Message = { content: null };
  const calls: ToolCall[] = [];
  let reason: string | null = null;
  const tokens: object[] = [];
  for (const { delta, finish_reason: end, logprobs } of chunks.flatMap(({ choices }) =>
    choices.filter((one) => one.index === index),
  )) {
    reason = end ?? reason;
    tokens.push(...(logprobs?.content ?? []));
    if (delta.content) message.content = (message.content ?? '') + delta.content;
    if (delta.reasoning_content)
      message.reasoning_content = (message.reasoning_content ?? '') + delta.reasoning_content;
    for (const part of delta.tool_calls ?? []) {
      const call = (calls[part.index!] ??= {
        id: part.id!,
        type: part.type!,
        function: { name: '', arguments: '' },
      });
      call.function.name += part.function.name ?? '';
      call.function.arguments += part.function.arguments ?? '';
    }
  }
  if (calls.length > 0) message.tool_calls = calls;
  return { message, reason, tokens };
}

it('chat', async () => {
  await fc.assert(
    fc.asyncProperty(
      asked,
      asChat,
      async ({ words, model, format, tools, choice, limit }, { n, stop, logprobs, effort }) => {
        const thinks = model === 'o3-mini';
        const body = {
          model,
          n,
          ...(thinks
            ? { reasoning_effort: effort }
            : { ...(stop.length > 0 && { stop }), logprobs, ...(logprobs && { top_logprobs: 2 }) }),
          messages: [{ role: 'user', content: words }],
          ...(format && {
            response_format: {
              type: 'json_schema',
              json_schema: { name: 'f', strict: true, schema: format },
            },
          }),
          ...(tools.length > 0 && {
            tools: tools.map((one) => ({ type: 'function', function: one })),
            tool_choice: choice,
          }),
          ...(limit !== null && { max_completion_tokens: limit }),
        };
        const answer = await whole<{
          choices: { message: Message; finish_reason: string; logprobs: Logprobs | null }[];
          usage: unknown;
        }>('/v1/chat/completions', body);
        const chunks = await stream<Chunk>('/v1/chat/completions', {
          ...body,
          stream_options: { include_usage: true },
        });
        expect(chunks.at(-1)).toMatchObject({ choices: [], usage: answer.usage });
        for (const [index, { message, finish_reason: reason, logprobs: told }] of answer.choices.entries()) {
          const sum = added(chunks, index);
          expect(sum.reason).toBe(reason);
          expect(sum.tokens).toEqual(told?.content ?? []);
          expect(sum.message.content ?? '').toBe(message.content ?? '');
          expect(sum.message.reasoning_content).toBe(message.reasoning_content);
          expect(sum.message.tool_calls).toEqual(message.tool_calls);
          // A stop sequence can cut it anywhere.
          if (format && reason === 'stop' && (thinks || stop.length === 0))
            expect(validates(format, message.content!)).toBe(true);
          for (const { function: call } of reason === 'length' ? [] : (message.tool_calls ?? [])) {
            expect(validates(tools.find(({ name }) => name === call.name)!.parameters, call.arguments)).toBe(
              true,
            );
          }
        }
      },
    ),
    { numRuns: RUNS },
  );
});

it('older completions', async () => {
  const request = fc.record({
    prompt: fc.array(fc.string({ minLength: 1, maxLength: 20 }), { minLength: 1, maxLength: 3 }),
    n: fc.integer({ min: 1, max: 2 }),
    max_tokens: fc.integer({ min: 1, max: 40 }),
    echo: fc.boolean(),
    stop: fc.option(fc.array(fc.stringMatching(/^[a-z ,.]{1,3}$/), { minLength: 1, maxLength: 2 }), {
      nil: undefined,
    }),
  });
  await fc.assert(
    fc.asyncProperty(request, async (rest) => {
      const body = { model: 'gpt-3.5-turbo-instruct', ...rest };
      type Answer = { choices: { index: number; text: string; finish_reason: string | null }[] };
      const { choices } = await whole<Answer>('/v1/completions', body);
      const parts = (await stream<Answer>('/v1/completions', body)).flatMap((chunk) => chunk.choices);
      for (const { index, text, finish_reason: reason } of choices) {
        const own = parts.filter((part) => part.index === index);
        expect(own.map((part) => part.text).join('')).toBe(text);
        expect(own.at(-1)!.finish_reason).toBe(reason);
      }
    }),
    { numRuns: RUNS },
  );
});

/** What an item of a response says, whatever its id is. */
const said = ({ type, name, arguments: args, content, summary }: Json): unknown => ({
  type,
  name,
  args,
  content,
  summary,
});

it('responses', async () => {
  await fc.assert(
    fc.asyncProperty(asked, async ({ words, model, format, tools, choice, limit }) => {
      const body = {
        model,
        input: words === '' ? ' ' : words,
        ...(format && { text: { format: { type: 'json_schema', name: 'f', strict: true, schema: format } } }),
        ...(tools.length > 0 && {
          tools: tools.map((one) => ({ type: 'function', ...one })),
          tool_choice: choice,
        }),
        ...(limit !== null && { max_output_tokens: Math.max(limit, 16) }),
      };
      type Answer = { output: Json[]; status: string; usage: unknown };
      const answer = await whole<Answer>('/v1/responses', body);
      type Event = {
        type: string;
        delta?: string;
        sequence_number: number;
        item_id?: string;
        response?: Answer;
      };
      const events = await stream<Event>('/v1/responses', body);
      expect(events.map((event) => event.sequence_number)).toEqual(events.map((_, i) => i));
      const { response } = events.at(-1)!;
      expect([response!.output.map(said), response!.status, response!.usage]).toEqual([
        answer.output.map(said),
        answer.status,
        answer.usage,
      ]);
      for (const item of response!.output) {
        const deltas = events.filter(
          ({ item_id: id, type }) => id === item['id'] && /(output_text|arguments)\.delta$/.test(type),
        );
        const text = (item['content'] as { text?: string }[] | undefined)
          ?.map((part) => part.text ?? '')
          .join('');
        if (item['type'] === 'reasoning') continue;
        if (answer.status === 'completed' && item['type'] === 'function_call') {
          const { parameters } = tools.find(({ name }) => name === item['name'])!;
          expect(validates(parameters, item['arguments'] as string)).toBe(true);
        } else if (answer.status === 'completed' && format) expect(validates(format, text!)).toBe(true);
        expect(deltas.map(({ delta }) => delta).join('')).toBe(item['arguments'] ?? text);
      }
    }),
    { numRuns: RUNS },
  );
});

it("Anthropic's messages", async () => {
  await fc.assert(
    fc.asyncProperty(asked, async ({ words, tools, choice, limit }) => {
      const body = {
        model: 'claude-sonnet-4-5',
        max_tokens: limit ?? 300,
        messages: [{ role: 'user', content: words.trim() === '' ? 'Hi' : words }],
        ...(tools.length > 0 && {
          tools: tools.map(({ name, parameters }) => ({ name, input_schema: parameters })),
          tool_choice: { type: choice === 'required' ? 'any' : choice },
        }),
      };
      type Block = { type: string; text?: string; input?: unknown };
      type Answer = { content: Block[]; stop_reason: string; usage: { output_tokens: number } };
      const answer = await whole<Answer>('/v1/messages', body);
      type Event = {
        type: string;
        index: number;
        delta?: Json;
        content_block?: Block;
        usage?: Answer['usage'];
      };
      const events = await stream<Event>('/v1/messages', body);
      const blocks = events
        .filter(({ type }) => type === 'content_block_start')
        .map(({ index, content_block: start }) => {
          const deltas = events.filter(
            (event) => event.type === 'content_block_delta' && event.index === index,
          );
          const text = deltas
            .map(({ delta }) => (delta!['text'] ?? delta!['partial_json']) as string)
            .join('');
          return start!.type === 'text' ? { ...start, text } : { ...start, input: text };
        });
      const told = answer.content.map((block) =>
        'input' in block ? { ...block, input: JSON.stringify(block.input) } : block,
      );
      if (answer.stop_reason !== 'max_tokens') expect(blocks).toEqual(told);
      const end = events.find(({ type }) => type === 'message_delta')!;
      expect([end.delta!['stop_reason'], end.usage!.output_tokens]).toEqual([
        answer.stop_reason,
        answer.usage.output_tokens,
      ]);
    }),
    { numRuns: RUNS },
  );
});
