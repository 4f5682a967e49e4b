/** What the client says: the input audio buffer, where turns begin and end in it, and what becomes of them. */
import { transcribe } from '../../../../simulator/speech/transcript.js';
import { bytesPerMs } from './audio-codec.js';
import type { Item } from './conversation.js';
import type { SessionCore } from './core.js';
import { InputAudio } from './input-audio.js';
import { problem } from './read-event.js';
import { voiceActivityOf } from './session-config.js';

/** What a session does about turns. */
export interface TurnListener {
  /** The client begins to speak. */
  readonly onSpeech: () => void;
  /** A turn has ended by itself, and wants an answer. */
  readonly onTurn: () => void;
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

  constructor(core: SessionCore, listener: TurnListener) {
    this.#core = core;
    this.#listener = listener;
  }

  /** Sound of a client that decides itself what to send. @throws ApiError */
  append(audio: string): void {
    const bytes = Buffer.from(audio, 'base64');
    if (bytes.length === 0 && audio !== '')
      throw problem('invalid_value', "Invalid 'audio'. Expected base64-encoded audio bytes.", 'audio');
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

  #take(id: string): void {
    this.#speaking = false;
    const { conversation, settings, context } = this.#core;
    const turn = this.#input.commit(settings.audio.input.format);
    const { text } = transcribe({
      seed: context.seed,
      digest: turn.digest,
      durationS: turn.durationMs / 1000,
      text: undefined,
    });
    const part = { type: 'input_audio' as const, transcript: text };
    const item: Item = { id, type: 'message', role: 'user', content: [part] };
    const previous = conversation.lastId;
    this.#core.send({ type: 'input_audio_buffer.committed', previous_item_id: previous, item_id: id });
    this.#core.addItem(item);
    if (settings.audio.input.transcription) this.#transcribed(id, text, turn.durationMs);
  }

  #transcribed(itemId: string, text: string, durationMs: number): void {
    const type = 'conversation.item.input_audio_transcription';
    const ids = { item_id: itemId, content_index: 0 };
    for (const delta of text.match(/\s*\S+/g) ?? [])
      this.#core.send({ type: `${type}.delta`, ...ids, delta });
    const usage = { type: 'duration', seconds: durationMs / 1000 };
    this.#core.send({ type: `${type}.completed`, ...ids, transcript: text, usage });
  }
}
