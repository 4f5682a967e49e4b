/** Writes PNG files (https://www.w3.org/TR/png-3/). */
import { crc32, deflateSync } from 'node:zlib';

const SIGNATURE = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);

/** A chunk: its length, its type, its data and their checksum. */
function pngChunk(type: string, data: Buffer): Buffer {
  const body = Buffer.concat([Buffer.from(type, 'latin1'), data]);
  const framed = Buffer.alloc(body.length + 8);
  framed.writeUInt32BE(data.length, 0);
  body.copy(framed, 4);
  framed.writeUInt32BE(crc32(body), body.length + 4);
  return framed;
}

/** A chunk with a text (`iTXt`), not compressed. */
export const pngTextChunk = (keyword: string, text: string): Buffer =>
  pngChunk('iTXt', Buffer.concat([Buffer.from(`${keyword}\0\0\0\0\0`, 'latin1'), Buffer.from(text, 'utf8')]));

/** Colour types: an index into a palette, and red, green, blue with and without opacity. */
export const PNG_COLOUR = { rgb: 2, indexed: 3, rgba: 6 } as const;

/** What a PNG file is made of; eight bits per channel. */
export interface PngParts {
  width: number;
  height: number;
  colour: (typeof PNG_COLOUR)[keyof typeof PNG_COLOUR];
  /** Rows, each begun with the number of its filter. */
  rows: Uint8Array;
  /** Red, green and blue of each colour, for indexed ones. */
  palette?: Buffer;
  /** 0 to 9; 0 does not compress. */
  level: number;
}

/** Puts a PNG file together. */
export function buildPng({ width, height, colour, rows, palette, level }: PngParts): Buffer {
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(height, 4);
  header.set([8, colour, 0, 0, 0], 8);
  return Buffer.concat([
    SIGNATURE,
    pngChunk('IHDR', header),
    ...(palette ? [pngChunk('PLTE', palette)] : []),
    pngChunk('IDAT', deflateSync(rows, { level })),
    pngChunk('IEND', Buffer.alloc(0)),
  ]);
}
