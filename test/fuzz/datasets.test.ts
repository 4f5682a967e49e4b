import * as fc from '../support/fast-check.js';
import { expect, it } from 'vitest';
import { FakeaiError } from '../../src/lib/errors.js';
import { readDataset } from '../../src/workloads/datasets/read-dataset.js';
import type { DatasetFormat } from '../../src/workloads/plan.js';
import { createLane } from '../../src/workloads/requests.js';
import { temporaryFiles } from '../unit/workloads/files.js';
import { fixed, planOf } from '../unit/workloads/plans.js';

const write = temporaryFiles();
const format = fc.constantFrom<DatasetFormat | 'auto'>(
  'auto',
  'sharegpt',
  'chat',
  'openai-batch',
  'single-turn',
  'multi-turn',
  'inputs',
);

/** Whatever the file holds: bodies that are JSON, or a FakeaiError of few words. */
async function readsOrRefuses(content: string | Uint8Array, as: DatasetFormat | 'auto'): Promise<void> {
  const path = await write('fuzz', content);
  try {
    const dataset = await readDataset(path, { format: as, countTokens: (text) => text.length });
    const workload = {
      kind: 'dataset' as const,
      dataset,
      order: 'shuffled' as const,
      outputTokens: fixed(5),
      sessions: true,
    };
    const lane = createLane(planOf({ workload }), 0, { index: 0, count: 1 });
    for (let i = 0; i < 5; i++) {
      const request = lane.next()!;
      expect(JSON.parse(request.body)).toMatchObject({ messages: expect.any(Array) });
      if (request.followUp) JSON.parse(request.followUp.requestWith('\u2028"').body);
      expect(request.outputTokens).toBeGreaterThan(0);
    }
  } catch (error) {
    if (!(error instanceof FakeaiError)) throw error;
    expect(error.message.replace(path, '').length).toBeLessThan(300);
    expect(error.hint).not.toBe('');
  }
}

const run = { numRuns: 300 };

it('survives any bytes', async () => {
  await fc.assert(fc.asyncProperty(fc.uint8Array({ maxLength: 300 }), format, readsOrRefuses), run);
});

const name = fc.constantFrom('role', 'content', 'from', 'value', 'text', 'delay', 'messages', '__proto__');
const leaf = fc.oneof(
  fc.string({ unit: 'binary' }),
  fc.constantFrom('user', 'human', 'assistant'),
  fc.jsonValue(),
);
const part = fc.dictionary(name, leaf);
const parts = fc.oneof({ weight: 4, arbitrary: fc.array(part, { maxLength: 4 }) }, fc.jsonValue());
const body = fc.record({ messages: parts, max_tokens: leaf, stream: leaf }, { requiredKeys: [] });
const row = fc.oneof(
  fc.record({ conversations: parts }),
  fc.record({ messages: parts }),
  fc.record({ url: fc.constantFrom('/v1/chat/completions', 5), body }),
  fc.record({ turns: parts }),
  fc.record({ data: fc.array(fc.record({ payloads: fc.array(body) })) }),
  fc.record({ text: leaf, delay: leaf }),
);

it('survives rows that are almost those of a format', async () => {
  const content = fc.oneof(
    fc.array(row, { maxLength: 4 }).map((rows) => rows.map((each) => JSON.stringify(each)).join('\n')),
    fc.array(row, { maxLength: 4 }).map((rows) => JSON.stringify(rows, undefined, 1)),
  );
  await fc.assert(fc.asyncProperty(content, format, readsOrRefuses), { numRuns: 1000 });
});
