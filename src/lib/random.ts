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

const SEED = 0x9747b28c;

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
  let h = SEED;
  for (const part of path) h = absorb(h, part);
  return finish(h);
}

/** Mixes one part of a path into a hash state. */
function absorb(state: number, part: string | number): number {
  if (typeof part !== 'number') return hashString(state, part);
  // Most are small: what is above 32 bits is 0 then.
  if (part >>> 0 === part) return mix(mix(state, part | 0), 0);
  if (!Number.isSafeInteger(part)) return hashString(state, String(part));
  return mix(mix(state, part | 0), Math.floor(part / 2 ** 32) | 0);
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
  const seeded = absorb(SEED, seed);
  let a = hashString(seeded, 'a');
  let b = hashString(seeded, 'b');
  let c = hashString(seeded, 'c');
  for (const part of path) {
    a = absorb(a, part);
    b = absorb(b, part);
    c = absorb(c, part);
  }
  return new Sfc32(finish(a) | 0, finish(b) | 0, finish(c) | 0);
}

/**
 * Streams whose paths begin alike, with the beginning hashed once: `randomFamily(s, 'prompt')(i)` is
 * `createRandom(s, 'prompt', i)`.
 */
export function randomFamily(seed: number, ...path: (string | number)[]): (...rest: number[]) => Random {
  const seeded = absorb(SEED, seed);
  const hashOf = (name: string): number => path.reduce(absorb, hashString(seeded, name));
  const [first, second, third] = [hashOf('a'), hashOf('b'), hashOf('c')];
  return (...rest) => {
    let [a, b, c] = [first, second, third];
    for (const part of rest) {
      a = absorb(a, part);
      b = absorb(b, part);
      c = absorb(c, part);
    }
    return new Sfc32(finish(a) | 0, finish(b) | 0, finish(c) | 0);
  };
}

/** A class rather than closures: every request has a stream of its own, and this is a fifth of the garbage. */
class Sfc32 implements Random {
  #a: number;
  #b: number;
  #c: number;
  #counter = 1;

  constructor(a: number, b: number, c: number) {
    this.#a = a;
    this.#b = b;
    this.#c = c;
    for (let i = 0; i < 12; i++) this.#word();
  }

  next(): number {
    return this.#word() / 2 ** 32;
  }

  int(bound: number): number {
    return Math.floor((this.#word() / 2 ** 32) * bound);
  }

  normal(): number {
    return Math.sqrt(-2 * Math.log(1 - this.next())) * Math.cos(2 * Math.PI * this.next());
  }

  exponential(): number {
    return -Math.log(1 - this.next());
  }

  #word(): number {
    const t = (((this.#a + this.#b) | 0) + this.#counter) | 0;
    const c = this.#c;
    this.#counter = (this.#counter + 1) | 0;
    this.#a = this.#b ^ (this.#b >>> 9);
    this.#b = (c + (c << 3)) | 0;
    this.#c = (((c << 21) | (c >>> 11)) + t) | 0;
    return t >>> 0;
  }
}
