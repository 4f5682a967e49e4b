import { describe, expect, it } from 'vitest';
import { applyDiff, changeDiff, creationDiff, type LineChange } from '../../../../src/server/text/v4a.js';
import * as fc from '../../../support/fast-check.js';

/** Lines that come again and again, which is where sections are hardest to place. */
const line = fc.constantFrom('', 'a', 'b', '  a', '-a', '+b', '@@', '}');

/** Replaces every line that has an `a`, and adds one at the end. */
const changesOf = (lines: readonly string[]): LineChange[] => [
  ...lines.flatMap((one, at) => (one.includes('a') ? [{ at, removed: 1, added: [`${one}!`] }] : [])),
  { at: lines.length, removed: 0, added: ['new'] },
];

describe('V4A diffs', () => {
  it('show what is around a change', () => {
    const lines = ['1', '2', '3', '4', '5', '6', '7', '8', '9'];
    const diff = changeDiff(lines, [{ at: 4, removed: 1, added: ['five', 'V'] }]);
    expect(diff).toBe('@@\n 2\n 3\n 4\n-5\n+five\n+V\n 6\n 7\n 8\n');
    expect(applyDiff(`${lines.join('\n')}\n`, diff)).toBe('1\n2\n3\n4\nfive\nV\n6\n7\n8\n9\n');
  });

  it('apply to what they were made of, wherever lines are alike', () => {
    fc.assert(
      fc.property(fc.array(line, { minLength: 1, maxLength: 12 }), (lines) => {
        const content = lines.map((one) => `${one}\n`).join('');
        const expected = `${[...lines.map((one) => (one.includes('a') ? `${one}!` : one)), 'new'].join('\n')}\n`;
        expect(applyDiff(content, changeDiff(lines, changesOf(lines)))).toBe(expected);
      }),
      { numRuns: 300 },
    );
  });

  it('create files, and do not apply where they do not fit', () => {
    expect(creationDiff('x\n\ny\n')).toBe('+x\n+\n+y\n');
    expect(applyDiff(undefined, '+x\n+\n+y\n')).toBe('x\n\ny\n');
    expect(applyDiff('x\n', '@@\n-z\n+y\n')).toBeUndefined();
    expect(applyDiff(undefined, '@@\n x\n+y\n')).toBeUndefined();
    // The end of a file is the last place that fits.
    expect(applyDiff('a\nb\na\n', '@@\n a\n+c\n*** End of File\n')).toBe('a\nb\na\nc\n');
  });
});
