import * as fc from '../../support/fast-check.js';
import { describe, expect, it } from 'vitest';
import { digestOfBytes } from '../../../src/lib/digest.js';

const bytes = fc.uint8Array({ maxLength: 64 });
const name = (value: Uint8Array): string => {
  const { high, low } = digestOfBytes(value);
  return `${high} ${low}`;
};

describe('the digest of bytes', () => {
  it('depends on every byte, and on nothing else', () => {
    const property = fc.property(bytes, fc.nat(63), fc.integer({ min: 1, max: 255 }), (value, at, change) => {
      // The same bytes elsewhere in memory, not aligned.
      const shifted = new Uint8Array(value.length + 1).subarray(1);
      shifted.set(value);
      expect(name(shifted)).toBe(name(value));
      expect(name(Uint8Array.of(...value, 0))).not.toBe(name(value));
      if (at >= value.length) return;
      shifted[at]! ^= change;
      expect(name(shifted)).not.toBe(name(value));
    });
    fc.assert(property, { numRuns: 500 });
  });

  it('has no two equal ones among many that are alike', () => {
    const names = new Set<string>();
    for (let i = 0; i < 20_000; i++)
      names.add(name(Uint8Array.of(i & 255, i >> 8, 0, 0, 0, 0, i >> 8, i & 255)));
    expect(names.size).toBe(20_000);
    const halves = new Set([...names].map((text) => text.split(' ')[0]));
    expect(halves.size).toBeGreaterThan(19_990);
  });
});
