/** MP4 files (ISO 14496-12, 14496-14, 14496-15): a film in H.264 with sound in AAC. */
import type { CodedFilm } from './h264.js';
import { box, words } from './mp4-boxes.js';

/** Nothing is turned or scaled. */
const MATRIX = words(0x10000, 0, 0, 0, 0x10000, 0, 0, 0, 0x40000000);
/** Ticks of a second, of the whole file and of the film. */
const TIMESCALE = 1000;
/** The name of a box with a comment. */
export const COMMENT_BOX = '\u00a9cmt';

/** The sound of a film. */
export interface CodedSound {
  /** AAC-LC, one channel. */
  samples: readonly Buffer[];
  rate: number;
  /** Of each sample. */
  length: number;
  /** What a decoder gives before the sound begins. */
  skip: number;
  /** What a decoder is to know first (`AudioSpecificConfig`). */
  config: Buffer;
}

/** What a video is made of. */
export interface Film extends CodedFilm {
  width: number;
  height: number;
  framesPerSecond: number;
  sound: CodedSound;
  comment: string;
}

/** A film or a sound. */
interface Track {
  id: number;
  handler: 'vide' | 'soun';
  timescale: number;
  /** Of each sample, in its own timescale. */
  ticks: number;
  samples: readonly Buffer[];
  entry: Buffer;
  keyFrames?: readonly number[];
  /** Ticks at the beginning that are not played. */
  skip: number;
  width: number;
  height: number;
}

/** Puts a file together: header, then film, then sound, so that it plays while it is loaded. No clock is in it. */
export function buildMp4(film: Film): Buffer {
  const tracks = [filmTrack(film), soundTrack(film.sound)];
  const durationMs = Math.round((film.samples.length * TIMESCALE) / film.framesPerSecond);
  const type = box('ftyp', Buffer.from('isom\0\0\x02\0isomiso2avc1mp41', 'latin1'));
  // The header's size does not depend on where the samples are.
  const headerBytes = movie(tracks, durationMs, film.comment, 0).length;
  const at = type.length + headerBytes + 8;
  const data = box('mdat', ...tracks.flatMap(({ samples }) => samples));
  return Buffer.concat([type, movie(tracks, durationMs, film.comment, at), data]);
}

function filmTrack({ width, height, config, samples, keyFrames, framesPerSecond }: Film): Track {
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
  const entry = box('avc1', fields, box('avcC', config));
  const ticks = Math.round(TIMESCALE / framesPerSecond);
  const common = { id: 1, handler: 'vide', timescale: TIMESCALE, skip: 0 } as const;
  return { ...common, ticks, samples, entry, keyFrames, width, height };
}

/** "Audio ISO/IEC 14496-3" in the table of object types of ISO 14496-1, and what kind of stream that is. */
const AAC_OBJECT = 0x40;
const AUDIO_STREAM = 0x15;

function soundTrack({ samples, rate, length, skip, config }: CodedSound): Track {
  const fields = Buffer.alloc(28);
  fields.writeUInt16BE(1, 6);
  // One channel of 16 bits.
  fields.writeUInt16BE(1, 16);
  fields.writeUInt16BE(16, 18);
  fields.writeUInt32BE(rate * 0x10000, 24);
  const decoder = Buffer.concat([
    Buffer.from([4, 13 + 2 + config.length, AAC_OBJECT, AUDIO_STREAM, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]),
    Buffer.from([5, config.length]),
    config,
  ]);
  const layer = Buffer.from([6, 1, 2]);
  const head = Buffer.from([3, 3 + decoder.length + layer.length, 0, 2, 0]);
  const entry = box('mp4a', fields, box('esds', words(0), head, decoder, layer));
  const common = { id: 2, handler: 'soun', timescale: rate, width: 0, height: 0 } as const;
  return { ...common, ticks: length, samples, entry, skip };
}

/** Where the samples are, when they come, and how they are to be decoded. */
function sampleTable({ entry, samples, ticks, keyFrames }: Track, at: number): Buffer {
  return box(
    'stbl',
    box('stsd', words(0, 1), entry),
    box('stts', words(0, 1, samples.length, ticks)),
    ...(keyFrames ? [box('stss', words(0, keyFrames.length, ...keyFrames))] : []),
    box('stsc', words(0, 1, 1, samples.length, 1)),
    box('stsz', words(0, 0, samples.length, ...samples.map((sample) => sample.length))),
    box('stco', words(0, 1, at)),
  );
}

function trackBox(track: Track, durationMs: number, at: number): Buffer {
  const { id, handler, timescale, ticks, samples, skip, width, height } = track;
  const reference = box('dinf', box('dref', words(0, 1), box('url ', words(1))));
  const name = Buffer.from(handler === 'vide' ? 'video\0' : 'sound\0', 'latin1');
  const header = handler === 'vide' ? box('vmhd', words(1, 0, 0)) : box('smhd', words(0, 0));
  const volume = handler === 'soun' ? 0x1000000 : 0;
  return box(
    'trak',
    box('tkhd', words(3, 0, 0, id, 0, durationMs, 0, 0, 0, volume), MATRIX, words(width << 16, height << 16)),
    box('edts', box('elst', words(0, 1, durationMs, skip, 0x10000))),
    box(
      'mdia',
      box('mdhd', words(0, 0, 0, timescale, ticks * samples.length, 0x55c40000)),
      box('hdlr', words(0, 0), Buffer.from(handler, 'latin1'), words(0, 0, 0), name),
      box('minf', header, reference, sampleTable(track, at)),
    ),
  );
}

function movie(tracks: readonly Track[], durationMs: number, comment: string, firstSampleAt: number): Buffer {
  const head = box(
    'mvhd',
    words(0, 0, 0, TIMESCALE, durationMs, 0x10000, 0x1000000, 0, 0),
    MATRIX,
    words(0, 0, 0, 0, 0, 0, tracks.length + 1),
  );
  let at = firstSampleAt;
  const boxes = tracks.map((track) => {
    const result = trackBox(track, durationMs, at);
    at += track.samples.reduce((sum, sample) => sum + sample.length, 0);
    return result;
  });
  return box('moov', head, ...boxes, box('udta', commentBox(comment)));
}

/** A text with its length and no language, as QuickTime has it. */
function commentBox(comment: string): Buffer {
  const text = Buffer.from(comment, 'utf8').subarray(0, 0xffff);
  const head = Buffer.alloc(4);
  head.writeUInt16BE(text.length, 0);
  head.writeUInt16BE(0x55c4, 2);
  return box(COMMENT_BOX, head, text);
}
