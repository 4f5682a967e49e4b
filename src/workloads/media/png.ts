/** Generated images: seeded noise, as PNG. */
import { crc32, deflateSync } from 'node:zlib';
import type { Random } from '../../lib/random.js';

const SIGNATURE = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);
const COLOURS = 256;
/** Colour type 3: one byte per pixel, an index into a palette. */
const INDEXED = 3;

function chunk(type: string, data: Buffer): Buffer {
  const body = Buffer.concat([Buffer.from(type, 'latin1'), data]);
  const framed = Buffer.alloc(body.length + 8);
  framed.writeUInt32BE(data.length, 0);
  body.copy(framed, 4);
  framed.writeUInt32BE(crc32(body), body.length + 4);
  return framed;
}

/**
 * An image of noise in 256 colours. It is not compressed, which noise would not be anyway: about one byte per pixel, and
 * about 14 ns of work for each (4 ms for 512 × 512).
 *
 * @param random - decides palette and pixels
 * @param width - in pixels
 * @param height - in pixels
 * @see https://www.w3.org/TR/png-3/
 */
export function noisePng(random: Random, width: number, height: number): Buffer {
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(height, 4);
  header.set([8, INDEXED, 0, 0, 0], 8);
  const palette = Buffer.from(Array.from({ length: COLOURS * 3 }, () => random.int(256)));
  // Each row begins with the number of its filter, 0.
  const row = width + 1;
  const pixels = Buffer.alloc(Math.ceil((row * height) / 4) * 4);
  for (let at = 0; at < pixels.length; at += 4) pixels.writeUInt32LE(random.next() * 2 ** 32, at);
  for (let y = 0; y < height; y++) pixels[y * row] = 0;
  const data = deflateSync(pixels.subarray(0, row * height), { level: 0 });
  return Buffer.concat([
    SIGNATURE,
    chunk('IHDR', header),
    chunk('PLTE', palette),
    chunk('IDAT', data),
    chunk('IEND', Buffer.alloc(0)),
  ]);
}
