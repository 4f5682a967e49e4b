/**
 * Text that travels in image files: what this server draws carries its prompt, as the speech that it makes carries its text.
 * PNG has it in an `iTXt` chunk, JPEG in a comment, WebP in an XMP packet.
 */
import { pngTextChunk } from '../../lib/png.js';
import type { ImageFormat } from './image-files.js';

/** Longest text that is put into a file, in characters. */
const MAX_CHARACTERS = 8000;
/** Bytes of a PNG before its second chunk: signature and header. */
const PNG_HEAD = 33;
const JPEG_COMMENT = 0xfe;

/** A file with a text in it. */
export function withText(file: Buffer, format: ImageFormat, whole: string): Buffer {
  const text = whole.slice(0, MAX_CHARACTERS);
  if (text === '') return file;
  if (format === 'webp') return webpWithText(file, text);
  if (format === 'png') {
    const chunk = pngTextChunk('Description', text);
    return Buffer.concat([file.subarray(0, PNG_HEAD), chunk, file.subarray(PNG_HEAD)]);
  }
  const bytes = Buffer.from(text, 'utf8');
  const head = Buffer.from([0xff, JPEG_COMMENT, (bytes.length + 2) >> 8, (bytes.length + 2) & 0xff]);
  return Buffer.concat([file.subarray(0, 2), head, bytes, file.subarray(2)]);
}

const riffChunk = (type: string, data: Buffer): Buffer => {
  const head = Buffer.alloc(8);
  head.write(type, 0, 'latin1');
  head.writeUInt32LE(data.length, 4);
  return Buffer.concat([head, data, Buffer.alloc(data.length % 2)]);
};

const ENTITIES: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;' };
const xmp = (text: string): Buffer =>
  Buffer.from(
    `<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"><rdf:Description xmlns:dc="http://purl.org/dc/elements/1.1/"><dc:description><rdf:Alt><rdf:li xml:lang="x-default">${text.replaceAll(/[&<>]/g, (sign) => ENTITIES[sign]!)}</rdf:li></rdf:Alt></dc:description></rdf:Description></rdf:RDF></x:xmpmeta>`,
    'utf8',
  );

const HAS_ALPHA = 0x10;
const HAS_XMP = 0x04;

/** Metadata needs the extended format (RFC 9649): a header that says what follows. */
function webpWithText(file: Buffer, text: string): Buffer {
  const chunks = riffChunks(file);
  const extended = chunks.find(({ type }) => type === 'VP8X');
  const header = Buffer.from(extended?.data ?? webpHeader(chunks[0]!));
  header[0]! |= HAS_XMP;
  const body = Buffer.concat([
    Buffer.from('WEBP', 'latin1'),
    riffChunk('VP8X', header),
    ...chunks.filter((chunk) => chunk !== extended).map(({ type, data }) => riffChunk(type, data)),
    riffChunk('XMP ', xmp(text)),
  ]);
  return riffChunk('RIFF', body);
}

interface RiffChunk {
  type: string;
  data: Buffer;
}

function riffChunks(file: Buffer): RiffChunk[] {
  const chunks: RiffChunk[] = [];
  for (let at = 12; at + 8 <= file.length;) {
    const size = file.readUInt32LE(at + 4);
    chunks.push({ type: file.toString('latin1', at, at + 4), data: file.subarray(at + 8, at + 8 + size) });
    at += 8 + size + (size % 2);
  }
  return chunks;
}

/** Size and opacity of a file that has only its picture. */
function webpHeader({ type, data }: RiffChunk): Buffer {
  const header = Buffer.alloc(10);
  const lossless = type === 'VP8L';
  const bits = lossless ? data.readUInt32LE(1) : 0;
  const width = lossless ? bits & 0x3fff : (data.readUInt16LE(6) & 0x3fff) - 1;
  const height = lossless ? (bits >>> 14) & 0x3fff : (data.readUInt16LE(8) & 0x3fff) - 1;
  if (lossless && ((bits >>> 28) & 1) === 1) header[0] = HAS_ALPHA;
  header.writeUIntLE(width, 4, 3);
  header.writeUIntLE(height, 7, 3);
  return header;
}

/** Longest text that is read out of a file, in bytes. */
const MAX_BYTES = 64 * 1024;

/** All text that a PNG, JPEG or WebP file has beside its picture, whoever put it there; empty if there is none. */
export function textIn(file: Buffer): string {
  try {
    return [...texts(file)].join(' ').slice(0, MAX_BYTES);
  } catch (error) {
    // A length that points behind the end.
    if (error instanceof RangeError) return '';
    throw error;
  }
}

function* texts(file: Buffer): Generator<string> {
  if (file.readUInt32BE(0) === 0x89504e47) yield* pngTexts(file);
  else if (file.readUInt16BE(0) === 0xffd8) yield* jpegTexts(file);
  else if (file.toString('latin1', 8, 12) === 'WEBP') {
    for (const { type, data } of riffChunks(file))
      if (type === 'XMP ') yield data.toString('utf8').replaceAll(/<[^>]*>/g, ' ');
  }
}

/** Texts that are not compressed. */
function* pngTexts(file: Buffer): Generator<string> {
  for (let at = 8; at + 12 <= file.length;) {
    const size = file.readUInt32BE(at);
    const type = file.toString('latin1', at + 4, at + 8);
    const data = file.subarray(at + 8, at + 8 + size);
    const value = data.indexOf(0) + 1;
    if (type === 'tEXt') yield data.toString('latin1', value);
    // Two flags, then language and translated keyword, each with a zero behind it.
    if (type === 'iTXt' && data[value] === 0) {
      const language = data.indexOf(0, value + 2) + 1;
      yield data.toString('utf8', data.indexOf(0, language) + 1);
    }
    at += 12 + size;
  }
}

function* jpegTexts(file: Buffer): Generator<string> {
  for (let at = 2; at + 4 <= file.length && file[at] === 0xff && file[at + 1] !== 0xda;) {
    const size = file.readUInt16BE(at + 2);
    if (file[at + 1] === JPEG_COMMENT) yield file.toString('utf8', at + 4, at + 2 + size);
    at += 2 + size;
  }
}
