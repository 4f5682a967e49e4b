/** Sound as realtime sessions send it: 16-bit PCM at 24 kHz, and G.711 (µ-law, A-law) at 8 kHz. */

export type RealtimeAudioFormat =
  { type: 'audio/pcm'; rate?: number | undefined } | { type: 'audio/pcmu' } | { type: 'audio/pcma' };

const PCM_RATE = 24_000;
const G711_RATE = 8000;

/** Bytes of one millisecond. */
export const bytesPerMs = ({ type }: RealtimeAudioFormat): number =>
  type === 'audio/pcm' ? (PCM_RATE * 2) / 1000 : G711_RATE / 1000;

const NOT_BASE64 = /[^A-Za-z0-9+/_\-=\s]/;

/** Bytes in base64; undefined for what is none: Node would skip what does not belong there. */
export const fromBase64 = (text: string): Buffer | undefined =>
  NOT_BASE64.test(text) ? undefined : Buffer.from(text, 'base64');

const MU_BIAS = 0x84;
const MU_MAX = 32_635;

/** One sample in µ-law (ITU-T G.711). */
function toMuLaw(sample: number): number {
  const sign = sample < 0 ? 0x80 : 0;
  const magnitude = Math.min(Math.abs(sample), MU_MAX) + MU_BIAS;
  const exponent = 31 - Math.clz32(magnitude >> 7);
  return ~(sign | (exponent << 4) | ((magnitude >> (exponent + 3)) & 0xf)) & 0xff;
}

function fromMuLaw(code: number): number {
  const value = ~code & 0xff;
  const magnitude = ((((value & 0xf) << 3) + MU_BIAS) << ((value >> 4) & 7)) - MU_BIAS;
  return (value & 0x80) !== 0 ? -magnitude : magnitude;
}

/** One sample in A-law. */
function toALaw(sample: number): number {
  const sign = sample >= 0 ? 0x80 : 0;
  const magnitude = Math.min(Math.abs(sample), 32_767) >> 4;
  const exponent = magnitude < 16 ? 0 : 28 - Math.clz32(magnitude);
  const code = exponent === 0 ? magnitude : (exponent << 4) | ((magnitude >> (exponent - 1)) & 0xf);
  return (sign | code) ^ 0x55;
}

function fromALaw(code: number): number {
  const value = code ^ 0x55;
  const exponent = (value >> 4) & 7;
  const mantissa = value & 0xf;
  const magnitude = exponent === 0 ? (mantissa << 4) + 8 : ((mantissa << 4) + 0x108) << (exponent - 1);
  return (value & 0x80) !== 0 ? magnitude : -magnitude;
}

/** Samples at 24 kHz as bytes of a format. */
export function encodeAudio(samples: Int16Array, { type }: RealtimeAudioFormat): Buffer {
  if (type === 'audio/pcm') return Buffer.from(samples.slice().buffer);
  const encode = type === 'audio/pcmu' ? toMuLaw : toALaw;
  const step = PCM_RATE / G711_RATE;
  const bytes = Buffer.alloc(Math.ceil(samples.length / step));
  for (let i = 0; i < bytes.length; i++) bytes[i] = encode(samples[i * step]!);
  return bytes;
}

/** Bytes of a format as samples, at the format's own rate. */
export function decodeAudio(bytes: Buffer, { type }: RealtimeAudioFormat): Int16Array {
  if (type === 'audio/pcm') {
    return Int16Array.from({ length: bytes.length >> 1 }, (_, i) => bytes.readInt16LE(i * 2));
  }
  return Int16Array.from(bytes, type === 'audio/pcmu' ? fromMuLaw : fromALaw);
}
