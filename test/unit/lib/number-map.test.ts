import { expect, it } from 'vitest';
import { NumberMap } from '../../../src/lib/number-map.js';
import * as fc from '../../support/fast-check.js';

/** Few keys, of which many want the same place. */
const KEYS = [0, 1, 2, 63, 64, 65, 128, 2 ** 31, 2 ** 32, 2 ** 40, 2 ** 40 + 1, 2 ** 52 + 64];

it('has what a Map has, whatever comes and goes', () => {
  const step = fc.record({ key: fc.constantFrom(...KEYS), there: fc.boolean() });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
      const map = new NumberMap<object>();
      const model = new Map<number, object>();
      for (const { key, there } of steps) {
        const value = {};
        if (there) {
          map.set(key, value);
          model.set(key, value);
        } else expect(map.delete(key)).toBe(model.delete(key));
        expect(map.size).toBe(model.size);
        for (const each of KEYS) expect(map.get(each)).toBe(model.get(each));
      }
      expect(new Map(map.entries())).toEqual(model);
    }),
    { numRuns: 200 },
  );
});

it('makes room for as many as there are, and forgets them', () => {
  const map = new NumberMap<{ key: number }>();
  for (let key = 1; key <= 10_000; key++) map.set(key * 1000, { key });
  expect(map.size).toBe(10_000);
  for (let key = 1; key <= 10_000; key += 2) map.delete(key * 1000);
  for (let key = 1; key <= 10_000; key++) expect(map.get(key * 1000)?.key).toBe(key % 2 ? undefined : key);
  map.clear();
  expect([map.size, map.entries(), map.get(2000)]).toEqual([0, [], undefined]);
});
