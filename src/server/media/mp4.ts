/** MP4 files (ISO 14496-12, 14496-14) whose frames are JPEG pictures. */

const box = (type: string, ...parts: readonly Buffer[]): Buffer => {
  const size = parts.reduce((sum, part) => sum + part.length, 8);
  const head = Buffer.alloc(8);
  head.writeUInt32BE(size, 0);
  head.write(type, 4, 'latin1');
  return Buffer.concat([head, ...parts]);
};

/** Numbers of 32 bits. */
const words = (...values: readonly number[]): Buffer => {
  const bytes = Buffer.alloc(values.length * 4);
  for (const [i, value] of values.entries()) bytes.writeUInt32BE(value >>> 0, i * 4);
  return bytes;
};

/** Nothing is turned or scaled. */
const MATRIX = words(0x10000, 0, 0, 0, 0x10000, 0, 0, 0, 0x40000000);
/** Ticks of a second. */
const TIMESCALE = 1000;
/** "Visual ISO/IEC 10918-1" (JPEG) in the table of object types of ISO 14496-1. */
const JPEG_OBJECT = 0x6c;
const VISUAL_STREAM = 0x11;

/** How the frames are coded: an elementary stream descriptor. */
function streamDescriptor(): Buffer {
  const config = Buffer.from([4, 13, JPEG_OBJECT, VISUAL_STREAM, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]);
  const layer = Buffer.from([6, 1, 2]);
  const head = Buffer.from([3, 3 + config.length + layer.length, 0, 1, 0]);
  return box('esds', words(0), head, config, layer);
}

function sampleEntry(width: number, height: number): Buffer {
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
  return box('mp4v', fields, streamDescriptor());
}

/** What a video is made of. */
export interface VideoFrames {
  width: number;
  height: number;
  /** JPEG files. */
  frames: readonly Buffer[];
  framesPerSecond: number;
}

/** Puts a file together: header, then frames. */
export function buildMp4({ width, height, frames, framesPerSecond }: VideoFrames): Buffer {
  const ticks = Math.round(TIMESCALE / framesPerSecond);
  const duration = ticks * frames.length;
  const type = box('ftyp', Buffer.from('isom\0\0\x02\0isommp41', 'latin1'));
  // The header's size does not depend on where the frames are.
  const headerBytes = movie(0).length;
  return Buffer.concat([type, movie(type.length + headerBytes + 8), box('mdat', ...frames)]);

  function movie(firstFrameAt: number): Buffer {
    const table = box(
      'stbl',
      box('stsd', words(0, 1), sampleEntry(width, height)),
      box('stts', words(0, 1, frames.length, ticks)),
      box('stsc', words(0, 1, 1, frames.length, 1)),
      box('stsz', words(0, 0, frames.length, ...frames.map((frame) => frame.length))),
      box('stco', words(0, 1, firstFrameAt)),
    );
    const reference = box('dinf', box('dref', words(0, 1), box('url ', words(1))));
    const media = box(
      'mdia',
      box('mdhd', words(0, 0, 0, TIMESCALE, duration, 0x55c40000)),
      box(
        'hdlr',
        words(0, 0),
        Buffer.from('vide', 'latin1'),
        words(0, 0, 0),
        Buffer.from('video\0', 'latin1'),
      ),
      box('minf', box('vmhd', words(1, 0, 0)), reference, table),
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
}
