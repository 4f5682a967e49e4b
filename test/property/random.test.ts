import * as fc from '../support/fast-check.js';
import { expect, it } from 'vitest';
import { createRandom, randomFamily } from '../../src/lib/random.js';

it('a family of streams gives the streams of their whole paths', () => {
  const path = fc.array(fc.oneof(fc.string(), fc.maxSafeInteger()), { maxLength: 3 });
  fc.assert(
    fc.property(fc.nat(), path, fc.maxSafeInteger(), (seed, beginning, last) => {
      const [family, whole] = [
        randomFamily(seed, ...beginning)(last),
        createRandom(seed, ...beginning, last),
      ];
      for (let i = 0; i < 5; i++) expect(family.next()).toBe(whole.next());
    }),
  );
});
