/** WAV files, with the text that is said as a comment (RIFF INFO list, ICMT). */

const HEADER_BYTES = 44;

const sampleBytes = (samples: Int16Array): Buffer =>
  Buffer.from(samples.buffer, samples.byteOffset, samples.byteLength);

/** 16-bit samples without any header, little-endian as every machine that Node runs on has them. */
export const encodePcm = (samples: Int16Array): Buffer => sampleBytes(samples);

/** One channel of 16-bit samples as a WAV file. */
export function encodeWav(samples: Int16Array, rate: number, comment: string): Buffer {
  const data = sampleBytes(samples);
  const info = infoList(comment);
  const header = Buffer.alloc(HEADER_BYTES);
  header.write('RIFF', 0, 'latin1');
  header.writeUInt32LE(HEADER_BYTES - 8 + data.length + info.length, 4);
  header.write('WAVEfmt ', 8, 'latin1');
  header.writeUInt32LE(16, 16);
  header.writeUInt16LE(1, 20);
  header.writeUInt16LE(1, 22);
  header.writeUInt32LE(rate, 24);
  header.writeUInt32LE(rate * 2, 28);
  header.writeUInt16LE(2, 32);
  header.writeUInt16LE(16, 34);
  header.write('data', 36, 'latin1');
  header.writeUInt32LE(data.length, 40);
  return Buffer.concat([header, data, info]);
}

/** Chunks have even lengths. */
function infoList(comment: string): Buffer {
  const text = Buffer.from(`${comment}\0`, 'utf8');
  const padded = Buffer.concat([text, Buffer.alloc(text.length % 2)]);
  const head = Buffer.alloc(20);
  head.write('LIST', 0, 'latin1');
  head.writeUInt32LE(12 + padded.length, 4);
  head.write('INFOICMT', 8, 'latin1');
  head.writeUInt32LE(text.length, 16);
  return Buffer.concat([head, padded]);
}
