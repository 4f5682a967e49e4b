/** Pages of metrics come from somebody else's server: whatever they say, reading them ends, and soon. */
import * as fc from '../support/fast-check.js';
import { expect, it } from 'vitest';
import { parsePrometheusText } from '../../src/lib/prometheus-text.js';

const name = fc.stringMatching(/^[a-zA-Z_:][a-zA-Z0-9_:]{0,12}$/);
const labelName = fc.stringMatching(/^[a-zA-Z_][a-zA-Z0-9_]{0,8}$/).filter((text) => text !== '__proto__');
const labels = fc.dictionary(labelName, fc.string({ unit: 'binary' }), { maxKeys: 4, noNullPrototype: true });
// Text has no negative zero.
const value = fc.double().map((number) => number + 0);

const escaped = (text: string): string =>
  text
    .replaceAll('\\', String.raw`\\`)
    .replaceAll('"', String.raw`\"`)
    .replaceAll('\n', String.raw`\n`);

it('reads back what is written by the rules', () => {
  fc.assert(
    fc.property(fc.array(fc.tuple(name, labels, value), { maxLength: 8 }), (rows) => {
      const text = rows.map(([n, l, v]) => {
        const written = Object.entries(l).map(([key, label]) => `${key}="${escaped(label)}"`);
        return `${n}{${written.join(',')}} ${Number.isFinite(v) || Number.isNaN(v) ? v : v > 0 ? '+Inf' : '-Inf'}`;
      });
      const { samples, unreadable } = parsePrometheusText(text.join('\n'));
      expect(unreadable).toBe(0);
      expect(samples.map((sample) => [sample.name, { ...sample.labels }, sample.value])).toEqual(rows);
    }),
    { numRuns: 300 },
  );
});

it('takes any text for what it is', () => {
  const piece = fc.oneof(
    fc.string({ unit: 'binary' }),
    fc.constantFrom('{', '}', '"', '\\', '=', ',', '\n', '# TYPE ', 'a', ' 1', '#', '{a="', '"}'),
  );
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 40 }), (pieces) => {
      const { samples, unreadable } = parsePrometheusText(pieces.join(''));
      expect(samples.length + unreadable).toBeLessThanOrEqual(pieces.join('').split('\n').length);
      for (const sample of samples) expect(typeof sample.value).toBe('number');
    }),
    { numRuns: 500 },
  );
});

it('is not slowed down by lines that are made to', () => {
  const long = 200_000;
  const evil = [
    '\\'.repeat(long),
    `a{b="${'\\"'.repeat(long)}`,
    `a{${' '.repeat(long)}`,
    `a${'{'.repeat(long)} 1`,
  ];
  expect(parsePrometheusText(evil.join('\n'))).toMatchObject({ samples: [], unreadable: evil.length });
}, 5_000);
