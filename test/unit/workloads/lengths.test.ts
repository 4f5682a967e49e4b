import { describe, expect, it } from 'vitest';
import { FakeaiError } from '../../../src/lib/errors.js';
import { createRandom } from '../../../src/lib/random.js';
import { formatLength, MAX_TOKENS, parseLength, sampleLength } from '../../../src/workloads/lengths.js';

const refusal = (text: string): FakeaiError => {
  try {
    parseLength(text, '--input-tokens');
  } catch (error) {
    if (error instanceof FakeaiError) return error;
    throw error;
  }
  throw new Error(`'${text}' was accepted`);
};

describe('parseLength', () => {
  it.each([
    ['550', { kind: 'fixed', value: 550 }],
    [' 1e3 ', { kind: 'fixed', value: 1000 }],
    ['uniform(100,200)', { kind: 'uniform', min: 100, max: 200 }],
    ['UNIFORM ( 5 ,\t5 )', { kind: 'uniform', min: 5, max: 5 }],
    ['normal(550, 50)', { kind: 'normal', mean: 550, standardDeviation: 50 }],
    ['Normal(12.5,0)', { kind: 'normal', mean: 12.5, standardDeviation: 0 }],
    ['lognormal(400,.7)', { kind: 'lognormal', median: 400, sigma: 0.7 }],
  ])('reads %s', (text, expected) => {
    expect(parseLength(text, '--input-tokens')).toEqual(expected);
  });

  it.each([
    ['', 'is not a length'],
    ['many', 'is not a length'],
    ['-5', 'is not a length'],
    ['0', 'from 1 to 10000000'],
    ['10000001', 'from 1 to 10000000'],
    ['5.5', 'whole number'],
    ['5k', 'must be a number'],
    ['uniform(1)', 'takes 2 numbers, not 1'],
    ['uniform(1,2,3)', 'takes 2 numbers, not 3'],
    ['uniform(,)', 'a must be a number'],
    ['uniform(9,3)', 'no larger than b'],
    ['uniform(1.5,3)', 'whole number'],
    ['normal(0,5)', 'mean must be from 1'],
    ['normal(5,-1)', 'sd must be a number'],
    ['normal(5,NaN)', 'sd must be a number'],
    ['lognormal(5,11)', 'sigma must be from 0 to 10'],
    ['gamma(1,2)', "'gamma' is not a known distribution"],
    ['constructor(1,2)', "'constructor' is not a known distribution"],
    ['uniform(1,2', 'is not a length'],
    ['x'.repeat(1000), 'is not a length'],
  ])('refuses %s', (text, problem) => {
    const error = refusal(text);
    expect(error.code).toBe('FAKEAI_SETTING_INVALID');
    expect(error.message).toMatch(/^--input-tokens: /);
    expect(error.message).toContain(problem);
    expect(error.message.length).toBeLessThan(200);
    expect(error.hint).toContain('normal(mean,sd)');
  });
});

const draw = (text: string, count = 20_000): number[] => {
  const random = createRandom(3, text);
  const distribution = parseLength(text, 'test');
  return Array.from({ length: count }, () => sampleLength(distribution, random));
};
const mean = (values: number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length;

describe('sampleLength', () => {
  it('gives both ends of a uniform distribution and nothing beyond', () => {
    expect([...new Set(draw('uniform(3,6)'))].toSorted((a, b) => a - b)).toEqual([3, 4, 5, 6]);
  });

  it('has the mean and deviation of a normal distribution', () => {
    const values = draw('normal(550,50)');
    const average = mean(values);
    // Five standard errors: 50 / sqrt(20000) * 5.
    expect(Math.abs(average - 550)).toBeLessThan(1.8);
    expect(Math.sqrt(mean(values.map((value) => (value - average) ** 2)))).toBeCloseTo(50, -0.5);
  });

  it('has the median of a lognormal distribution, and its sigma in the logarithm', () => {
    const values = draw('lognormal(400,0.7)').toSorted((a, b) => a - b);
    expect(values[10_000]! / 400).toBeCloseTo(1, 1);
    expect(Math.log(values[Math.round(20_000 * 0.8413)]! / 400)).toBeCloseTo(0.7, 1);
  });

  it('cuts at 1 and at the most that can be asked for', () => {
    expect(Math.min(...draw('normal(1,1000)', 1000))).toBe(1);
    expect(Math.max(...draw('lognormal(10000000,10)', 1000))).toBe(MAX_TOKENS);
  });
});

describe('formatLength', () => {
  it('writes what people write', () => {
    expect(formatLength(parseLength(' Normal( 550 , 50 )', 'test'))).toBe('normal(550,50)');
  });
});
