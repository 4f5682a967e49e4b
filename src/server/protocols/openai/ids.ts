/** Ids of what is not stored, and the fingerprint of the server: decided by the seed and by what was asked. */
import type { Digest } from '../../../lib/digest.js';
import { createRandom, hash32 } from '../../../lib/random.js';

const ID_CHARACTERS = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';
const CHARACTER_PAIRS = [...ID_CHARACTERS].flatMap((a) => [...ID_CHARACTERS].map((b) => a + b));
/** An id has 28 characters after its prefix. */
const ID_PAIRS = 14;

/** The id of an answer: equal requests have equal ones. */
export function answerId(seed: number, prefix: string, digest: Digest): string {
  const random = createRandom(seed, 'id', digest.high, digest.low);
  let id = prefix;
  for (let i = 0; i < ID_PAIRS; i++) id += CHARACTER_PAIRS[random.int(CHARACTER_PAIRS.length)]!;
  return id;
}

/** `system_fingerprint` */
export function fingerprintOf(seed: number): string {
  const digits = hash32(seed, 'fingerprint').toString(16) + hash32(seed, 'fingerprint', 1).toString(16);
  return `fp_${digits.padStart(10, '0').slice(0, 10)}`;
}
