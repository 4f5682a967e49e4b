/** What the headers of an audio file say: its format, how long it is, and the text that this server put into it. */
import { adtsInfo, mp3Info } from './frame-headers.js';
import { mp4Info, webmInfo } from './containers.js';

/** Formats that are told apart; `mp4` is m4a too, `ogg` is Opus and Vorbis. */
export type AudioFormat = 'wav' | 'flac' | 'ogg' | 'mp3' | 'aac' | 'mp4' | 'webm';

/** See the file's head. */
export interface AudioInfo {
  format: AudioFormat;
  durationS: number;
  /** The text that is said, if the file carries it. */
  text?: string;
}

/** What the comments of a file that was made here begin with. */
export const COMMENT_KEY = 'FAKEAI_TEXT=';

/**
 * Reads the headers of a file.
 *
 * @returns undefined if it is of no known format, or cut off before it says how long it is
 */
export function audioInfo(bytes: Buffer): AudioInfo | undefined {
  try {
    const magic = bytes.toString('latin1', 0, 4);
    if (magic === 'RIFF') return wavInfo(bytes);
    if (magic === 'fLaC') return flacInfo(bytes);
    if (magic === 'OggS') return oggInfo(bytes);
    if (bytes.toString('latin1', 4, 8) === 'ftyp') return mp4Info(bytes, ownText);
    if (bytes.length > 4 && bytes.readUInt32BE(0) === 0x1a45dfa3) return webmInfo(bytes);
    return adtsInfo(bytes, ownText) ?? mp3Info(bytes);
  } catch (error) {
    // A length that points behind the end.
    if (error instanceof RangeError) return undefined;
    throw error;
  }
}

const withText = (info: AudioInfo, text: string | undefined): AudioInfo =>
  text === undefined ? info : { ...info, text };

function wavInfo(bytes: Buffer): AudioInfo | undefined {
  let bytesPerSecond = 0;
  let dataBytes: number | undefined;
  let text: string | undefined;
  for (let at = 12; at + 8 <= bytes.length;) {
    const id = bytes.toString('latin1', at, at + 4);
    const size = bytes.readUInt32LE(at + 4);
    if (id === 'fmt ') bytesPerSecond = bytes.readUInt32LE(at + 16);
    else if (id === 'data') dataBytes = Math.min(size, bytes.length - at - 8);
    else if (id === 'LIST' && bytes.toString('latin1', at + 8, at + 16) === 'INFOICMT') {
      const length = bytes.readUInt32LE(at + 16);
      text = ownText(bytes.toString('utf8', at + 20, at + 20 + Math.max(0, length - 1)));
    }
    at += 8 + size + (size % 2);
  }
  if (bytesPerSecond === 0 || dataBytes === undefined) return undefined;
  return withText({ format: 'wav', durationS: dataBytes / bytesPerSecond }, text);
}

function flacInfo(bytes: Buffer): AudioInfo | undefined {
  const rate = bytes.readUIntBE(18, 3) >> 4;
  const samples = (bytes[21]! & 0xf) * 2 ** 32 + bytes.readUInt32BE(22);
  if (rate === 0) return undefined;
  let text: string | undefined;
  for (let at = 4; at + 4 <= bytes.length;) {
    const type = bytes[at]! & 0x7f;
    const size = bytes.readUIntBE(at + 1, 3);
    if (type === 4) text = commentIn(bytes.subarray(at + 4, at + 4 + size));
    if ((bytes[at]! & 0x80) !== 0) break;
    at += 4 + size;
  }
  return withText({ format: 'flac', durationS: samples / rate }, text);
}

/** The first of Vorbis comments, if this server made it. */
function commentIn(list: Buffer): string | undefined {
  const vendorBytes = list.readUInt32LE(0);
  const first = 4 + vendorBytes + 4;
  if (list.readUInt32LE(4 + vendorBytes) === 0) return undefined;
  const comment = list.toString('utf8', first + 4, first + 4 + list.readUInt32LE(first));
  return ownText(comment);
}

const ownText = (comment: string): string | undefined =>
  comment.startsWith(COMMENT_KEY) ? comment.slice(COMMENT_KEY.length) : undefined;

/** Most bytes of tags that are put together from pages. */
const MAX_TAG_BYTES = 1024 * 1024;

function oggInfo(bytes: Buffer): AudioInfo | undefined {
  const first = bytes.subarray(27 + bytes[26]!);
  const opus = first.toString('latin1', 0, 8) === 'OpusHead';
  const vorbis = first.toString('latin1', 1, 7) === 'vorbis';
  if (!opus && !vorbis) return undefined;
  const rate = opus ? 48_000 : first.readUInt32LE(12);
  const skip = opus ? first.readUInt16LE(10) : 0;
  const lastAt = bytes.lastIndexOf('OggS', undefined, 'latin1');
  const granule = Number(bytes.readBigUInt64LE(lastAt + 6));
  if (rate === 0 || granule > 2 ** 52) return undefined;
  const durationS = Math.max(0, granule - skip) / rate;
  return withText({ format: 'ogg', durationS }, opus ? opusComment(bytes) : undefined);
}

/** The second packet of an Ogg Opus file has the comments; it may be spread over pages. */
function opusComment(bytes: Buffer): string | undefined {
  const parts: Buffer[] = [];
  let total = 0;
  let at = 27 + bytes[26]! + 19;
  while (bytes.toString('latin1', at, at + 4) === 'OggS' && total < MAX_TAG_BYTES) {
    const lacing = bytes.subarray(at + 27, at + 27 + bytes[at + 26]!);
    const size = lacing.reduce((sum, value) => sum + value, 0);
    const body = at + 27 + lacing.length;
    parts.push(bytes.subarray(body, body + size));
    total += size;
    at = body + size;
    if (lacing.at(-1) !== 255) break;
  }
  const packet = Buffer.concat(parts);
  return packet.toString('latin1', 0, 8) === 'OpusTags' ? commentIn(packet.subarray(8)) : undefined;
}
