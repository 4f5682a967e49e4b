import * as fc from '../support/fast-check.js';
import { expect, it } from 'vitest';
import { FakeaiError } from '../../src/lib/errors.js';
import { readLength, readLengthPairs } from '../../src/workloads/length-files.js';
import { temporaryFiles } from '../unit/workloads/files.js';

const write = temporaryFiles();

const piece = fc.constantFrom(
  '5',
  '12',
  '[',
  ']',
  '{"isl":3,"osl":4}',
  ',',
  '\n',
  ' ',
  '"',
  'isl',
  '-1',
  '1e3',
  '{',
);
const content = fc.oneof(
  fc.uint8Array({ maxLength: 100 }),
  fc.string({ unit: 'binary' }),
  fc.array(piece, { maxLength: 20 }).map((parts) => parts.join('')),
);

it('files of lengths are read or refused, whatever they hold', async () => {
  await fc.assert(
    fc.asyncProperty(content, async (bytes) => {
      const path = await write('fuzz', bytes);
      for (const read of [() => readLength(`file:${path}`, 'x'), () => readLengthPairs(path)]) {
        try {
          const lengths = await read();
          const each = 'kind' in lengths ? [lengths] : [lengths.inputTokens, lengths.outputTokens];
          for (const length of each) {
            const values = length.kind === 'empirical' ? [...length.values] : [];
            expect(values.length).toBeGreaterThan(0);
            expect(Math.min(...values)).toBeGreaterThanOrEqual(1);
          }
        } catch (error) {
          if (!(error instanceof FakeaiError)) throw error;
          expect(error.message.replace(path, '').length).toBeLessThan(300);
        }
      }
    }),
    { numRuns: 500 },
  );
});
