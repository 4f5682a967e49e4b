import { expect, it } from 'vitest';
import { cutFromSlabs } from '../../../src/lib/slab.js';
import * as fc from '../../support/fast-check.js';

const SLAB_BYTES = 256;

it('cuts arrays that share slabs and no number, all 0 at first', () => {
  fc.assert(
    fc.property(fc.array(fc.nat(40), { maxLength: 60 }), (lengths) => {
      const cut = cutFromSlabs(
        SLAB_BYTES,
        8,
        (memory, from, length) => new Float64Array(memory, from, length),
      );
      const arrays = lengths.map(cut);
      expect(arrays.map((array) => array.length)).toEqual(lengths);
      expect(arrays.every((array) => array.every((number) => number === 0))).toBe(true);
      for (const [i, array] of arrays.entries()) array.fill(i + 1);
      for (const [i, array] of arrays.entries()) expect(array.every((number) => number === i + 1)).toBe(true);
      const slabs = new Set(arrays.filter(({ length }) => length <= 8).map(({ buffer }) => buffer));
      const used = arrays.filter(({ length }) => length <= 8).reduce((sum, { length }) => sum + length, 0);
      expect(slabs.size).toBeLessThanOrEqual(1 + Math.ceil((8 * used) / (0.75 * SLAB_BYTES)));
    }),
    { numRuns: 40 },
  );
});
