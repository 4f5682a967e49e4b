/** Lengths of files that are nothing but frames: MP3 and AAC (ADTS). */
import { frameData } from './aac/aac.js';
import type { AudioInfo } from './audio-info.js';

/** Bytes that are looked through for the first frame. */
const SEARCHED = 64 * 1024;

/** Kilobits per second of layer III, by version and index. */
const BITRATES_1 = [0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320];
const BITRATES_2 = [0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160];
const RATES_1 = [44_100, 48_000, 32_000];

interface Frame {
  bytes: number;
  seconds: number;
}

/** A frame of MPEG audio, layer III. */
function mp3Frame(bytes: Buffer, at: number): Frame | undefined {
  if (at + 4 > bytes.length || bytes[at] !== 0xff || (bytes[at + 1]! & 0xe6) !== 0xe2) return undefined;
  const version = (bytes[at + 1]! >> 3) & 3;
  if (version === 1) return undefined;
  const first = version === 3;
  const kbps = (first ? BITRATES_1 : BITRATES_2)[bytes[at + 2]! >> 4];
  const base = RATES_1[(bytes[at + 2]! >> 2) & 3];
  if (!kbps || !base) return undefined;
  const rate = base / (first ? 1 : version === 2 ? 2 : 4);
  const samples = first ? 1152 : 576;
  const padding = (bytes[at + 2]! >> 1) & 1;
  return { bytes: Math.floor(((samples / 8) * kbps * 1000) / rate) + padding, seconds: samples / rate };
}

/** The text of the first frame of an ID3v2.4 tag, if this server made it. */
function id3Text(bytes: Buffer): string | undefined {
  if (bytes.toString('latin1', 10, 14) !== 'TXXX') return undefined;
  const frame = bytes.subarray(20, 20 + syncSafe(bytes, 14));
  return frame.toString('latin1', 1, 8) === 'fakeai\0' ? frame.toString('utf8', 8) : undefined;
}

const syncSafe = (bytes: Buffer, at: number): number =>
  [0, 1, 2, 3].reduce((value, i) => value * 128 + (bytes[at + i]! & 0x7f), 0);

/** An MP3 file: all its frames are counted. */
export function mp3Info(bytes: Buffer): AudioInfo | undefined {
  const tagged = bytes.length > 20 && bytes.toString('latin1', 0, 3) === 'ID3';
  const text = tagged ? id3Text(bytes) : undefined;
  let at = tagged ? 10 + syncSafe(bytes, 6) : 0;
  const searchEnd = Math.min(bytes.length, at + SEARCHED);
  // Two frames in a row are no accident.
  while (at < searchEnd && !isMp3At(bytes, at)) at++;
  let seconds = 0;
  for (let frame = mp3Frame(bytes, at); frame; frame = mp3Frame(bytes, at)) {
    seconds += frame.seconds;
    at += frame.bytes;
  }
  if (seconds === 0) return undefined;
  return { format: 'mp3', durationS: seconds, ...(text === undefined ? {} : { text }) };
}

function isMp3At(bytes: Buffer, at: number): boolean {
  const frame = mp3Frame(bytes, at);
  return (
    frame !== undefined &&
    (at + frame.bytes >= bytes.length || mp3Frame(bytes, at + frame.bytes) !== undefined)
  );
}

const AAC_RATES = [
  96_000, 88_200, 64_000, 48_000, 44_100, 32_000, 24_000, 22_050, 16_000, 12_000, 11_025, 8000, 7350,
];
const AAC_SAMPLES = 1024;

/** Most bytes of text that are put together from frames. */
const MAX_TEXT_BYTES = 1024 * 1024;

/**
 * An AAC file in ADTS frames.
 *
 * @param ownText - the text that this server put into a file, of what its frames carry
 */
export function adtsInfo(
  bytes: Buffer,
  ownText: (comment: string) => string | undefined,
): AudioInfo | undefined {
  let seconds = 0;
  const data: Buffer[] = [];
  let dataBytes = 0;
  for (let at = 0; at + 7 <= bytes.length && bytes[at] === 0xff && (bytes[at + 1]! & 0xf6) === 0xf0;) {
    const rate = AAC_RATES[(bytes[at + 2]! >> 2) & 15];
    const size = ((bytes[at + 3]! & 3) << 11) | (bytes[at + 4]! << 3) | (bytes[at + 5]! >> 5);
    if (rate === undefined || size < 7) break;
    seconds += (AAC_SAMPLES * ((bytes[at + 6]! & 3) + 1)) / rate;
    const part = frameData(bytes.subarray(at, at + size));
    if (part.length > 0 && dataBytes < MAX_TEXT_BYTES) {
      data.push(part);
      dataBytes += part.length;
    }
    at += size;
  }
  if (seconds === 0) return undefined;
  const text = ownText(Buffer.concat(data).toString('utf8'));
  return { format: 'aac', durationS: seconds, ...(text === undefined ? {} : { text }) };
}
