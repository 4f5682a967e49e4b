/** Heads of requests that were parsed lately: clients send the same ones over and over. */
import { LRUCache } from 'lru-cache';
import { parseHead, type RequestHead } from './request-head.js';

/** Most heads that are remembered: those of a client differ in little more than the length of the body. */
const MOST = 512;
/** Longer heads are not remembered, so that all of them together stay at one or two MiB. */
const LONGEST_CHARACTERS = 1024;
const END = '\r\n\r\n';

/** A head, and the bytes that say it. Shared by all connections that sent it: never change one. */
export interface KnownHead {
  readonly head: RequestHead;
  /** The empty line at its end among them. */
  readonly bytes: Buffer;
}

/** {@link parseHead} with a memory. At its bound the least recently used head is forgotten. */
export class HeadMemory {
  readonly #heads = new LRUCache<string, KnownHead>({ max: MOST });

  /**
   * Parses a head; an equal one that is remembered gives the same object.
   *
   * @param text - everything before the empty line
   * @throws ProtocolError as {@link parseHead} does
   */
  parse(text: string): KnownHead {
    const remembered = this.#heads.get(text);
    if (remembered) return remembered;
    const known = { head: parseHead(text), bytes: Buffer.from(text + END, 'latin1') };
    if (text.length <= LONGEST_CHARACTERS) this.#heads.set(text, known);
    return known;
  }
}
