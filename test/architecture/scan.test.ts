import { describe, expect, test } from 'vitest';
import { importsOf, scan } from './scan.js';

const value = (specifier: string) => ({ specifier, kind: 'value' });
const type = (specifier: string) => ({ specifier, kind: 'types' });

describe('imports are found', () => {
  test.each([
    [`import { a } from './a.js';`, [value('./a.js')]],
    [`import a, { type B } from "./a.js";`, [value('./a.js')]],
    [`import * as a from './a.js'`, [value('./a.js')]],
    [`import './a.js';`, [value('./a.js')]],
    [`import type { A } from './a.js';`, [type('./a.js')]],
    [`import type from './a.js';`, [value('./a.js')]],
    [`export * from './a.js';`, [value('./a.js')]],
    [`export { a as b } from './a.js';`, [value('./a.js')]],
    [`export type { A } from './a.js';`, [type('./a.js')]],
    [`const a = await import('./a.js');`, [value('./a.js')]],
    [`const a = await import(\n  // why\n  './a.js'\n);`, [value('./a.js')]],
    [`import {\n  a,\n  b,\n} from '../x/a.js';\nimport z from 'zod';`, [value('../x/a.js'), value('zod')]],
    [`new Worker(new URL('./worker.js', import.meta.url))`, [{ specifier: './worker.js', kind: 'url' }]],
    [`const r = /[\`'"]/; const a = import('./a.js');`, [value('./a.js')]],
    [`const r = /^https?:\\/\\//; const a = import('./a.js');`, [value('./a.js')]],
    [
      'const t = `${await import("./a.js")} and ${`${b}`}`; import("./b.js")',
      [value('./a.js'), value('./b.js')],
    ],
    ['const t = `${{ a: {} }}`; import("./b.js")', [value('./b.js')]],
    [`const half = a / 2; import './b.js'; const other = b / 2;`, [value('./b.js')]],
    [`export const a = 'x';\nconst b = 'y';`, []],
  ])('%s', (text, expected) => {
    expect(importsOf(text)).toEqual(expected);
  });
});

describe('what only looks like an import is not one', () => {
  test.each([
    [`// import './a.js';`],
    [`/* import './a.js' */`],
    [`/**\n * import { a } from './a.js';\n */`],
    ['const text = `import "./a.js"`;'],
    [`const text = "import './a.js'";`],
  ])('%s', (text) => {
    expect(importsOf(text)).toEqual([]);
  });
});

test('comments, strings and regular expressions leave the code', () => {
  expect(scan(`a('x'); // b\nc(/d/g, "e");`)).toEqual({
    code: 'a(§0§);  \nc(§r§g, §1§);',
    strings: ['x', 'e'],
  });
});
