import { Ajv2020 } from 'ajv/dist/2020.js';
import OpenAI from 'openai';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { RunningServer } from '../../src/server/index.js';
import { expectAnswer, expectError, expectEvents, expectValid } from '../support/spec.js';
import { postChat, startTestServer } from '../support/server.js';
import { useServer } from '../support/use-server.js';

type Params = OpenAI.ChatCompletionCreateParamsNonStreaming;

const used = useServer({
  model: ['fakeai-1', 'gpt-4o', 'gpt-3.5-turbo', 'gpt-audio', 'o3-mini', 'deepseek-r1'],
});

const say = (content: string): OpenAI.ChatCompletionMessageParam[] => [{ role: 'user', content }];

const WEATHER = {
  type: 'function',
  function: {
    name: 'get_weather',
    description: 'The weather of a city.',
    strict: true,
    parameters: {
      type: 'object',
      properties: {
        city: { type: 'string' },
        unit: { type: 'string', enum: ['celsius', 'fahrenheit'] },
        days: { anyOf: [{ type: 'integer', minimum: 1, maximum: 7 }, { type: 'null' }] },
      },
      required: ['city', 'unit', 'days'],
      additionalProperties: false,
    },
  },
} satisfies OpenAI.ChatCompletionTool;
const STOCK = {
  type: 'function',
  function: {
    name: 'stock_price',
    parameters: { type: 'object', properties: { ticker: { type: 'string' } } },
  },
} satisfies OpenAI.ChatCompletionTool;

/** The same answer whole and streamed, both held against the specification. */
async function both(over: Omit<Params, 'model'> & { model?: string }): Promise<{
  whole: OpenAI.ChatCompletion;
  chunks: OpenAI.ChatCompletionChunk[];
}> {
  const body = { model: 'fakeai-1', ...over };
  const answered = await postChat(used.server.url, body);
  const whole = await expectAnswer<OpenAI.ChatCompletion>('createChatCompletion', answered);
  const streamed = await postChat(used.server.url, {
    ...body,
    stream: true,
    stream_options: { include_usage: true },
    // Else it would find the other one's prompt.
    cache_salt: 'streamed',
  });
  const chunks = (await expectEvents(
    'createChatCompletion',
    streamed,
  )) as unknown as OpenAI.ChatCompletionChunk[];
  expect(chunks.at(-1)!.usage).toEqual(whole.usage);
  return { whole, chunks };
}

const deltas = (chunks: OpenAI.ChatCompletionChunk[]) =>
  chunks.flatMap(({ choices }) => choices.map(({ delta }) => delta));
const reasons = (chunks: OpenAI.ChatCompletionChunk[]) =>
  chunks.flatMap(({ choices }) => choices.flatMap(({ finish_reason: reason }) => reason ?? []));
const validate = (schema: object, value: unknown): boolean =>
  new Ajv2020({ strict: false }).compile(schema)(value);

