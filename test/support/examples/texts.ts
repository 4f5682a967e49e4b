/** Examples of chat, completions, responses, conversations, embeddings, moderations and models. */
import type { Examples, Made, World } from './world.js';

export const MODEL = 'gpt-4o-mini';
const ASKED = [{ role: 'user', content: 'Hi' }];
const MESSAGE = { type: 'message', role: 'user', content: [{ type: 'input_text', text: 'Hi' }] };
export const WEATHER = {
  name: 'get_weather',
  parameters: {
    type: 'object',
    properties: { city: { type: 'string' } },
    required: ['city'],
    additionalProperties: false,
  },
  strict: true,
};

const kept = async (world: World): Promise<string> =>
  (await world.post('/chat/completions', { model: MODEL, messages: ASKED, store: true })).id;
const keptOnce = (world: World): Promise<string> => world.once('completion', () => kept(world));
const response = async (world: World, body: object = {}): Promise<string> =>
  (await world.post('/responses', { model: MODEL, input: 'Hi', ...body })).id;
const responseOnce = (world: World): Promise<string> => world.once('response', () => response(world));
const conversation = (world: World): Promise<Made> => world.post('/conversations', { items: [MESSAGE] });
const conversationOnce = (world: World): Promise<Made> =>
  world.once('conversation', () => conversation(world));

async function item(world: World): Promise<{ conversation_id: string; item_id: string }> {
  const { id } = await conversation(world);
  const { data } = await world.get<{ data: [Made] }>(`/conversations/${id}/items`);
  return { conversation_id: id, item_id: data[0].id };
}

const chat: Examples = {
  createChatCompletion: () => ({
    body: {
      model: MODEL,
      messages: [{ role: 'system', content: 'Be brief.' }, ...ASKED],
      n: 2,
      stop: ['\n\n'],
      temperature: 0.7,
      top_p: 0.9,
      logprobs: true,
      top_logprobs: 2,
      max_completion_tokens: 60,
      seed: 3,
      user: 'me',
      metadata: { a: 'b' },
      store: true,
      tools: [{ type: 'function', function: WEATHER }],
      tool_choice: 'auto',
      response_format: { type: 'text' },
      stream: false,
    },
  }),
  listChatCompletions: async (world) => {
    await keptOnce(world);
    return { query: 'limit=5' };
  },
  getChatCompletion: async (world) => ({ params: { completion_id: await keptOnce(world) } }),
  updateChatCompletion: async (world) => ({
    params: { completion_id: await kept(world) },
    body: { metadata: { a: 'b' } },
  }),
  deleteChatCompletion: async (world) => ({ params: { completion_id: await kept(world) } }),
  getChatCompletionMessages: async (world) => ({ params: { completion_id: await keptOnce(world) } }),
  createCompletion: () => ({
    body: {
      model: 'gpt-3.5-turbo-instruct',
      prompt: ['Once upon a time', 'Never'],
      n: 2,
      best_of: 2,
      max_tokens: 12,
      echo: true,
      logprobs: 2,
      stop: ['\n'],
      suffix: '.',
      temperature: 0.5,
      user: 'me',
    },
  }),
};

const responses: Examples = {
  createResponse: () => ({
    body: {
      model: 'gpt-5-mini',
      input: [MESSAGE],
      instructions: 'Be brief.',
      max_output_tokens: 500,
      metadata: { a: 'b' },
      parallel_tool_calls: true,
      reasoning: { effort: 'low', summary: 'auto' },
      store: true,
      text: { format: { type: 'text' }, verbosity: 'low' },
      tools: [{ type: 'function', ...WEATHER }],
      tool_choice: 'auto',
      truncation: 'auto',
      stream: false,
    },
  }),
  getResponse: async (world) => ({ params: { response_id: await responseOnce(world) } }),
  deleteResponse: async (world) => ({ params: { response_id: await response(world) } }),
  cancelResponse: async (world) => ({ params: { response_id: await response(world, { background: true }) } }),
  listInputItems: async (world) => ({ params: { response_id: await responseOnce(world) } }),
  Getinputtokencounts: () => ({ body: { model: MODEL, input: 'Hi', instructions: 'Be brief.' } }),
  Compactconversation: () => ({ body: { model: MODEL, input: [MESSAGE], instructions: 'Be brief.' } }),
  createConversation: () => ({ body: { items: [MESSAGE], metadata: { a: 'b' } } }),
  getConversation: async (world) => ({ params: { conversation_id: (await conversationOnce(world)).id } }),
  updateConversation: async (world) => ({
    params: { conversation_id: (await conversation(world)).id },
    body: { metadata: { a: 'c' } },
  }),
  deleteConversation: async (world) => ({ params: { conversation_id: (await conversation(world)).id } }),
  createConversationItems: async (world) => ({
    params: { conversation_id: (await conversation(world)).id },
    body: { items: [MESSAGE] },
  }),
  listConversationItems: async (world) => ({
    params: { conversation_id: (await conversationOnce(world)).id },
  }),
  getConversationItem: async (world) => ({ params: await world.once('item', () => item(world)) }),
  deleteConversationItem: async (world) => ({ params: await item(world) }),
};

const others: Examples = {
  createEmbedding: () => ({
    body: {
      model: 'text-embedding-3-small',
      input: ['a cat', 'a dog'],
      dimensions: 8,
      encoding_format: 'float',
      user: 'me',
    },
  }),
  createModeration: () => ({
    body: { model: 'omni-moderation-latest', input: [{ type: 'text', text: 'I will hurt you.' }] },
  }),
  listModels: () => ({}),
  retrieveModel: () => ({ params: { model: MODEL } }),
};

export const TEXT_EXAMPLES: Examples = { ...chat, ...responses, ...others };
