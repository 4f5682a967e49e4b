/** As much of the ZIP format as bundles of skills need: to make one of files, and to find a file in one. */
import { crc32, inflateRawSync } from 'node:zlib';

/** A file of a bundle. */
export interface BundleFile {
  path: string;
  bytes: Buffer;
}

const LOCAL = 0x04_03_4b_50;
const CENTRAL = 0x02_01_4b_50;
const END = 0x06_05_4b_50;
/** Paths are in UTF-8. */
const UTF8 = 0x08_00;
/** 1980-01-01, the earliest day there is: the same files make the same bytes. */
const DAY = 0x00_21;
/** Largest comment behind the end record. */
const MAX_COMMENT = 65_535;
const END_BYTES = 22;

/** Files as a ZIP archive, not compressed. */
export function zipOf(files: readonly BundleFile[]): Buffer {
  const parts: Buffer[] = [];
  const central: Buffer[] = [];
  let offset = 0;
  for (const { path, bytes } of files) {
    const name = Buffer.from(path, 'utf8');
    const common = Buffer.alloc(26);
    common.writeUInt16LE(20, 0);
    common.writeUInt16LE(UTF8, 2);
    common.writeUInt16LE(DAY, 8);
    common.writeUInt32LE(crc32(bytes), 10);
    common.writeUInt32LE(bytes.length, 14);
    common.writeUInt32LE(bytes.length, 18);
    common.writeUInt16LE(name.length, 22);
    const place = Buffer.alloc(14);
    place.writeUInt32LE(offset, 10);
    parts.push(word(LOCAL), common, name, bytes);
    central.push(word(CENTRAL), Buffer.from([20, 0]), common, place, name);
    offset += 30 + name.length + bytes.length;
  }
  const directory = Buffer.concat(central);
  const end = Buffer.alloc(END_BYTES - 4);
  end.writeUInt16LE(files.length, 4);
  end.writeUInt16LE(files.length, 6);
  end.writeUInt32LE(directory.length, 8);
  end.writeUInt32LE(offset, 12);
  return Buffer.concat([...parts, directory, word(END), end]);
}

function word(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(value);
  return bytes;
}

/** Whether bytes begin as a ZIP archive does. */
export const isZip = (bytes: Buffer): boolean => bytes.length >= END_BYTES && bytes.readUInt32LE(0) === LOCAL;

/**
 * The first file of an archive whose path is wanted.
 *
 * @param maxBytes - most bytes of it, unpacked
 * @returns undefined when there is none
 * @throws Error when the archive is damaged, packed in another way than usual, or the file too large
 */
export function findInZip(
  zip: Buffer,
  isWanted: (path: string) => boolean,
  maxBytes: number,
): Buffer | undefined {
  const end = zip.lastIndexOf(word(END));
  if (end < 0 || end < zip.length - END_BYTES - MAX_COMMENT) throw new Error('it has no end record');
  const count = zip.readUInt16LE(end + 10);
  let at = zip.readUInt32LE(end + 16);
  for (let i = 0; i < count; i++) {
    if (zip.readUInt32LE(at) !== CENTRAL) throw new Error('its directory is damaged');
    const nameLength = zip.readUInt16LE(at + 28);
    const path = zip.toString('utf8', at + 46, at + 46 + nameLength);
    if (isWanted(path)) return unpacked(zip, at, maxBytes);
    at += 46 + nameLength + zip.readUInt16LE(at + 30) + zip.readUInt16LE(at + 32);
  }
  return undefined;
}

function unpacked(zip: Buffer, entry: number, maxBytes: number): Buffer {
  const method = zip.readUInt16LE(entry + 10);
  const size = zip.readUInt32LE(entry + 20);
  const local = zip.readUInt32LE(entry + 42);
  const from = local + 30 + zip.readUInt16LE(local + 26) + zip.readUInt16LE(local + 28);
  const bytes = zip.subarray(from, from + size);
  if (method === 8) return inflateRawSync(bytes, { maxOutputLength: maxBytes });
  if (method !== 0) throw new Error('it is packed in a way that is not known');
  if (bytes.length > maxBytes) throw new Error('a file in it is too large');
  return bytes;
}
