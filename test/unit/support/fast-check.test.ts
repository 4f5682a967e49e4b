import { expect, test } from 'vitest';
import * as fc from '../../support/fast-check.js';

test('the seed is the same in every run, unless another one is asked for', () => {
  const usual = fc.seedFrom(undefined);
  expect(usual).toBeTypeOf('number');
  expect(fc.seedFrom('')).toBe(usual);
  expect(fc.seedFrom('-7')).toBe(-7);
  expect(fc.seedFrom('random')).toBeUndefined();
  expect(() => fc.seedFrom('x')).toThrow('FAST_CHECK_SEED');
});

test('properties draw with it', () => {
  expect(fc.readConfigureGlobal().seed).toBe(fc.seedFrom(process.env['FAST_CHECK_SEED']));
});
