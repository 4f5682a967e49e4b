/** Chat, completions, responses, conversations, embeddings and moderations: requests in which more parameters mean something. */
import type { World } from '../examples/world.js';
import type { Bases } from './bases.js';

const MODEL = 'gpt-4o-mini';
const SHOT = 'https://example.com/a.png';
const asked = (content: unknown): object[] => [{ role: 'user', content }];
const CHAT = { model: MODEL, messages: asked('Hi'), store: true };
const HARM = 'I will kill you and hurt everyone here.';
const EMPTY = { type: 'object', properties: {}, required: [], additionalProperties: false };
const CITY = {
  type: 'object',
  properties: { city: { type: 'string' } },
  required: ['city'],
  additionalProperties: false,
};
const FUNCTION = { name: 'get_weather', description: 'Tells the weather.', parameters: CITY, strict: true };
const OLD = { name: 'get_weather', description: 'Tells the weather.', parameters: CITY };
const LARK = { syntax: 'lark', definition: 'start: "a"' };
const PICTURE = async (world: World): Promise<string> =>
  `data:image/png;base64,${Buffer.from(await (await world.picture()).arrayBuffer()).toString('base64')}`;
const LONG = 'The quick brown fox jumps over the lazy dog, and the dog sleeps on. '.repeat(120);
const RAW_FILE = `data:application/octet-stream;base64,${Buffer.from('a,b\n1,2\n').toString('base64')}`;
const TEXT_FILE = `data:text/plain;base64,${Buffer.from('Cats purr.').toString('base64')}`;

async function chat(world: World): Promise<object[]> {
  const sound = Buffer.from(await (await world.speech()).arrayBuffer()).toString('base64');
  const tools = [
    { type: 'function', function: FUNCTION },
    {
      type: 'custom',
      custom: { name: 'note', description: 'Notes.', format: { type: 'grammar', grammar: LARK } },
    },
  ];
  const both = [
    ...tools,
    { type: 'function', function: { ...FUNCTION, name: 'get_time' } },
    { type: 'custom', custom: { name: 'memo' } },
  ];
  const calls = [
    { id: 'call_1', type: 'function', function: { name: 'get_weather', arguments: '{"city":"Rome"}' } },
    { id: 'call_2', type: 'custom', custom: { name: 'note', input: 'a' } },
  ];
  const dialogue = [
    ...asked('Hi'),
    { role: 'assistant', content: null, tool_calls: calls },
    { role: 'tool', tool_call_id: 'call_1', content: 'sunny' },
    { role: 'tool', tool_call_id: 'call_2', content: [{ type: 'text', text: 'noted' }] },
  ];
  const place = { country: 'FR', region: 'Brittany', city: 'Brest', timezone: 'Europe/Paris' };
  const harm = asked(HARM);
  const judge = { model: 'omni-moderation-latest' };
  return [
    {
      ...CHAT,
      metadata: { a: 'b' },
      user: 'me',
      safety_identifier: 's',
      prompt_cache_key: 'k',
      max_tokens: 3,
      logit_bias: { '11': -100, '13': -100, '290': -100 },
      logprobs: true,
      top_logprobs: 2,
    },
    { ...CHAT, stream: true, stream_options: { include_usage: true, include_obfuscation: true } },
    { ...CHAT, logprobs: true },
    { ...CHAT, tools: both, tool_choice: { type: 'function', function: { name: 'get_weather' } } },
    { ...CHAT, tools: both, tool_choice: { type: 'custom', custom: { name: 'note' } } },
    {
      ...CHAT,
      tools: both,
      tool_choice: {
        type: 'allowed_tools',
        allowed_tools: { mode: 'required', tools: [{ type: 'custom', custom: { name: 'note' } }] },
      },
    },
    {
      ...CHAT,
      messages: asked('Get the weather and get the time in Rome.'),
      tools: both.filter(({ type }) => type === 'function'),
      parallel_tool_calls: true,
    },
    { ...CHAT, functions: [OLD, { ...OLD, name: 'get_time' }], function_call: { name: 'get_time' } },
    { ...CHAT, messages: asked('Get the weather.'), functions: [OLD] },
    { ...CHAT, tools, messages: dialogue },
    {
      ...CHAT,
      messages: asked([
        { type: 'text', text: 'See.' },
        { type: 'image_url', image_url: { url: await PICTURE(world), detail: 'low' } },
        { type: 'file', file: { filename: 'a.csv', file_data: RAW_FILE } },
      ]),
    },
    {
      model: 'gpt-4o-audio-preview',
      messages: asked([{ type: 'input_audio', input_audio: { data: sound, format: 'wav' } }]),
    },
    { ...CHAT, messages: asked([{ type: 'file', file: { file_id: await world.file() } }]) },
    {
      model: 'gpt-4o-audio-preview',
      modalities: ['text', 'audio'],
      audio: { voice: 'alloy', format: 'wav' },
      messages: asked([{ type: 'input_audio', input_audio: { data: sound, format: 'wav' } }]),
    },
    {
      model: 'gpt-4o-search-preview',
      messages: asked('What is the news?'),
      web_search_options: {
        search_context_size: 'low',
        user_location: { type: 'approximate', approximate: place },
      },
    },
    {
      model: 'gpt-4o-audio-preview',
      modalities: ['text', 'audio'],
      audio: { voice: { id: await world.customVoice() }, format: 'wav' },
      messages: asked('Hi'),
    },
    { model: 'gpt-5-mini', messages: asked('Hi'), reasoning_effort: 'low', verbosity: 'low' },
    {
      ...CHAT,
      messages: asked('Hi'),
      response_format: {
        type: 'json_schema',
        json_schema: { name: 'a', description: 'b', schema: CITY, strict: true },
      },
    },
    { ...CHAT, messages: harm, moderation: { ...judge, policy: { input: { mode: 'score' } } } },
    { ...CHAT, guided_choice: [HARM], moderation: { ...judge, policy: { output: { mode: 'block' } } } },
    {
      ...CHAT,
      prediction: { type: 'content', content: [{ type: 'text', text: 'Once upon a time' }] },
    },
  ];
}