describe('tools', () => {
  it('are called with arguments that fit, in fragments when streamed', async () => {
    const { whole, chunks } = await both({
      messages: say('What is the weather in Lima, in fahrenheit?'),
      tools: [WEATHER, STOCK],
    });
    const [choice] = whole.choices;
    expect(choice).toMatchObject({ finish_reason: 'tool_calls', message: { content: null } });
    expect(choice!.message.tool_calls).toHaveLength(1);
    const call = choice!.message.tool_calls![0] as OpenAI.ChatCompletionMessageFunctionToolCall;
    expect(call.id).toMatch(/^call_\w{24}$/);
    expect(call.function.name).toBe('get_weather');
    const given = JSON.parse(call.function.arguments) as Record<string, unknown>;
    expect(validate(WEATHER.function.parameters, given)).toBe(true);
    expect(given).toMatchObject({ city: 'Lima', unit: 'fahrenheit' });
    const parts = deltas(chunks).flatMap(({ tool_calls: calls }) => calls ?? []);
    expect(parts[0]).toEqual({
      index: 0,
      id: call.id,
      type: 'function',
      function: { name: 'get_weather', arguments: '' },
    });
    expect(parts.slice(1).every((part) => Object.keys(part).join() === 'index,function')).toBe(true);
    expect(parts.length).toBeGreaterThan(5);
    expect(parts.map((part) => part.function!.arguments).join('')).toBe(call.function.arguments);
    expect(reasons(chunks)).toEqual(['tool_calls']);
    expect(whole.usage!.completion_tokens).toBe(parts.length - 1);
  });

  it('are called as they are chosen', async () => {
    const ask = (over: Partial<Params>) =>
      both({ messages: say('Hello there'), tools: [WEATHER, STOCK], ...over });
    for (const choice of ['none', 'auto'] as const) {
      const { whole } = await ask({ tool_choice: choice });
      expect(whole.choices[0]!.message.tool_calls).toBeUndefined();
      expect(whole.choices[0]).toMatchObject({
        finish_reason: 'stop',
        message: { content: expect.stringMatching(/./) as string },
      });
    }
    const { whole: required } = await ask({ tool_choice: 'required' });
    expect(required.choices[0]!.message.tool_calls!.length).toBeGreaterThan(0);
    const { whole: named, chunks } = await ask({
      tool_choice: { type: 'function', function: { name: 'stock_price' } },
    });
    expect(named.choices[0]!.message.tool_calls).toMatchObject([{ function: { name: 'stock_price' } }]);
    expect(named.choices[0]!.finish_reason).toBe('stop');
    expect(reasons(chunks)).toEqual(['stop']);
  });

  it('are called in parallel unless that is refused', async () => {
    const messages = say('Get the weather in Rome and the stock price of ACME');
    const { whole, chunks } = await both({ messages, tools: [WEATHER, STOCK] });
    expect(whole.choices[0]!.message.tool_calls).toHaveLength(2);
    const indexes = deltas(chunks).flatMap(({ tool_calls: calls }) => calls?.map(({ index }) => index) ?? []);
    expect(new Set(indexes)).toEqual(new Set([0, 1]));
    const { whole: one } = await both({ messages, tools: [WEATHER, STOCK], parallel_tool_calls: false });
    expect(one.choices[0]!.message.tool_calls).toHaveLength(1);
  });

  it('are called for each place that is named', async () => {
    const messages = say('What is the weather in Oslo and in Rome?');
    const places = async (over: Partial<Params>): Promise<unknown[]> => {
      const { whole } = await both({ messages, tools: [WEATHER], ...over });
      return whole.choices[0]!.message.tool_calls!.map((call) =>
        call.type === 'function' ? (JSON.parse(call.function.arguments) as object) : call,
      );
    };
    expect(await places({})).toMatchObject([{ city: 'Oslo' }, { city: 'Rome' }]);
    expect(await places({ parallel_tool_calls: false })).toMatchObject([{ city: 'Oslo' }]);
  });

  it('get their results in a second turn, through the helper of the SDK', async () => {
    const asked: unknown[] = [];
    const runner = used.client.chat.completions.runTools({
      model: 'fakeai-1',
      messages: say('What is the weather in Cairo?'),
      tools: [
        {
          type: 'function',
          function: {
            ...WEATHER.function,
            parse: JSON.parse,
            function: (given: object) => {
              asked.push(given);
              return 'sunny';
            },
          },
        },
      ],
    });
    expect(await runner.finalContent()).toMatch(/\w/);
    expect(asked).toMatchObject([{ city: 'Cairo' }]);
  });

  it('work as functions of old, and as custom tools', async () => {
    const { name, parameters } = WEATHER.function;
    const { whole, chunks } = await both({
      messages: say('Weather?'),
      functions: [{ name, parameters }],
      function_call: { name },
    });
    const called = whole.choices[0]!.message.function_call!;
    expect(whole.choices[0]!.message.tool_calls).toBeUndefined();
    expect(validate(parameters, JSON.parse(called.arguments))).toBe(true);
    expect(
      deltas(chunks)
        .map((delta) => delta.function_call?.arguments ?? '')
        .join(''),
    ).toBe(called.arguments);
    const custom = await expectAnswer(
      'createChatCompletion',
      await postChat(used.server.url, {
        model: 'fakeai-1',
        messages: say('Run it'),
        tools: [
          {
            type: 'custom',
            custom: {
              name: 'run',
              format: { type: 'grammar', grammar: { syntax: 'regex', definition: '^x{3}$' } },
            },
          },
        ],
        tool_choice: 'required',
      }),
    );
    expect(custom).toMatchObject({
      choices: [{ message: { tool_calls: [{ type: 'custom', custom: { name: 'run', input: 'xxx' } }] } }],
    });
  });

  it('whose schemas break the strict rules are refused with the path', async () => {
    const wrong = structuredClone(WEATHER) as OpenAI.ChatCompletionFunctionTool;
    wrong.function.parameters = { ...wrong.function.parameters, required: ['city'] };
    const response = await postChat(used.server.url, {
      model: 'fakeai-1',
      messages: say('hi'),
      tools: [wrong],
    });
    const error = await expectError(response, 400, { param: 'tools[0].function.parameters' });
    expect(JSON.stringify(error)).toContain(
      "Invalid schema for function 'get_weather': In context=(), 'required'",
    );
  });
});

