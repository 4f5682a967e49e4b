/**
 * Seeded randomness. `Math.random` is used nowhere; whoever needs chance is handed a {@link Random}.
 *
 * Streams are named, not shared: `createRandom(seed, 'arrivals', i)` always gives the same numbers, whatever other
 * streams were read before. That is what makes request i a function of (plan, i) alone.
 */

/** A reproducible stream of numbers. */
export interface Random {
  /** Uniform in [0, 1), 32 bits of resolution. */
  next(): number;
  /** Uniform integer in [0, bound). */
  int(bound: number): number;
  /** Standard normal (Box-Muller). */
  normal(): number;
  /** Exponential with mean 1. */
  exponential(): number;
}

/** Mixes one word into a hash state (MurmurHash3's mixing constants). */
const mix = (hash: number, word: number): number => {
  let k = Math.imul(word, 0xcc9e2d51);
  k = Math.imul((k << 15) | (k >>> 17), 0x1b873593);
  const h = hash ^ k;
  return (Math.imul((h << 13) | (h >>> 19), 5) + 0xe6546b64) | 0;
};

const finish = (hash: number): number => {
  let h = hash;
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return (h ^ (h >>> 16)) >>> 0;
};

/**
 * A 32-bit hash of a path of numbers and strings; the same on every thread and machine.
 *
 * @param path - numbers (any safe integer or fraction) and strings, in order
 * @returns an unsigned 32-bit integer
 */
export function hash32(...path: (string | number)[]): number {
  let h = 0x9747b28c;
  for (const part of path) {
    if (typeof part === 'number') {
      if (Number.isSafeInteger(part)) h = mix(mix(h, part | 0), Math.floor(part / 2 ** 32) | 0);
      else h = hashString(h, String(part));
    } else h = hashString(h, part);
  }
  return finish(h);
}

function hashString(state: number, text: string): number {
  let h = mix(state, text.length);
  for (let i = 0; i < text.length; i++) h = mix(h, text.charCodeAt(i));
  return h;
}

/**
 * A stream of random numbers (sfc32) named by a seed and a path.
 *
 * @param seed - the run's or server's seed
 * @param path - what the stream is for; different paths give independent streams
 */
export function createRandom(seed: number, ...path: (string | number)[]): Random {
  let a = hash32(seed, 'a', ...path) | 0;
  let b = hash32(seed, 'b', ...path) | 0;
  let c = hash32(seed, 'c', ...path) | 0;
  let counter = 1;
  const word = (): number => {
    const t = (((a + b) | 0) + counter) | 0;
    counter = (counter + 1) | 0;
    a = b ^ (b >>> 9);
    b = (c + (c << 3)) | 0;
    c = ((c << 21) | (c >>> 11)) + t;
    c |= 0;
    return t >>> 0;
  };
  for (let i = 0; i < 12; i++) word();
  const next = (): number => word() / 2 ** 32;
  return {
    next,
    int: (bound) => Math.floor(next() * bound),
    normal: () => Math.sqrt(-2 * Math.log(1 - next())) * Math.cos(2 * Math.PI * next()),
    exponential: () => -Math.log(1 - next()),
  };
}
