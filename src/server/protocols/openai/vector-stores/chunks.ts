/** Texts in chunks with a vector each, and the bytes that they are kept as. */
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Tokenizer } from '../../../../lib/tokens/tokenizer.js';
import type { Embedder } from '../../../../simulator/embedding/embedder.js';
import type { Chunking } from './records.js';

/** The chunks of one file. */
export interface Chunks {
  texts: string[];
  /** One after another, each of the same length. */
  vectors: Float32Array;
}

/** Chunks that are embedded before others get their turn. */
const AT_ONCE = 8;

/** Cuts a text into chunks of so many tokens that overlap. */
export function chunkTexts(
  text: string,
  tokenizer: Tokenizer,
  { maxTokens, overlapTokens }: Chunking,
): string[] {
  const pieces = tokenizer.pieces(text);
  const texts: string[] = [];
  for (let at = 0; at < pieces.length; at += maxTokens - overlapTokens) {
    texts.push(pieces.slice(at, at + maxTokens).join(''));
    if (at + maxTokens >= pieces.length) break;
  }
  return texts.filter((one) => one.trim() !== '');
}

/** Chunks with their vectors. */
export async function embedAll(texts: string[], embedder: Embedder): Promise<Chunks> {
  const parts: Float32Array[] = [];
  for (const [index, text] of texts.entries()) {
    parts.push(embedder.embed(text));
    if (index % AT_ONCE === AT_ONCE - 1) await nextTurn();
  }
  const vectors = new Float32Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    vectors.set(part, at);
    at += part.length;
  }
  return { texts, vectors };
}

/** The size of the texts in JSON, the texts, the vectors. */
export function packChunks({ texts, vectors }: Chunks): Buffer {
  const json = Buffer.from(JSON.stringify(texts));
  const head = Buffer.alloc(4);
  head.writeUInt32LE(json.length);
  return Buffer.concat([head, json, Buffer.from(vectors.buffer, vectors.byteOffset, vectors.byteLength)]);
}

export function unpackChunks(bytes: Buffer): Chunks {
  const end = 4 + bytes.readUInt32LE(0);
  const texts = JSON.parse(bytes.toString('utf8', 4, end)) as string[];
  // Copied: floats must begin at a multiple of four.
  return { texts, vectors: new Float32Array(Uint8Array.from(bytes.subarray(end)).buffer) };
}