describe('response_format', () => {
  const schema = {
    type: 'object',
    properties: {
      title: { type: 'string', pattern: '^[A-Z][a-z]{2,8}$' },
      kind: { enum: ['a', 'b'] },
      tree: { $ref: '#/$defs/node' },
      sizes: {
        type: 'array',
        items: { type: 'number', minimum: 0, exclusiveMaximum: 1 },
        minItems: 2,
        maxItems: 3,
      },
      either: { anyOf: [{ type: 'string', format: 'date' }, { type: 'integer' }] },
      'ünï"': { const: '☃' },
    },
    required: ['title', 'kind', 'tree', 'sizes', 'either', 'ünï"'],
    additionalProperties: false,
    $defs: {
      node: {
        type: 'object',
        properties: {
          left: { anyOf: [{ $ref: '#/$defs/node' }, { type: 'null' }] },
          value: { type: 'integer' },
        },
        required: ['left', 'value'],
        additionalProperties: false,
      },
    },
  };

  it('makes JSON that fits a schema, whole and streamed', async () => {
    const { whole, chunks } = await both({
      messages: say('Describe it'),
      response_format: { type: 'json_schema', json_schema: { name: 'thing', strict: true, schema } },
    });
    const content = whole.choices[0]!.message.content!;
    expect(
      new Ajv2020({ strict: false, validateFormats: false }).compile(schema)(JSON.parse(content)),
      content,
    ).toBe(true);
    expect(
      deltas(chunks)
        .map((delta) => delta.content ?? '')
        .join(''),
    ).toBe(content);
    const { whole: cut } = await both({
      messages: say('Describe it'),
      max_tokens: 5,
      response_format: { type: 'json_schema', json_schema: { name: 'thing', strict: true, schema } },
    });
    expect(cut.choices[0]!.finish_reason).toBe('length');
    expect(content.startsWith(cut.choices[0]!.message.content!)).toBe(true);
  });

  it('makes any object when asked for JSON, and what vLLM guides', async () => {
    const { whole } = await both({
      messages: say('As JSON please'),
      response_format: { type: 'json_object' },
    });
    expect(JSON.parse(whole.choices[0]!.message.content!)).toBeTypeOf('object');
    const { whole: choice } = await both({
      messages: say('?'),
      guided_choice: ['yes', 'no'],
    } as unknown as Params);
    expect(['yes', 'no']).toContain(choice.choices[0]!.message.content);
    const { whole: regex } = await both({
      messages: say('?'),
      guided_regex: '^\\d{3}-[ab]$',
    } as unknown as Params);
    expect(regex.choices[0]!.message.content).toMatch(/^\d{3}-[ab]$/);
  });

  it('names the part of a strict schema that breaks the rules', async () => {
    const bad = structuredClone(schema) as { $defs: { node: { additionalProperties?: boolean } } };
    delete bad.$defs.node.additionalProperties;
    const asked = used.client.chat.completions.create({
      model: 'fakeai-1',
      messages: say('x'),
      response_format: {
        type: 'json_schema',
        json_schema: { name: 'thing', strict: true, schema: { ...bad } },
      },
    });
    await expect(asked).rejects.toMatchObject({
      status: 400,
      message: expect.stringContaining(
        "Invalid schema for response_format 'thing': In context=('$defs', 'node'), 'additionalProperties' is required to be supplied and to be false.",
      ) as string,
    });
  });
});

