/** H.264 (ISO 14496-10, baseline profile); minih264 does the coding. */
import type { H264MP4Encoder } from 'h264-mp4-encoder';
import type { Picture } from '../../simulator/pictures/picture.js';
import { boxesIn, findBox, movieSeconds } from './mp4-boxes.js';

/** A coded film, without a container. */
export interface CodedFilm {
  /** An `avcC` record: what a decoder is to know first. */
  config: Buffer;
  /** The frames as a container has them: parts with their lengths before them. */
  samples: Buffer[];
  /** Which of them can be decoded without the ones before: counted from 1. */
  keyFrames: number[];
}

/** The fastest: a mock should not be busy with the last percent of a file's size. */
const SPEED = 10;
/** 10 is the best, 51 the worst picture. */
const QUANTIZER = 30;

/** The encoder takes over the process's unhandled errors when it is loaded; they are handed back. */
async function createEncoder(): Promise<H264MP4Encoder> {
  const events = ['uncaughtException', 'unhandledRejection'] as const;
  const before = new Set(events.flatMap((event) => process.listeners(event as 'uncaughtException')));
  const { createH264MP4Encoder } = (await import('h264-mp4-encoder')).default;
  const encoder = await createH264MP4Encoder();
  for (const event of events)
    for (const listener of process.listeners(event as 'uncaughtException'))
      if (!before.has(listener)) process.off(event, listener);
  return encoder;
}

/**
 * Codes pictures of one size; width and height are even.
 *
 * @param framesPerSecond - there is a key frame every second
 */
export async function encodeH264(frames: Iterable<Picture>, framesPerSecond: number): Promise<CodedFilm> {
  const encoder = await createEncoder();
  try {
    let begun = false;
    for (const { width, height, rgba } of frames) {
      if (!begun) {
        Object.assign(encoder, { width, height, frameRate: framesPerSecond, speed: SPEED });
        Object.assign(encoder, { quantizationParameter: QUANTIZER, groupOfPictures: framesPerSecond });
        encoder.initialize();
        begun = true;
      }
      encoder.addFrameRgba(rgba);
    }
    encoder.finalize();
    const file = Buffer.from(encoder.FS.readFile(encoder.outputFilename));
    encoder.FS.unlink(encoder.outputFilename);
    return filmIn(file);
  } finally {
    encoder.delete();
  }
}

/** The encoder writes a file with the clock in it; what counts is taken out of that. */
function filmIn(file: Buffer): CodedFilm {
  const table = findBox(file, ['moov', 'trak', 'mdia', 'minf', 'stbl'])!;
  const entry = findBox(table, ['stsd'])!.subarray(8);
  // The fields of a visual sample entry, then its boxes.
  const config = findBox(entry.subarray(8 + 78), ['avcC'])!;
  const sizes = findBox(table, ['stsz'])!;
  const same = sizes.readUInt32BE(4);
  let data = findBox(file, ['mdat'])!;
  const samples = Array.from({ length: sizes.readUInt32BE(8) }, (_, i) => {
    const size = same === 0 ? sizes.readUInt32BE(12 + 4 * i) : same;
    const sample = data.subarray(0, size);
    data = data.subarray(size);
    return sample;
  });
  const keys = findBox(table, ['stss']);
  const keyFrames = keys
    ? Array.from({ length: keys.readUInt32BE(4) }, (_, i) => keys.readUInt32BE(8 + 4 * i))
    : samples.map((_, i) => i + 1);
  return { config, samples, keyFrames };
}

/** Width, height and length of an MP4 file with a film in it. */
export interface FilmSize {
  width: number;
  height: number;
  durationS: number;
}

/**
 * What the headers of an MP4 file say.
 *
 * @returns undefined if it is none, or has no pictures
 */
export function filmSize(file: Buffer): FilmSize | undefined {
  try {
    const durationS = movieSeconds(file);
    if (!durationS) return undefined;
    for (const { type, body } of boxesIn(findBox(file, ['moov'])!)) {
      const track = type === 'trak' ? findBox(body, ['tkhd']) : undefined;
      // The last two fields, 16 bits before the point and 16 behind it; a track of sound has zeros.
      const [width, height] = [8, 4].map((at) => (track?.readUInt32BE(track.length - at) ?? 0) >>> 16);
      if (width && height) return { width, height, durationS };
    }
    return undefined;
  } catch (error) {
    // A length that points behind the end.
    if (error instanceof RangeError) return undefined;
    throw error;
  }
}
