import * as fc from '../support/fast-check.js';
import { expect, it } from 'vitest';
import { LongMerge } from '../../src/lib/tokens/long-merge.js';
import { Ranks } from '../../src/lib/tokens/ranks.js';
import { mergeRuns } from '../../src/lib/tokens/run-merge.js';
import { loadVocabulary } from '../../src/lib/tokens/vocabulary.js';

const repeating = fc
  .array(
    fc
      .tuple(fc.constantFrom(...Array.from(' \n\t\r=-_*a.#/\0~+e')), fc.integer({ min: 1, max: 900 }))
      .map(([unit, times]) => unit.repeat(times)),
    { minLength: 1, maxLength: 6 },
  )
  .map((parts) => parts.join(''));

it.each(['o200k_base', 'cl100k_base'] as const)('merged runs are the tokens of %s', (name) => {
  const ranks = new Ranks(loadVocabulary(name));
  let merged = 0;
  fc.assert(
    fc.property(repeating, (text) => {
      const bytes = Buffer.from(text);
      const runs = mergeRuns(ranks, bytes, bytes.length);
      if (!runs) return;
      merged++;
      const ids = runs.flatMap(({ start, size, count }) =>
        Array.from({ length: count }, () => ranks.ofBytes(bytes, start, start + size)),
      );
      const others: number[] = [];
      const slowly = new LongMerge(ranks, bytes, bytes.length, new Int32Array(65_536));
      slowly.advance(Number.POSITIVE_INFINITY);
      slowly.collect(others, Number.POSITIVE_INFINITY);
      expect(ids).toEqual(others);
    }),
    { numRuns: 300 },
  );
  expect(merged).toBeGreaterThan(100);
});
