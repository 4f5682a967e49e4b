/** Boxes of MP4 files (ISO 14496-12): made and found. */

/** A box with its contents. */
export function box(type: string, ...parts: readonly Uint8Array[]): Buffer {
  const size = parts.reduce((sum, part) => sum + part.length, 8);
  const head = Buffer.alloc(8);
  head.writeUInt32BE(size, 0);
  head.write(type, 4, 'latin1');
  return Buffer.concat([head, ...parts]);
}

/** Numbers of 32 bits. */
export function words(...values: readonly number[]): Buffer {
  const bytes = Buffer.alloc(values.length * 4);
  for (const [i, value] of values.entries()) bytes.writeUInt32BE(value >>> 0, i * 4);
  return bytes;
}

interface FoundBox {
  type: string;
  body: Buffer;
}

/** Most boxes of one that are looked at. */
const MAX_BOXES = 10_000;

/** The boxes that lie side by side in some bytes. */
export function* boxesIn(bytes: Buffer): Generator<FoundBox> {
  for (let at = 0, count = 0; at + 8 <= bytes.length && count < MAX_BOXES; count++) {
    const short = bytes.readUInt32BE(at);
    const head = short === 1 ? 16 : 8;
    const size =
      short === 1 ? Number(bytes.readBigUInt64BE(at + 8)) : short === 0 ? bytes.length - at : short;
    if (size < head) return;
    yield { type: bytes.toString('latin1', at + 4, at + 8), body: bytes.subarray(at + head, at + size) };
    at += size;
  }
}

/** What is in the first box of each name, one in the other; undefined if one of them is missing. */
export function findBox(bytes: Buffer, path: readonly string[]): Buffer | undefined {
  const [first, ...rest] = path;
  for (const { type, body } of boxesIn(bytes))
    if (type === first) return rest.length === 0 ? body : findBox(body, rest);
  return undefined;
}

/** How long a file is, as its movie header (`mvhd`) says; undefined if there is none. */
export function movieSeconds(file: Buffer): number | undefined {
  const header = findBox(file, ['moov', 'mvhd']);
  if (!header) return undefined;
  const long = header[0] === 1;
  const scale = header.readUInt32BE(long ? 20 : 12);
  const duration = long ? Number(header.readBigUInt64BE(24)) : header.readUInt32BE(16);
  return scale === 0 ? undefined : duration / scale;
}