/** Calls and what came of them, as input. */
const PAIRS: readonly (readonly object[])[] = [
  [
    { type: 'function_call', call_id: 'c', name: 'f', arguments: '{}', caller: { type: 'direct' } },
    {
      type: 'function_call_output',
      call_id: 'c',
      output: [
        { type: 'input_image', image_url: SHOT, detail: 'low' },
        { type: 'input_file', filename: 'a.txt', file_data: TEXT_FILE },
        { type: 'input_text', text: 'x', prompt_cache_breakpoint: { mode: 'explicit' } },
      ],
    },
  ],
  [
    { type: 'function_call', call_id: 'c', name: 'f', arguments: '{}' },
    { type: 'function_call_output', call_id: 'c', output: [{ type: 'input_file', file_url: 'https://example.com/a.pdf' }] }, // prettier-ignore
  ],
  [
    { type: 'function_call', call_id: 'c', name: 'f', namespace: 'n', arguments: '{}' },
    { type: 'function_call_output', call_id: 'c', output: [{ type: 'input_text', text: 'x' }] },
  ],
  [
    { type: 'custom_tool_call', call_id: 'c', name: 'f', namespace: 'n', input: 'x' },
    { type: 'custom_tool_call_output', call_id: 'c', output: 'y' },
  ],
  [
    {
      type: 'local_shell_call',
      id: 'lsh_1',
      call_id: 'c',
      status: 'completed',
      action: {
        type: 'exec',
        command: ['ls'],
        timeout_ms: 5,
        working_directory: '/',
        env: { A: 'b' },
        user: 'me',
      },
    },
    { type: 'local_shell_call_output', id: 'c', call_id: 'c', output: 'x' },
  ],
  [
    {
      type: 'shell_call',
      call_id: 'c',
      action: { commands: ['ls'], timeout_ms: 5, max_output_length: 50 },
      environment: { type: 'local', skills: [{ name: 's', description: 'd', path: '/s' }] },
    },
    {
      type: 'shell_call_output',
      call_id: 'c',
      max_output_length: 50,
      output: [{ stdout: 'x', stderr: 'y', outcome: { type: 'exit', exit_code: 0 } }],
    },
  ],
  [
    {
      type: 'apply_patch_call',
      call_id: 'c',
      status: 'completed',
      operation: { type: 'update_file', path: 'a', diff: '@@\n-a\n+b\n' },
    },
    { type: 'apply_patch_call_output', call_id: 'c', status: 'completed', output: 'x' },
  ],
];

const ACTIONS: readonly object[] = [
  { type: 'click', button: 'left', x: 1, y: 2, keys: ['a'] },
  { type: 'drag', path: [{ x: 1, y: 2 }, { x: 3, y: 4 }] }, // prettier-ignore
  { type: 'scroll', x: 1, y: 2, scroll_x: 3, scroll_y: 4 },
  { type: 'type', text: 'a' },
];
const computer = (action: object): object[] => [
  {
    type: 'computer_call',
    id: 'cu_1',
    call_id: 'c',
    status: 'completed',
    action,
    pending_safety_checks: [{ id: 'a', code: 'b', message: 'c' }],
  },
  {
    type: 'computer_call_output',
    call_id: 'c',
    output: { type: 'computer_screenshot', image_url: SHOT },
    acknowledged_safety_checks: [{ id: 'a', code: 'b', message: 'c' }],
  },
];
const manyActions = (actions: readonly object[]): object[] => {
  const [call, output] = computer({});
  const { action: _, ...rest } = call as { action: unknown };
  return [{ ...rest, actions }, output!];
};

