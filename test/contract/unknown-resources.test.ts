/** `--unknown-resources synthesize`: every operation on a resource that nobody made, held against the specification. */
import { toFile } from 'openai';
import OpenAI from 'openai';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { RunningServer } from '../../src/server/index.js';
import { startTestServer } from '../support/server.js';
import { expectError, expectValid, operations } from '../support/spec.js';

let server: RunningServer;
let usual: RunningServer;
let client: OpenAI;
beforeAll(async () => {
  [server, usual] = await Promise.all([
    startTestServer({ model: [], unknownResources: 'synthesize' }),
    startTestServer({ threads: 1, model: [] }),
  ]);
  client = new OpenAI({ baseURL: `${server.url}/v1`, apiKey: 'none', maxRetries: 0 });
});
afterAll(() => Promise.all([server.close(), usual.close()]));

const TEXT_MESSAGE = { type: 'message', role: 'user', content: [{ type: 'input_text', text: 'Hi' }] };
/** Bodies that are valid; `{}` where there is none here. */
const BODIES: Readonly<Record<string, object>> = {
  updateChatCompletion: { metadata: { a: 'b' } },
  CreateContainerFile: { file_id: 'file-x' },
  createConversationItems: { items: [TEXT_MESSAGE] },
  updateConversation: { metadata: { a: 'b' } },
  createEvalRun: {
    data_source: { type: 'jsonl', source: { type: 'file_content', content: [{ item: { a: 'b' } }] } },
  },
  UpdateSkillDefaultVersion: { default_version: '2' },
  createMessage: { role: 'user', content: 'Hello' },
  createRun: { assistant_id: 'asst_x' },
  submitToolOuputsToRun: { tool_outputs: [{ tool_call_id: 'call_x', output: 'y' }] },
  completeUpload: { part_ids: ['part_x'] },
  createVectorStoreFileBatch: { file_ids: ['file-x'] },
  createVectorStoreFile: { file_id: 'file-x' },
  updateVectorStoreFileAttributes: { attributes: { a: 'b' } },
  searchVectorStore: { query: 'anything' },
  CreateVideoRemix: { prompt: 'again' },
  updateVoiceConsent: { name: 'Mine' },
  'refer-realtime-call': { target_uri: 'tel:+14155550123' },
};
const FORMS: Readonly<Record<string, () => FormData>> = {
  addUploadPart: () => formOf('data', 'bytes'),
  CreateSkillVersion: () => formOf('files', '---\nname: a\ndescription: b\n---\n', 'a/SKILL.md'),
};
/** What the specification has no schema for. */
const DELETED: Readonly<Record<string, string>> = {
  deleteResponse: 'response',
  DeleteContainer: 'container.deleted',
  DeleteContainerFile: 'container.file.deleted',
};
const FILES: Readonly<Record<string, string>> = {
  downloadFile: 'application/octet-stream',
  RetrieveContainerFileContent: 'application/octet-stream',
  GetSkillContent: 'application/zip',
  GetSkillVersionContent: 'application/zip',
  RetrieveVideoContent: 'video/mp4',
};

function formOf(name: string, content: string, filename = 'a.bin'): FormData {
  const form = new FormData();
  form.append(name, new File([content], filename));
  return form;
}

function ask(url: string, id: string, name: (parameter: string) => string): Promise<Response> {
  const { method, path } = operations.get(id)!;
  const target = `${url}/v1${path.replaceAll(/\{(\w+)\}/g, (_, parameter: string) => name(parameter))}`;
  if (method !== 'POST') return fetch(target, { method });
  const form = FORMS[id]?.();
  if (form) return fetch(target, { method, body: form });
  const headers = { 'content-type': 'application/json' };
  return fetch(target, { method, headers, body: JSON.stringify(BODIES[id] ?? {}) });
}

/** A number is what a version has. */
const nameOf = (parameter: string): string => (parameter === 'version' ? '7' : `${parameter}-unknown`);

