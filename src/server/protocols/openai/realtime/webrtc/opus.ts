/** Opus on a track of a call: 20 ms a packet, one channel of 24 kHz on this side, whatever the other side has. */
import OpusScript from 'opusscript';

/** Samples per second, as sessions have them. */
export const TRACK_RATE = 24_000;
export const FRAME_MS = 20;
/** Samples of a packet. */
export const FRAME_SAMPLES = (TRACK_RATE * FRAME_MS) / 1000;
/** What RTP counts in a packet, as Opus has 48 kHz there always (RFC 7587, section 4.1). */
export const FRAME_TICKS = 48 * FRAME_MS;
const BITRATE = 32_000;
/** Silent frames that are encoded for what is still in the encoder; after them the last packet is as good. */
const TAIL_FRAMES = 10;

/** Encodes what is said. */
export class OpusSpeaker {
  readonly #codec = new OpusScript(TRACK_RATE, 1, OpusScript.Application.VOIP);
  #silentFrames = 0;
  #silence: Buffer | undefined;

  constructor() {
    this.#codec.setBitrate(BITRATE);
  }

  /** The next packet; silence without samples. */
  packet(samples: Int16Array | undefined): Buffer {
    if (samples) {
      this.#silentFrames = 0;
      return this.#encode(samples);
    }
    if (this.#silence && this.#silentFrames >= TAIL_FRAMES) return this.#silence;
    this.#silentFrames++;
    return (this.#silence = this.#encode(new Int16Array(FRAME_SAMPLES)));
  }

  #encode(samples: Int16Array): Buffer {
    return this.#codec.encode(
      Buffer.from(samples.buffer, samples.byteOffset, samples.byteLength),
      FRAME_SAMPLES,
    );
  }

  close(): void {
    this.#codec.delete();
  }
}

/** Longest gap between two packets that is heard as silence. */
const MAX_GAP_MS = 2000;
const BYTES_PER_TICK = (TRACK_RATE * 2) / 48_000;

/** Decodes what is heard. */
export class OpusListener {
  readonly #codec = new OpusScript(TRACK_RATE, 1, OpusScript.Application.VOIP);
  #sequence: number | undefined;
  /** Where the next packet is to begin. */
  #timestamp = 0;

  /**
   * The sound of a packet, with silence in the place of those that are missing; empty for a packet that is late, or no Opus.
   *
   * @param sequence - of 16 bits
   * @param timestamp - of 32 bits
   */
  sound(sequence: number, timestamp: number, payload: Buffer): Buffer {
    const ahead = this.#sequence === undefined ? 1 : (sequence - this.#sequence) & 0xffff;
    if (ahead === 0 || ahead >= 0x8000 || payload.length === 0) return Buffer.alloc(0);
    const gap = this.#sequence === undefined ? 0 : (timestamp - this.#timestamp) | 0;
    this.#sequence = sequence;
    let decoded: Buffer;
    try {
      decoded = this.#codec.decode(payload);
    } catch {
      return Buffer.alloc(0);
    }
    this.#timestamp = timestamp + decoded.length / BYTES_PER_TICK;
    if (gap <= 0 || gap > MAX_GAP_MS * 48) return Buffer.from(decoded);
    return Buffer.concat([Buffer.alloc(gap * BYTES_PER_TICK), decoded]);
  }

  close(): void {
    this.#codec.delete();
  }
}
