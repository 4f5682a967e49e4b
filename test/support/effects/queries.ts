/** Requests in which the parameters of queries mean something, and the values of them that are answered differently. */
import { EXAMPLES } from '../examples/index.js';
import { MODEL } from '../examples/texts.js';
import type { Example, World } from '../examples/world.js';

/** Queries of one request; of what is answered to them no two are alike. */
export interface Differing {
  example: Example;
  queries: readonly string[];
}

type Rows = Readonly<Record<string, (world: World) => Promise<Differing>>>;

/** Parameters of all lists, of which pagination.test.ts sees that they do what they say. */
export const OF_PAGES = new Set(['limit', 'order', 'after', 'before']);

/** Parameters without an effect, and why. */
export const UNSEEN: Readonly<Record<string, string>> = {
  'ListThreadsMethod user': 'there is no ChatKit thread: only its own client makes any',
};

const at = (params: Example['params'], queries: readonly string[]): Differing => ({
  example: { params: params! },
  queries,
});

const PICTURE = 'https://example.com/a.png';
const withPicture = {
  type: 'message',
  role: 'user',
  content: [{ type: 'input_image', image_url: PICTURE, detail: 'low' }],
};
const SHOT = { type: 'computer_screenshot', image_url: PICTURE };
const screenshot = [
  { type: 'computer_call', call_id: 'c', action: { type: 'screenshot' }, pending_safety_checks: [] },
  { type: 'computer_call_output', call_id: 'c', output: SHOT },
];
const PICTURES = ['', 'include=message.input_image.image_url', 'include[]=computer_call_output.output.image_url']; // prettier-ignore

/** A conversation in which something was searched for, computed and thought about. */
const searched = (world: World): Promise<{ conversation_id: string; response_id: string }> =>
  world.once('searched', async () => {
    const { id: conversation } = await world.post('/conversations', { items: [withPicture, ...screenshot] });
    const file = await world.file('The moon is made of cheese.', 'moon.txt');
    const { id: store } = await world.post('/vector_stores', { file_ids: [file] });
    await world.until(`/vector_stores/${store}`, ({ status }) => status === 'completed');
    const asked = { model: 'o3', conversation };
    const tools = [{ type: 'file_search', vector_store_ids: [store] }];
    const tool_choice = { type: 'file_search' };
    const input = 'What is the moon made of? Search the files.';
    const { id } = await world.post('/responses', { ...asked, input, tools, tool_choice });
    await world.post('/responses', { ...asked, input: 'Search the web.', tools: [{ type: 'web_search' }], tool_choice: 'required' }); // prettier-ignore
    const code = [{ type: 'code_interpreter', container: { type: 'auto' } }];
    await world.post('/responses', { ...asked, input: 'Compute 2 + 2.', tools: code, tool_choice: { type: 'code_interpreter' } }); // prettier-ignore
    return { conversation_id: conversation, response_id: id };
  });

/** Of an item of a type, the queries that show it with more. */
const itemOf = async (world: World, type: string): Promise<Record<string, string>> => {
  const { conversation_id } = await searched(world);
  const { data } = await world.get<{ data: { id: string; type: string }[] }>(`/conversations/${conversation_id}/items?limit=100`); // prettier-ignore
  return { conversation_id, item_id: data.find((item) => item.type === type)!.id };
};

const DETAILS = ['file_search_call.results', 'web_search_call.action.sources', 'code_interpreter_call.outputs', 'reasoning.encrypted_content']; // prettier-ignore

const background = (world: World): Promise<string> =>
  world.once('background', async () => {
    const asked = { model: MODEL, input: 'Tell me more.', background: true, stream: true, max_output_tokens: 16 }; // prettier-ignore
    const events = Buffer.from(await world.bytes('/responses', asked)).toString();
    return /"id":"(resp_\w+)"/.exec(events)![1]!;
  });

