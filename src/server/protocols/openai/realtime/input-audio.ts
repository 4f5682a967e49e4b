/** The input audio buffer: what the client has said and not committed, and where speech begins and ends in it. */
import { bytesPerMs, decodeAudio, type RealtimeAudioFormat } from './audio-codec.js';

/** How turns are detected: by loudness. */
export interface VoiceActivity {
  /** 0 to 1: how loud speech must be. */
  threshold: number;
  prefixPaddingMs: number;
  silenceMs: number;
}

/** What the buffer noticed. */
export type VoiceEvent = { type: 'started'; atMs: number } | { type: 'stopped'; atMs: number };

const FRAME_MS = 20;
/** Loudness (of 1) at threshold 1; speech is between a tenth and a third. */
const LOUDEST = 0.04;
/** Most bytes of one turn; as with OpenAI a longer one must be committed before. */
const MAX_BYTES = 15 * 1024 * 1024;

/** See the file's head. */
export class InputAudio {
  #parts: Buffer[] = [];
  #bytes = 0;
  #open: Buffer = Buffer.alloc(0);
  #heardMs = 0;
  #speaking = false;
  #silentMs = 0;

  get bytes(): number {
    return this.#bytes;
  }

  /** Time in the session's audio: everything that was ever appended. */
  get heardMs(): number {
    return this.#heardMs;
  }

  /** Whether more fits. */
  fits(bytes: number): boolean {
    return this.#bytes + bytes <= MAX_BYTES;
  }

  /** Takes sound; with `activity`, tells where speech begins and ends in it. */
  append(bytes: Buffer, format: RealtimeAudioFormat, activity: VoiceActivity | undefined): VoiceEvent[] {
    this.#parts.push(bytes);
    this.#bytes += bytes.length;
    const events: VoiceEvent[] = [];
    const frameBytes = FRAME_MS * bytesPerMs(format);
    let rest = this.#open.length > 0 ? Buffer.concat([this.#open, bytes]) : bytes;
    for (; rest.length >= frameBytes; rest = rest.subarray(frameBytes)) {
      this.#heardMs += FRAME_MS;
      if (activity) this.#hear(rest.subarray(0, frameBytes), format, activity, events);
    }
    this.#open = Buffer.from(rest);
    return events;
  }

  #hear(frame: Buffer, format: RealtimeAudioFormat, activity: VoiceActivity, events: VoiceEvent[]): void {
    const loud = loudness(decodeAudio(frame, format)) > activity.threshold * LOUDEST;
    this.#silentMs = loud ? 0 : this.#silentMs + FRAME_MS;
    if (loud && !this.#speaking) {
      this.#speaking = true;
      events.push({
        type: 'started',
        atMs: Math.max(0, this.#heardMs - FRAME_MS - activity.prefixPaddingMs),
      });
    } else if (this.#speaking && this.#silentMs >= activity.silenceMs) {
      this.#speaking = false;
      events.push({ type: 'stopped', atMs: this.#heardMs });
    }
  }

  /** Forgets the oldest sound, but for so many bytes: of a track that never ends. */
  keepLast(bytes: number): void {
    while (this.#bytes - (this.#parts[0]?.length ?? this.#bytes) >= bytes)
      this.#bytes -= this.#parts.shift()!.length;
  }

  /** Takes everything out as a turn. */
  commit(): Buffer {
    const bytes = Buffer.concat(this.#parts);
    this.clear();
    return bytes;
  }

  clear(): void {
    this.#parts = [];
    this.#bytes = 0;
    this.#open = Buffer.alloc(0);
    this.#speaking = false;
    this.#silentMs = 0;
  }
}

/** The root of the mean square, of 1. */
export function loudness(samples: Int16Array): number {
  let sum = 0;
  for (const sample of samples) sum += sample * sample;
  return Math.sqrt(sum / Math.max(samples.length, 1)) / 32_768;
}
