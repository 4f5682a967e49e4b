import { describe, expect, it } from 'vitest';
import { calculation } from '../../../../src/server/protocols/openai/responses/calculation.js';

describe('calculation', () => {
  it.each([
    ['What is 2 + 3 * 4?', 'print(2 + 3 * 4)', '14'],
    ['Compute (2 + 3) * 4.', 'print((2 + 3) * 4)', '20'],
    ['2 ** 3 ** 2 please', 'print(2 ** 3 ** 2)', '512'],
    ['-2 is no start, 7 - -2 is', 'print(7 - -2)', '9'],
    ['7 / 2', 'print(7 / 2)', '3.5'],
    ['8 / 2', 'print(8 / 2)', '4.0'],
    ['-7 // 2 and -7 % 3', 'print(7 // 2)', '3'],
    ['10 % 4', 'print(10 % 4)', '2'],
    ['1.5 * 2', 'print(1.5 * 2)', '3.0'],
  ])('%s', (words, code, result) => {
    expect(calculation(words)).toEqual({ code, logs: `${result}\n` });
  });

  it.each(['Solve this', 'in 2024 and 12', '1 / 0', '3 + (4', '9 ** 999', '(1 + ) 2', '+'])(
    'prints the words of what it cannot compute: %s',
    (words) => {
      expect(calculation(words)).toEqual({
        code: `print(${JSON.stringify(words)})`,
        logs: `${words}\n`,
      });
    },
  );
});
