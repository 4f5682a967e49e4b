/** What the client says: the input audio buffer, where turns begin and end in it, and what becomes of them. */
import type { Deadline } from '../../../../lib/deadline-wheel.js';
import { bytesPerMs } from './audio-codec.js';
import type { Item } from './conversation.js';
import type { SessionCore } from './core.js';
import { understood, writeDown } from './heard.js';
import { InputAudio } from './input-audio.js';
import { problem, soundOf } from './read-event.js';
import { voiceActivityOf } from './session-config.js';

/** What a session does about turns. */
export interface TurnListener {
  /** The client begins to speak. */
  readonly onSpeech: () => void;
  /** A turn has ended by itself, and wants an answer. */
  readonly onTurn: () => void;
  /** The client has said nothing for as long as the session waits. */
  readonly onIdle: () => void;
}

/** Sound of a track of which nothing is said yet that is kept, beside the padding before speech. */
const KEPT_MS = 1000;

/** See the file's head. */
export class Turns {
  readonly #core: SessionCore;
  readonly #listener: TurnListener;
  readonly #input = new InputAudio();
  #speaking = false;
  /** The item that the speech now heard will be. */
  #itemId = '';
  #waiting: Deadline | undefined;

  constructor(core: SessionCore, listener: TurnListener) {
    this.#core = core;
    this.#listener = listener;
  }

  /** Sound of a client that decides itself what to send. @throws ApiError */
  append(audio: string): void {
    const { format } = this.#core.settings.audio.input;
    const bytes = soundOf(audio, format, 'audio');
    if (!this.#input.fits(bytes.length))
      throw problem('input_audio_buffer_full', 'The input audio buffer is full: commit or clear it first.');
    this.#hear(bytes);
  }

  /** Sound of a track, in the format that the session is set to: it goes on for ever, so the oldest makes room. */
  listen(bytes: Buffer): void {
    const { format } = this.#core.settings.audio.input;
    const activity = voiceActivityOf(this.#core.settings);
    if (activity && !this.#speaking)
      this.#input.keepLast(bytesPerMs(format) * (KEPT_MS + activity.prefixPaddingMs));
    else if (!this.#input.fits(bytes.length)) this.#input.keepLast(this.#input.bytes - bytes.length);
    this.#hear(bytes);
  }

  #hear(bytes: Buffer): void {
    const activity = voiceActivityOf(this.#core.settings);
    for (const event of this.#input.append(bytes, this.#core.settings.audio.input.format, activity)) {
      if (event.type === 'started') this.#speechStarted(event.atMs);
      else this.#speechStopped(event.atMs);
    }
  }

  #speechStarted(atMs: number): void {
    this.#speaking = true;
    this.stopWaiting();
    this.#itemId = this.#core.newId('item_');
    const ids = { audio_start_ms: atMs, item_id: this.#itemId };
    this.#core.send({ type: 'input_audio_buffer.speech_started', ...ids });
    this.#listener.onSpeech();
  }

  #speechStopped(atMs: number): void {
    const ids = { audio_end_ms: atMs, item_id: this.#itemId };
    this.#core.send({ type: 'input_audio_buffer.speech_stopped', ...ids });
    this.#take(this.#itemId);
    this.#listener.onTurn();
  }

  /** @throws ApiError when there is nothing */
  commit(): void {
    if (this.#input.bytes === 0) {
      const message = 'Error committing input audio buffer: the buffer is empty.';
      throw problem('input_audio_buffer_commit_empty', message);
    }
    this.#take(this.#core.newId('item_'));
  }

  clear(): void {
    this.#speaking = false;
    this.#input.clear();
    this.#core.send({ type: 'input_audio_buffer.cleared' });
  }

  /**
   * Nothing is said any more: waits for the client, if the session does not want to wait for ever.
   *
   * @param afterMs - what was said is still heard for so long
   */
  awaitSpeech(afterMs: number): void {
    this.stopWaiting();
    const detection = this.#core.settings.audio.input.turn_detection;
    if (detection?.type !== 'server_vad' || detection.idle_timeout_ms == null || this.#speaking) return;
    const { wheel, clock } = this.#core.context;
    const idleMs = detection.idle_timeout_ms;
    this.#waiting = wheel.at(clock.nowMs() + afterMs + idleMs, () => this.#waitedFor(idleMs));
  }

  /** The client says something, or is answered. */
  stopWaiting(): void {
    if (this.#waiting) this.#core.context.wheel.cancel(this.#waiting);
    this.#waiting = undefined;
  }

  /** The silence is a turn: the model may say something about it. */
  #waitedFor(idleMs: number): void {
    const endMs = this.#input.heardMs;
    const id = this.#core.newId('item_');
    const times = { audio_start_ms: Math.max(0, endMs - idleMs), audio_end_ms: endMs };
    this.#core.send({ type: 'input_audio_buffer.timeout_triggered', ...times, item_id: id });
    this.#take(id, true);
    this.#listener.onIdle();
  }

  #take(id: string, silent = false): void {
    this.#speaking = false;
    this.stopWaiting();
    const { conversation, settings, context } = this.#core;
    const { format } = settings.audio.input;
    const heard = understood(context, this.#input.commit(), format);
    const sound = silent ? { ...heard, text: '' } : heard;
    const item: Item = { id, type: 'message', role: 'user', content: [{ type: 'input_audio' }] };
    const previous = conversation.lastId;
    this.#core.send({ type: 'input_audio_buffer.committed', previous_item_id: previous, item_id: id });
    conversation.hear(id, 0, sound);
    this.#core.addItem(item);
    if (!silent) writeDown(this.#core, id, sound);
  }
}
