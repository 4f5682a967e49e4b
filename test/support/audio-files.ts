/** Small audio files of containers that the server reads and does not write, made by hand. */

const box = (type: string, ...parts: Buffer[]): Buffer => {
  const body = Buffer.concat(parts);
  const head = Buffer.alloc(8);
  head.writeUInt32BE(8 + body.length, 0);
  head.write(type, 4, 'latin1');
  return Buffer.concat([head, body]);
};

/** An MP4 file without any samples whose header says how long it is. */
export function emptyMp4(durationS: number): Buffer {
  const header = Buffer.alloc(100);
  header.writeUInt32BE(1000, 12);
  header.writeUInt32BE(durationS * 1000, 16);
  return Buffer.concat([
    box('ftyp', Buffer.from('M4A \0\0\0\0', 'latin1')),
    box('free', Buffer.alloc(20)),
    box('moov', box('mvhd', header)),
  ]);
}

const element = (id: string, body: Buffer): Buffer =>
  Buffer.concat([Buffer.from(id, 'hex'), Buffer.from([0x80 | body.length]), body]);

const double = (value: number): Buffer => {
  const bytes = Buffer.alloc(8);
  bytes.writeDoubleBE(value);
  return bytes;
};

/** A WebM file without clusters whose info says how long it is. */
export function emptyWebm(durationS: number): Buffer {
  const info = Buffer.concat([
    element('2ad7b1', Buffer.from([0x0f, 0x42, 0x40])),
    element('4489', double(durationS * 1000)),
  ]);
  return Buffer.concat([
    element('1a45dfa3', element('4282', Buffer.from('webm'))),
    element('18538067', element('1549a966', info)),
  ]);
}

/** Frames of AAC at 24 kHz with nothing in them. */
export function emptyAdts(frames: number): Buffer {
  const size = 16;
  const frame = Buffer.alloc(size);
  frame.set([0xff, 0xf1, (1 << 6) | (6 << 2), 0x40 | (size >> 11), (size >> 3) & 0xff, (size & 7) << 5, 0]);
  return Buffer.concat(Array.from({ length: frames }, () => frame));
}

/** A WAV file of silence: 8 kHz, 16 bits, one channel. */
export function silentWav(durationS: number): Buffer {
  const bytes = durationS * 16_000;
  const wav = Buffer.alloc(44 + bytes);
  wav.write('RIFF', 0, 'latin1');
  wav.writeUInt32LE(36 + bytes, 4);
  wav.write('WAVEfmt ', 8, 'latin1');
  wav.writeUInt32LE(16, 16);
  wav.writeUInt16LE(1, 20);
  wav.writeUInt16LE(1, 22);
  wav.writeUInt32LE(8000, 24);
  wav.writeUInt32LE(16_000, 28);
  wav.writeUInt16LE(2, 32);
  wav.writeUInt16LE(16, 34);
  wav.write('data', 36, 'latin1');
  wav.writeUInt32LE(bytes, 40);
  return wav;
}
