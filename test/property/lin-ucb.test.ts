import * as fc from '../support/fast-check.js';
import { describe, expect, it } from 'vitest';
import { LinUcb } from '../../src/simulator/cluster/router/lin-ucb.js';

const SIZE = 5;
const vector = fc
  .array(fc.double({ min: -20, max: 20, noNaN: true }), { minLength: SIZE, maxLength: SIZE })
  .map((values) => Float64Array.from(values));

describe('the quick bound of the learned model', () => {
  it('is never below the bonus, wherever it is measured from, and exact there', () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(vector, fc.double({ min: -4, max: 0, noNaN: true })), { maxLength: 30 }),
        vector,
        fc.array(vector, { minLength: 1, maxLength: 5 }),
        (outcomes, near, others) => {
          const model = new LinUcb(SIZE, [0, -1, -1, -0.5, 0], 0.3);
          for (const [x, reward] of outcomes) model.learn(x, reward);
          expect(model.bonusNear(near)).toBe(model.bonus(near));
          expect(model.mostBonus(near)).toBeCloseTo(model.bonus(near), 4);
          for (const x of others) expect(model.mostBonus(x)).toBeGreaterThanOrEqual(model.bonus(x));
        },
      ),
      { numRuns: 200 },
    );
  });
});
