/** Examples of assistants, threads, messages, runs and ChatKit. */
import { MODEL, WEATHER } from './texts.js';
import type { Example, Examples, Made, World } from './world.js';

const FUNCTION = { type: 'function', function: WEATHER };
const CALLED = {
  tools: [FUNCTION],
  tool_choice: { type: 'function', function: { name: WEATHER.name } },
};

const assistant = async (world: World): Promise<string> =>
  (await world.post('/assistants', { model: MODEL, name: 'Ann' })).id;
const assistantOnce = (world: World): Promise<string> => world.once('assistant', () => assistant(world));
const thread = async (world: World): Promise<string> =>
  (await world.post('/threads', { messages: [{ role: 'user', content: 'Hi' }] })).id;
const threadOnce = (world: World): Promise<string> => world.once('thread', () => thread(world));
const message = async (world: World): Promise<Params> => {
  const thread_id = await thread(world);
  const { id } = await world.post(`/threads/${thread_id}/messages`, { role: 'user', content: 'And?' });
  return { thread_id, message_id: id };
};
const messageOnce = (world: World): Promise<Params> => world.once('message', () => message(world));

type Params = NonNullable<Example['params']>;

async function run(world: World, body: object, status: string): Promise<{ params: Params; run: Made }> {
  const thread_id = await thread(world);
  const { id } = await world.post(`/threads/${thread_id}/runs`, {
    assistant_id: await assistantOnce(world),
    ...body,
  });
  const done = await world.until(`/threads/${thread_id}/runs/${id}`, (one) => one['status'] === status);
  return { params: { thread_id, run_id: id }, run: done };
}
const runOnce = async (world: World): Promise<Params> =>
  (await world.once('run', () => run(world, {}, 'completed'))).params;
const waiting = (world: World) => run(world, CALLED, 'requires_action');

interface Action {
  submit_tool_outputs: { tool_calls: [Made] };
}

const chatkit = (world: World): Promise<Made> =>
  world.post('/chatkit/sessions', { user: 'me', workflow: { id: 'wf_1' } });

export const ASSISTANT_EXAMPLES: Examples = {
  createAssistant: () => ({
    body: {
      model: MODEL,
      name: 'Ann',
      description: 'One who helps.',
      instructions: 'Be kind.',
      tools: [FUNCTION, { type: 'code_interpreter' }],
      metadata: { a: 'b' },
      temperature: 0.5,
      top_p: 0.9,
      response_format: 'auto',
    },
  }),
  listAssistants: async (world) => {
    await assistantOnce(world);
    return {};
  },
  getAssistant: async (world) => ({ params: { assistant_id: await assistantOnce(world) } }),
  modifyAssistant: async (world) => ({
    params: { assistant_id: await assistant(world) },
    body: { name: 'Bob', metadata: { a: 'c' } },
  }),
  deleteAssistant: async (world) => ({ params: { assistant_id: await assistant(world) } }),
  createThread: () => ({
    body: { messages: [{ role: 'user', content: 'Hi' }], metadata: { a: 'b' } },
  }),
  createThreadAndRun: async (world) => ({
    body: {
      assistant_id: await assistantOnce(world),
      thread: { messages: [{ role: 'user', content: 'Hi' }] },
      instructions: 'Be brief.',
      max_completion_tokens: 300,
      max_prompt_tokens: 1000,
      metadata: { a: 'b' },
      temperature: 0.5,
      truncation_strategy: { type: 'auto' },
    },
  }),
  getThread: async (world) => ({ params: { thread_id: await threadOnce(world) } }),
  modifyThread: async (world) => ({
    params: { thread_id: await thread(world) },
    body: { metadata: { a: 'c' } },
  }),
  deleteThread: async (world) => ({ params: { thread_id: await thread(world) } }),
  createMessage: async (world) => ({
    params: { thread_id: await thread(world) },
    body: { role: 'user', content: [{ type: 'text', text: 'And?' }], metadata: { a: 'b' } },
  }),
  listMessages: async (world) => ({ params: { thread_id: (await runOnce(world))['thread_id']! } }),
  getMessage: async (world) => ({ params: await messageOnce(world) }),
  modifyMessage: async (world) => ({ params: await message(world), body: { metadata: { a: 'c' } } }),
  deleteMessage: async (world) => ({ params: await message(world) }),
  createRun: async (world) => ({
    params: { thread_id: await thread(world) },
    body: {
      assistant_id: await assistantOnce(world),
      additional_instructions: 'Be brief.',
      additional_messages: [{ role: 'user', content: 'Well?' }],
      ...CALLED,
      parallel_tool_calls: false,
    },
  }),
  listRuns: async (world) => ({ params: { thread_id: (await runOnce(world))['thread_id']! } }),
  getRun: async (world) => ({ params: await runOnce(world) }),
  modifyRun: async (world) => ({ params: await runOnce(world), body: { metadata: { a: 'c' } } }),
  cancelRun: async (world) => ({ params: (await waiting(world)).params }),
  submitToolOuputsToRun: async (world) => {
    const { params, run: one } = await waiting(world);
    const [call] = (one['required_action'] as Action).submit_tool_outputs.tool_calls;
    return { params, body: { tool_outputs: [{ tool_call_id: call.id, output: 'sunny' }] } };
  },
  listRunSteps: async (world) => ({ params: await runOnce(world) }),
  getRunStep: async (world) => {
    const params = await runOnce(world);
    const steps = `/threads/${params['thread_id']}/runs/${params['run_id']}/steps`;
    const { data } = await world.get<{ data: [Made] }>(steps);
    return { params: { ...params, step_id: data[0].id } };
  },
  CreateChatSessionMethod: () => ({
    body: {
      user: 'me',
      workflow: { id: 'wf_1' },
      expires_after: { anchor: 'created_at', seconds: 300 },
      rate_limits: { max_requests_per_1_minute: 5 },
    },
  }),
  CancelChatSessionMethod: async (world) => ({ params: { session_id: (await chatkit(world)).id } }),
  ListThreadsMethod: () => ({}),
};
