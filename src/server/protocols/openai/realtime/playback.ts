/**
 * Speech on its way to a listener over WebRTC: a response is made faster than it is heard. Whoever plays it takes a frame at a
 * time, and events say when it begins to be heard, when all of it was, and when the rest is thrown away.
 */
import type { ServerEvent } from './core.js';

/** A piece of an item's speech. */
interface Piece {
  responseId: string;
  itemId: string;
  /** Its samples; asked for when its turn comes, as they need a thousand times the memory of their text. */
  make: () => Int16Array;
}

/** How much of an item was heard when the rest was thrown away. */
export interface HeardItem {
  itemId: string;
  ms: number;
}

/** See the file's head. */
export class Playback {
  readonly #send: (event: ServerEvent) => void;
  readonly #onSilence: () => void;
  readonly #samplesPerMs: number;
  #pieces: Piece[] = [];
  /** Of the piece that is being played, what is left. */
  #rest: Int16Array = new Int16Array(0);
  #itemId = '';
  /** Of that item. */
  #heard = 0;
  /** The response that is heard now. */
  #responseId: string | undefined;
  /** Responses of which nothing more comes, while some of them is left. */
  readonly #finished = new Set<string>();
  /** The response whose speech was thrown away: what still comes of it is not heard either. */
  #muted: string | undefined;

  /**
   * @param onSilence - called when all that there was has been heard, or was thrown away
   * @param rate - samples per second
   */
  constructor(send: (event: ServerEvent) => void, onSilence: () => void, rate: number) {
    this.#send = send;
    this.#onSilence = onSilence;
    this.#samplesPerMs = rate / 1000;
  }

  /** Whether something is heard, or will be. */
  get busy(): boolean {
    return this.#responseId !== undefined || this.#pieces.length > 0;
  }

  play(piece: Piece): void {
    if (piece.responseId !== this.#muted) this.#pieces.push(piece);
  }

  /** Nothing more comes of a response. */
  finish(responseId: string): void {
    const waits =
      this.#responseId === responseId || this.#pieces.some((one) => one.responseId === responseId);
    if (waits) this.#finished.add(responseId);
  }

  /** The next samples, with silence behind the last ones; undefined when there is nothing to hear. */
  next(count: number): Int16Array | undefined {
    let frame: Int16Array | undefined;
    for (let filled = 0; filled < count;) {
      if (this.#rest.length === 0 && !this.#begin()) break;
      frame ??= new Int16Array(count);
      const part = this.#rest.subarray(0, count - filled);
      frame.set(part, filled);
      filled += part.length;
      this.#heard += part.length;
      this.#rest = this.#rest.subarray(part.length);
    }
    if (!frame) this.#endIfOver();
    return frame;
  }

  /** Begins with the next piece. */
  #begin(): boolean {
    const piece = this.#pieces[0];
    // One response at a time: the one before must have been heard to its end.
    if (piece && piece.responseId !== this.#responseId) this.#endIfOver();
    if (!piece || (this.#responseId !== undefined && piece.responseId !== this.#responseId)) return false;
    this.#pieces.shift();
    if (this.#responseId === undefined) {
      this.#responseId = piece.responseId;
      this.#send({ type: 'output_audio_buffer.started', response_id: piece.responseId });
    }
    if (piece.itemId !== this.#itemId) [this.#itemId, this.#heard] = [piece.itemId, 0];
    this.#rest = piece.make();
    return true;
  }

  #endIfOver(): void {
    const id = this.#responseId;
    if (id === undefined || !this.#finished.has(id)) return;
    if (this.#pieces.some(({ responseId }) => responseId === id)) return;
    this.#finished.delete(id);
    this.#responseId = undefined;
    this.#send({ type: 'output_audio_buffer.stopped', response_id: id });
    if (!this.busy) this.#onSilence();
  }

  /** Throws away what was not heard yet; how much was heard of each item of which something is thrown away. */
  clear(): HeardItem[] {
    if (!this.busy) return [];
    const cut = [...new Set(this.#pieces.map(({ itemId }) => itemId))];
    if (this.#rest.length > 0 && !cut.includes(this.#itemId)) cut.unshift(this.#itemId);
    const responseId = this.#responseId ?? this.#pieces[0]!.responseId;
    const ms = Math.floor(this.#heard / this.#samplesPerMs);
    const heard = cut.map((itemId) => ({ itemId, ms: itemId === this.#itemId ? ms : 0 }));
    this.#pieces = [];
    this.#rest = new Int16Array(0);
    this.#finished.clear();
    this.#responseId = undefined;
    this.#muted = responseId;
    this.#send({ type: 'output_audio_buffer.cleared', response_id: responseId });
    this.#onSilence();
    return heard;
  }
}
