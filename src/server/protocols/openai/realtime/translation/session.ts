/** One translation session: sound comes in without an end, and goes out in another language with what was said. */
import { SPEECH_RATE, synthesize } from '../../../../../simulator/speech/synthesize.js';
import { EDGE_S } from '../../../../../simulator/speech/timeline.js';
import { VOICES } from '../../../../../simulator/speech/voices.js';
import type { ServerContext } from '../../../../context.js';
import { ApiError } from '../../errors.js';
import { toApiError } from '../../validation.js';
import { type AnySession, SESSION_S } from '../any-session.js';
import { encodeAudio, fromBase64 } from '../audio-codec.js';
import { type ServerEvent, SessionIds } from '../core.js';
import { Playback } from '../playback.js';
import { parseMessage, problem, unknownEvent } from '../read-event.js';
import { TRANSLATION_EVENT_TYPES, type TranslationEvent, translationEvent } from './client-events.js';
import {
  changedTranslation,
  newTranslation,
  type TranslationChange,
  type TranslationSettings,
} from './config.js';
import { FRAME_BYTES, FRAME_S, Interpreter, type Interpreted } from './interpreter.js';

/** What a session begins with. */
export interface TranslationOptions {
  model: string;
  number: number;
  change: TranslationChange | undefined;
  /** Whether it is heard and speaks over tracks. */
  tracks?: boolean;
}

/** Most sound that can be appended at once. */
const MAX_APPEND_BYTES = 15 * 1024 * 1024;
/** The response that the whole of a translation is to whoever plays it. */
const WHOLE = 'translation';

/** See the file's head. */
export class TranslationSession implements AnySession {
  readonly playback: Playback | undefined;
  readonly #context: ServerContext;
  readonly #ids: SessionIds;
  readonly #write: (text: string) => void;
  readonly #end: () => void;
  readonly #interpreter: Interpreter;
  #settings: TranslationSettings;
  /** Less than a frame. */
  #open: Buffer = Buffer.alloc(0);
  #frames = 0;
  #closed = false;

  /** @param end - closes the connection */
  constructor(
    context: ServerContext,
    { model, number, change, tracks }: TranslationOptions,
    write: (text: string) => void,
    end: () => void,
  ) {
    this.#context = context;
    this.#write = write;
    this.#end = end;
    this.#ids = new SessionIds(context.seed, number);
    this.#interpreter = new Interpreter(context.seed);
    const expiresS = Math.floor(context.clock.wallMs() / 1000) + SESSION_S;
    this.#settings = changedTranslation(
      newTranslation(this.#ids.next('sess_'), model, expiresS),
      change ?? {},
    );
    // There are no events about what is heard.
    if (tracks)
      this.playback = new Playback(
        () => {},
        () => {},
        SPEECH_RATE,
      );
  }

  open(write = this.#write): void {
    write(this.#text({ type: 'session.created', session: this.#settings }));
  }

  receive(text: string, answer = this.#write): void {
    let eventId: string | null = null;
    try {
      const input = parseMessage(text);
      eventId = typeof input['event_id'] === 'string' ? input['event_id'] : null;
      if (!TRANSLATION_EVENT_TYPES.includes(String(input['type'])))
        throw unknownEvent(input, TRANSLATION_EVENT_TYPES);
      const parsed = translationEvent.safeParse(input);
      if (!parsed.success) throw toApiError(parsed.error.issues, input);
      this.#take(parsed.data);
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      answer(this.#errorText(error, eventId));
    }
  }

  #take(event: TranslationEvent): void {
    switch (event.type) {
      case 'session.update':
        this.#settings = changedTranslation(this.#settings, event.session);
        return this.#send({ type: 'session.updated', session: this.#settings });
      case 'session.input_audio_buffer.append':
        return this.#append(event.audio);
      case 'session.close':
        return this.#finish();
    }
  }

  #append(audio: string): void {
    const bytes = fromBase64(audio);
    if (!bytes || bytes.length % 2 !== 0)
      throw problem(
        'invalid_value',
        "Invalid 'audio'. Expected base64-encoded 24 kHz PCM16 mono audio.",
        'audio',
      );
    if (bytes.length > MAX_APPEND_BYTES)
      throw problem('invalid_value', "Invalid 'audio'. At most 15 MiB can be appended at once.", 'audio');
    this.listen(bytes);
  }

  listen(bytes: Buffer): void {
    if (this.#closed) return;
    let rest = this.#open.length > 0 ? Buffer.concat([this.#open, bytes]) : bytes;
    for (; rest.length >= FRAME_BYTES; rest = rest.subarray(FRAME_BYTES))
      this.#hear(rest.subarray(0, FRAME_BYTES));
    this.#open = Buffer.from(rest);
  }

  #hear(frame: Buffer): void {
    this.#frames++;
    this.#say(this.#interpreter.hear(frame, this.#settings.audio.output.language));
  }

  #say({ source, target }: Interpreted): void {
    const elapsedMs = Math.round(this.#frames * FRAME_S * 1000);
    if (source !== '' && this.#settings.audio.input.transcription)
      this.#send({ type: 'session.input_transcript.delta', delta: source, elapsed_ms: elapsedMs });
    if (target === '') return;
    this.#send({ type: 'session.output_transcript.delta', delta: target, elapsed_ms: elapsedMs });
    if (this.playback) {
      this.playback.play({ responseId: WHOLE, itemId: WHOLE, make: () => this.#sound(target) });
      return;
    }
    this.#send({
      type: 'session.output_audio.delta',
      delta: encodeAudio(this.#sound(target), { type: 'audio/pcm' }).toString('base64'),
      sample_rate: SPEECH_RATE,
      channels: 1,
      format: 'pcm16',
      elapsed_ms: elapsedMs,
    });
  }

  #sound(text: string): Int16Array {
    const samples = synthesize({ seed: this.#context.seed, text, voice: VOICES[0]!, speed: 1 });
    const edge = Math.round(EDGE_S * SPEECH_RATE);
    return samples.subarray(edge, samples.length - edge);
  }

  /** Says what is still to be said, and goodbye. */
  #finish(): void {
    if (this.#open.length > 0)
      this.#hear(Buffer.concat([this.#open, Buffer.alloc(FRAME_BYTES - this.#open.length)]));
    this.#open = Buffer.alloc(0);
    this.#say(this.#interpreter.end());
    this.#closed = true;
    this.#send({ type: 'session.closed' });
    this.#end();
  }

  fail(error: ApiError): void {
    this.#write(this.#errorText(error, null));
  }

  close(): void {
    this.#closed = true;
  }

  #send(event: ServerEvent): void {
    this.#write(this.#text(event));
  }

  #text(event: ServerEvent): string {
    return JSON.stringify({ event_id: this.#ids.next('event_'), ...event });
  }

  #errorText({ message, type, code, param }: ApiError, eventId: string | null): string {
    return this.#text({ type: 'error', error: { type, code, message, param, event_id: eventId } });
  }
}
