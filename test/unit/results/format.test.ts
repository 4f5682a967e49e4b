import { describe, expect, test } from 'vitest';
import { horizontalBar, binDistribution } from '../../../src/results/bins.js';
import { formatFigure, formatShare, truncate } from '../../../src/results/format.js';
import { lineText, tableLines, wrapWords, type Column } from '../../../src/results/lines.js';
import { redactUrl, withoutSecretsOf } from '../../../src/results/redact.js';
import { distributionOf } from '../../fixtures/run.js';

test.each([
  [0, '0'],
  [0.0004, '0.000'],
  [0.0123, '0.012'],
  [0.5, '0.500'],
  [9.996, '10.0'],
  [99.96, '100'],
  [123.4, '123'],
  [1234.5, '1,235'],
  [12_345_678, '12,345,678'],
  [null, '–'],
  [undefined, '–'],
  [NaN, '–'],
])('formatFigure(%s) is %s', (value, text) => expect(formatFigure(value)).toBe(text));

test('shares and truncation', () => {
  expect(formatShare(0.0385)).toBe('3.85%');
  expect([truncate('abcdef', 6), truncate('abcdef', 4), truncate('abc', 0)]).toEqual(['abcdef', 'abc…', '']);
});

test('wrapWords breaks between words and cuts what is longer than a line', () => {
  expect(wrapWords('the quick brown fox', 10)).toEqual(['the quick', 'brown fox']);
  expect(wrapWords('abcdefghijkl mn', 5)).toEqual(['abcde', 'fghij', 'kl mn']);
});

describe('tableLines', () => {
  const columns: Column[] = [
    { head: 'name', align: 'left' },
    { head: 'a', align: 'right', dispensable: 1 },
    { head: 'b', align: 'right', dispensable: 2 },
    { head: 'c', align: 'right' },
  ];
  const rows = [['x', '1', '22', '333'].map((text) => ({ text }))];
  test('aligns numbers to the right', () => {
    expect(tableLines(columns, rows, 80).map(lineText)).toEqual(['name  a   b    c', 'x     1  22  333']);
  });
  test('leaves out the most dispensable columns where there is no room', () => {
    expect(tableLines(columns, rows, 12).map(lineText)).toEqual(['name  a    c', 'x     1  333']);
    expect(tableLines(columns, rows, 5).map(lineText)).toEqual(['name    c', 'x     333']);
  });
});

describe('binDistribution', () => {
  test('keeps every value and covers the whole range', () => {
    const values = [0, 1, 10, 100, 1000, 100_000];
    const bins = binDistribution(distributionOf('e2e', values), 8);
    expect(bins.reduce((sum, bin) => sum + bin.count, 0)).toBe(values.length);
    expect(bins.at(-1)!.to).toBeGreaterThanOrEqual(100_000);
    expect(bins.at(-1)!.count).toBe(1);
  });
  test('one single value is one bin of a readable axis', () => {
    const bins = binDistribution(distributionOf('e2e', [200, 200, 200]), 5);
    expect(bins.map((bin) => bin.count)).toEqual([3, 0, 0, 0, 0]);
    expect(bins[1]!.from).toBeGreaterThan(bins[0]!.from);
  });
});

test('horizontalBar is exact to an eighth, and shows what is not nothing', () => {
  expect([0, 0.0001, 0.5, 1, 2].map((share) => horizontalBar(share, 4))).toEqual([
    '',
    '▏',
    '██',
    '████',
    '████',
  ]);
  expect(horizontalBar(0.53125, 4)).toBe('██▏');
});

test('credentials in URLs are masked, everything else stays', () => {
  expect(redactUrl('http://localhost:8000/v1')).toBe('http://localhost:8000/v1');
  expect(redactUrl('https://me:pass@h/v1?api-version=1&api_key=k&sig=s')).toBe(
    'https://***:***@h/v1?api-version=1&api_key=***&sig=***',
  );
  expect(redactUrl('not a url')).toBe('not a url');
  expect(withoutSecretsOf('https://h/?token=abcd1234', 'refused abcd1234')).toBe('refused ***');
  expect(withoutSecretsOf('https://me:p%40ssword@h/', 'p@ssword p%40ssword')).toBe('*** ***');
  expect(withoutSecretsOf('https://me:%E0%A4@h/', 'plain')).toBe('plain');
});
