/** When the sound of one answer came: bytes of a file, whole or as parts of events. */

/** A WAV head with tags in it is longer than its 44 bytes; nobody's is longer than this. */
const MOST_HEAD_BYTES = 4096;
const EMPTY = Buffer.alloc(0);

/** What OpenAI calls `pcm`: 24 kHz, 16 bits, one channel. */
const PCM_RATE_HZ = 24_000;
const BYTES_PER_SAMPLE = 2;

/** How many bytes stand before the sound, and how many of it play in a second; NaN where that cannot be told. */
interface SoundFormat {
  headBytes: number;
  bytesPerSecond: number;
}

const UNKNOWN: SoundFormat = { headBytes: 0, bytesPerSecond: Number.NaN };

/** Instants are of the machine's monotonic clock, NaN while there is none. */
export class SoundTimes {
  /** Of the first byte of sound, which is after the head of a WAV file. */
  firstMs = Number.NaN;
  /** How long a player that starts with the first byte stands still in all, for want of what comes next. */
  stallMs = Number.NaN;
  readonly #contentType: string;
  #head = EMPTY;
  #format: SoundFormat | undefined;
  #bytes = 0;

  /** @param contentType - of the sound, where it is known */
  constructor(contentType: string) {
    this.#contentType = contentType;
  }

  /** More of the file came. */
  add(buffer: Buffer, start: number, end: number, atMs: number): void {
    const before = this.#bytes;
    this.#bytes += end - start;
    this.#format ??= this.#formatWith(buffer, start, end);
    if (!this.#format) return;
    const { headBytes, bytesPerSecond } = this.#format;
    if (this.#bytes <= headBytes) return;
    if (Number.isNaN(this.firstMs)) {
      this.firstMs = atMs;
      this.stallMs = Number.isNaN(bytesPerSecond) ? Number.NaN : 0;
      return;
    }
    const playedMs = (Math.max(0, before - headBytes) / bytesPerSecond) * 1000;
    this.stallMs = Math.max(this.stallMs, atMs - this.firstMs - playedMs);
  }

  /** How long the sound that came plays; undefined where its format does not say. */
  get seconds(): number | undefined {
    const { headBytes, bytesPerSecond } = this.#format ?? UNKNOWN;
    return Number.isNaN(bytesPerSecond) ? undefined : Math.max(0, this.#bytes - headBytes) / bytesPerSecond;
  }

  /** The format, once enough has come to tell. */
  #formatWith(buffer: Buffer, start: number, end: number): SoundFormat | undefined {
    this.#head = Buffer.concat([this.#head, buffer.subarray(start, end)]).subarray(0, MOST_HEAD_BYTES);
    const magic = this.#head.toString('latin1', 0, 4);
    if (magic === 'RIFF'.slice(0, magic.length)) {
      const wav = wavFormat(this.#head);
      if (wav || this.#head.length < MOST_HEAD_BYTES) return wav;
    }
    return pcmFormat(this.#contentType) ?? UNKNOWN;
  }
}

/** Walks the chunks of a WAV file up to its data; their sizes are true but for those of the file and the data. */
function wavFormat(head: Buffer): SoundFormat | undefined {
  let bytesPerSecond = Number.NaN;
  let at = 12;
  while (at + 8 <= head.length) {
    const name = head.toString('latin1', at, at + 4);
    if (name === 'data') return { headBytes: at + 8, bytesPerSecond: bytesPerSecond || Number.NaN };
    if (name === 'fmt ' && at + 20 <= head.length) bytesPerSecond = head.readUInt32LE(at + 16);
    const size = head.readUInt32LE(at + 4);
    at += 8 + size + (size % 2);
  }
  return undefined;
}

/** Bare samples: `audio/pcm`, and `audio/L16` of RFC 2586, with their rates and channels where they say so. */
function pcmFormat(contentType: string): SoundFormat | undefined {
  if (!/^audio\/(pcm|l16|x-pcm)\b/i.test(contentType)) return undefined;
  const numberOf = (name: string, otherwise: number): number =>
    Number(new RegExp(`;\\s*${name}\\s*=\\s*"?(\\d+)`, 'i').exec(contentType)?.[1] ?? otherwise);
  const rateHz = numberOf('rate', PCM_RATE_HZ);
  return { headBytes: 0, bytesPerSecond: rateHz * numberOf('channels', 1) * BYTES_PER_SAMPLE };
}
