import { describe, expect, test } from 'vitest';
import { evaluate, printed } from '../../../../src/simulator/python/arithmetic.js';
import { isCalculation, programFor } from '../../../../src/simulator/python/program.js';

test.each([
  ['1 + 2 * 3', '7'],
  ['(1 + 2) * 3', '9'],
  ['2 ** 3 ** 2', '512'],
  ['-2 ** 2', '-4'],
  ['6 / 3', '2.0'],
  ['1 / 3', '0.3333333333333333'],
  ['0.1 + 0.2', '0.30000000000000004'],
  ['-7 // 2', '-4'],
  ['-7 % 3', '2'],
  ['7 % -3', '-2'],
  ['2 ** -1', '0.5'],
  ['99999999999 * 99999999999', '9999999999800000000001'],
  ['1 / 100000', '1e-05'],
  ['10.0 ** 16', '1e+16'],
])('%s is %s, as in Python', (text, expected) => {
  expect(printed(evaluate(text)!)).toBe(expected);
});

test.each(['', '1 +', '(1', '1 2', '07 + 1', 'a + 1', `${'('.repeat(100)}1${')'.repeat(100)}`, '9 ** 99999'])(
  'no expression: %s',
  (text) => {
    expect(evaluate(text)).toBeUndefined();
  },
);

describe('a program', () => {
  test.each([
    ['What is 12 * (3 + 4)?', 'print(12 * (3 + 4))', '84\n'],
    ['compute 2^10, please', 'print(2**10)', '1024\n'],
    ['(1 + 2) * (3 + 4)', 'print((1 + 2) * (3 + 4))', '21\n'],
    ['-2 is no start, 7 - -2 is', 'print(7 - -2)', '9\n'],
    ['1.5 * 2', 'print(1.5 * 2)', '3.0\n'],
    ['3 x 4 = ?', 'print(3 * 4)', '12\n'],
    ['the average of 3, 4 and 8', 'numbers = [3, 4, 8]\nprint(sum(numbers) / len(numbers))', '5.0\n'],
    ['multiply 2, 3, 4', 'import math\n\nnumbers = [2, 3, 4]\nprint(math.prod(numbers))', '24\n'],
    ['the largest of -3, 9.5 and 2', 'numbers = [-3, 9.5, 2]\nprint(max(numbers))', '9.5\n'],
  ])('for %s', (words, code, logs) => {
    expect(isCalculation(words)).toBe(true);
    expect(programFor(words, [])).toEqual({ code, logs });
  });

  test('shows what Python raises', () => {
    expect(programFor('1 / 0', []).logs).toMatch(/^Traceback[^]*\nZeroDivisionError: division by zero\n$/);
  });

  test('lists the files that it is given, and else prints the words', () => {
    const files = [
      { name: 'b.csv', bytes: 2 },
      { name: 'a.csv', bytes: 10 },
    ];
    expect(programFor('Look at my data', files).logs).toBe('a.csv 10\nb.csv 2\n');
    expect(programFor('Say "hi"', [])).toEqual({ code: 'print("Say \\"hi\\"")', logs: 'Say "hi"\n' });
  });

  test.each(['On 2024-01-05 we met', 'call 555-1234', 'Python 3 is nice'])(
    'finds nothing in: %s',
    (words) => {
      expect(isCalculation(words)).toBe(false);
    },
  );
});
