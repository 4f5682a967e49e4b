/** The effects of `models`: seen in the list that the command prints, and in what a server is asked. */
import { writeFileSync } from 'node:fs';
import { afterAll } from 'vitest';
import { listModels } from '../../../src/runs/models.js';
import { runCli, temporaryFolder } from '../../support/cli.js';
import { startListingServer } from '../../support/listing-server.js';
import type { Beside, Context, EffectRow } from './situations.js';

const folder = temporaryFolder();

/** Removes the files of {@link modelFile}; call at the top of a test file. */
export const useModelFiles = (): void => afterAll(folder.remove);

/** A file that describes one model. */
export function modelFile(name: string): string {
  const path = folder.file(`${name}.json`);
  writeFileSync(path, JSON.stringify([{ id: `from-${name}` }]));
  return path;
}

/** A file with one fixture that answers everything with its name. */
export function fixtureFile(name: string): string {
  const path = folder.file(`${name}-fixture.json`);
  writeFileSync(path, JSON.stringify([{ match: {}, answer: name }]));
  return path;
}

/** A file with a prompt template of the name. */
export function promptFile(name: string): string {
  const path = folder.file(`${name}-prompt.json`);
  writeFileSync(path, JSON.stringify({ id: name, model: 'fakeai-1', instructions: `Be ${name}.` }));
  return path;
}

const listed = async (context: Context, beside: Beside = {}): Promise<string[]> =>
  (await listModels(await context.models(beside))).map(({ id }) => id);

/** The key that a server is sent. */
async function keySent(context: Context): Promise<string | undefined> {
  const server = await startListingServer({ data: [] });
  try {
    await listed(context, { models: { url: server.url } });
    return server.authorization;
  } finally {
    await server.close();
  }
}

/** Models of which each setting shows one. */
function threeModels(): Beside {
  const path = folder.file('three.json');
  const models = [
    { id: 'a', owner: 'ann', endpoints: ['speech'], features: ['vision'] },
    { id: 'b', owner: 'bob', endpoints: ['video'], features: ['tools'] },
    { id: 'c', owner: 'cid', endpoints: ['rerank'], features: ['reasoning'] },
  ];
  writeFileSync(path, JSON.stringify(models));
  return { models: { models: [path] } };
}

const shownOfThree = async (context: Context): Promise<string[]> =>
  (await listed(context, threeModels())).filter((id) => ['a', 'b', 'c'].includes(id));

const started: Awaited<ReturnType<typeof startListingServer>>[] = [];

async function serverWith(id: string): Promise<string> {
  const server = await startListingServer({ data: [{ id }] });
  started.push(server);
  return server.url;
}

export const MODELS_ROWS: EffectRow[] = [
  {
    path: 'models.url',
    given: async () => [await serverWith('x'), await serverWith('y'), await serverWith('z')],
    seen: ['fakeai-1', 'x', 'y', 'z'],
    observe: async (context) => {
      try {
        return (await listed(context))[0];
      } finally {
        await Promise.all(started.splice(0).map((server) => server.close()));
      }
    },
  },
  {
    path: 'models.apiKey',
    given: ['file', 'variable', 'flag'],
    seen: [undefined, 'Bearer file', 'Bearer variable', 'Bearer flag'],
    observe: keySent,
  },
  {
    path: 'models.apiKeyEnv',
    given: ['KEY_A', 'KEY_B', 'KEY_C'],
    variables: { KEY_A: 'a', KEY_B: 'b', KEY_C: 'c' },
    seen: [undefined, 'Bearer a', 'Bearer b', 'Bearer c'],
    observe: keySent,
  },
  {
    path: 'models.models',
    given: () => [[modelFile('file')], modelFile('variable'), [modelFile('flag')]],
    seen: [[], ['from-file'], ['from-variable'], ['from-flag']],
    observe: async (context) => (await listed(context)).filter((id) => id.startsWith('from-')),
  },
  {
    path: 'models.owner',
    given: ['ann', 'bob', 'cid'],
    seen: [['a', 'b', 'c'], ['a'], ['b'], ['c']],
    observe: shownOfThree,
  },
  {
    path: 'models.endpoint',
    given: ['speech', 'video', 'rerank'],
    seen: [['a', 'b', 'c'], ['a'], ['b'], ['c']],
    observe: shownOfThree,
  },
  {
    path: 'models.feature',
    given: ['vision', 'tools', 'reasoning'],
    seen: [['a', 'b', 'c'], ['a'], ['b'], ['c']],
    observe: shownOfThree,
  },
  {
    path: 'models.json',
    given: [true, 'false', true],
    seen: [false, true, false, true],
    observe: async (context) => {
      const { args, env } = context.commandLine({});
      const { stdout } = await runCli(['models', 'fakeai', ...args], { env });
      return stdout.startsWith('[');
    },
  },
];
