/** Ids of what is not stored, and the fingerprint of the server: decided by the seed and by what was asked. */
import type { Digest } from '../../../lib/digest.js';
import { hash32, randomFamily } from '../../../lib/random.js';

const ID_CHARACTERS = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';
/** Two characters of an id are drawn at once. */
const PAIRS = ID_CHARACTERS.length ** 2;
/** An id has 28 characters after its prefix. */
const idBytes = Buffer.allocUnsafeSlow(28);
const characters = Buffer.from(ID_CHARACTERS, 'latin1');
const firstOfPair = Uint8Array.from(
  { length: PAIRS },
  (_, pair) => characters[Math.floor(pair / ID_CHARACTERS.length)]!,
);
const secondOfPair = Uint8Array.from(
  { length: PAIRS },
  (_, pair) => characters[pair % ID_CHARACTERS.length]!,
);

/** Of the seed of the latest id: a server has one. */
let idsOf = { seed: Number.NaN, random: randomFamily(0, 'id') };

/** The id of an answer: equal requests have equal ones. */
export function answerId(seed: number, prefix: string, { high, low }: Digest): string {
  if (idsOf.seed !== seed) idsOf = { seed, random: randomFamily(seed, 'id') };
  const random = idsOf.random(high, low);
  for (let i = 0; i < idBytes.length; i += 2) {
    const pair = random.int(PAIRS);
    idBytes[i] = firstOfPair[pair]!;
    idBytes[i + 1] = secondOfPair[pair]!;
  }
  return prefix + idBytes.toString('latin1');
}

/** Of the latest seed. */
let fingerprint = { seed: Number.NaN, text: '' };

/** `system_fingerprint` */
export function fingerprintOf(seed: number): string {
  if (fingerprint.seed !== seed) fingerprint = { seed, text: fingerprintText(seed) };
  return fingerprint.text;
}

function fingerprintText(seed: number): string {
  const digits = hash32(seed, 'fingerprint').toString(16) + hash32(seed, 'fingerprint', 1).toString(16);
  return `fp_${digits.padStart(10, '0').slice(0, 10)}`;
}
