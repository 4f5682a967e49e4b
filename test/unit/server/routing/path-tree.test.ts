import { describe, expect, it } from 'vitest';
import { PathTree } from '../../../../src/server/routing/path-tree.js';

const treeOf = (...patterns: string[]): PathTree<string> => {
  const tree = new PathTree<string>(10);
  for (const pattern of patterns) {
    const [method, path] = pattern.split(' ') as [string, string];
    tree.add(method, path, pattern);
  }
  return tree;
};

const tree = treeOf(
  'GET /',
  'GET /a/b/c',
  'GET /a/:x',
  'GET /a/:x/d',
  'POST /a/:y',
  'GET /a/*',
  'POST /a/b',
  'GET /f/:id/x/:other',
);

describe('PathTree', () => {
  it.each([
    ['GET', '/', 'GET /', {}],
    ['GET', '/a/b/c', 'GET /a/b/c', {}],
    ['GET', '/a/b/c/', 'GET /a/b/c', {}],
    // Fixed, but not for this method.
    ['GET', '/a/b', 'GET /a/:x', { x: 'b' }],
    ['POST', '/a/b', 'POST /a/b', {}],
    ['POST', '/a/c', 'POST /a/:y', { y: 'c' }],
    // The fixed segment leads nowhere.
    ['GET', '/a/b/d', 'GET /a/:x/d', { x: 'b' }],
    ['GET', '/a/b/e', 'GET /a/*', { '*': 'b/e' }],
    ['GET', '/a/b%2Fc', 'GET /a/:x', { x: 'b/c' }],
    ['GET', '/a/%62/c', 'GET /a/b/c', {}],
    // Too long for a named part.
    ['GET', '/a/12345678901', 'GET /a/*', { '*': '12345678901' }],
    ['GET', '/f/__proto__/x/toString', 'GET /f/:id/x/:other', { id: '__proto__', other: 'toString' }],
  ])('%s %s is %s', (method, path, pattern, params) => {
    expect(tree.find(method, path)).toEqual({ value: pattern, params });
  });

  it.each([
    ['GET', ''],
    ['GET', '*'],
    ['GET', 'a/b/c'],
    ['GET', '/a'],
    ['GET', '/A/b/c'],
    ['PUT', '/a/b/c'],
    ['GET', '/f//x/y'],
    ['GET', '/f/%/x/y'],
    ['GET', '/f/%ff/x/y'],
    ['GET', '/f/1/x'],
  ])('nothing is at %s %s', (method, path) => {
    expect(tree.find(method, path)).toBeUndefined();
  });

  it.each(['a', '/a/*/b', '/a/b*', '/a/:x:y', '/a/b(c)', '/a/x:y'])('refuses the pattern %s', (pattern) => {
    expect(() => new PathTree<number>(10).add('GET', pattern, 1)).toThrow('is no pattern');
  });

  it.each([
    ['GET /a/:x', 'GET /a/:y'],
    ['GET /a/*', 'GET /a/*'],
    ['GET /a', 'GET /a/'],
  ])('refuses %s beside %s', (one, other) => {
    expect(() => treeOf(one, other)).toThrow('is there twice');
  });
});
