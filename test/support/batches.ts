/** Batches: their input, and waiting until they are over. */
import type OpenAI from 'openai';
import { toFile } from 'openai';
import { expect } from 'vitest';

type Batch = OpenAI.Batch;

/** A line of an output or error file. */
export interface OutputLine {
  id: string;
  custom_id: string;
  response: { status_code: number; request_id: string; body: Record<string, unknown> } | null;
  error: { code: string; message: string } | null;
}

/** A line of input that asks for a short answer. */
export const chatLine = (customId: string, body: object = {}, line: object = {}): string =>
  JSON.stringify({
    custom_id: customId,
    method: 'POST',
    url: '/v1/chat/completions',
    body: { model: 'fakeai-1', messages: [{ role: 'user', content: customId }], max_tokens: 3, ...body },
    ...line,
  });

/** Uploads lines and makes a batch of them. */
export async function createBatch(
  openai: OpenAI,
  lines: readonly string[],
  endpoint: Batch['endpoint'] = '/v1/chat/completions',
): Promise<Batch> {
  const file = await toFile(Buffer.from(`${lines.join('\n')}\n`), 'input.jsonl');
  const input = await openai.files.create({ file, purpose: 'batch' });
  return openai.batches.create({
    input_file_id: input.id,
    endpoint: endpoint as '/v1/chat/completions',
    completion_window: '24h',
  });
}

/** Waits until a batch is in a status. */
export async function untilBatchIs(
  openai: OpenAI,
  id: string,
  reached: (batch: Batch) => boolean,
): Promise<Batch> {
  let batch: Batch | undefined;
  await expect
    .poll(
      async () => {
        batch = await openai.batches.retrieve(id);
        return reached(batch) || batch.status;
      },
      { interval: 30 },
    )
    .toBe(true);
  return batch!;
}

const OVER = ['completed', 'failed', 'expired', 'cancelled'];

export const untilOver = (openai: OpenAI, id: string): Promise<Batch> =>
  untilBatchIs(openai, id, ({ status }) => OVER.includes(status));

/** The lines of a file; none without a file. */
export async function linesOf(openai: OpenAI, id: string | null | undefined): Promise<OutputLine[]> {
  if (id == null) return [];
  const text = await (await openai.files.content(id)).text();
  return text
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as OutputLine);
}