describe('logprobs', () => {
  it('come with every token, the chosen one among the sorted alternatives', async () => {
    const { whole, chunks } = await both({
      messages: say('hi'),
      logprobs: true,
      top_logprobs: 20,
      max_tokens: 40,
    });
    const entries = whole.choices[0]!.logprobs!.content!;
    expect(entries).toHaveLength(40);
    expect(entries.map(({ token }) => token).join('')).toBe(whole.choices[0]!.message.content);
    for (const { token, logprob, bytes, top_logprobs: top } of entries) {
      expect(bytes).toEqual([...Buffer.from(token)]);
      expect(top).toHaveLength(20);
      expect(new Set(top.map((one) => one.token)).size).toBe(20);
      expect(top.map((one) => one.logprob)).toEqual(top.map((one) => one.logprob).sort((a, b) => b - a));
      expect(top.reduce((sum, one) => sum + Math.exp(one.logprob), 0)).toBeLessThanOrEqual(1);
      const self = top.find((one) => one.token === token);
      expect(self ? self.logprob : top.at(-1)!.logprob).toBeGreaterThanOrEqual(logprob);
    }
    const streamed = chunks.flatMap(({ choices }) =>
      choices.flatMap((choice) => choice.logprobs?.content ?? []),
    );
    expect(streamed).toEqual(entries);
    const { whole: few } = await both({ messages: say('hi'), logprobs: true, max_tokens: 40 });
    expect(few.choices[0]!.logprobs!.content!.map(({ logprob }) => logprob)).toEqual(
      entries.map(({ logprob }) => logprob),
    );
  });

  it('stop where a stop sequence cuts the text', async () => {
    const { whole } = await both({ messages: say('hi'), max_tokens: 40 });
    const text = whole.choices[0]!.message.content!;
    const stop = text.slice(60, 66);
    const { whole: cut, chunks } = await both({ messages: say('hi'), max_tokens: 40, stop, logprobs: true });
    const shown = cut.choices[0]!.message.content!;
    const tokens = cut.choices[0]!.logprobs!.content!.map(({ token }) => token);
    expect(tokens.join('').startsWith(shown)).toBe(true);
    expect(tokens.slice(0, -1).join('').length).toBeLessThan(shown.length + 1);
    expect(
      chunks.flatMap(({ choices }) => choices.flatMap((one) => one.logprobs?.content ?? [])),
    ).toHaveLength(tokens.length);
  });
});

describe('reasoning', () => {
  const thoughtsOf = async (effort: 'low' | 'high', model = 'fakeai-1') => {
    const { whole } = await both({ model, messages: say('Think'), reasoning_effort: effort });
    return whole.usage!.completion_tokens_details!.reasoning_tokens!;
  };

  it('takes more tokens with more effort, and is shown before the answer', async () => {
    expect(await thoughtsOf('high')).toBeGreaterThan(await thoughtsOf('low'));
    const { whole, chunks } = await both({ model: 'deepseek-r1', messages: say('Think') });
    const { reasoning_content: thoughts, content } = whole.choices[0]!.message as unknown as Record<
      string,
      string
    >;
    expect(thoughts).toMatch(/\w/);
    const parts = deltas(chunks) as { reasoning_content?: string; content?: string | null }[];
    expect(parts.map((delta) => delta.reasoning_content ?? '').join('')).toBe(thoughts);
    expect(parts.map((delta) => delta.content ?? '').join('')).toBe(content);
    expect(parts.findIndex((delta) => delta.content)).toBeGreaterThan(
      parts.findLastIndex((delta) => delta.reasoning_content),
    );
    const details = whole.usage!.completion_tokens_details!;
    expect(whole.usage!.completion_tokens).toBeGreaterThan(details.reasoning_tokens!);
  });

  it('is hidden by the models that hide it, which refuse what they do not take', async () => {
    const { whole, chunks } = await both({
      model: 'o3-mini',
      messages: say('Think'),
      max_completion_tokens: 100_000,
    });
    expect(JSON.stringify([whole, chunks])).not.toContain('reasoning_content');
    expect(whole.usage!.completion_tokens_details!.reasoning_tokens).toBeGreaterThan(0);
    const { whole: cut } = await both({ model: 'o3-mini', messages: say('Think'), max_completion_tokens: 5 });
    expect(cut.choices[0]).toMatchObject({ finish_reason: 'length', message: { content: '' } });
    const wrong = await postChat(used.server.url, { model: 'o3-mini', messages: say('x'), max_tokens: 5 });
    await expectError(wrong, 400, { param: 'max_tokens', code: 'unsupported_parameter' });
    const cold = await postChat(used.server.url, { model: 'o3-mini', messages: say('x'), temperature: 0 });
    await expectError(cold, 400, { param: 'temperature', code: 'unsupported_value' });
    const never = await postChat(used.server.url, {
      model: 'gpt-4o',
      messages: say('x'),
      reasoning_effort: 'low',
    });
    await expectError(never, 400, { param: 'reasoning_effort', code: 'unsupported_parameter' });
  });
});

