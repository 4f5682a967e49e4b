/** Every list of stored resources: walking it visits everything once, in both orders, forwards and backwards. */
import { toFile } from 'openai';
import { describe, expect, it } from 'vitest';
import { chatLine, createBatch } from '../../support/batches.js';
import { useServer } from '../../support/use-server.js';
import { operations } from '../../support/spec.js';

const used = useServer({ model: [], fineTuneDuration: 0 });

const COUNT = 5;
const each = async <T>(make: (i: number) => Promise<T>): Promise<T[]> => {
  const made: T[] = [];
  // One after the other: the order of a list is that of making.
  for (let i = 0; i < COUNT; i++) made.push(await make(i));
  return made;
};
const MODEL = 'gpt-4o-mini';
const ASK = [{ role: 'user' as const, content: 'Hi' }];

async function post<T = { id: string }>(path: string, body: object): Promise<T> {
  const form = body instanceof FormData;
  const response = await fetch(`${used.server.url}/v1${path}`, {
    method: 'POST',
    body: form ? body : JSON.stringify(body),
    ...(form ? {} : { headers: { 'content-type': 'application/json' } }),
  });
  const text = await response.text();
  expect(response.status, text).toBeLessThan(300);
  return JSON.parse(text) as T;
}

const upload = (content: string, name = 'a.txt', purpose: 'user_data' | 'fine-tune' = 'user_data') =>
  used.client.files.create({ file: new File([content], name), purpose });
const files = async (): Promise<string[]> => (await each((i) => upload(`text ${i}`))).map(({ id }) => id);

async function job(): Promise<{ id: string; fine_tuned_model: string | null }> {
  const example = '{"messages":[{"role":"user","content":"a"},{"role":"assistant","content":"b"}]}\n';
  const { id: training_file } = await upload(example.repeat(10), 'a.jsonl', 'fine-tune');
  const { id } = await used.client.fineTuning.jobs.create({ model: 'gpt-4o-mini-2024-07-18', training_file });
  return used.client.fineTuning.jobs.retrieve(id);
}

const EVAL = {
  data_source_config: { type: 'custom', item_schema: { type: 'object' } },
  testing_criteria: [
    { type: 'string_check', name: 'same', input: '{{ item.a }}', reference: 'b', operation: 'eq' },
  ],
};
const content = Array.from({ length: COUNT }, () => ({ item: { a: 'b' } }));
const EVAL_RUN = { data_source: { type: 'jsonl', source: { type: 'file_content', content } } };

function skill(i: number): FormData {
  const form = new FormData();
  form.append('files', new File([`---\nname: s${i}\ndescription: a skill\n---\n`], 's/SKILL.md'));
  return form;
}

async function run(thread: string, assistant: string): Promise<string> {
  const options = { pollIntervalMs: 5 };
  return (await used.client.beta.threads.runs.createAndPoll(thread, { assistant_id: assistant }, options)).id;
}

async function runs(): Promise<{ thread: string; run: string }> {
  const { id: assistant } = await used.client.beta.assistants.create({ model: MODEL });
  const { id: thread } = await used.client.beta.threads.create({ messages: ASK });
  const made = await each(() => run(thread, assistant));
  return { thread, run: made[0]! };
}

