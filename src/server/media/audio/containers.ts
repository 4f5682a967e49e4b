/** Lengths of files in containers: MP4 (m4a among it) and WebM. */
import { findBox, movieSeconds } from '../mp4-boxes.js';
import { COMMENT_BOX } from '../mp4.js';
import type { AudioInfo } from './audio-info.js';

/**
 * An MP4 file: its movie header has the length, a comment perhaps a text.
 *
 * @param ownText - the text that this server put into a file, of a comment
 */
export function mp4Info(
  bytes: Buffer,
  ownText: (comment: string) => string | undefined,
): AudioInfo | undefined {
  const durationS = movieSeconds(bytes);
  if (durationS === undefined) return undefined;
  // Length and language come before it.
  const comment = findBox(bytes, ['moov', 'udta', COMMENT_BOX])?.toString('utf8', 4);
  const text = comment === undefined ? undefined : ownText(comment);
  return { format: 'mp4', durationS, ...(text === undefined ? {} : { text }) };
}

/** Ids of EBML elements (RFC 9559). */
const SEGMENT = 0x18538067;
const INFO = 0x1549a966;
const TIMESTAMP_SCALE = 0x2ad7b1;
const DURATION = 0x4489;
const CLUSTER = 0x1f43b675;
const CLUSTER_TIME = 0xe7;
const DEFAULT_SCALE_NS = 1_000_000;
/** Most elements of a file that are looked at. */
const MAX_ELEMENTS = 10_000;

interface Element {
  id: number;
  dataAt: number;
  /** Infinity when it is not known. */
  size: number;
}

function elementAt(bytes: Buffer, at: number): Element {
  const idLength = Math.clz32(bytes[at]!) - 23;
  const id = bytes.readUIntBE(at, Math.min(idLength, 4));
  const sizeAt = at + idLength;
  const sizeLength = Math.clz32(bytes[sizeAt]!) - 23;
  let size = bytes[sizeAt]! & ((1 << (8 - sizeLength)) - 1);
  let unknown = size === (1 << (8 - sizeLength)) - 1;
  for (let i = 1; i < sizeLength; i++) {
    const byte = bytes.readUInt8(sizeAt + i);
    if (byte !== 0xff) unknown = false;
    size = size * 256 + byte;
  }
  return { id, dataAt: sizeAt + sizeLength, size: unknown ? Infinity : size };
}

/** A WebM file: its info has the length, or, in a recording that was streamed, the last cluster's time is near it. */
export function webmInfo(bytes: Buffer): AudioInfo | undefined {
  let scaleNs = DEFAULT_SCALE_NS;
  let duration: number | undefined;
  let lastTime: number | undefined;
  let elements = 0;
  for (let at = 0; at + 2 <= bytes.length && elements++ < MAX_ELEMENTS;) {
    const { id, dataAt, size } = elementAt(bytes, at);
    if (id === SEGMENT || id === INFO || id === CLUSTER) {
      at = dataAt;
      continue;
    }
    if (size === Infinity) break;
    if (id === TIMESTAMP_SCALE && size <= 6) scaleNs = bytes.readUIntBE(dataAt, size);
    if (id === DURATION) duration = size === 4 ? bytes.readFloatBE(dataAt) : bytes.readDoubleBE(dataAt);
    if (id === CLUSTER_TIME && size >= 1 && size <= 6) lastTime = bytes.readUIntBE(dataAt, size);
    at = dataAt + size;
  }
  const ticks = duration ?? lastTime;
  if (ticks === undefined || !(ticks >= 0)) return undefined;
  return { format: 'webm', durationS: (ticks * scaleNs) / 1e9 };
}
