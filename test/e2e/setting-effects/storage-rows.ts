/** The effects of the settings of `server` about what it keeps, and how much it may be asked. */
import { existsSync, rmSync } from 'node:fs';
import OpenAI, { toFile } from 'openai';
import { afterAll } from 'vitest';
import { systemClock } from '../../../src/lib/clock.js';
import { startServer, type ServerOptions } from '../../../src/server/index.js';
import { chatLine, createBatch, untilOver } from '../../support/batches.js';
import { temporaryFolder } from '../../support/cli.js';
import { uploadFile } from '../../support/files.js';
import { postChat } from '../../support/server.js';
import { AtLeast, type Beside, type Context, type EffectRow } from './situations.js';

const QUICK: Beside = { server: { port: 0, threads: 1, latency: 'instant' } };

const folder = temporaryFolder();
const FOLDERS = ['a', 'b', 'c'].map((name) => folder.file(name));

/** Removes the folders; call at the top of a test file. */
export const useDataFolders = (): void => afterAll(folder.remove);

/** Which of the folders a server keeps an uploaded file in. */
async function foldersUsed(settings: ServerOptions): Promise<string[]> {
  for (const path of FOLDERS) rmSync(path, { recursive: true, force: true });
  const server = await startServer(settings);
  await uploadFile(server.url, 'a.txt', 'Hello');
  await server.close();
  return FOLDERS.filter((path) => existsSync(path)).map((path) => path.at(-1)!);
}

/** The sizes of files that a server keeps; each is tried on its own. */
async function sizesKept(settings: ServerOptions, sizes: number[]): Promise<number[]> {
  const server = await startServer(settings);
  const kept: number[] = [];
  for (const size of sizes) {
    const response = await uploadFile(server.url, 'a.txt', 'x'.repeat(size));
    if (response.status !== 200) continue;
    kept.push(size);
    const { id } = (await response.json()) as { id: string };
    await fetch(`${server.url}/v1/files/${id}`, { method: 'DELETE' });
  }
  await server.close();
  return kept;
}

/** A batch of so many requests, and how long it took. */
async function batchOf(
  context: Context,
  requests: number,
  beside: Record<string, unknown> = {},
): Promise<{ tookMs: number; windowS: number }> {
  const server = await startServer(await context.server({ server: { ...QUICK.server, ...beside } }));
  const openai = new OpenAI({ baseURL: `${server.url}/v1`, apiKey: 'any' });
  const startMs = systemClock.nowMs();
  const lines = Array.from({ length: requests }, (_, i) => chatLine(String(i)));
  const { id } = await createBatch(openai, lines);
  const batch = await untilOver(openai, id);
  await server.close();
  return { tookMs: systemClock.nowMs() - startMs, windowS: batch.expires_at! - batch.created_at };
}

/** How long a fine-tuning job is going to take. */
async function fineTuneS(settings: ServerOptions): Promise<number> {
  const server = await startServer(settings);
  const openai = new OpenAI({ baseURL: `${server.url}/v1`, apiKey: 'any' });
  const lines = Array.from({ length: 10 }, () => '{"messages":[{"role":"assistant","content":"x"}]}');
  const file = await toFile(Buffer.from(lines.join('\n')), 'a.jsonl');
  const { id } = await openai.files.create({ file, purpose: 'fine-tune' });
  const job = await openai.fineTuning.jobs.create({ model: 'fakeai-1', training_file: id });
  await server.close();
  return job.estimated_finish! - job.created_at;
}

/** How long a file of a vector store is in progress. */
async function ingestMs(settings: ServerOptions): Promise<number> {
  const server = await startServer(settings);
  const openai = new OpenAI({ baseURL: `${server.url}/v1`, apiKey: 'any' });
  const file = await openai.files.create({
    file: await toFile(Buffer.from('Hello'), 'a.txt'),
    purpose: 'assistants',
  });
  const startMs = systemClock.nowMs();
  const { id } = await openai.vectorStores.create({ file_ids: [file.id] });
  while ((await openai.vectorStores.retrieve(id)).status !== 'completed');
  await server.close();
  return systemClock.nowMs() - startMs;
}

const SIZES = [5000, 10_000, 15_000, 20_000];