/** Ids that could be of something, where OpenAI looks at how they begin; synthesized are others too. */
const PREFIXES: Readonly<Record<string, string>> = {
  assistant_id: 'asst_x',
  container_id: 'cntr_x',
  conversation_id: 'conv_x',
  file_id: 'file-x',
  message_id: 'msg_x',
  response_id: 'resp_x',
  vector_store_id: 'vs_x',
};

const usualName = (id: string, parameter: string): string =>
  id.endsWith('VectorStoreFileBatch') || id === 'listFilesInVectorStoreBatch'
    ? ({ batch_id: 'vsfb_x' }[parameter] ?? PREFIXES[parameter]!)
    : (PREFIXES[parameter] ?? nameOf(parameter));

/** Of models, which are no stored resources. */
const OF_MODELS = new Set([
  'retrieveModel',
  'deleteModel',
  'listFineTuningCheckpointPermissions',
  'createFineTuningCheckpointPermission',
]);
const ON_RESOURCES = [...operations]
  .filter(([id, { path }]) => path.includes('{') && !OF_MODELS.has(id))
  // Their bodies are not known here.
  .filter(([, { family, method }]) => method !== 'POST' || !/^(organization|projects)$/.test(family))
  .map(([id]) => id);

describe.each(ON_RESOURCES)('%s', (id) => {
  it('is answered as the specification says, and 404 without the setting', async () => {
    const refused = await ask(usual.url, id, (parameter) => usualName(id, parameter));
    if (refused.status === 501) {
      expect((await ask(server.url, id, nameOf)).status).toBe(501);
      return;
    }
    await expectError(refused, 404);
    const response = await ask(server.url, id, nameOf);
    const expected = Object.keys(operations.get(id)!.responses)[0];
    if (id in FILES) {
      expect(response.status, await response.clone().text()).toBe(200);
      expect(response.headers.get('content-type')).toBe(FILES[id]);
      expect((await response.arrayBuffer()).byteLength).toBeGreaterThan(20);
      return;
    }
    const text = await response.text();
    expect(response.status, text).toBe(Number(expected));
    expect(response.headers.get('x-fakeai-synthesized')).toBe('true');
    if (text === '') {
      expect(id).toMatch(/^(accept|hangup|refer|reject)-realtime-call$/);
      return;
    }
    const body = JSON.parse(text) as Record<string, unknown>;
    if (id in DELETED) expect(body).toMatchObject({ object: DELETED[id], deleted: true });
    else expectValid(id, body);
  });
});

