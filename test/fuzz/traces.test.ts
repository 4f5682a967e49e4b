import * as fc from '../support/fast-check.js';
import { expect, it } from 'vitest';
import { FakeaiError } from '../../src/lib/errors.js';
import type { TraceFormat } from '../../src/workloads/traces/format.js';
import { readTrace } from '../../src/workloads/traces/read-trace.js';
import { temporaryFiles } from '../unit/workloads/files.js';

const write = temporaryFiles();

/** Whatever the file holds: a sound trace or a FakeaiError of few words. */
const readsOrRefuses = async (content: string | Uint8Array, format: 'auto' | TraceFormat): Promise<void> => {
  const path = await write('fuzz', content);
  try {
    const trace = await readTrace(path, { format });
    const rows = trace.instantMs.length;
    expect(rows).toBeGreaterThan(0);
    expect(trace.instantMs[0]).toBe(0);
    for (let i = 0; i < rows; i++) {
      expect(trace.instantMs[i]).toBeGreaterThanOrEqual(trace.instantMs[i - 1] ?? 0);
      expect(trace.inputTokens[i]).toBeGreaterThanOrEqual(1);
      expect(trace.outputTokens[i]).toBeGreaterThanOrEqual(1);
      expect(trace.hashStart[i + 1]).toBeGreaterThanOrEqual(trace.hashStart[i]!);
    }
    expect(trace.hashStart[rows]).toBe(trace.hashIds.length);
  } catch (error) {
    if (!(error instanceof FakeaiError)) throw error;
    expect(error.message.replace(path, '').length).toBeLessThan(300);
    expect(error.hint).not.toBe('');
  }
};

const format = fc.constantFrom<'auto' | TraceFormat>(
  'auto',
  'mooncake',
  'bailian',
  'azure',
  'burstgpt',
  'recorded',
);
const run = { numRuns: 500 };

it('survives any bytes', async () => {
  await fc.assert(fc.asyncProperty(fc.uint8Array({ maxLength: 300 }), format, readsOrRefuses), run);
});

it('survives any text', async () => {
  await fc.assert(
    fc.asyncProperty(fc.string({ unit: 'binary', maxLength: 300 }), format, readsOrRefuses),
    run,
  );
});

const field = fc.constantFrom(
  'timestamp',
  'input_length',
  'output_length',
  'hash_ids',
  '__proto__',
  'parent_chat_id',
  'at_ms',
  'input_tokens',
  'output_tokens',
);
const value = fc.oneof(fc.jsonValue({ maxDepth: 2 }), fc.nat(2000), fc.array(fc.integer(), { maxLength: 4 }));
const sound = fc.record({
  timestamp: fc.oneof(fc.nat(), fc.double({ min: 0, max: 1e9, noNaN: true })),
  input_length: fc.integer({ min: 1, max: 5000 }),
  output_length: fc.nat(5000),
  hash_ids: fc.array(fc.nat(9), { maxLength: 3 }),
});
const almost = fc.oneof({ weight: 6, arbitrary: sound }, fc.dictionary(field, value));

it('survives rows that are almost those of Mooncake', async () => {
  const lines = fc.array(
    fc.oneof({ weight: 9, arbitrary: almost.map((row) => JSON.stringify(row)) }, fc.string()),
    { maxLength: 6 },
  );
  await fc.assert(
    fc.asyncProperty(
      lines.map((all) => all.join('\n')),
      format,
      readsOrRefuses,
    ),
    run,
  );
});

const cell = fc.oneof(
  fc.nat(5000).map(String),
  fc.date({ noInvalidDate: true }).map((date) => date.toISOString()),
  fc.constantFrom('2023-11-16 18:17:03.9799600', '"2023-11-16 18:17:03"', '', '"', '""', ' 7 ', '-1'),
);

it('survives rows that are almost those of Azure', async () => {
  const lines = fc.array(
    fc.array(cell, { maxLength: 4 }).map((cells) => cells.join(',')),
    { maxLength: 6 },
  );
  const content = lines.map((all) => ['TIMESTAMP,ContextTokens,GeneratedTokens', ...all].join('\r\n'));
  await fc.assert(fc.asyncProperty(content, format, readsOrRefuses), run);
});

it('survives rows that are almost those of BurstGPT', async () => {
  const lines = fc.array(
    fc.array(cell, { maxLength: 4 }).map((cells) => cells.join(',')),
    { maxLength: 6 },
  );
  const content = lines.map((all) => ['Timestamp,Request tokens,Response tokens', ...all].join('\n'));
  await fc.assert(fc.asyncProperty(content, format, readsOrRefuses), run);
});
