import { expect, it } from 'vitest';
import { Decimal, pythonText, tupleText } from '../../../../src/server/protocols/openai/words/python-text.js';

it.each<[unknown, string]>([
  ['a', "'a'"],
  ["it's", `"it's"`],
  [`it's "x"`, `'it\\'s "x"'`],
  ['a\\b\n\u0007', String.raw`'a\\b\n\x07'`],
  [null, 'None'],
  [true, 'True'],
  [5, '5'],
  [0.25, '0.25'],
  [new Decimal(4), '4.0'],
  [new Decimal(0.25), '0.25'],
  [['a', 1, { b: [false] }], "['a', 1, {'b': [False]}]"],
])('%j is written as Python writes it', (value, text) => {
  expect(pythonText(value)).toBe(text);
});

it('tuples of one have a comma', () => {
  expect(tupleText(['body', 'x[]', 0])).toBe("('body', 'x[]', 0)");
  expect(tupleText(['body'])).toBe("('body',)");
});
