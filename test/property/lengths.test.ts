import * as fc from '../support/fast-check.js';
import { expect, it } from 'vitest';
import { FakeaiError } from '../../src/lib/errors.js';
import { createRandom } from '../../src/lib/random.js';
import { formatLength, MAX_TOKENS, parseLength, sampleLength } from '../../src/workloads/lengths.js';
import { lengths } from './arbitraries.js';

it('reads back what it wrote', () => {
  fc.assert(
    fc.property(lengths(MAX_TOKENS), (distribution) => {
      expect(parseLength(formatLength(distribution), 'test')).toEqual(distribution);
    }),
  );
});

it('samples whole numbers of tokens within bounds, the same for the same stream', () => {
  fc.assert(
    fc.property(lengths(MAX_TOKENS), fc.nat(), (distribution, seed) => {
      const value = sampleLength(distribution, createRandom(seed));
      expect(Number.isInteger(value) && value >= 1 && value <= MAX_TOKENS).toBe(true);
      expect(sampleLength(distribution, createRandom(seed))).toBe(value);
    }),
  );
});

it('refuses or reads any text, and never fails otherwise', () => {
  const pieces = fc.constantFrom(
    'uniform',
    'normal',
    'lognormal',
    '(',
    ')',
    ',',
    '1',
    '5e2',
    '.',
    '-',
    ' ',
    'NaN',
    '1e999',
  );
  const text = fc.oneof(
    fc.string(),
    fc.array(pieces).map((parts) => parts.join('')),
  );
  fc.assert(
    fc.property(text, (value) => {
      try {
        expect(sampleLength(parseLength(value, 'test'), createRandom(1))).toBeGreaterThanOrEqual(1);
      } catch (error) {
        expect(error).toBeInstanceOf(FakeaiError);
      }
    }),
    { numRuns: 2000 },
  );
});
