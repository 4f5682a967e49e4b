/** Generated images: seeded noise, as PNG. */
import { buildPng, PNG_COLOUR } from '../../lib/png.js';
import type { Random } from '../../lib/random.js';

const COLOURS = 256;

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
  const palette = Buffer.from(Array.from({ length: COLOURS * 3 }, () => random.int(256)));
  // Each row begins with the number of its filter, 0.
  const row = width + 1;
  const pixels = Buffer.alloc(Math.ceil((row * height) / 4) * 4);
  for (let at = 0; at < pixels.length; at += 4) pixels.writeUInt32LE(random.next() * 2 ** 32, at);
  for (let y = 0; y < height; y++) pixels[y * row] = 0;
  const rows = pixels.subarray(0, row * height);
  return buildPng({ width, height, colour: PNG_COLOUR.indexed, rows, palette, level: 0 });
}