const itemBases = (name: string, rest: object): object[] =>
  [...PAIRS, ...ACTIONS.map(computer), ...ACTIONS.map((one) => manyActions([one]))].map((items) => ({
    ...rest,
    [name]: items,
  }));

const RESPONSE = { model: MODEL, input: 'Hi' };
const choice = (tools: object[], tool_choice: unknown): object => ({ ...RESPONSE, tools, tool_choice });

async function responses(world: World): Promise<object[]> {
  const tool = { type: 'function', ...FUNCTION };
  const server = { type: 'mcp', server_label: 's', server_url: 'https://example.com/mcp' };
  const harm = { ...RESPONSE, input: HARM };
  const judge = { model: 'omni-moderation-latest' };
  const store = await world.once('known store', () => world.post('/vector_stores', { name: 'one' }));
  return [
    { ...RESPONSE, temperature: 0.5, top_p: 0.5, top_logprobs: 2 },
    { ...RESPONSE, stream: true, stream_options: { include_obfuscation: true } },
    {
      ...RESPONSE,
      tools: [{ ...tool, allowed_callers: ['programmatic'] }, { type: 'programmatic_tool_calling' }],
    },
    { ...RESPONSE, tools: [{ type: 'namespace', name: 'n', description: 'd', tools: [{ ...tool, allowed_callers: ['programmatic'] }] }, { type: 'programmatic_tool_calling' }] }, // prettier-ignore
    { ...RESPONSE, tools: [{ ...tool, output_schema: EMPTY, allowed_callers: ['direct'] }] },
    { ...RESPONSE, tools: [{ ...tool, defer_loading: true }, { type: 'tool_search' }] },
    choice([tool], { type: 'function', name: 'get_weather' }),
    choice([{ type: 'custom', name: 'note' }], { type: 'custom', name: 'note' }),
    choice([{ ...server, authorization: 'x', headers: { a: 'b' } }, { ...server, server_label: 't' }], { type: 'mcp', server_label: 's', name: 'a' }), // prettier-ignore
    choice([tool, { type: 'file_search', vector_store_ids: [store.id] }], { type: 'file_search' }),
    choice([tool], { type: 'allowed_tools', mode: 'auto', tools: [{ type: 'function', name: 'get_weather' }] }), // prettier-ignore
    { ...RESPONSE, prompt: { id: 'greeting', version: '1', variables: { name: 'Ann' } } },
    { ...harm, moderation: { ...judge, policy: { input: { mode: 'score' } } } },
    { ...harm, input: `Repeat: ${HARM}`, moderation: { ...judge, policy: { output: { mode: 'block' } } } },
    { model: 'gpt-5-mini', input: 'Hi', reasoning: { generate_summary: 'auto' } },
    { ...RESPONSE, input: [{ role: 'user', content: LONG }], context_management: [{ type: 'compaction', compact_threshold: 1000 }] }, // prettier-ignore
    { ...RESPONSE, input: [{ type: 'additional_tools', role: 'developer', tools: [{ ...tool, output_schema: EMPTY, allowed_callers: ['direct'] }] }, { role: 'user', content: 'Hi' }] }, // prettier-ignore
    ...itemBases('input', { model: MODEL }),
    ...(await fileItems(world)).map((input) => ({ model: MODEL, input })),
  ];
}

/** What came of calls, in files. */
async function fileItems(world: World): Promise<object[][]> {
  const [shown, written] = await Promise.all([world.pictureFile(), world.file()]);
  const [call, output] = computer(ACTIONS[0]!) as [object, object];
  const called = { type: 'function_call', call_id: 'c', name: 'f', arguments: '{}' };
  const outputs = [
    { type: 'input_file', file_id: written },
    { type: 'input_image', file_id: shown, detail: 'low' },
  ];
  return [
    [call, { ...output, output: { type: 'computer_screenshot', file_id: shown } }],
    [called, { type: 'function_call_output', call_id: 'c', output: outputs }],
  ];
}

const completion = { model: 'gpt-3.5-turbo-instruct', prompt: 'Once upon a time', max_tokens: 12 };

export const TEXT_BASES: Bases = {
  createChatCompletion: chat,
  createCompletion: () => [
    { ...completion, logit_bias: { '11': -100, '13': -100, '1820': -100 } },
    { ...completion, stream: true, stream_options: { include_usage: true, include_obfuscation: true } },
  ],
  createResponse: responses,
  createConversation: async (world) => [
    ...itemBases('items', {}),
    ...(await fileItems(world)).map((items) => ({ items })),
  ],
};