describe('what is synthesized', () => {
  const get = async (path: string, from = server): Promise<Record<string, unknown>> =>
    (await (await fetch(`${from.url}/v1${path}`)).json()) as Record<string, unknown>;

  it('has the ids of the path at every depth, and is the same on every thread and in every server', async () => {
    const step = '/threads/thread_a/runs/run_b/steps';
    const one = await get(`${step}/step_c`);
    expect(one).toMatchObject({ id: 'step_c', thread_id: 'thread_a', run_id: 'run_b', status: 'completed' });
    for (let i = 0; i < 8; i++) expect(await get(`${step}/step_c`)).toEqual(one);
    const again = await startTestServer({ threads: 1, unknownResources: 'synthesize' });
    expect(await get(`${step}/step_c`, again)).toEqual(one);
    await again.close();
    expect(await get(`${step}/step_d`)).not.toMatchObject({ assistant_id: one['assistant_id'] });
    const list = await get(step);
    const steps = list['data'] as Record<string, unknown>[];
    expect(steps.map(({ run_id: run }) => run)).toEqual(['run_b', 'run_b']);
    expect([list['first_id'], list['last_id']]).toEqual(steps.map(({ id }) => id));
  });

  it('lies in the past, ends in the future, and is done', async () => {
    const batch = await client.batches.retrieve('batch_abc');
    const nowS = Date.parse((await fetch(server.url)).headers.get('date')!) / 1000;
    const {
      created_at: created,
      in_progress_at: begun,
      completed_at: completed,
      expires_at: expires,
    } = batch;
    const times = [created, begun!, completed!, nowS, expires!];
    expect(times.toSorted((a, b) => a - b)).toEqual(times);
    expect(batch.request_counts).toEqual({ total: 1, completed: 1, failed: 0 });
    const text = await (await client.files.content(batch.output_file_id!)).text();
    expect(text.trim().split('\n').map((line) => Object.keys(JSON.parse(line) as object))).toHaveLength(3); // prettier-ignore
  });

  it('shows what an update, a cancellation and a deletion do', async () => {
    const thread = await client.beta.threads.update('thread_a', { metadata: { purpose: 'test' } });
    expect(thread).toMatchObject({ id: 'thread_a', metadata: { purpose: 'test' } });
    const job = await client.fineTuning.jobs.cancel('ftjob-a');
    expect(job).toMatchObject({ id: 'ftjob-a', status: 'cancelled', fine_tuned_model: null });
    expect((await client.fineTuning.jobs.retrieve('ftjob-a')).status).toBe('succeeded');
    expect(await client.files.delete('file-a')).toEqual({ id: 'file-a', object: 'file', deleted: true });
    expect(await client.responses.retrieve('resp_a')).toMatchObject({ id: 'resp_a', status: 'completed' });
    const message = await client.beta.threads.messages.create('thread_a', { role: 'user', content: 'Hi' });
    expect(message).toMatchObject({
      thread_id: 'thread_a',
      role: 'user',
      content: [{ text: { value: 'Hi' } }],
    });
  });

  it('can be referred to by what is created', async () => {
    const batch = await client.batches.create({
      input_file_id: 'file-abc',
      endpoint: '/v1/chat/completions',
      completion_window: '24h',
    });
    expectValid('createBatch', batch);
    expect(batch.input_file_id).toBe('file-abc');
    expect(await client.batches.retrieve(batch.id)).toMatchObject({ id: batch.id, status: 'completed' });
    const job = await client.fineTuning.jobs.create({
      model: 'gpt-4o-mini-2024-07-18',
      training_file: 'file-a',
    });
    expectValid('createFineTuningJob', job);
    const store = await client.vectorStores.create({ name: 'Docs', file_ids: ['file-a'] });
    expect(store).toMatchObject({ name: 'Docs', status: 'completed' });
  });

  it('is in the way of nothing that is really there', async () => {
    const file = await client.files.create({
      file: await toFile(Buffer.from('{"a":1}\n'), 'real.jsonl'),
      purpose: 'batch',
    });
    expect(await client.files.retrieve(file.id)).toMatchObject({ filename: 'real.jsonl', bytes: 8 });
    const { id } = await client.beta.threads.create();
    expect((await client.beta.threads.messages.list(id)).data).toEqual([]);
  });

  it('refuses what is wrong in itself', async () => {
    const send = (path: string, body: unknown): Promise<Response> =>
      fetch(`${server.url}/v1${path}`, { method: 'POST', body: JSON.stringify(body) });
    await expectError(await send('/threads/thread_a/messages', { role: 'nobody', content: 'x' }), 400);
    await expectError(await send('/threads/thread_a', { metadata: 5 }), 400);
    await expectError(await send('/vector_stores/vs_a/search', {}), 400);
  });

  it('has no streams, no models and no answers of models', async () => {
    const asked = { assistant_id: 'asst_a', stream: true } as const;
    await expect(client.beta.threads.runs.create('thread_a', asked)).rejects.toThrow('404');
    await expect(client.models.retrieve('no-such-model')).rejects.toThrow('404');
    const answer = client.responses.create({
      model: 'gpt-4o',
      input: 'Hi',
      previous_response_id: 'resp_none',
    });
    await expect(answer).rejects.toMatchObject({
      status: expect.toSatisfy((s: number) => s >= 400 && s < 500) as unknown,
    });
  });
});
