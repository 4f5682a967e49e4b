/**
 * A server that is killed again and again at any moment: nothing that it acknowledged is lost, and nothing of what it did not
 * acknowledge is left. `KILLS=60 npx vitest run test/e2e/kills.test.ts` does it more often; `SEED` says at which moments.
 */
import { open } from 'lmdb';
import OpenAI from 'openai';
import { expect, test } from 'vitest';
import { messageOf } from '../../src/lib/errors.js';
import { createRandom, type Random } from '../../src/lib/random.js';
import { databaseIn } from '../../src/server/store/data-folder.js';
import { startCliServer, temporaryFolder } from '../support/cli.js';
import { backgroundStream, messageBatch, waitingRun } from '../support/killed-streams.js';
import { type Acknowledged, expectFile, KINDS as RESOURCES } from '../support/killed-work.js';

const KILLS = Number(process.env['KILLS'] ?? 2);
const SEED = Number(process.env['SEED'] ?? 7);
const KINDS = [...RESOURCES, backgroundStream, waitingRun, messageBatch];
const CLIENTS = 4;
/** Of what was acknowledged, so much is looked at after each start; all of it in the end. */
const RECENT = 40;
const FLAGS = ['--threads', '2', '--model', 'fakeai-1', '--unknown-models', 'accept'];
const PACE = ['--latency', 'fixed', '--ttft', '40ms', '--itl', '0ms', '--jitter', '0'];
const WORK = ['--batch-concurrency', '2', '--fine-tune-duration', '1s', '--ingest-duration', '300ms'];

const clientOf = (url: string): OpenAI => new OpenAI({ baseURL: `${url}/v1`, apiKey: 'any', maxRetries: 0 });

/** Begins work of all kinds until the server is gone. */
async function work(openai: OpenAI, random: Random, acknowledged: Acknowledged[]): Promise<void> {
  for (;;) {
    try {
      const begin = KINDS[random.int(KINDS.length)]!;
      acknowledged.push(await begin(openai, random, (given) => acknowledged.push(given)));
    } catch (error) {
      if (error instanceof OpenAI.APIConnectionError || isBroken(error)) return;
      throw error;
    }
  }
}

/** An answer that ended in its middle. */
const isBroken = (error: unknown): boolean =>
  error instanceof Error &&
  /terminated|other side closed|premature|ECONNRESET/i.test(`${messageOf(error)} ${messageOf(error.cause)}`);

/** Kills a server in the middle of all sorts of work. */
async function round(folder: string, index: number, acknowledged: Acknowledged[]): Promise<void> {
  const cli = await startCliServer(['--data', folder, ...FLAGS, ...PACE, ...WORK]);
  const openai = clientOf(cli.url);
  await expectKept(openai, acknowledged.slice(-RECENT));
  const clients = Array.from({ length: CLIENTS }, (_, client) =>
    work(openai, createRandom(SEED, 'work', index, client), acknowledged),
  );
  const afterMs = 150 + createRandom(SEED, 'kill', index).int(1200);
  setTimeout(() => cli.process.kill('SIGKILL'), afterMs);
  await Promise.all(clients);
  await cli.done;
}

/** Files that are listed are whole, acknowledged or not, and what was acknowledged is there. */
async function expectKept(openai: OpenAI, acknowledged: readonly Acknowledged[]): Promise<void> {
  for (const { now } of acknowledged) await now?.(openai);
  // The newest first: enough for those of the last rounds. What was read before would be read again and again.
  for (const { id, filename } of (await openai.files.list({ limit: 60 })).data)
    if (filename.startsWith('f-')) await expectFile(openai, id, filename);
}

/** Walking on in small pages shows everything once, whatever server gave the cursors: no id was given out twice. */
async function expectPages(openai: OpenAI): Promise<void> {
  const lists = [
    openai.files,
    openai.batches,
    openai.vectorStores,
    openai.fineTuning.jobs,
    openai.chat.completions,
    openai.containers,
    openai.evals,
    openai.videos,
  ];
  for (const resource of lists) {
    const ids: string[] = [];
    for await (const { id } of resource.list({ limit: 7 }) as AsyncIterable<{ id: string }>) ids.push(id);
    expect(new Set(ids).size).toBe(ids.length);
  }
}

interface Kept {
  blobs?: string[];
  value?: object;
}

/** What is counted is what is there, and all bytes belong to something. */
async function expectNoDebris(folder: string): Promise<void> {
  const root = open({ path: databaseIn(folder), maxDbs: 2, readOnly: true });
  const records = root.openDB<Kept | number>({ name: 'records', encoding: 'json' });
  const blobs = root.openDB<Buffer>({ name: 'blobs', encoding: 'binary' });
  const kept = [...records.getRange({ start: ['r', ''], end: ['r', '\u{ffff}'] })].map(
    ({ value }) => value as Kept,
  );
  const owned = new Set(kept.flatMap(({ blobs: ids = [] }) => ids));
  const stored = [...blobs.getRange({})].map(({ key, value }) => ({ key: String(key), bytes: value.length }));
  expect(stored.filter(({ key }) => !owned.has(key.split('/')[0]!))).toEqual([]);
  const valueBytes = kept.reduce((sum, { value }) => sum + (value ? JSON.stringify(value).length : 0), 0);
  const blobBytes = stored.reduce((sum, { bytes }) => sum + bytes, 0);
  expect(records.get(['n', 'bytes'])).toBe(valueBytes + blobBytes);
  await root.close();
}

test('nothing acknowledged is lost, and nothing else is left', async () => {
  const folder = temporaryFolder();
  const acknowledged: Acknowledged[] = [];
  for (let index = 0; index < KILLS; index++) await round(folder.path, index, acknowledged);
  const cli = await startCliServer(['--data', folder.path, ...FLAGS, ...PACE, ...WORK]);
  const openai = clientOf(cli.url);
  await expectKept(openai, acknowledged);
  for (const { end } of acknowledged) await end?.(openai);
  await expectPages(openai);
  cli.process.kill('SIGTERM');
  await cli.done;
  await expectNoDebris(folder.path);
  folder.remove();
}, 3_600_000);
