import * as fc from '../../../support/fast-check.js';
import { expect, it } from 'vitest';
import { comparePrediction } from '../../../../src/simulator/content/prediction.js';

const words = (text: string) => text.split(' ');
const marks = (output: string, prediction: string) =>
  [...comparePrediction(words(output), words(prediction)).matches].join('');

it.each([
  ['a b c d', 'a b c d', '1111'],
  ['a b c d', 'x y z', '0000'],
  // After a difference two tokens must agree before it is followed again.
  ['a b X d e f g', 'a b c d e f g', '1100011'],
  ['a b X Y c d e', 'a b c d e', '1100001'],
  ['a b', 'a b c d', '11'],
])('follows %s with %s as %s', (output, prediction, expected) => {
  expect(marks(output, prediction)).toBe(expected);
});

it('accepts no more than there is, and never a token that differs', () => {
  const tokens = fc.array(fc.integer({ min: 0, max: 3 }), { maxLength: 30 });
  fc.assert(
    fc.property(tokens, tokens, (output, prediction) => {
      const { matches, accepted, rejected } = comparePrediction(output, prediction);
      expect(matches).toHaveLength(output.length);
      expect(accepted + rejected).toBe(prediction.length);
      expect(accepted).toBe(matches.reduce((sum, match) => sum + match, 0));
      expect(rejected).toBeGreaterThanOrEqual(0);
      const same = comparePrediction(output, output);
      expect(same.accepted).toBe(output.length);
    }),
  );
});
