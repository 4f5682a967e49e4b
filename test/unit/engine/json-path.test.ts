import { expect, it } from 'vitest';
import { parsePath, readPath } from '../../../src/engine/dialects/json-path.js';

const answer = {
  choices: [{ delta: { content: 'a' } }, { delta: { content: 'b' } }],
  'a name': { n: 0 },
  no: null,
};

it.each([
  ['choices[0].delta.content', ['a']],
  ['$.choices[*].delta.content', ['a', 'b']],
  ["['a name'].n", [0]],
  ['choices[2].delta', []],
  ['no.such', []],
  ['toString', []],
])('%s leads to %j', (path, values) => {
  expect(readPath(answer, path)).toEqual(values);
});

it.each(['', '$', 'a..b', 'a[', 'a[-1]', 'a b', 'a.'])('%j is no path', (path) => {
  expect(parsePath(path)).toBeUndefined();
});
