/** Pictures to files and back. The codecs of JPEG and WebP are loaded when they are first needed. */
import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { buildPng, PNG_COLOUR } from '../../lib/png.js';
import type { Picture } from '../../simulator/pictures/picture.js';

export type ImageFormat = 'png' | 'jpeg' | 'webp';

/** Compression of PNG files: more gains little on drawn pictures. */
const PNG_LEVEL = 4;

/**
 * Writes a file.
 *
 * @param quality - 0 to 100; of JPEG and WebP
 */
export async function encodeImage(picture: Picture, format: ImageFormat, quality: number): Promise<Buffer> {
  if (format === 'png') return encodePng(picture);
  if (format === 'jpeg') {
    const { encode } = await import('jpeg-js');
    const { data, width, height } = { ...picture, data: picture.rgba };
    return encode({ data, width, height }, Math.max(1, quality)).data;
  }
  const { encode } = await webp();
  const image = { data: new Uint8ClampedArray(picture.rgba), width: picture.width, height: picture.height };
  // Least effort: a mock should not be busy with the last percent of a file's size.
  return Buffer.from(
    await encode(image as unknown as Parameters<Webp['default']>[0], { quality, method: 0 }),
  );
}

/** Rows with the filter "up" (each byte less the one above): smooth gradients become long runs of small numbers. */
function encodePng({ width, height, rgba }: Picture): Buffer {
  const bytes = width * 4;
  const rows = new Uint8Array((bytes + 1) * height);
  for (let y = 0; y < height; y++) {
    const to = y * (bytes + 1);
    const from = y * bytes;
    rows[to] = y === 0 ? 0 : 2;
    for (let i = 0; i < bytes; i++)
      rows[to + 1 + i] = y === 0 ? rgba[from + i]! : rgba[from + i]! - rgba[from + i - bytes]!;
  }
  return buildPng({ width, height, colour: PNG_COLOUR.rgba, rows, level: PNG_LEVEL });
}

/** Node has WebAssembly; the types of its version 20 do not know of it. */
const compileWasm = (bytes: Uint8Array): Promise<never> =>
  (
    globalThis as unknown as { WebAssembly: { compile(bytes: Uint8Array): Promise<never> } }
  ).WebAssembly.compile(bytes);

type Webp = typeof import('@jsquash/webp/encode.js');
let loadedWebp: Promise<{ encode: Webp['default'] }> | undefined;

/** The encoder looks for its code with `fetch`, which does not read files: it is handed to it. */
const webp = (): Promise<{ encode: Webp['default'] }> =>
  (loadedWebp ??= (async () => {
    const { default: encode, init } = await import('@jsquash/webp/encode.js');
    const path = createRequire(import.meta.url).resolve('@jsquash/webp/codec/enc/webp_enc_simd.wasm');
    await init(await compileWasm(await readFile(path)));
    return { encode };
  })());

/** Most pixels of a picture that is read. */
const MAX_PIXELS = 4096 * 4096;

/**
 * Reads a PNG, JPEG or WebP file.
 *
 * @returns undefined if it is none, or damaged, or too large
 */
export async function decodeImage(bytes: Buffer): Promise<Picture | undefined> {
  const size = imageSize(bytes);
  if (!size || size.width * size.height > MAX_PIXELS) return undefined;
  try {
    if (size.format === 'png') {
      const { PNG } = (await import('pngjs')).default;
      const { width, height, data } = PNG.sync.read(bytes);
      return { width, height, rgba: data };
    }
    if (size.format === 'jpeg') {
      const { decode } = await import('jpeg-js');
      const { width, height, data } = decode(bytes, { useTArray: true, maxMemoryUsageInMB: 512 });
      return { width, height, rgba: data };
    }
    return await decodeWebp(bytes);
  } catch {
    return undefined;
  }
}

async function decodeWebp(bytes: Buffer): Promise<Picture> {
  const { default: decode, init } = await import('@jsquash/webp/decode.js');
  const path = createRequire(import.meta.url).resolve('@jsquash/webp/codec/dec/webp_dec.wasm');
  await init(await compileWasm(await readFile(path)));
  // The codec makes an ImageData, which Node does not have.
  const scope = globalThis as { ImageData?: unknown };
  scope.ImageData ??= class {
    constructor(
      readonly data: Uint8ClampedArray,
      readonly width: number,
      readonly height: number,
    ) {}
  };
  const { data, width, height } = await decode(new Uint8Array(bytes).buffer);
  return { width, height, rgba: new Uint8Array(data) };
}

/** What the first bytes of an image file say. */
export interface ImageSize {
  format: ImageFormat;
  width: number;
  height: number;
}

/**
 * Format and size of a PNG, JPEG or WebP file, without decoding it.
 *
 * @returns undefined if the bytes are none of them
 */
export function imageSize(bytes: Buffer): ImageSize | undefined {
  if (bytes.length >= 24 && bytes.readUInt32BE(0) === 0x89504e47) {
    return sized('png', bytes.readUInt32BE(16), bytes.readUInt32BE(20));
  }
  if (
    bytes.length >= 30 &&
    bytes.toString('latin1', 0, 4) === 'RIFF' &&
    bytes.toString('latin1', 8, 12) === 'WEBP'
  ) {
    return webpSize(bytes);
  }
  return bytes.length >= 4 && bytes.readUInt16BE(0) === 0xffd8 ? jpegSize(bytes) : undefined;
}

const sized = (format: ImageFormat, width: number, height: number): ImageSize | undefined =>
  width > 0 && height > 0 ? { format, width, height } : undefined;

/** Lossy, lossless and extended files say it in different places (RFC 9649). */
function webpSize(bytes: Buffer): ImageSize | undefined {
  const kind = bytes.toString('latin1', 12, 16);
  if (kind === 'VP8 ') return sized('webp', bytes.readUInt16LE(26) & 0x3fff, bytes.readUInt16LE(28) & 0x3fff);
  if (kind === 'VP8X') return sized('webp', bytes.readUIntLE(24, 3) + 1, bytes.readUIntLE(27, 3) + 1);
  if (kind !== 'VP8L') return undefined;
  const bits = bytes.readUInt32LE(21);
  return sized('webp', (bits & 0x3fff) + 1, ((bits >>> 14) & 0x3fff) + 1);
}

/** Walks the segments to the one that begins a frame. */
function jpegSize(bytes: Buffer): ImageSize | undefined {
  for (let at = 2; at + 9 <= bytes.length;) {
    if (bytes[at] !== 0xff) return undefined;
    const marker = bytes[at + 1]!;
    const isFrame = marker >= 0xc0 && marker <= 0xcf && ![0xc4, 0xc8, 0xcc].includes(marker);
    if (isFrame) return sized('jpeg', bytes.readUInt16BE(at + 7), bytes.readUInt16BE(at + 5));
    if (marker === 0xff) at++;
    else at += 2 + bytes.readUInt16BE(at + 2);
  }
  return undefined;
}