it('names the most tokens that the model can say', async () => {
  for (const [model, asked, most] of [
    ['gpt-4o', 999_999, 16_384],
    ['fakeai-1', 999_999, 131_072],
  ] as const) {
    const refused = await postChat(used.server.url, { model, messages: say('x'), max_tokens: asked });
    const { message } = await expectError(refused, 400, { param: 'max_tokens', code: 'invalid_value' });
    expect(message).toContain(`at most ${most} completion tokens, whereas you provided ${asked}`);
  }
});

describe('efforts', () => {
  let other: RunningServer;
  beforeAll(async () => {
    other = await startTestServer({ model: [], threads: 1 });
  });
  afterAll(() => other.close());
  const chat = (model: string, rest: object) =>
    postChat(other.url, { model, messages: say('Think'), ...rest });
  const thoughts = async (model: string, rest: object = {}): Promise<number> => {
    const answered = await expectAnswer<OpenAI.ChatCompletion>(
      'createChatCompletion',
      await chat(model, rest),
    );
    return answered.usage!.completion_tokens_details!.reasoning_tokens!;
  };

  it.each([
    ['gpt-5', 'none', "'minimal', 'low', 'medium', and 'high'"],
    ['gpt-5.1', 'minimal', "'none', 'low', 'medium', and 'high'"],
    ['gpt-6-astra', 'none', "'low', 'medium', 'high', 'xhigh', and 'max'"],
    ['o3', 'xhigh', "'low', 'medium', and 'high'"],
  ])('%s does not know %s', async (model, effort, known) => {
    const refused = await expectError(await chat(model, { reasoning_effort: effort }), 400, {
      param: 'reasoning_effort',
      code: 'unsupported_value',
    });
    expect(refused.message).toContain(
      `does not support '${effort}' with this model. Supported values are: ${known}.`,
    );
  });

  it('are none of models that do not think by themselves, which are sampled then', async () => {
    expect(await thoughts('gpt-5')).toBeGreaterThan(0);
    expect(await thoughts('gpt-5.1-2025-11-13')).toBe(0);
    expect(await thoughts('gpt-5.2', { reasoning_effort: 'xhigh' })).toBeGreaterThan(500);
    expect(await thoughts('gpt-5.2', { temperature: 0.2, logprobs: true })).toBe(0);
    const thinking = await chat('gpt-5.2', { temperature: 0.2, reasoning_effort: 'low' });
    await expectError(thinking, 400, { param: 'temperature', code: 'unsupported_value' });
    expect(await thoughts('gpt-5.2', { presence_penalty: 1 })).toBe(0);
    for (const [name, value] of [
      ['presence_penalty', 1],
      ['top_p', 0.5],
      ['stop', 'x'],
      ['prediction', { type: 'content', content: 'x' }],
    ] as const) {
      const refused = await chat('gpt-5.2', { [name]: value, reasoning_effort: 'low' });
      await expectError(refused, 400, { param: name, code: 'unsupported_parameter' });
    }
  });
});

describe('what bends the words', () => {
  const contentOf = async (over: Partial<Params>) => {
    const { whole } = await both({
      messages: say('Speak'),
      max_tokens: 200,
      ignore_eos: true,
      ...over,
    } as Params);
    return whole.choices[0]!.message.content!;
  };
  const spread = (text: string) => new Set(text.match(/\w+/g)).size;

  it('bans and forces tokens by their bias', async () => {
    const plain = await contentOf({});
    expect(plain).toContain(' the');
    // " the" and " hello" in o200k_base.
    expect(await contentOf({ logit_bias: { 290: -100 } })).not.toMatch(/ the(?![a-z])/);
    expect(await contentOf({ logit_bias: { 40617: 100 }, max_tokens: 5 })).toBe(' hello'.repeat(5));
  });

  it('repeats less or more by the penalties', async () => {
    const plain = spread(await contentOf({}));
    expect(spread(await contentOf({ frequency_penalty: 2 }))).toBeGreaterThan(plain);
    expect(spread(await contentOf({ presence_penalty: -2 }))).toBeLessThan(plain);
  });

  it('gives equal choices without temperature, different ones with it', async () => {
    const texts = async (temperature: number) => {
      const { whole } = await both({ messages: say('Speak'), n: 3, temperature, max_tokens: 20 });
      return new Set(whole.choices.map(({ message }) => message.content)).size;
    };
    expect([await texts(0), await texts(1)]).toEqual([1, 3]);
  });

  it.each<[string, Partial<Params>, boolean]>([
    ['temperature', { temperature: 0 }, true],
    ['top_p', { top_p: 0 }, true],
    ['top_k', { top_k: 1 } as object, true],
    ['a schema', { temperature: 0, response_format: { type: 'json_object' } }, true],
    ['any temperature above', { temperature: 0.1, min_tokens: 600, max_tokens: 600 } as object, false],
  ])('takes the likeliest words, whatever the seed, with least %s', async (_name, rest, same) => {
    const texts = [1, 2].map((seed) => contentOf({ seed, messages: say('Speak of JSON'), ...rest }));
    expect((await texts[0]) === (await texts[1])).toBe(same);
  });

  it.each<Partial<Params>>([{ temperature: 0 }, { temperature: 0.5 }, { temperature: 1.7 }, { top_p: 0.5 }])(
    'says something else with %j',
    async (rest) => {
      expect(await contentOf(rest)).not.toBe(await contentOf({}));
      expect(await contentOf(rest)).toBe(await contentOf(rest));
    },
  );
});

