/** Decodes what the server's AAC encoder writes: ADTS, one channel, long blocks. Slow: the transform is the definition's sum. */
import { type Codebook, SCALE_FACTORS, SPECTRAL_BOOKS } from '../../src/server/media/audio/aac/codebooks.js';
import { BANDS } from '../../src/server/media/audio/aac/spectrum.js';

const LINES = 1024;
const SIZE = 2 * LINES;
/** cos(2 pi / 2048 (n + 512.5) (k + 0.5)) is one of so many values. */
const COSINES = Float64Array.from({ length: 4 * SIZE }, (_, i) => Math.cos((Math.PI * i) / (2 * SIZE)));

class BitReader {
  #at = 0;
  constructor(readonly bytes: Uint8Array) {}

  get(bits: number): number {
    let value = 0;
    for (let i = 0; i < bits; i++, this.#at++) {
      if (this.#at >= this.bytes.length * 8) throw new Error('the frame is cut off');
      value = value * 2 + ((this.bytes[this.#at >> 3]! >> (7 - (this.#at & 7))) & 1);
    }
    return value;
  }

  symbol({ lengths, codes }: Codebook): number {
    let code = 0;
    for (let length = 1; length <= 19; length++) {
      code = code * 2 + this.get(1);
      const found = codes.findIndex((one, i) => one === code && lengths[i] === length);
      if (found >= 0) return found;
    }
    throw new Error('no codeword');
  }

  align(): void {
    this.#at = (this.#at + 7) & ~7;
  }

  get left(): number {
    return this.bytes.length * 8 - this.#at;
  }
}

/** The samples, a block later than they were encoded. */
export const decodeAac = (file: Uint8Array): Float64Array => decodeAacBlocks([...blocksOf(file)]);

/** The same of blocks without their headers. */
export function decodeAacBlocks(blocks: readonly Uint8Array[]): Float64Array {
  let overlap: Float64Array = new Float64Array(LINES);
  const decoded = blocks.map((block) => {
    const samples = inverse(linesOf(new BitReader(block)));
    const whole = overlap.map((value, i) => value + samples[i]!);
    overlap = samples.subarray(LINES);
    return whole;
  });
  return Float64Array.from(decoded.flatMap((block) => [...block]));
}

function* blocksOf(file: Uint8Array): Generator<Uint8Array> {
  for (let at = 0; at < file.length;) {
    const head = new BitReader(file.subarray(at, at + 7));
    if (head.get(16) !== 0xfff1 || head.get(2) !== 1 || head.get(4) !== 6)
      throw new Error(`no header at ${at}`);
    head.get(1);
    if (head.get(3) !== 1) throw new Error('not one channel');
    head.get(4);
    const size = head.get(13);
    yield file.subarray(at + 7, at + size);
    at += size;
  }
}

function linesOf(bits: BitReader): Float64Array {
  let lines: Float64Array | undefined;
  for (let element = bits.get(3); element !== 7; element = bits.get(3)) {
    bits.get(4);
    if (element === 0) lines = channel(bits);
    else if (element === 4) skipData(bits);
    else throw new Error(`an element ${element}`);
  }
  if (bits.left >= 8 || !lines) throw new Error('the frame is not what it says');
  return lines;
}

function skipData(bits: BitReader): void {
  const aligned = bits.get(1) === 1;
  const count = bits.get(8);
  const more = count === 255 ? bits.get(8) : 0;
  if (aligned) bits.align();
  for (let i = 0; i < count + more; i++) bits.get(8);
}

function channel(bits: BitReader): Float64Array {
  let scaleFactor = bits.get(8);
  if (bits.get(4) !== 0) throw new Error('not a long block with the sine window');
  const count = bits.get(6);
  if (bits.get(1) !== 0) throw new Error('prediction');
  const books: number[] = [];
  while (books.length < count) {
    const book = bits.get(4);
    let length = 0;
    let part: number;
    do length += part = bits.get(5);
    while (part === 31);
    for (let i = 0; i < length; i++) books.push(book);
  }
  const steps = books.map((book) => {
    if (book !== 0) scaleFactor += bits.symbol(SCALE_FACTORS) - 60;
    return 2 ** ((scaleFactor - 100) / 4);
  });
  if (bits.get(3) !== 0) throw new Error('tools');
  const lines = new Float64Array(LINES);
  for (const [band, book] of books.entries()) {
    if (book === 0) continue;
    for (let at = BANDS[band]!; at < BANDS[band + 1]!;)
      for (const value of values(bits, book))
        lines[at++] = Math.sign(value) * Math.abs(value) ** (4 / 3) * steps[band]!;
  }
  return lines;
}

function values(bits: BitReader, number: number): number[] {
  const book = SPECTRAL_BOOKS.find((one) => one.number === number)!;
  let symbol = bits.symbol(book);
  const digits = Array.from({ length: book.lines }, () => {
    const digit = symbol % book.base;
    symbol = Math.floor(symbol / book.base);
    return digit;
  }).toReversed();
  if (book.signed) return digits.map((digit) => digit - (book.base - 1) / 2);
  const signs = digits.map((digit) => (digit !== 0 && bits.get(1) === 1 ? -1 : 1));
  return digits.map((digit, i) => {
    if (number !== 11 || digit < 16) return digit * signs[i]!;
    let width = 4;
    while (bits.get(1) === 1) width++;
    return (2 ** width + bits.get(width)) * signs[i]!;
  });
}

function inverse(lines: Float64Array): Float64Array {
  const used = [...lines.keys()].filter((k) => lines[k] !== 0);
  return Float64Array.from({ length: SIZE }, (_, n) => {
    let sum = 0;
    for (const k of used) sum += lines[k]! * COSINES[((2 * n + 1 + LINES) * (2 * k + 1)) % (4 * SIZE)]!;
    return ((2 * sum) / SIZE) * Math.sin((Math.PI * (n + 0.5)) / SIZE);
  });
}