const texts: Rows = {
  'listChatCompletions model': async (world) => {
    const ask = { messages: [{ role: 'user', content: 'Hi' }], store: true };
    for (const model of [MODEL, 'gpt-4o'])
      await world.post('/chat/completions', { ...ask, model, metadata: { a: model } });
    return at({}, ['', `model=${MODEL}`, 'model=gpt-4.1']);
  },
  'listChatCompletions metadata': async (world) => {
    await texts['listChatCompletions model']!(world);
    return at({}, ['', `metadata[a]=${MODEL}`, 'metadata[a]=x']);
  },
  'listInputItems include': async (world) => {
    const input = [withPicture, ...screenshot];
    const { id } = await world.post('/responses', { model: MODEL, input });
    return at({ response_id: id }, PICTURES);
  },
  'createConversationItems include': async (world) => {
    const { id } = await world.post('/conversations', {});
    const example = { params: { conversation_id: id }, body: { items: [withPicture, ...screenshot] } };
    return { example, queries: PICTURES };
  },
  'listConversationItems include': async (world) => {
    const { conversation_id } = await searched(world);
    const queries = [...PICTURES, ...DETAILS.map((one) => `include=${one}`)];
    return at({ conversation_id }, queries.map((one) => `limit=100&${one}`)); // prettier-ignore
  },
  'getConversationItem include': async (world) =>
    at(await itemOf(world, 'file_search_call'), ['', `include[]=${DETAILS[0]}`]),
  'getResponse include': async (world) => {
    const { response_id } = await searched(world);
    return at({ response_id }, ['', `include=${DETAILS[0]}`, `include=${DETAILS[3]}`, DETAILS.map((one) => `include[]=${one}`).join('&')].slice(0, 3)); // prettier-ignore
  },
  'getResponse stream': async (world) => at({ response_id: await background(world) }, ['', 'stream=true']),
  'getResponse starting_after': async (world) =>
    at({ response_id: await background(world) }, ['stream=true', 'stream=true&starting_after=3']),
  'getResponse include_obfuscation': async (world) =>
    at({ response_id: await background(world) }, ['stream=true', 'stream=true&include_obfuscation=false']),
};

const CONTENT = 'include[]=step_details.tool_calls[*].file_search.results[*].content';
const finder = (world: World): Promise<{ thread_id: string; assistant_id: string }> =>
  world.once('finder', async () => {
    const file = await world.file('The moon is made of cheese.', 'moon.txt');
    const { id: store } = await world.post('/vector_stores', { file_ids: [file] });
    await world.until(`/vector_stores/${store}`, ({ status }) => status === 'completed');
    const tool_resources = { file_search: { vector_store_ids: [store] } };
    const tools = [{ type: 'file_search' }];
    const { id: assistant_id } = await world.post('/assistants', { model: MODEL, tools, tool_resources });
    const content = 'What is the moon made of? Search the files.';
    const { id: thread_id } = await world.post('/threads', { messages: [{ role: 'user', content }] });
    return { thread_id, assistant_id };
  });
const found = (world: World): Promise<{ thread_id: string; run_id: string }> =>
  world.once('found', async () => {
    const { thread_id, assistant_id } = await finder(world);
    const { id: run_id } = await world.post(`/threads/${thread_id}/runs`, { assistant_id, tool_choice: { type: 'file_search' } }); // prettier-ignore
    await world.until(`/threads/${thread_id}/runs/${run_id}`, ({ status }) => status === 'completed');
    return { thread_id, run_id };
  });

const assistants: Rows = {
  'listMessages run_id': async (world) => {
    const { thread_id, run_id } = await found(world);
    return at({ thread_id }, ['', `run_id=${run_id}`, 'run_id=run_none']);
  },
  'listRunSteps include': async (world) => at(await found(world), ['', CONTENT]),
  'getRunStep include': async (world) => {
    const { thread_id, run_id } = await found(world);
    const { data } = await world.get<{ data: { id: string; type: string }[] }>(`/threads/${thread_id}/runs/${run_id}/steps`); // prettier-ignore
    const step_id = data.find(({ type }) => type === 'tool_calls')!.id;
    return at({ thread_id, run_id, step_id }, ['', CONTENT]);
  },
  'createRun include': async (world) => {
    const { thread_id, assistant_id } = await finder(world);
    const body = { assistant_id, tool_choice: { type: 'file_search' }, stream: true };
    return { example: { params: { thread_id }, body }, queries: ['', CONTENT] };
  },
};

