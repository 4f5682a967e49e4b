/** MP3; LAME does the coding. */
const BITRATE_KBPS = 64;
/** Samples that are encoded at once. */
const PART = 24_000;

/** A comment as an ID3v2.4 tag with one text frame (TXXX, UTF-8). */
function id3Tag(comment: string): Buffer {
  const text = Buffer.concat([
    Buffer.from([3]),
    Buffer.from('fakeai\0', 'latin1'),
    Buffer.from(comment, 'utf8'),
  ]);
  const frame = Buffer.alloc(10);
  frame.write('TXXX', 0, 'latin1');
  syncSafe(text.length).copy(frame, 4);
  const head = Buffer.from([0x49, 0x44, 0x33, 4, 0, 0, 0, 0, 0, 0]);
  syncSafe(frame.length + text.length).copy(head, 6);
  return Buffer.concat([head, frame, text]);
}

/** 28 bits in four bytes, none of them above 127. */
const syncSafe = (value: number): Buffer =>
  Buffer.from([(value >> 21) & 0x7f, (value >> 14) & 0x7f, (value >> 7) & 0x7f, value & 0x7f]);

/** One channel of 16-bit samples as an MP3 file. */
export async function encodeMp3(samples: Int16Array, rate: number, comment: string): Promise<Buffer> {
  const { createMp3Encoder } = await import('wasm-media-encoders');
  const encoder = await createMp3Encoder();
  encoder.configure({ sampleRate: rate, channels: 1, bitrate: BITRATE_KBPS });
  const parts: Buffer[] = [id3Tag(comment)];
  for (let at = 0; at < samples.length; at += PART) {
    const part = Float32Array.from(samples.subarray(at, at + PART), (sample) => sample / 32_768);
    // What it gives is its own memory.
    parts.push(Buffer.from(encoder.encode([part])));
  }
  parts.push(Buffer.from(encoder.finalize()));
  return Buffer.concat(parts);
}
