/** One realtime session: takes the events of a client, keeps the conversation, and answers with events in order. */
import { createRandom, type Random } from '../../../../lib/random.js';
import { soundsOf } from '../../../../simulator/speech/timeline.js';
import { transcribe } from '../../../../simulator/speech/transcript.js';
import type { ServerContext } from '../../../context.js';
import { ApiError } from '../errors.js';
import type { ClientEvent, ResponseParams } from './client-events.js';
import { Conversation, type Item, shownItem } from './conversation.js';
import { InputAudio } from './input-audio.js';
import { noItem, parseMessage, problem, readEvent } from './read-event.js';
import { planResponse } from './response-plan.js';
import { Responder } from './responder.js';
import {
  changedSession,
  shownSession,
  newSession,
  type RealtimeSession,
  type SessionChange,
  voiceActivityOf,
} from './session-config.js';
import type { SessionVoices } from './session-voices.js';

/** How long a session lasts at most. */
export const SESSION_S = 60 * 60;

const ID_CHARACTERS = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';

type Fields = Record<string, unknown>;

/** See the file's head. */
export class RealtimeConnection {
  readonly #context: ServerContext;
  readonly #voices: SessionVoices;
  readonly #write: (text: string) => void;
  readonly #random: Random;
  readonly #conversation = new Conversation();
  readonly #input = new InputAudio();
  #session: RealtimeSession;
  #response: Responder | undefined;
  #spoke = false;
  /** The item that the speech now heard will be. */
  #turnItemId = '';

  /**
   * @param write - sends one event as JSON
   * @param number - tells the sessions of a server apart
   */
  constructor(
    context: ServerContext,
    options: {
      model: string;
      type: RealtimeSession['type'];
      number: number;
      /** Those that it is to speak with must be known to them. */
      voices: SessionVoices;
      /** Settings that it begins with, beside the defaults. */
      change: SessionChange | undefined;
    },
    write: (text: string) => void,
  ) {
    this.#context = context;
    this.#voices = options.voices;
    this.#write = write;
    this.#random = createRandom(context.seed, 'realtime', options.number);
    const expiresS = Math.floor(context.clock.wallMs() / 1000) + SESSION_S;
    const session = newSession(this.#newId('sess_'), options.model, expiresS, options.type);
    this.#session = changedSession(session, options.change ?? {});
  }

  open(): void {
    this.#send({ type: 'session.created', session: shownSession(this.#session) });
  }

  /** The client has gone. */
  close(): void {
    this.#response?.cancel('client_cancelled');
    this.#response = undefined;
  }

  /** Takes one message. What is wrong with it is answered with an `error` event. */
  receive(text: string): void {
    let eventId: string | null = null;
    try {
      const input = parseMessage(text);
      eventId = typeof input['event_id'] === 'string' ? input['event_id'] : null;
      this.#take(readEvent(input));
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      this.#sendError(error, eventId);
    }
  }

  #take(event: ClientEvent): void {
    switch (event.type) {
      case 'session.update':
        return this.#update(event);
      case 'input_audio_buffer.append':
        return this.#append(event.audio);
      case 'input_audio_buffer.commit':
        return this.#commit(this.#newId('item_'), true);
      case 'input_audio_buffer.clear':
        this.#input.clear();
        return this.#send({ type: 'input_audio_buffer.cleared' });
      case 'conversation.item.create':
        return this.#createItem(event);
      case 'conversation.item.retrieve':
        return this.#send({
          type: 'conversation.item.retrieved',
          item: shownItem(this.#require(event.item_id)),
        });
      case 'conversation.item.delete':
        this.#require(event.item_id);
        this.#conversation.remove(event.item_id);
        return this.#send({ type: 'conversation.item.deleted', item_id: event.item_id });
      case 'conversation.item.truncate':
        return this.#truncate(event);
      case 'response.create':
        return this.#respond(event.response ?? {});
      case 'response.cancel':
        if (!this.#response)
          throw problem('response_cancel_not_active', 'Cancellation failed: no active response found');
        return this.#response.cancel('client_cancelled');
    }
  }

