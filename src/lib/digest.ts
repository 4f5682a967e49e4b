/** A 64-bit digest of texts: names things by their content. Not for secrets: whoever wants a collision can make one. */

/** Two independent 32-bit words. */
export interface Digest {
  readonly high: number;
  readonly low: number;
}

/**
 * Digests texts one after the other; the same on every thread and machine. Lists that differ in where one text ends and the
 * next begins differ.
 *
 * Two multiplicative lanes with a shared final mix, after cyrb53 (public domain, https://github.com/bryc/code): about
 * 1.5 ns per character, where a cryptographic hash costs microseconds to set up.
 */
export class TextDigester {
  #a = 0xdeadbeef | 0;
  #b = 0x41c6ce57 | 0;

  add(text: string): this {
    let a = Math.imul(this.#a ^ text.length, 0x85ebca77);
    let b = Math.imul(this.#b ^ text.length, 0xc2b2ae3d);
    for (let i = 0; i < text.length; i++) {
      const code = text.charCodeAt(i);
      a = Math.imul(a ^ code, 0x9e3779b1);
      b = Math.imul(b ^ code, 0x5f356495);
    }
    this.#a = (a << 13) | (a >>> 19);
    this.#b = (b << 17) | (b >>> 15);
    return this;
  }

  /** One that goes on from here by itself. */
  copy(): TextDigester {
    const copy = new TextDigester();
    copy.#a = this.#a;
    copy.#b = this.#b;
    return copy;
  }

  /** Of all texts so far. */
  get digest(): Digest {
    let a = this.#a;
    let b = this.#b;
    a = Math.imul(a ^ (a >>> 16), 0x85ebca6b) ^ Math.imul(b ^ (b >>> 13), 0xc2b2ae35);
    b = Math.imul(b ^ (b >>> 16), 0x85ebca6b) ^ Math.imul(a ^ (a >>> 13), 0xc2b2ae35);
    return { high: b >>> 0, low: a >>> 0 };
  }
}

/** Digests a list of texts: see {@link TextDigester}. */
export function digestOf(texts: readonly string[]): Digest {
  const digester = new TextDigester();
  for (const text of texts) digester.add(text);
  return digester.digest;
}

/**
 * Digests bytes, four at a time: about 1 ns per byte, where {@link digestOf} of the same bytes as text takes several. Not the
 * digest of that text.
 */
export function digestOfBytes(bytes: Uint8Array): Digest {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const whole = bytes.length - (bytes.length % 4);
  let a = 0xdeadbeef ^ bytes.length;
  let b = 0x41c6ce57 ^ bytes.length;
  for (let at = 0; at < whole; at += 4) {
    const word = view.getUint32(at, true);
    a = Math.imul(a ^ word, 0x9e3779b1);
    b = Math.imul(b ^ word, 0x5f356495);
    // A product's high bits do not reach its low ones.
    a ^= a >>> 15;
    b = (b << 13) | (b >>> 19);
  }
  const rest = digestOf([String.fromCharCode(...bytes.subarray(whole))]);
  a = Math.imul(a ^ (a >>> 16) ^ rest.high, 0x85ebca6b);
  b = Math.imul(b ^ (b >>> 13) ^ rest.low, 0xc2b2ae35);
  return { high: (b ^ (a >>> 15)) >>> 0, low: (a ^ (b >>> 16)) >>> 0 };
}