/** Makes what is listed, at least two, and gives the path of the list. */
const LISTS: Readonly<Record<string, () => Promise<string>>> = {
  listAssistants: async () => {
    await each(() => used.client.beta.assistants.create({ model: MODEL }));
    return '/assistants';
  },
  listBatches: async () => {
    await each(() => createBatch(used.client, [chatLine('a')]));
    return '/batches';
  },
  listChatCompletions: async () => {
    await each(() => used.client.chat.completions.create({ model: MODEL, messages: ASK, store: true }));
    return '/chat/completions';
  },
  getChatCompletionMessages: async () => {
    const messages = Array.from({ length: COUNT }, (_, i) => ({ role: 'user' as const, content: `${i}` }));
    const { id } = await used.client.chat.completions.create({ model: MODEL, messages, store: true });
    return `/chat/completions/${id}/messages`;
  },
  ListContainers: async () => {
    await each((i) => used.client.containers.create({ name: `c${i}` }));
    return '/containers';
  },
  ListContainerFiles: async () => {
    const { id } = await used.client.containers.create({ name: 'c', file_ids: await files() });
    return `/containers/${id}/files`;
  },
  listConversationItems: async () => {
    const items = Array.from({ length: COUNT }, (_, i) => ({ role: 'user' as const, content: `${i}` }));
    return `/conversations/${(await used.client.conversations.create({ items })).id}/items`;
  },
  listEvals: async () => {
    await each(() => post('/evals', EVAL));
    return '/evals';
  },
  getEvalRuns: async () => {
    const { id } = await post('/evals', EVAL);
    await each(() => post(`/evals/${id}/runs`, EVAL_RUN));
    return `/evals/${id}/runs`;
  },
  getEvalRunOutputItems: async () => {
    const { id } = await post('/evals', EVAL);
    const { id: one } = await post(`/evals/${id}/runs`, EVAL_RUN);
    const statusOf = async () => (await used.client.evals.runs.retrieve(one, { eval_id: id })).status;
    await expect.poll(statusOf, { interval: 20 }).toBe('completed');
    return `/evals/${id}/runs/${one}/output_items`;
  },
  listFiles: async () => {
    await files();
    return '/files';
  },
  listFineTuningCheckpointPermissions: async () => {
    const { fine_tuned_model: model } = await job();
    const permissions = `/fine_tuning/checkpoints/${model}/permissions`;
    await each((i) => post(permissions, { project_ids: [`proj_${i}`] }));
    return permissions;
  },
  listPaginatedFineTuningJobs: async () => {
    await each(job);
    return '/fine_tuning/jobs';
  },
  listFineTuningJobCheckpoints: async () => `/fine_tuning/jobs/${(await job()).id}/checkpoints`,
  listFineTuningEvents: async () => `/fine_tuning/jobs/${(await job()).id}/events`,
  listInputItems: async () => {
    const input = Array.from({ length: COUNT }, (_, i) => ({ role: 'user' as const, content: `${i}` }));
    return `/responses/${(await used.client.responses.create({ model: MODEL, input })).id}/input_items`;
  },
  ListSkills: async () => {
    await each((i) => post('/skills', skill(i)));
    return '/skills';
  },
  ListSkillVersions: async () => {
    const { id } = await post('/skills', skill(0));
    await each((i) => post(`/skills/${id}/versions`, skill(i)));
    return `/skills/${id}/versions`;
  },
  listMessages: async () => {
    const { id } = await used.client.beta.threads.create();
    await each((i) => used.client.beta.threads.messages.create(id, { role: 'user', content: `${i}` }));
    return `/threads/${id}/messages`;
  },
  listRuns: async () => `/threads/${(await runs()).thread}/runs`,
  listRunSteps: async () => {
    const { thread, run: one } = await runs();
    return `/threads/${thread}/runs/${one}/steps`;
  },
  listVectorStores: async () => {
    await each((i) => used.client.vectorStores.create({ name: `v${i}` }));
    return '/vector_stores';
  },
  listVectorStoreFiles: async () => {
    const { id } = await used.client.vectorStores.create({ file_ids: await files() });
    return `/vector_stores/${id}/files`;
  },
  listFilesInVectorStoreBatch: async () => {
    const { id } = await used.client.vectorStores.create({});
    const batch = await used.client.vectorStores.fileBatches.create(id, { file_ids: await files() });
    return `/vector_stores/${id}/file_batches/${batch.id}/files`;
  },
  ListVideos: async () => {
    await each((i) => used.client.videos.create({ prompt: `${i}` }));
    return '/videos';
  },
};
/** Lists that are always empty, or of what is not simulated. */
const OTHERS = ['ListThreadsMethod', 'ListThreadItemsMethod', 'listVoiceConsents'];

