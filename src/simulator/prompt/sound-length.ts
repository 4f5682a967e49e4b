/** How long a sound is, from its file. */

/** Bytes a second that are reckoned with where the file does not say: MP3 of 128 kbit/s. */
const USUAL_BYTES_PER_S = 16_000;
const KBITS_V1_L3 = [0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320, 0];
const KBITS_V2_L3 = [0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160, 0];
/** How far into an MP3 its first frame is looked for, tags not counted. */
const SEARCH_BYTES = 8192;

/**
 * Seconds of a WAV or MP3 file; of anything else a guess by its size.
 *
 * @param bytes - the whole file
 */
export function soundSeconds(bytes: Buffer): number {
  return wav(bytes) ?? mp3(bytes) ?? bytes.length / USUAL_BYTES_PER_S;
}

function wav(bytes: Buffer): number | undefined {
  if (bytes.length < 12 || bytes.toString('latin1', 0, 4) !== 'RIFF') return undefined;
  let bytesPerS = 0;
  for (let at = 12; at + 8 <= bytes.length;) {
    const id = bytes.toString('latin1', at, at + 4);
    const size = bytes.readUInt32LE(at + 4);
    if (id === 'fmt ' && at + 20 <= bytes.length) bytesPerS = bytes.readUInt32LE(at + 16);
    // A stream that was written without knowing its end claims any size.
    if (id === 'data') return bytesPerS > 0 ? Math.min(size, bytes.length - at - 8) / bytesPerS : undefined;
    at += 8 + size + (size & 1);
  }
  return undefined;
}

function mp3(bytes: Buffer): number | undefined {
  const start = afterTag(bytes);
  const end = Math.min(bytes.length - 4, start + SEARCH_BYTES);
  for (let at = start; at < end; at++) {
    if (bytes[at] !== 0xff || (bytes[at + 1]! & 0xe0) !== 0xe0) continue;
    const isV1 = (bytes[at + 1]! & 0x18) === 0x18;
    const kbits = (isV1 ? KBITS_V1_L3 : KBITS_V2_L3)[bytes[at + 2]! >> 4]!;
    if (kbits > 0) return (bytes.length - at) / (kbits * 125);
  }
  return undefined;
}

/** Past an ID3v2 tag. */
function afterTag(bytes: Buffer): number {
  if (bytes.length < 10 || bytes.toString('latin1', 0, 3) !== 'ID3') return 0;
  const size = bytes.subarray(6, 10).reduce((sum, byte) => (sum << 7) | (byte & 0x7f), 0);
  return Math.min(10 + size, bytes.length);
}