/** A vector store with a file that can be read and one that cannot, which came together. */
const mixed = (world: World): Promise<{ vector_store_id: string; batch_id: string }> =>
  world.once('mixed', async () => {
    const file_ids = [await world.file(), await world.file('\u0000\u0001\u0002', 'a.bin')];
    const { id: vector_store_id } = await world.post('/vector_stores', {});
    const batches = `/vector_stores/${vector_store_id}/file_batches`;
    const { id: batch_id } = await world.post(batches, { file_ids });
    await world.until(`${batches}/${batch_id}`, ({ status }) => status !== 'in_progress');
    return { vector_store_id, batch_id };
  });
const FILTERS = ['', 'filter=completed', 'filter=cancelled'];

const stores: Rows = {
  'ListContainers name': async (world) => {
    for (const name of ['one', 'two']) await world.post('/containers', { name });
    return at({}, ['', 'name=one', 'name=none']);
  },
  'listFiles purpose': async (world) => {
    await world.file();
    await world.file('{}', 'a.jsonl', 'evals');
    return at({}, ['', 'purpose=evals', 'purpose=vision']);
  },
  'listVectorStoreFiles filter': async (world) => {
    const { vector_store_id } = await mixed(world);
    return at({ vector_store_id }, FILTERS);
  },
  'listFilesInVectorStoreBatch filter': async (world) => at(await mixed(world), FILTERS),
  'RetrieveVideoContent variant': async (world) => {
    const { params } = await EXAMPLES['RetrieveVideoContent']!(world);
    return at(params, ['', 'variant=thumbnail', 'variant=spritesheet']);
  },
};

const tuning: Rows = {
  'listEvals order_by': async (world) => {
    const made: string[] = [];
    const source = { type: 'custom', item_schema: { type: 'object' } };
    const criterion = { type: 'string_check', name: 'same', input: 'a', reference: 'b', operation: 'eq' };
    for (const name of ['one', 'two'])
      made.push((await world.post('/evals', { name, data_source_config: source, testing_criteria: [criterion] })).id); // prettier-ignore
    await world.post(`/evals/${made[0]}`, { name: 'one again' });
    return at({}, ['order=desc', 'order=desc&order_by=updated_at']);
  },
  'getEvalRuns status': async (world) => {
    const { params } = await EXAMPLES['getEvalRun']!(world);
    return at({ eval_id: params!['eval_id']! }, ['', 'status=failed']);
  },
  'getEvalRunOutputItems status': async (world) => {
    const { params } = await EXAMPLES['getEvalRunOutputItems']!(world);
    return at(params, ['status=pass', 'status=fail']);
  },
  'listFineTuningCheckpointPermissions project_id': async (world) => {
    const { params } = await EXAMPLES['createFineTuningCheckpointPermission']!(world);
    const path = `/fine_tuning/checkpoints/${params!['fine_tuned_model_checkpoint']}/permissions`;
    for (const id of ['proj_1', 'proj_2']) await world.post(path, { project_ids: [id] });
    return at(params, ['', 'project_id=proj_1', 'project_id=proj_3']);
  },
  'listPaginatedFineTuningJobs metadata': async (world) => {
    const { body } = await EXAMPLES['createFineTuningJob']!(world);
    for (const a of ['b', 'c']) await world.post('/fine_tuning/jobs', { ...body, metadata: { a } });
    return at({}, ['', 'metadata[a]=b', 'metadata[a]=x']);
  },
};

/** By operation and name. */
export const QUERIES: Rows = { ...texts, ...assistants, ...stores, ...tuning };
