/** Where something is to be seen of a request beside its answer, once what it has begun is done. */
import type { World } from '../examples/world.js';
import type { Aftermath } from './observe.js';

/** Ids are texts; nothing else is looked at but by name. */
type Answer = Record<string, string>;

const isUnderWay = ({ status }: Answer): boolean =>
  /^(queued|in_progress|validating|finalizing)$/.test(status ?? '');

async function done(world: World, path: string): Promise<Answer> {
  return (await world.until(path, (one) => !isUnderWay(one as never))) as never;
}

/** Vector stores that were made with something. */
async function newStores(world: World, answer: Answer): Promise<string[]> {
  const { file_search: search } = (answer['tool_resources'] ?? {}) as unknown as {
    file_search?: { vector_store_ids: string[] };
  };
  const [id] = search?.vector_store_ids ?? [];
  if (!id) return [];
  await done(world, `/vector_stores/${id}`);
  return [`/vector_stores/${id}`, `/vector_stores/${id}/files`];
}

const CONTENTS = 'include[]=step_details.tool_calls[*].file_search.results[*].content';

async function ofRun(world: World, { thread_id: thread, id }: Answer): Promise<string[]> {
  if (!id) return [];
  const run = `/threads/${thread}/runs/${id}`;
  await done(world, run);
  const made = await newStores(world, await world.get<Answer>(`/threads/${thread}`));
  return [`/threads/${thread}`, `/threads/${thread}/messages`, run, `${run}/steps?${CONTENTS}`, ...made];
}

/** Where pictures are is shown to who asks for it. */
const PICTURES = 'include[]=message.input_image.image_url&include[]=computer_call_output.output.image_url';

export const AFTERMATHS: Readonly<Record<string, Aftermath>> = {
  createResponse: (_, { id }) => [`/responses/${id}`, `/responses/${id}/input_items?order=asc`],
  createChatCompletion: (_, { id }) => [`/chat/completions/${id}`, `/chat/completions/${id}/messages`],
  createConversation: (_, { id }) => [`/conversations/${id}/items?${PICTURES}`],
  createThread: async (world, answer) => [
    `/threads/${answer['id']}/messages`,
    ...(await newStores(world, answer)),
  ],
  createAssistant: newStores,
  createThreadAndRun: ofRun,
  createRun: ofRun,
  createVectorStore: async (world, { id }) => {
    await done(world, `/vector_stores/${id}`);
    return [`/vector_stores/${id}/files`];
  },
  createVectorStoreFileBatch: async (world, { vector_store_id: store, id }) => {
    const batch = `/vector_stores/${store}/file_batches/${id}`;
    await done(world, batch);
    return [batch, `${batch}/files`];
  },
  createVectorStoreFile: async (world, { vector_store_id: store, id }) => {
    const file = `/vector_stores/${store}/files/${id}`;
    await done(world, file);
    return [file, `${file}/content`];
  },
  updateVectorStoreFileAttributes: async (world, { vector_store_id: store, id }) => {
    await done(world, `/vector_stores/${store}/files/${id}`);
    return [];
  },
  CreateContainer: (_, { id }) => [`/containers/${id}/files`],
  createBatch: async (world, { id }) => {
    const { output_file_id: output } = await done(world, `/batches/${id}`);
    return output ? [`/files/${output}`] : [];
  },
  createEvalRun: async (world, { eval_id: eval_, id }) => {
    const run = `/evals/${eval_}/runs/${id}`;
    await done(world, run);
    return [run, `${run}/output_items`];
  },
  createVideo: async (world, { id }) => {
    await done(world, `/videos/${id}`);
    return [`/videos/${id}/content?variant=thumbnail`];
  },
};