interface Page {
  data: { id: string }[];
  has_more: boolean;
  first_id?: string;
  last_id?: string;
}
const page = async (path: string, query: Record<string, string>): Promise<Page> =>
  (await used.client.get(path, { query })) as Page;
const idsOf = ({ data }: Page): string[] => data.map(({ id }) => id);

async function walk(path: string, query: Record<string, string>, by: 'after' | 'before'): Promise<string[]> {
  const ids: string[] = [];
  for (let cursor: string | undefined; ;) {
    const found = await page(path, { ...query, limit: '2', ...(cursor ? { [by]: cursor } : {}) });
    expect(found.data.length).toBeLessThanOrEqual(2);
    if (found.first_id !== undefined) expect([found.first_id, found.last_id]).toEqual([idsOf(found)[0] ?? null, idsOf(found).at(-1) ?? null]); // prettier-ignore
    if (by === 'after') ids.push(...idsOf(found));
    else ids.unshift(...idsOf(found));
    cursor = by === 'after' ? ids.at(-1) : ids[0];
    if (!found.has_more) return ids;
  }
}

describe.each(Object.keys(LISTS))('%s', (id) => {
  const { query } = operations.get(id)!;
  // There, and nowhere else, the specification writes the order in full.
  const [asc, desc] =
    id === 'listFineTuningCheckpointPermissions'
      ? (['ascending', 'descending'] as const)
      : (['asc', 'desc'] as const);

  /** Files say what is wrong without its name. */
  const named = (param: string): string | null => (id === 'listFiles' ? null : param);

  it('visits everything once', async () => {
    const path = await LISTS[id]!();
    const all = idsOf(await page(path, { limit: '100' }));
    expect(new Set(all).size).toBe(all.length);
    if (id !== 'listRunSteps') expect(all.length).toBeGreaterThanOrEqual(3);
    expect(await walk(path, {}, 'after')).toEqual(all);
    if ('order' in query) {
      const ascending = idsOf(await page(path, { limit: '100', order: asc }));
      const descending = idsOf(await page(path, { limit: '100', order: desc }));
      expect(descending).toEqual(ascending.toReversed());
      expect([ascending, descending]).toContainEqual(all);
      expect(await walk(path, { order: asc }, 'after')).toEqual(ascending);
      expect(await walk(path, { order: desc }, 'after')).toEqual(descending);
      await expect(page(path, { order: 'up' })).rejects.toMatchObject({ status: 400, param: named('order') });
    }
    if ('before' in query) {
      const last = all.at(-1)!;
      const earlier = await walk(path, { before: last }, 'before');
      expect(earlier).toEqual(all.slice(0, -1));
    }
    await expect(page(path, { limit: 'x' })).rejects.toMatchObject({ status: 400, param: named('limit') });
    await expect(page(path, { after: 'nothing' })).rejects.toMatchObject({ status: 400, param: 'after' });
  });
});

it('every list of the specification is here', () => {
  const lists = [...operations].filter(
    ([, { method, query, family }]) =>
      method === 'GET' && 'limit' in query && !/^(organization|projects)$/.test(family),
  );
  expect(lists.map(([id]) => id).toSorted()).toEqual([...Object.keys(LISTS), ...OTHERS].toSorted());
});

it('an SDK walks lists by itself', async () => {
  const made = (await each(async (i) => used.client.files.create({ file: await toFile(Buffer.from(`${i}`), 'w.txt'), purpose: 'evals' }))).map(({ id }) => id); // prettier-ignore
  const walked: string[] = [];
  for await (const { id } of used.client.files.list({ purpose: 'evals', limit: 2, order: 'asc' }))
    walked.push(id);
  expect(walked).toEqual(made);
});
