/** The rules of the house, on the sources as they are; and each rule on a source that breaks it. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { ROOMS } from './rooms.js';
import {
  bannedText,
  forbiddenArrows,
  importCycles,
  longFiles,
  unseededTests,
  type Sources,
} from './rules.js';

function read(folder: string, pattern: RegExp): Sources {
  const root = fileURLToPath(new URL(`../../${folder}`, import.meta.url));
  const names = readdirSync(root, { recursive: true, encoding: 'utf8' }).filter((name) => pattern.test(name));
  return Object.fromEntries(
    names.map((name) => [name.replaceAll('\\', '/'), readFileSync(join(root, name), 'utf8')]),
  );
}

const sources = read('src', /\.tsx?$/);

describe('the sources', () => {
  test('are seen', () => {
    expect(Object.keys(sources)).toContain('config/schema.ts');
  });
  test('import only along the arrows of the house', () => {
    expect(forbiddenArrows(sources)).toEqual([]);
  });
  test('do not import each other in circles', () => {
    expect(importCycles(sources)).toEqual([]);
  });
  test('are short', () => {
    expect(longFiles(sources)).toEqual([]);
    expect(longFiles(read('scripts', /\.mjs$/))).toEqual([]);
  });
  test('hide no clock and no chance, and are finished', () => {
    expect(bannedText(sources)).toEqual([]);
  });
});

test('the tests draw from one seed', () => {
  expect(unseededTests(read('test', /\.tsx?$/))).toEqual([]);
});

test('the rooms themselves have no circle', () => {
  const graph = Object.fromEntries(
    Object.entries(ROOMS).map(([room, arrows]) => [
      `${room}.ts`,
      Object.entries(arrows)
        .filter(([, arrow]) => arrow === 'value')
        .map(([target]) => `import './${target}.js';`)
        .join(''),
    ]),
  );
  expect(importCycles(graph)).toEqual([]);
});

describe('a violation is found', () => {
  const lib = {
    'lib/a.ts': 'export const a = 1;',
    'workloads/plan.ts': '',
    'server/index.ts': '',
    'runs/run.ts': '',
  };
  test.each([
    ['engine/x.ts', `import { s } from '../server/index.js';`, 'engine may not import server'],
    ['engine/x.ts', `await import('../server/index.js');`, 'engine may not import server'],
    ['engine/x.ts', `import type { S } from '../server/index.js';`, 'engine may not import server'],
    [
      'results/x.ts',
      `import { p } from '../workloads/plan.js';`,
      'results may not import values of workloads',
    ],
    ['server/x.ts', `new URL('../runs/run.js', import.meta.url);`, 'server may not import runs'],
    ['lib/x.ts', `export * from '../workloads/plan.js';`, 'lib may not import workloads'],
    ['attic/x.ts', '', '"attic" is not a room'],
    ['results/x.ts', `import { render } from 'ink';`, 'only ui may import ink'],
    ['simulator/x.ts', `import { readFile } from 'node:fs/promises';`, 'the simulator is pure'],
  ])('%s: %s', (path, text, problem) => {
    expect(forbiddenArrows({ ...lib, [path]: text })).toEqual([expect.stringContaining(problem)]);
  });

  test('allowed arrows pass', () => {
    const text = `import type { P } from '../workloads/plan.js'; import { a } from '../lib/a.js'; import './y.js';`;
    expect(forbiddenArrows({ ...lib, 'results/x.ts': text, 'results/y.ts': '' })).toEqual([]);
  });

  test('a circle', () => {
    const circle = {
      'lib/a.ts': `import './b.js';`,
      'lib/b.ts': `import './c.js';`,
      'lib/c.ts': `import './a.js';`,
    };
    expect(importCycles(circle)).toEqual(['lib/a.ts → lib/b.ts → lib/c.ts → lib/a.ts']);
    expect(importCycles({ ...circle, 'lib/c.ts': `import type { A } from './a.js';` })).toEqual([]);
  });

  test('a long file', () => {
    expect(longFiles({ 'lib/a.ts': 'x\n'.repeat(300) })).toEqual([]);
    expect(longFiles({ 'lib/a.ts': 'x\n'.repeat(301) })).toHaveLength(1);
  });

  test.each([
    ['const now = new Date();', 1],
    ['const then = new Date(ms);', 0],
    ['// not new Date()', 0],
    ["const text = 'new Date()';", 0],
    ['const r = Math.random();', 1],
    ['const { hrtime } = process;', 1],
    [['// TO', 'DO: later'].join(''), 1],
  ])('%s', (text, count) => {
    expect(bannedText({ 'engine/a.ts': text })).toHaveLength(count);
  });

  test('a seed of its own', () => {
    const tests = {
      'fuzz/a.test.ts': `import * as fc from 'fast-check';`,
      'fuzz/b.test.ts': `import * as fc from '../support/fast-check.js';`,
    };
    expect(unseededTests(tests)).toEqual([expect.stringContaining('fuzz/a.test.ts')]);
  });

  test('lib may read the clock', () => {
    expect(bannedText({ 'lib/clock.ts': 'new Date()' })).toEqual([]);
  });
});