describe('predicted outputs', () => {
  it('are compared with what is said', async () => {
    const messages = say('Write');
    const { whole } = await both({ messages });
    const content = whole.choices[0]!.message.content!;
    const { whole: same } = await both({ messages, prediction: { type: 'content', content } });
    const count = whole.usage!.completion_tokens;
    expect(same.choices[0]!.message.content).toBe(content);
    expect(same.usage!.completion_tokens_details).toMatchObject({
      accepted_prediction_tokens: count,
      rejected_prediction_tokens: 0,
    });
    const { whole: other } = await both({
      messages,
      prediction: { type: 'content', content: 'Nothing like that at all' },
    });
    expect(other.usage!.completion_tokens_details).toMatchObject({
      accepted_prediction_tokens: 0,
      rejected_prediction_tokens: 5,
    });
  });

  it('are mostly accepted where a text is to be edited', async () => {
    const code = Array.from({ length: 30 }, (_, i) => `export const value${i} = compute(${i}, option);`).join(
      '\n',
    );
    const { whole } = await both({
      messages: say(`Rename option.\n${code}`),
      prediction: { type: 'content', content: code },
    });
    const details = whole.usage!.completion_tokens_details!;
    expect(details.accepted_prediction_tokens).toBeGreaterThan(details.rejected_prediction_tokens! * 3);
    expect(details.rejected_prediction_tokens).toBeGreaterThan(0);
  });
});

