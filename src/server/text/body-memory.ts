/**
 * What bodies of requests were found to mean, by their bytes: load generators send a few bodies over and over, and retries and
 * evaluations repeat theirs. Only what a body decides alone may be remembered, nothing that the time or the server's state decides.
 *
 * A body is remembered when it comes for the second time: those that never come again leave a number behind and nothing else.
 */
import type { Digest } from '../../lib/digest.js';

/** Bodies that are remembered at most; two that meet in a place take turns. */
const PLACES = 1024;
/** Longer bodies are not remembered. */
const LONGEST_BYTES = 64 * 1024;
/** Bound on all of them together, with what they mean; at it everything is forgotten. */
const MOST_BYTES = 4 * 1024 * 1024;
/** Of a longer body than four times as many bytes only so many words choose the place; all bytes are compared. */
const WORDS = 64;

interface Entry<T> {
  readonly place: number;
  readonly bytes: Buffer;
  readonly value: T;
}

/** See the file's head. One per thread and use. */
export class BodyMemory<T> {
  readonly #entries: (Entry<T> | undefined)[] = Array.from({ length: PLACES });
  /** What the body that came to a place last is named by. */
  readonly #seen = new Int32Array(PLACES);
  #latest: Entry<T> | undefined;
  #bytes = 0;
  /** Of the body that was asked for last. */
  #place = 0;

  /** What a body means, if it is remembered; all its bytes are compared. */
  recall(body: Buffer): T | undefined {
    const latest = this.#latest;
    if (latest && equal(latest.bytes, body)) {
      this.#place = latest.place;
      return latest.value;
    }
    if (body.length > LONGEST_BYTES) return undefined;
    this.#place = placeOf(body);
    const entry = this.#entries[this.#place];
    if (!entry || !equal(entry.bytes, body)) return undefined;
    this.#latest = entry;
    return entry.value;
  }

  /** Whether the body that {@link recall} was asked for last did not come before; from now on it did. */
  isNew(body: Buffer, { low }: Digest): boolean {
    if (body.length > LONGEST_BYTES) return true;
    const name = (low ^ body.length) | 0;
    const isNew = this.#seen[this.#place] !== name;
    this.#seen[this.#place] = name;
    return isNew;
  }

  /**
   * Remembers what the body means that {@link recall} was asked for last, if it came before.
   *
   * @param body - is copied
   * @param digest - names what the body says, to know it again by
   * @param meaning - makes what it means; called when it is to be remembered
   * @param size - bytes that this takes, about
   */
  remember(body: Buffer, digest: Digest, meaning: () => T, size: number): void {
    if (this.isNew(body, digest)) return;
    const place = this.#place;
    this.#bytes += body.length + size;
    if (this.#bytes > MOST_BYTES) this.#forget(body.length + size);
    // In place of what it meant before, if it did.
    this.#latest = this.#entries[place] = { place, bytes: Buffer.from(body), value: meaning() };
  }

  #forget(bytes: number): void {
    this.#entries.fill(undefined);
    this.#latest = undefined;
    this.#bytes = bytes;
  }
}

const equal = (one: Buffer, other: Buffer): boolean =>
  one.length === other.length && one.compare(other) === 0;

/** Two words at a time, in hashes that do not wait for each other. */
function placeOf(body: Buffer): number {
  const { length } = body;
  const stride = Math.max(4, Math.ceil(length / WORDS));
  let one = length;
  let other = 0;
  let at = 0;
  for (; at + stride + 4 < length; at += 2 * stride) {
    one = Math.imul(one ^ wordAt(body, at), 0x9e3779b1);
    other = Math.imul(other ^ wordAt(body, at + stride), 0x85ebca6b);
    // A product's high bits do not reach its low ones.
    one ^= one >>> 15;
    other ^= other >>> 13;
  }
  if (at + 4 < length) one = Math.imul(one ^ wordAt(body, at), 0x9e3779b1);
  if (length >= 4) other = Math.imul(other ^ wordAt(body, length - 4), 0x85ebca6b);
  const hash = Math.imul(one ^ (one >>> 15) ^ other, 0xc2b2ae35);
  return (hash ^ (hash >>> 13) ^ (hash >>> 22)) & (PLACES - 1);
}

const wordAt = (body: Buffer, at: number): number =>
  body[at]! | (body[at + 1]! << 8) | (body[at + 2]! << 16) | (body[at + 3]! << 24);
