/**
 * AAC-LC in ADTS frames (ISO/IEC 13818-7, ISO/IEC 14496-3): one channel at 24 kHz in long blocks with the sine window, step
 * sizes from the loudness of each band. Enough for speech that a machine made; without a model of hearing, short
 * blocks or noise shaping. The text goes along in data stream elements, which decoders skip.
 */
import { BitWriter } from '../bits.js';
import { LINES, mdct } from './mdct.js';
import { putChannel } from './spectrum.js';

/** Samples of a block. */
export const AAC_LINES = LINES;
/** 24 kHz, as the header has it; no other rate is encoded. */
const RATE_INDEX = 6;
const HEADER_BYTES = 7;
/** Elements of a block. */
const SINGLE_CHANNEL = 0;
const DATA_STREAM = 4;
const END = 7;
/** Most bytes of one data stream element. */
const MAX_DATA = 510;

/** What a decoder is to know first (`AudioSpecificConfig`): low complexity, 24 kHz, one channel. */
export const AAC_CONFIG = Buffer.from([0x13, 0x08]);

/** One channel of 16-bit samples at 24 kHz as an AAC file. */
export const encodeAac = (samples: Int16Array, comment: string): Buffer =>
  Buffer.concat(aacBlocks(samples, comment).flatMap((block) => [header(block.length), block]));

/** The same in blocks of {@link AAC_LINES} samples without headers, as containers have it. */
export function aacBlocks(samples: Int16Array, comment: string): Buffer[] {
  // The first block has the beginning in its second half: decoders give back the samples a block later.
  const count = Math.ceil(samples.length / LINES) + 1;
  const text = Buffer.from(comment, 'utf8');
  const each = Math.ceil(text.length / count);
  return Array.from({ length: count }, (_, block) => {
    const data = text.subarray(block * each, (block + 1) * each);
    return blockBytes(mdct(samples, (block - 1) * LINES), data);
  });
}

function blockBytes(lines: Float64Array, data: Buffer): Buffer {
  const out = new BitWriter(512);
  for (let at = 0; at < data.length; at += MAX_DATA) putData(out, data.subarray(at, at + MAX_DATA));
  out.put(SINGLE_CHANNEL, 3);
  out.put(0, 4);
  putChannel(out, lines);
  out.put(END, 3);
  out.align();
  return out.bytes;
}

/** Bytes that are no sound, aligned. */
function putData(out: BitWriter, data: Buffer): void {
  out.put(DATA_STREAM, 3);
  out.put(0, 4);
  out.put(1, 1);
  out.put(Math.min(data.length, 255), 8);
  if (data.length >= 255) out.put(data.length - 255, 8);
  out.align();
  out.putBytes(data);
}

/** MPEG-4, low complexity, one channel, no checksum, variable rate. */
function header(bodyBytes: number): Buffer {
  const out = new BitWriter(HEADER_BYTES);
  out.put(0xfff1, 16);
  out.put(1, 2);
  out.put(RATE_INDEX, 4);
  out.put(0, 1);
  out.put(1, 3);
  out.put(0, 4);
  out.put(HEADER_BYTES + bodyBytes, 13);
  out.put(0x7ff, 11);
  out.put(0, 2);
  return out.bytes;
}

/**
 * The data that begins a frame: what {@link encodeAac} put into it.
 *
 * @param frame - with its header, which says whether a checksum follows
 */
export function frameData(frame: Buffer): Buffer {
  const parts: Buffer[] = [];
  let at = HEADER_BYTES + ((frame[1]! & 1) === 0 ? 2 : 0);
  // Element, tag 0, aligned.
  while (at + 2 <= frame.length && frame[at] === ((DATA_STREAM << 5) | 1)) {
    const long = frame[at + 1] === 255;
    const length = frame[at + 1]! + (long ? (frame[at + 2] ?? 0) : 0);
    at += long ? 3 : 2;
    parts.push(frame.subarray(at, at + length));
    at += length;
  }
  return Buffer.concat(parts);
}
