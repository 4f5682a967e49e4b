/** Opus in Ogg (RFC 3533, RFC 7845); libopus does the coding. */
import { vorbisComments } from './flac.js';

/** Ogg counts Opus in samples of 48 kHz, whatever the input's rate is. */
const GRANULE_RATE = 48_000;
/** What a decoder is to drop at the beginning: the delay of the encoder. */
const PRE_SKIP = 312;
const FRAME_S = 0.02;
/** Packets on a page: one second. */
const PACKETS = 50;
const BITRATE = 32_000;

const CRC_TABLE = Uint32Array.from({ length: 256 }, (_, byte) => {
  let value = byte << 24;
  for (let bit = 0; bit < 8; bit++)
    value = (value & 0x80000000) !== 0 ? (value << 1) ^ 0x04c11db7 : value << 1;
  return value >>> 0;
});

function oggCrc(bytes: Buffer): number {
  let value = 0;
  for (const byte of bytes) value = ((value << 8) ^ CRC_TABLE[((value >>> 24) ^ byte) & 0xff]!) >>> 0;
  return value;
}

/** Kinds of pages. */
const CONTINUED = 1;
const FIRST = 2;
const LAST = 4;

/** One byte per started 255 bytes of a packet; below 255 it ends there. */
const lacingOf = (packet: Buffer): number[] => [
  ...Array.from({ length: Math.floor(packet.length / 255) }, () => 255),
  packet.length % 255,
];

interface Page {
  lacing: readonly number[];
  body: Buffer;
  sequence: number;
  granule: bigint;
  kind: number;
}

function pageBytes({ lacing, body, sequence, granule, kind }: Page): Buffer {
  const head = Buffer.alloc(27 + lacing.length);
  head.write('OggS', 0, 'latin1');
  head[5] = kind;
  head.writeBigUInt64LE(granule, 6);
  head.writeUInt32LE(1, 14);
  head.writeUInt32LE(sequence, 18);
  head[26] = lacing.length;
  head.set(lacing, 27);
  const whole = Buffer.concat([head, body]);
  whole.writeUInt32LE(oggCrc(whole), 22);
  return whole;
}

const page = (packets: readonly Buffer[], sequence: number, granule: number, kind: number): Buffer =>
  pageBytes({
    lacing: packets.flatMap(lacingOf),
    body: Buffer.concat(packets),
    sequence,
    granule: BigInt(granule),
    kind,
  });

/** The position on a page on which no packet ends. */
const NO_GRANULE = 0xffff_ffff_ffff_ffffn;
/** Most lacing values of a page. */
const MAX_LACING = 255;

/** A packet of any length, on as many pages as it needs. */
function longPacket(packet: Buffer, firstSequence: number): Buffer[] {
  const lacing = lacingOf(packet);
  const pages: Buffer[] = [];
  for (let at = 0; at < lacing.length; at += MAX_LACING) {
    const part = lacing.slice(at, at + MAX_LACING);
    const ends = at + MAX_LACING >= lacing.length;
    pages.push(
      pageBytes({
        lacing: part,
        body: packet.subarray(at * 255, (at + part.length) * 255),
        sequence: firstSequence + pages.length,
        granule: ends ? 0n : NO_GRANULE,
        kind: at > 0 ? CONTINUED : 0,
      }),
    );
  }
  return pages;
}

function opusHead(rate: number): Buffer {
  const head = Buffer.alloc(19);
  head.write('OpusHead', 0, 'latin1');
  head[8] = 1;
  head[9] = 1;
  head.writeUInt16LE(PRE_SKIP, 10);
  head.writeUInt32LE(rate, 12);
  return head;
}

/** One channel of 16-bit samples as an Ogg Opus file. */
export async function encodeOggOpus(samples: Int16Array, rate: number, comment: string): Promise<Buffer> {
  const packets = await opusPackets(samples, rate);
  const tags = longPacket(Buffer.concat([Buffer.from('OpusTags', 'latin1'), vorbisComments(comment)]), 1);
  const pages = [page([opusHead(rate)], 0, 0, FIRST), ...tags];
  const total = PRE_SKIP + Math.round((samples.length / rate) * GRANULE_RATE);
  for (let at = 0; at < packets.length; at += PACKETS) {
    const some = packets.slice(at, at + PACKETS);
    const granule = Math.min(total, (at + some.length) * FRAME_S * GRANULE_RATE);
    const last = at + PACKETS >= packets.length;
    pages.push(page(some, pages.length, last ? total : granule, last ? LAST : 0));
  }
  return Buffer.concat(pages);
}

async function opusPackets(samples: Int16Array, rate: number): Promise<Buffer[]> {
  const { default: OpusScript } = await import('opusscript');
  const encoder = new OpusScript(rate as 24_000, 1, OpusScript.Application.VOIP);
  try {
    encoder.setBitrate(BITRATE);
    const frame = rate * FRAME_S;
    const packets: Buffer[] = [];
    // The encoder's delay comes out at the end.
    const needed = samples.length + (PRE_SKIP * rate) / GRANULE_RATE;
    for (let at = 0; at < needed; at += frame) {
      const part = new Int16Array(frame);
      part.set(samples.subarray(at, at + frame));
      packets.push(encoder.encode(Buffer.from(part.buffer), frame));
    }
    return packets;
  } finally {
    encoder.delete();
  }
}
