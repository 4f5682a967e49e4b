import { expect, it } from 'vitest';
import { floatsJson } from '../../src/server/protocols/openai/embeddings/floats-json.js';
import * as fc from '../support/fast-check.js';

const usual = (vector: Float32Array): string =>
  `[${Array.from(vector, (value) => value.toPrecision(9)).join(',')}]`;

it('writes every float as toPrecision does', () => {
  const size = fc.oneof(
    fc.float({ noNaN: true, noDefaultInfinity: true }),
    fc.float({ min: -1, max: 1, noNaN: true }),
    fc.float({ min: Math.fround(-0.001), max: Math.fround(0.001), noNaN: true }),
    // At and beside the bounds.
    fc.tuple(fc.integer({ min: -9, max: 1 }), fc.integer({ min: -3, max: 3 })).map(([power, steps]) => {
      const near = new Float32Array([10 ** power]);
      const bits = new Int32Array(near.buffer);
      bits[0]! += steps;
      return near[0]!;
    }),
    // In the middle between two last digits, or near it.
    fc.integer({ min: 1, max: 2 ** 24 }).map((whole) => whole / 2 ** 24),
    fc.integer({ min: 1, max: 2 ** 24 }).map((whole) => whole / 2 ** 30),
  );
  fc.assert(
    fc.property(fc.array(size, { maxLength: 40 }), (values) => {
      const vector = Float32Array.from(values);
      expect(floatsJson(vector)).toBe(usual(vector));
    }),
    { numRuns: 3000 },
  );
});