  #update({ session }: Extract<ClientEvent, { type: 'session.update' }>): void {
    const voice = session.audio?.output?.voice;
    if (voice !== undefined) this.#checkVoice(voice);
    this.#session = changedSession(this.#session, session);
    this.#send({ type: 'session.updated', session: shownSession(this.#session) });
  }

  #checkVoice(id: string): void {
    this.#voices.of(id, 'session.audio.output.voice');
    if (this.#spoke && id !== this.#session.audio.output.voice)
      throw problem(
        'cannot_update_voice',
        "Cannot update a conversation's voice if assistant audio is present.",
      );
  }

  #append(audio: string): void {
    const bytes = Buffer.from(audio, 'base64');
    if (bytes.length === 0 && audio !== '')
      throw problem('invalid_value', "Invalid 'audio'. Expected base64-encoded audio bytes.", 'audio');
    if (!this.#input.fits(bytes.length))
      throw problem('input_audio_buffer_full', 'The input audio buffer is full: commit or clear it first.');
    const activity = voiceActivityOf(this.#session);
    for (const event of this.#input.append(bytes, this.#session.audio.input.format, activity)) {
      if (event.type === 'started') this.#speechStarted(event.atMs);
      else this.#speechStopped(event.atMs);
    }
  }

  #speechStarted(atMs: number): void {
    this.#turnItemId = this.#newId('item_');
    const ids = { audio_start_ms: atMs, item_id: this.#turnItemId };
    this.#send({ type: 'input_audio_buffer.speech_started', ...ids });
    if (this.#session.audio.input.turn_detection?.interrupt_response) this.#response?.cancel('turn_detected');
  }

  #speechStopped(atMs: number): void {
    const ids = { audio_end_ms: atMs, item_id: this.#turnItemId };
    this.#send({ type: 'input_audio_buffer.speech_stopped', ...ids });
    this.#commit(this.#turnItemId, false);
    const answers = this.#session.audio.input.turn_detection?.create_response === true;
    if (answers && this.#session.type === 'realtime') this.#respond({});
  }

  #commit(id: string, byClient: boolean): void {
    if (byClient && this.#input.bytes === 0) {
      const message = 'Error committing input audio buffer: the buffer is empty.';
      throw problem('input_audio_buffer_commit_empty', message);
    }
    const turn = this.#input.commit(this.#session.audio.input.format);
    const { text } = transcribe({
      seed: this.#context.seed,
      digest: turn.digest,
      durationS: turn.durationMs / 1000,
      text: undefined,
    });
    const part = { type: 'input_audio' as const, transcript: text };
    const item: Item = { id, type: 'message', role: 'user', content: [part] };
    const previous = this.#conversation.lastId;
    this.#send({ type: 'input_audio_buffer.committed', previous_item_id: previous, item_id: id });
    this.#addItem(item);
    if (this.#session.audio.input.transcription) this.#transcribed(id, text, turn.durationMs);
  }

  #transcribed(itemId: string, text: string, durationMs: number): void {
    const type = 'conversation.item.input_audio_transcription';
    const ids = { item_id: itemId, content_index: 0 };
    for (const delta of text.match(/\s*\S+/g) ?? []) this.#send({ type: `${type}.delta`, ...ids, delta });
    const usage = { type: 'duration', seconds: durationMs / 1000 };
    this.#send({ type: `${type}.completed`, ...ids, transcript: text, usage });
  }

  #createItem(event: Extract<ClientEvent, { type: 'conversation.item.create' }>): void {
    const item: Item = { ...event.item, id: event.item.id ?? this.#newId('item_') };
    if (this.#conversation.find(item.id))
      throw problem(
        'item_create_duplicate_id',
        `An item with the id '${item.id}' exists already.`,
        'item.id',
      );
    this.#addItem(item, event.previous_item_id ?? undefined);
  }

  #addItem(item: Item, after?: string): void {
    const previous = this.#conversation.insert(item, after);
    if (previous === undefined) throw noItem(after!, 'previous_item_id');
    const fields = { previous_item_id: previous, item: shownItem(item) };
    this.#send({ type: 'conversation.item.added', ...fields });
    this.#send({ type: 'conversation.item.done', ...fields });
  }

  /** What was not heard is taken out of the transcript. */
  #truncate(event: Extract<ClientEvent, { type: 'conversation.item.truncate' }>): void {
    const item = this.#require(event.item_id);
    const part = item.type === 'message' ? item.content[event.content_index] : undefined;
    if (item.type !== 'message' || item.role !== 'assistant' || part?.type !== 'output_audio')
      throw problem('invalid_value', 'Only audio of the assistant can be truncated.', 'item_id');
    const sounds = soundsOf(part.transcript ?? '', this.#session.audio.output.speed);
    const heard = sounds.filter(({ endS }) => endS * 1000 <= event.audio_end_ms).length;
    part.transcript = (part.transcript ?? '').slice(0, heard).trimEnd();
    const { item_id: itemId, content_index: index, audio_end_ms: endMs } = event;
    this.#send({
      type: 'conversation.item.truncated',
      item_id: itemId,
      content_index: index,
      audio_end_ms: endMs,
    });
  }

  #respond(params: ResponseParams): void {
    if (this.#session.type === 'transcription')
      throw problem('invalid_value', 'A transcription session does not respond.');
    if (this.#response)
      throw problem(
        'conversation_already_has_active_response',
        'Conversation already has an active response.',
      );
    const session = this.#session;
    const input = params.input?.map((one): Item => {
      if (one.type === 'item_reference') return this.#require(one.id);
      return { ...one, id: one.id ?? this.#newId('item_') };
    });
    const plan = planResponse(session, params, {
      id: this.#newId('resp_'),
      input: input ?? [...this.#conversation.items],
      voices: this.#voices,
    });
    this.#spoke ||= plan.modality === 'audio';
    let over = false;
    const responder = new Responder(this.#context, plan, {
      send: (event) => this.#send(event),
      newId: (prefix) => this.#newId(prefix),
      begin: (item) => this.#keep(item),
      over: () => {
        over = true;
        this.#response = undefined;
        this.#send({ type: 'rate_limits.updated', rate_limits: [] });
      },
    });
    // Without latency it may be over already.
    if (!over) this.#response = responder;
  }

  /** Puts an item of a response in, or its final form in the place of its first. */
  #keep(item: Item): string | null {
    const { items } = this.#conversation;
    const at = items.findIndex(({ id }) => id === item.id);
    if (at < 0) return this.#conversation.insert(item) ?? null;
    Object.assign(items[at]!, item);
    return items[at - 1]?.id ?? null;
  }

  #require(id: string): Item {
    const item = this.#conversation.find(id);
    if (!item) throw noItem(id, 'item_id');
    return item;
  }

  #newId(prefix: string): string {
    let id = prefix;
    for (let i = 0; i < 21; i++) id += ID_CHARACTERS[this.#random.int(ID_CHARACTERS.length)]!;
    return id;
  }

  #send(event: Fields & { type: string }): void {
    this.#write(JSON.stringify({ event_id: this.#newId('event_'), ...event }));
  }

  #sendError({ message, type, code, param }: ApiError, eventId: string | null): void {
    this.#send({ type: 'error', error: { type, code, message, param, event_id: eventId } });
  }
}