describe('what is not text', () => {
  const promptTokens = async (model: string, parts: unknown[]) => {
    const { whole } = await both({
      model,
      messages: [{ role: 'user', content: [{ type: 'text', text: 'Look' }, ...parts] as never }],
      max_tokens: 1,
    });
    return whole.usage!;
  };
  const image = (width: number, height: number, detail: string) => {
    const header = Buffer.alloc(33);
    header.set(Buffer.from('\x89PNG\r\n\x1a\n\0\0\0\rIHDR', 'latin1'));
    header.writeUInt32BE(width, 16);
    header.writeUInt32BE(height, 20);
    return {
      type: 'image_url',
      image_url: { url: `data:image/png;base64,${header.toString('base64')}`, detail },
    };
  };

  it('costs the tokens that OpenAI counts', async () => {
    const { prompt_tokens: none } = await promptTokens('gpt-4o', []);
    const grown = async (part: unknown, model = 'gpt-4o') =>
      (await promptTokens(model, [part])).prompt_tokens - none;
    expect(await grown(image(1024, 1024, 'low'))).toBe(85);
    expect(await grown(image(1024, 1024, 'high'))).toBe(765);
    expect(await grown(image(2048, 4096, 'high'))).toBe(1105);
    expect(await grown(image(400, 300, 'auto'))).toBe(85);
    const video = { type: 'video_url', video_url: { url: 'https://x/512x288_5s_4fps.mp4', detail: 'low' } };
    expect(await grown(video, 'fakeai-1')).toBe(85 + 20 * 10);
    const file = {
      type: 'file',
      file: { file_data: 'data:text/plain,one%20two%20three', filename: 'a.txt' },
    };
    expect(await grown(file)).toBe(3);
  });

  it('is counted apart where it is sound', async () => {
    const wav = Buffer.alloc(44 + 10 * 16_000);
    wav.write('RIFF', 0);
    wav.write('WAVEfmt ', 8);
    wav.writeUInt32LE(16, 16);
    wav.writeUInt32LE(16_000, 28);
    wav.write('data', 36);
    wav.writeUInt32LE(10 * 16_000, 40);
    const part = { type: 'input_audio', input_audio: { data: wav.toString('base64'), format: 'wav' } };
    const usage = await promptTokens('gpt-audio', [part]);
    expect(usage.prompt_tokens_details!.audio_tokens).toBe(100);
  });

  const WAV = 'UklGRiQAAABXQVZFZm10IBAAAAABAAEAgD4AAAB9AAACABAAZGF0YQAAAAA=';
  it.each([
    [
      'gpt-3.5-turbo',
      { type: 'image_url', image_url: { url: 'https://example.com/a.png' } },
      {
        message: 'Invalid content type. image_url is only supported by certain models.',
        param: 'messages.[0].content.[1].type',
        code: null,
      },
    ],
    [
      'gpt-4o',
      { type: 'input_audio', input_audio: { data: WAV, format: 'wav' } },
      {
        message: "Invalid 'messages[0]'. Content blocks are expected to be either text or image_url type.",
        param: 'messages[0]',
        code: 'invalid_value',
      },
    ],
    [
      'gpt-4o',
      { type: 'video_url', video_url: { url: 'https://example.com/a.mp4' } },
      { param: 'messages.[0].content.[1].type', code: null },
    ],
  ])('%s refuses %o, which it cannot read', async (model, part, expected) => {
    const messages = [{ role: 'user', content: [{ type: 'text', text: 'What is it?' }, part] }];
    await expectError(await postChat(used.server.url, { model, messages }), 400, expected);
    // Of a model that nobody knows, nothing is known that it cannot.
    expect((await postChat(used.server.url, { model: 'fakeai-1', messages })).status).toBe(200);
  });

  it('is what users say, of pictures', async () => {
    const content = [{ type: 'image_url', image_url: { url: 'https://example.com/a.png' } }];
    const messages = [
      { role: 'system', content },
      { role: 'user', content: 'Hi' },
    ];
    await expectError(await postChat(used.server.url, { model: 'gpt-4o', messages }), 400, {
      message:
        "Invalid 'messages[0]'. Image URLs are only allowed for messages with role 'user', but this message with role 'system' contains an image URL.",
      param: 'messages[0]',
      code: 'invalid_value',
    });
  });
});

describe('the context window', () => {
  const fails = async (over: object, message: string, param: string, code: string) => {
    const error = await expectError(await postChat(used.server.url, { model: 'gpt-4o', ...over }), 400, {
      param,
      code,
    });
    expect(JSON.stringify(error)).toContain(message);
  };

  it('is checked before the first byte, with the numbers', async () => {
    const long = say('word '.repeat(130_000));
    for (const stream of [false, true]) {
      await fails(
        { messages: long, stream },
        "This model's maximum context length is 128000 tokens. However, your messages resulted in 130",
        'messages',
        'context_length_exceeded',
      );
    }
    const nearly = say('word '.repeat(120_000));
    await fails(
      { messages: nearly, max_tokens: 10_000 },
      'in the completion)',
      'messages',
      'context_length_exceeded',
    );
    await fails(
      { messages: say('x'), max_tokens: 20_000 },
      'at most 16384 completion tokens',
      'max_tokens',
      'invalid_value',
    );
  });
});

describe('kept completions', () => {
  it('are listed, read, changed and deleted', async () => {
    const make = (metadata: Record<string, string>) =>
      used.client.chat.completions.create({
        model: 'gpt-4o',
        messages: say('Keep this'),
        store: true,
        metadata,
      });
    const one = await make({ topic: 'a' });
    const two = await make({ topic: 'b' });
    expect(two.id).not.toBe(one.id);
    const kept = await used.client.chat.completions.retrieve(one.id);
    expect(kept).toMatchObject({ choices: one.choices, usage: one.usage, metadata: { topic: 'a' } });
    const listed = await used.client.chat.completions.list({ model: 'gpt-4o', metadata: { topic: 'b' } });
    expect(listed.data.map(({ id }) => id)).toEqual([two.id]);
    const url = `${used.server.url}/v1/chat/completions`;
    await expectAnswer('listChatCompletions', await fetch(`${url}?limit=1`));
    const { data } = await used.client.chat.completions.messages.list(one.id);
    expect(data).toMatchObject([{ role: 'user', content: 'Keep this' }]);
    expect(await used.client.chat.completions.update(one.id, { metadata: { topic: 'c' } })).toMatchObject({
      metadata: { topic: 'c' },
    });
    expect(await used.client.chat.completions.delete(one.id)).toMatchObject({ deleted: true });
    await expectError(await fetch(`${url}/${one.id}`), 404, {});
    const stream = await used.client.chat.completions.create({
      model: 'gpt-4o',
      messages: say('Keep this'),
      store: true,
      stream: true,
    });
    let id = '';
    let content = '';
    for await (const chunk of stream) {
      ({ id } = chunk);
      content += chunk.choices[0]?.delta.content ?? '';
    }
    expect((await used.client.chat.completions.retrieve(id)).choices[0]!.message.content).toBe(content);
  });
});

