/** The identity of cached blocks: a hash chain, so that equal keys mean equal prefixes. */

import { hash32 } from '../../../lib/random.js';
import { cutFromSlabs } from '../../../lib/slab.js';

const spread = (x: number): number => {
  let h = Math.imul(x ^ (x >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return h ^ (h >>> 16);
};

/** A chain that is kept keeps no more than this. */
const SLAB_BYTES = 4096;

const words = cutFromSlabs(
  SLAB_BYTES,
  Int32Array.BYTES_PER_ELEMENT,
  (memory, fromByte, length) => new Int32Array(memory, fromByte, length),
);

/**
 * Chains block hashes into 64-bit keys: key j depends on the salt and on hashes 0 … j. Two different prefixes get the
 * same key with probability 2⁻⁶⁴ per pair.
 *
 * @param hashes - content hash of each full block, any safe integers
 * @param count - how many of them to chain
 * @param salt - tenant; different salts share no key
 * @returns two words per block: low, high
 */
export function chainKeys(
  hashes: ArrayLike<number>,
  count: number,
  salt: string | number | undefined,
): Int32Array {
  const keys = words(2 * count);
  let low = 0x9e3779b9 | 0;
  let high = 0x7f4a7c15 | 0;
  if (salt !== undefined) {
    low ^= hash32('salt', 0, salt);
    high ^= hash32('salt', 1, salt);
  }
  for (let i = 0; i < count; i++) {
    const hash = hashes[i]!;
    const hashLow = hash | 0;
    const hashHigh = Math.floor(hash / 2 ** 32) | 0;
    const nextLow = spread(
      Math.imul(low, 0x27d4eb2f) ^ spread(hashLow + 0x165667b1) ^ spread(high ^ hashHigh),
    );
    high = spread(
      Math.imul(high, 0x2545f491) ^ spread(hashLow ^ 0x3c6ef372) ^ (spread(low - hashHigh) + 0x52dce729),
    );
    low = nextLow;
    keys[2 * i] = low;
    keys[2 * i + 1] = high;
  }
  return keys;
}