/** How many of eight requests are answered. */
async function answered(settings: ServerOptions): Promise<number> {
  const server = await startServer(settings);
  let count = 0;
  for (let i = 0; i < 8; i++) {
    const body = { model: 'fakeai-1', messages: [{ role: 'user', content: 'Hello' }], max_tokens: 1000 };
    if ((await postChat(server.url, body)).status === 200) count++;
  }
  await server.close();
  return count;
}

/** The limit of requests that an answer names. */
async function limitSeen(settings: ServerOptions): Promise<string | null> {
  const server = await startServer(settings);
  const { headers } = await postChat(server.url, {
    model: 'fakeai-1',
    messages: [{ role: 'user', content: 'Hello' }],
  });
  await server.close();
  return headers.get('x-ratelimit-limit-requests');
}

export const STORAGE_ROWS: EffectRow[] = [
  {
    path: 'server.unknownResources',
    given: ['synthesize', '404', 'synthesize'],
    seen: [404, 200, 404, 200],
    observe: async (context) => {
      const server = await startServer(await context.server(QUICK));
      const { status } = await fetch(`${server.url}/v1/files/file-never-made`);
      await server.close();
      return status;
    },
  },
  {
    path: 'server.rateLimitRpm',
    given: [3, '4', 5],
    seen: [8, 3, 4, 5],
    observe: async (context) => answered(await context.server(QUICK)),
  },
  {
    path: 'server.rateLimitTpm',
    // Each request counts for its 1,000 tokens and some for its body.
    given: [2500, '3500', 4500],
    seen: [8, 2, 3, 4],
    observe: async (context) => answered(await context.server(QUICK)),
  },
  {
    path: 'server.rateLimitRpd',
    given: [3, '4', 5],
    seen: [8, 3, 4, 5],
    observe: async (context) => answered(await context.server(QUICK)),
  },
  {
    path: 'server.rateLimitTpd',
    given: [2500, '3500', 4500],
    seen: [8, 2, 3, 4],
    observe: async (context) => answered(await context.server(QUICK)),
  },
  {
    path: 'server.rateLimitTier',
    // The first answer's limit of requests: that of a day, where there is one.
    given: ['free', 'tier1', 'tier3'],
    seen: [null, '200', '10000', '5000'],
    observe: async (context) => limitSeen(await context.server(QUICK)),
  },
  {
    path: 'server.rateLimitEnabled',
    given: [true, 'false', 'true'],
    seen: [null, '10000', null, '10000'],
    observe: async (context) => limitSeen(await context.server(QUICK)),
  },
  {
    path: 'server.data',
    given: FOLDERS as unknown as [string, string, string],
    seen: [[], ['a'], ['b'], ['c']],
    observe: async (context) => foldersUsed(await context.server(QUICK)),
  },
  {
    path: 'server.dataLimit',
    given: [6000, '11000', 16_000],
    seen: [SIZES, SIZES.slice(0, 1), SIZES.slice(0, 2), SIZES.slice(0, 3)],
    observe: async (context) => sizesKept(await context.server(QUICK), SIZES),
  },
  {
    path: 'server.batchConcurrency',
    given: [3, '2', 1],
    // Six answers of 60 ms each.
    seen: [new AtLeast(60), new AtLeast(120), new AtLeast(180), new AtLeast(360)],
    observe: async (context) =>
      (await batchOf(context, 6, { latency: 'fixed', ttft: '60ms', itl: '0ms', jitter: 0 })).tookMs,
  },
  {
    path: 'server.batchRate',
    given: [20, '10', 5],
    // Three gaps between four requests.
    seen: [new AtLeast(0), new AtLeast(150), new AtLeast(300), new AtLeast(600)],
    observe: async (context) => (await batchOf(context, 4)).tookMs,
  },
  {
    path: 'server.fineTuneDuration',
    given: ['1h', '20m', '2h'],
    seen: [10, 3600, 1200, 7200],
    observe: async (context) => fineTuneS(await context.server(QUICK)),
  },
  {
    path: 'server.ingestDuration',
    given: ['150ms', '250ms', '350ms'],
    seen: [new AtLeast(0), new AtLeast(150), new AtLeast(250), new AtLeast(350)],
    observe: async (context) => ingestMs(await context.server(QUICK)),
  },
  {
    path: 'server.batchWindow',
    given: ['1h', '2h', '3h'],
    seen: [24 * 3600, 3600, 7200, 10_800],
    observe: async (context) => (await batchOf(context, 1)).windowS,
  },
];
