import * as fc from '../support/fast-check.js';
import { expect, test } from 'vitest';
import { FakeaiError } from '../../src/lib/errors.js';
import { METRIC_NAMES } from '../../src/results/metrics.js';
import { parseSlo } from '../../src/results/slo.js';

const words = fc.constantFrom(
  ...METRIC_NAMES,
  'p95',
  'p',
  '.',
  '..',
  '<',
  '<=',
  '!',
  '5',
  '1e9',
  '1e',
  'ms',
  '%',
  ' ',
  '\n',
  '\0',
  '__proto__',
);
const nearlyGates = fc.array(words, { maxLength: 8 }).map((parts) => parts.join(''));

test('parseSlo returns a gate with a finite limit or throws a FakeaiError, whatever it is given', () => {
  fc.assert(
    fc.property(fc.oneof(nearlyGates, fc.string({ unit: 'binary', maxLength: 400 })), (text) => {
      try {
        expect(Number.isFinite(parseSlo(text).limit)).toBe(true);
      } catch (error) {
        if (!(error instanceof FakeaiError)) throw error;
        expect(error.code).toBe('FAKEAI_SLO_SYNTAX');
        expect(error.message.length).toBeLessThan(600);
      }
    }),
    { numRuns: 1000 },
  );
});
