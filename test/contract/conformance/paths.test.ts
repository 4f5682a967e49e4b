/** Ids in paths: what is not there, cannot be there, belongs elsewhere, or is hostile, is refused in the words of its family. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { RunningServer } from '../../../src/server/index.js';
import { type Example, EXAMPLES, sendExample, World } from '../../support/examples/index.js';
import { startTestServer } from '../../support/server.js';
import { type ErrorBody, expectError, operations } from '../../support/spec.js';

let server: RunningServer;
let world: World;
beforeAll(async () => {
  const options = { threads: 1, model: [], bodyLimit: 8 * 1024 * 1024, batchRate: 50, drain: 0 };
  server = await startTestServer(options);
  world = new World(server.url);
});
afterAll(async () => {
  await world.close();
  await server.close();
});

const exampleOf = (id: string): Promise<Example> =>
  world.once(`example of ${id}`, async () => EXAMPLES[id]!(world));

/** What there is nothing of, in each family's words; the first pattern that has the name of the id. */
const WORDS: readonly (readonly [RegExp, string])[] = [
  [/^\/assistants .*assistant_id/, "No assistant found with id 'ID'."],
  [/^\/threads .*thread_id/, "No thread found with id 'ID'."],
  [/^\/threads .*message_id/, "No message found with id 'ID'."],
  [/^\/threads .*run_id/, "No run found with id 'ID'."],
  [/^\/threads .*step_id/, "No run step found with id 'ID'."],
  [/^\/files /, 'No such File object: ID'],
  [/^\/uploads /, 'No such Upload object: ID'],
  [/^\/batches /, "No batch found with id 'ID'."],
  [/^\/fine_tuning .*job_id/, 'Could not find fine tune: ID'],
  [/^\/responses /, "Response with id 'ID' not found."],
  [/^\/conversations .*conversation_id/, "Conversation with id 'ID' not found."],
  [/^\/conversations .*item_id/, "Item with id 'ID' not found."],
  [/^\/chat .*completion_id/, "Chat completion with id 'ID' not found."],
  [/^\/containers .*container_id/, "Container with id 'ID' not found."],
  [/^\/vector_stores .*vector_store_id/, "No vector store found with id 'ID'."],
  [/^\/models /, "The model 'ID' does not exist"],
];

/** What ids begin with where OpenAI looks at it before it looks for them. */
const PREFIXES: readonly (readonly [RegExp, string])[] = [
  [/^\/assistants .*assistant_id/, 'asst'],
  [/^\/threads .*thread_id/, 'thread'],
  [/^\/threads .*message_id/, 'msg'],
  [/^\/threads .*run_id/, 'run'],
  [/^\/threads .*step_id/, 'step'],
  [/^\/batches /, 'batch'],
  [/^\/responses /, 'resp'],
  [/^\/conversations .*conversation_id/, 'conv'],
  [/^\/containers .*container_id/, 'cntr'],
  [/^\/vector_stores .*vector_store_id/, 'vs_'],
  [/^\/vector_stores .*batch_id/, 'vsfb_'],
  [/^\/vector_stores .*file_id/, 'file'],
];

const placeOf = (id: string, name: string): string =>
  `/${operations.get(id)!.path.split('/')[1]} ${name.replace(/^(?!vector_store_id)/, ' ')}`;
const find = (rows: readonly (readonly [RegExp, string])[], id: string, name: string): string | undefined =>
  rows.find(([pattern]) => pattern.test(placeOf(id, name)))?.[1];

/** Like another id, but not it. */
const unmade = (id: string): string => {
  // Models of any name can have been tuned from one that is there.
  if (/^(ft:|gpt-)/.test(id)) return 'nobody-made-this';
  return /^\d+$/.test(id) ? '77' : id.replace(/[^_-]{6}$/, 'Abcdef');
};

const HOSTILE = [
  '...',
  '../../files',
  '__proto__',
  'constructor',
  "' OR '1'='1",
  '\u0000',
  '\u{1f4a5}',
  ' ',
  '%',
  'a/b',
  'x'.repeat(3000),
  '<script>',
];

const MADE: Readonly<Record<string, (one: World) => Promise<string>>> = {
  thread_id: async (one) => (await one.post('/threads')).id,
  vector_store_id: async (one) => (await one.post('/vector_stores')).id,
  conversation_id: async (one) => (await one.post('/conversations')).id,
  container_id: async (one) => (await one.post('/containers', { name: 'other' })).id,
};

const WITH_IDS = Object.keys(EXAMPLES).filter((id) => operations.get(id)!.path.includes('{'));

describe.each(WITH_IDS)('%s', (id) => {
  const refusalOf = async (name: string, value: string): Promise<{ status: number; error: ErrorBody }> => {
    const example = await exampleOf(id);
    const response = await sendExample(server.url, id, { ...example, params: { ...example.params, [name]: value } }); // prettier-ignore
    const { status } = response;
    if (status < 400)
      throw new Error(`${name} = ${value} is answered: ${(await response.text()).slice(0, 300)}`);
    return { status, error: await expectError(response, status) };
  };

  it('says of ids that nobody made that there is nothing', async () => {
    const { params } = await exampleOf(id);
    for (const [name, value] of Object.entries(params ?? {})) {
      const { status, error } = await refusalOf(name, unmade(value));
      expect(status, `${name} ${error.message}`).toBe(404);
      const words = find(WORDS, id, name);
      if (words) expect(error.message).toBe(words.replace('ID', unmade(value)));
    }
  });

  it('knows ids by their beginnings, and takes none of another kind', async () => {
    const { params } = await exampleOf(id);
    for (const name of Object.keys(params ?? {})) {
      for (const value of ['zzz_1', 'upload_0123456789abcdefghijABCD']) {
        const { status, error } = await refusalOf(name, value);
        const prefix = find(PREFIXES, id, name);
        expect(status, `${name} ${error.message}`).toBe(prefix ? 400 : 404);
        if (!prefix) continue;
        expect(error).toEqual({
          message: `Invalid '${name}': '${value}'. Expected an ID that begins with '${prefix}'.`,
          type: 'invalid_request_error',
          param: name,
          code: 'invalid_value',
        });
      }
    }
  });

  it('stands hostile ids', async () => {
    const { params } = await exampleOf(id);
    for (const name of Object.keys(params ?? {}))
      for (const value of HOSTILE) {
        const { status, error } = await refusalOf(name, value);
        expect([400, 404, 405], `${name} ${value} ${error.message}`).toContain(status);
        expect(error.message.length).toBeLessThan(600);
      }
  });

  it('finds nothing of one in another', async () => {
    const { params = {} } = await exampleOf(id);
    const [outer, ...inner] = Object.keys(params);
    if (!outer || inner.length === 0 || !MADE[outer]) return;
    const other = await world.once(`other ${outer}`, () => MADE[outer]!(world));
    expect((await refusalOf(outer, other)).status).toBe(404);
  });
});
