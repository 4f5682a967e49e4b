/** Batches whose threads end: somebody else goes on, and every request has one answer. */
import OpenAI from 'openai';
import { expect, test } from 'vitest';
import { systemClock } from '../../../src/lib/clock.js';
import { loadVocabulary } from '../../../src/lib/tokens/vocabulary.js';
import { BoundSocket } from '../../../src/server/threads/bound-socket.js';
import { ListenerPool } from '../../../src/server/threads/pool.js';
import { chatLine, createBatch, linesOf, untilBatchIs, untilOver } from '../../support/batches.js';
import { temporaryFolder } from '../../support/cli.js';
import { startTestServer, TEST_OPTIONS } from '../../support/server.js';

const SLOW = { latency: 'fixed', ttft: 20, itl: 0, jitter: 0, batchConcurrency: 2 } as const;
const IDS = Array.from({ length: 60 }, (_, i) => `request-${i}`);
const LINES = IDS.map((id) => chatLine(id));

const clientOf = (port: number): OpenAI =>
  new OpenAI({ baseURL: `http://127.0.0.1:${port}/v1`, apiKey: 'any', maxRetries: 3 });

async function expectWhole(openai: OpenAI, id: string): Promise<void> {
  const batch = await untilOver(openai, id);
  expect(batch).toMatchObject({
    status: 'completed',
    request_counts: { total: 60, completed: 60, failed: 0 },
  });
  expect((await linesOf(openai, batch.output_file_id)).map((line) => line.custom_id)).toEqual(IDS);
}

test('a thread crashes: its replacement goes on', async () => {
  const folder = temporaryFolder();
  const socket = await BoundSocket.bind('127.0.0.1', 0);
  const pool = new ListenerPool({
    threads: 1,
    source: { kind: 'shared', fd: socket.fd },
    options: { ...TEST_OPTIONS, ...SLOW },
    customModels: [],
    dataFolder: folder.path,
    loadVocabulary: () => loadVocabulary('o200k_base'),
    clock: systemClock,
  });
  await pool.start();
  const openai = clientOf(socket.port);
  const { id } = await createBatch(openai, LINES);
  await untilBatchIs(openai, id, ({ request_counts: counts }) => counts!.completed >= 5);
  await pool.workers[0]!.terminate();
  await expectWhole(openai, id);
  socket.close();
  await pool.close(0);
  folder.remove();
}, 120_000);

test('a server ends: the next one with the same data goes on, without being asked', async () => {
  const folder = temporaryFolder();
  const first = await startTestServer({ ...SLOW, data: folder.path });
  const { id } = await createBatch(clientOf(first.port), LINES);
  const openai = clientOf(first.port);
  const { input_file_id: input } = await untilBatchIs(
    openai,
    id,
    ({ request_counts: counts }) => counts!.completed >= 5,
  );
  // What is under way does without it.
  await openai.files.delete(input);
  await first.close();
  const second = await startTestServer({ ...SLOW, data: folder.path });
  await expectWhole(clientOf(second.port), id);
  await second.close();
  folder.remove();
}, 120_000);
