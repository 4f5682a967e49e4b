/** Lines of a block as AAC writes them: in bands, each with a step size of its own, and Huffman codes. */
import type { BitWriter } from '../bits.js';
import { ESCAPE, SCALE_FACTORS, SPECTRAL_BOOKS, type SpectralBook } from './codebooks.js';

/** Where the bands of long blocks begin and end, of 22.05 and 24 kHz (ISO/IEC 14496-3, table 4.130). */
export const BANDS = [
  0, 4, 8, 12, 16, 20, 24, 28, 32, 36, 40, 44, 52, 60, 68, 76, 84, 92, 100, 108, 116, 124, 136, 148, 160, 172,
  188, 204, 220, 240, 260, 284, 308, 336, 364, 396, 432, 468, 508, 552, 600, 652, 704, 768, 832, 896, 960,
  1024,
] as const;

/** Size of a step, of the loudness of its band: noise is about 17 dB below it. */
const STEP = 0.25;
/** The same, of the loudest band: what is far below that is not heard, and not written. */
const FLOOR = 0.0015;
/** Rounds down more often than up, as most lines are small. */
const ROUNDING = 0.4054;
/** A scale factor of so much is a step of 1; four more double it. */
const UNITY = 100;
/** The difference of two scale factors is coded with so much added. */
const DIFFERENCE = 60;

interface Band {
  from: number;
  to: number;
  scaleFactor: number;
  /** undefined: nothing but zeros. */
  book: SpectralBook | undefined;
}

/** Loudness of a band: the root of its mean square. */
function loudness(lines: Float64Array, from: number, to: number): number {
  let sum = 0;
  for (let i = from; i < to; i++) sum += lines[i]! ** 2;
  return Math.sqrt(sum / (to - from));
}

/**
 * Writes an individual channel stream: one long block without prediction, pulses, TNS or gain control.
 *
 * @param lines - 1,024 of them
 */
export function putChannel(out: BitWriter, lines: Float64Array): void {
  const quantized = new Int16Array(lines.length);
  const bands = bandsOf(lines, quantized);
  const coded = bands.filter(({ book }) => book !== undefined);
  const gain = coded[0]?.scaleFactor ?? UNITY;
  const last = bands.findLastIndex(({ book }) => book !== undefined) + 1;
  out.put(gain, 8);
  // Reserved, only long blocks, the sine window; so many bands; no prediction.
  out.put(0, 4);
  out.put(last, 6);
  out.put(0, 1);
  putSections(out, bands.slice(0, last));
  let before = gain;
  for (const { scaleFactor } of coded) {
    const symbol = scaleFactor - before + DIFFERENCE;
    out.put(SCALE_FACTORS.codes[symbol]!, SCALE_FACTORS.lengths[symbol]!);
    before = scaleFactor;
  }
  // No pulses, no temporal noise shaping, no gain control.
  out.put(0, 3);
  for (const { from, to, book } of coded) putLines(out, quantized, from, to, book!);
}

function bandsOf(lines: Float64Array, quantized: Int16Array): Band[] {
  const edges = BANDS.slice(1).map((to, i) => ({ from: BANDS[i]!, to }));
  const loud = edges.map(({ from, to }) => loudness(lines, from, to));
  const floor = Math.max(...loud) * FLOOR;
  return edges.map(({ from, to }, i) => {
    const step = Math.max(loud[i]! * STEP, floor, 1);
    const scaleFactor = UNITY + Math.round(4 * Math.log2(step));
    const scale = 2 ** (-(scaleFactor - UNITY) / 4);
    let most = 0;
    for (let k = from; k < to; k++) {
      const level = Math.floor((Math.abs(lines[k]!) * scale) ** 0.75 + ROUNDING);
      quantized[k] = lines[k]! < 0 ? -level : level;
      most = Math.max(most, level);
    }
    return { from, to, scaleFactor, book: most === 0 ? undefined : cheapest(quantized, from, to, most) };
  });
}

/** The book that needs the fewest bits for a band. */
function cheapest(quantized: Int16Array, from: number, to: number, most: number): SpectralBook {
  let best = SPECTRAL_BOOKS.at(-1)!;
  let fewest = Infinity;
  for (const book of SPECTRAL_BOOKS) {
    if (book.most < most) continue;
    let bits = 0;
    for (let at = from; at < to; at += book.lines) {
      bits += book.lengths[symbolAt(quantized, at, book)]!;
      if (!book.signed) for (let i = 0; i < book.lines; i++) bits += quantized[at + i] === 0 ? 0 : 1;
    }
    if (bits < fewest) [best, fewest] = [book, bits];
  }
  return best;
}

function symbolAt(quantized: Int16Array, at: number, { lines, base, signed }: SpectralBook): number {
  let symbol = 0;
  for (let i = 0; i < lines; i++) {
    const value = quantized[at + i]!;
    const digit = signed ? value + (base - 1) / 2 : Math.min(Math.abs(value), base - 1);
    symbol = symbol * base + digit;
  }
  return symbol;
}

/** Neighbouring bands with the same book are one section. */
function putSections(out: BitWriter, bands: readonly Band[]): void {
  for (let at = 0; at < bands.length;) {
    const { book } = bands[at]!;
    let end = at;
    while (end < bands.length && bands[end]!.book === book) end++;
    out.put(book?.number ?? 0, 4);
    let length = end - at;
    for (; length >= 31; length -= 31) out.put(31, 5);
    out.put(length, 5);
    at = end;
  }
}

function putLines(out: BitWriter, quantized: Int16Array, from: number, to: number, book: SpectralBook): void {
  for (let at = from; at < to; at += book.lines) {
    const symbol = symbolAt(quantized, at, book);
    out.put(book.codes[symbol]!, book.lengths[symbol]!);
    if (book.signed) continue;
    const values = [...quantized.subarray(at, at + book.lines)];
    for (const value of values) if (value !== 0) out.put(value < 0 ? 1 : 0, 1);
    if (book.most > ESCAPE)
      for (const value of values) if (Math.abs(value) >= ESCAPE) putEscape(out, Math.abs(value));
  }
}

/** So many ones as the number has bits above four, a zero, and the number without its first bit. */
function putEscape(out: BitWriter, value: number): void {
  const bits = Math.floor(Math.log2(value));
  for (let i = 4; i < bits; i++) out.put(1, 1);
  out.put(0, 1);
  out.put(value - 2 ** bits, bits);
}