describe('the rest', () => {
  it('echoes the service tier, and pads events on request', async () => {
    const { whole, chunks } = await both({
      messages: say('hi'),
      service_tier: 'priority',
    });
    expect(whole.service_tier).toBe('priority');
    expect(new Set(chunks.map(({ service_tier: tier }) => tier))).toEqual(new Set(['priority']));
    const body = {
      model: 'fakeai-1',
      messages: say('hi'),
      stream: true,
      stream_options: { include_obfuscation: true },
    };
    const events = await expectEvents('createChatCompletion', await postChat(used.server.url, body));
    const padded = events as unknown as {
      obfuscation?: string;
      choices: { delta: { content?: string } }[];
    }[];
    const lengths = padded.flatMap(({ obfuscation, choices }) =>
      choices.length === 0 ? [] : [(obfuscation!.length + (choices[0]!.delta.content ?? '').length) % 16],
    );
    expect(lengths.length).toBeGreaterThan(10);
    expect(new Set(lengths)).toEqual(new Set([0]));
    const openais = { ...body, model: 'gpt-4o', stream_options: undefined };
    const usual = await expectEvents('createChatCompletion', await postChat(used.server.url, openais));
    for (const { obfuscation, choices } of usual as unknown as typeof padded)
      expect((obfuscation!.length + (choices[0]!.delta.content ?? '').length) % 16).toBe(0);
    const tools = [
      { type: 'function', function: { name: 'f', parameters: { type: 'object', properties: {} } } },
    ];
    const call = { ...body, tools, tool_choice: 'required' };
    const called = await expectEvents('createChatCompletion', await postChat(used.server.url, call));
    expect(called.every((event) => typeof event.obfuscation === 'string')).toBe(true);
    const plain = { ...call, stream_options: { include_obfuscation: false } };
    const bare = await expectEvents('createChatCompletion', await postChat(used.server.url, plain));
    expect(bare.some((event) => 'obfuscation' in event)).toBe(false);
  });

  it('refuses parameters that nobody knows', async () => {
    const response = await postChat(used.server.url, {
      model: 'fakeai-1',
      messages: say('x'),
      tempersture: 1,
    });
    await expectError(response, 400, {
      message: 'Unrecognized request argument supplied: tempersture',
      param: null,
      code: null,
    });
  });

  it('refuses what is nested too deep to be read, where the stack ends first', async () => {
    const deep = `${'['.repeat(200_000)}${']'.repeat(200_000)}`;
    const format = `{"type":"json_schema","json_schema":{"name":"x","schema":{"const":${deep}}}}`;
    const body = `{"model":"fakeai-1","messages":[{"role":"user","content":"x"}],"response_format":${format}}`;
    const response = await postChat(used.server.url, body);
    // Newer versions of Node read even this.
    if (response.status === 200) expectValid('createChatCompletion', await response.json());
    else {
      expect(response.status).toBe(400);
      expect(await response.text()).toContain('too deep');
    }
  });

  it('parses into types with the helper of the SDK', async () => {
    const parsed = await used.client.chat.completions.parse({
      model: 'fakeai-1',
      messages: say('x'),
      response_format: {
        type: 'json_schema',
        json_schema: {
          name: 'x',
          strict: true,
          schema: {
            type: 'object',
            properties: { a: { type: 'integer' } },
            required: ['a'],
            additionalProperties: false,
          },
        },
      },
    });
    expect((parsed.choices[0]!.message.parsed as unknown as { a: number }).a).toBeTypeOf('number');
    expectValid(
      'createChatCompletion',
      JSON.parse(
        JSON.stringify(await used.client.chat.completions.create({ model: 'fakeai-1', messages: say('x') })),
      ),
    );
  });
});
