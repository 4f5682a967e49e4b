/** MP4 files (ISO 14496-12, 14496-15) with one film in H.264. */
import type { CodedFilm } from './h264.js';
import { box, words } from './mp4-boxes.js';

/** Nothing is turned or scaled. */
const MATRIX = words(0x10000, 0, 0, 0, 0x10000, 0, 0, 0, 0x40000000);
/** Ticks of a second. */
const TIMESCALE = 1000;

function sampleEntry(width: number, height: number, config: Buffer): Buffer {
  const fields = Buffer.alloc(78);
  fields.writeUInt16BE(1, 6);
  fields.writeUInt16BE(width, 24);
  fields.writeUInt16BE(height, 26);
  // 72 pixels an inch, one frame per sample, 24 bits.
  fields.writeUInt32BE(0x480000, 28);
  fields.writeUInt32BE(0x480000, 32);
  fields.writeUInt16BE(1, 40);
  fields.writeUInt16BE(24, 74);
  fields.writeUInt16BE(0xffff, 76);
  return box('avc1', fields, box('avcC', config));
}

/** What a video is made of. */
export interface Film extends CodedFilm {
  width: number;
  height: number;
  framesPerSecond: number;
}

/** Puts a file together: header, then frames, so that it plays while it is loaded. No clock is in it. */
export function buildMp4(film: Film): Buffer {
  const { samples } = film;
  const type = box('ftyp', Buffer.from('isom\0\0\x02\0isomiso2avc1mp41', 'latin1'));
  // The header's size does not depend on where the frames are.
  const headerBytes = movie(film, 0).length;
  return Buffer.concat([type, movie(film, type.length + headerBytes + 8), box('mdat', ...samples)]);
}

/** Where the samples are, when they are shown, and how they are to be decoded. */
function sampleTable(
  { width, height, config, samples, keyFrames, framesPerSecond }: Film,
  at: number,
): Buffer {
  const ticks = Math.round(TIMESCALE / framesPerSecond);
  return box(
    'stbl',
    box('stsd', words(0, 1), sampleEntry(width, height, config)),
    box('stts', words(0, 1, samples.length, ticks)),
    box('stss', words(0, keyFrames.length, ...keyFrames)),
    box('stsc', words(0, 1, 1, samples.length, 1)),
    box('stsz', words(0, 0, samples.length, ...samples.map((sample) => sample.length))),
    box('stco', words(0, 1, at)),
  );
}

function movie(film: Film, firstSampleAt: number): Buffer {
  const { width, height, samples, framesPerSecond } = film;
  const duration = Math.round(TIMESCALE / framesPerSecond) * samples.length;
  const reference = box('dinf', box('dref', words(0, 1), box('url ', words(1))));
  const name = Buffer.from('video\0', 'latin1');
  const handler = box('hdlr', words(0, 0), Buffer.from('vide', 'latin1'), words(0, 0, 0), name);
  const media = box(
    'mdia',
    box('mdhd', words(0, 0, 0, TIMESCALE, duration, 0x55c40000)),
    handler,
    box('minf', box('vmhd', words(1, 0, 0)), reference, sampleTable(film, firstSampleAt)),
  );
  const track = box(
    'trak',
    box('tkhd', words(3, 0, 0, 1, 0, duration, 0, 0, 0, 0), MATRIX, words(width << 16, height << 16)),
    media,
  );
  const head = box(
    'mvhd',
    words(0, 0, 0, TIMESCALE, duration, 0x10000, 0x1000000, 0, 0),
    MATRIX,
    words(0, 0, 0, 0, 0, 0, 2),
  );
  return box('moov', head, track);
}
