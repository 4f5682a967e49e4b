/** One realtime session: takes the events of its clients, keeps the conversation, and answers with events in order. */
import { soundsOf } from '../../../../simulator/speech/timeline.js';
import { SPEECH_RATE } from '../../../../simulator/speech/synthesize.js';
import type { ServerContext } from '../../../context.js';
import { ApiError } from '../errors.js';
import { type AnySession, SESSION_S } from './any-session.js';
import type { ClientEvent } from './client-events.js';
import { type Item, shownItem } from './conversation.js';
import { SessionCore, SessionIds } from './core.js';
import { Playback } from './playback.js';
import { parseMessage, problem, readEvent } from './read-event.js';
import { Responses } from './responses.js';
import {
  changedSession,
  shownSession,
  newSession,
  type RealtimeSession,
  type SessionChange,
} from './session-config.js';
import type { SessionVoices } from './session-voices.js';
import { Turns } from './turns.js';

/** What a session begins with. */
export interface SessionOptions {
  model: string;
  type: RealtimeSession['type'];
  /** Tells the sessions of a server apart. */
  number: number;
  /** Those that it is to speak with must be known to them. */
  voices: SessionVoices;
  /** Settings that it begins with, beside the defaults. */
  change: SessionChange | undefined;
  /** Whether it is heard and speaks over tracks of its own, beside the events. */
  tracks?: boolean;
}

/** See the file's head. */
export class RealtimeConnection implements AnySession {
  /** What is to be heard; only with tracks. */
  readonly playback: Playback | undefined;
  readonly #core: SessionCore;
  readonly #turns: Turns;
  readonly #responses: Responses;
  readonly #write: (text: string) => void;

  /** @param write - sends one event as JSON */
  constructor(context: ServerContext, options: SessionOptions, write: (text: string) => void) {
    const { model, type, number, voices, change, tracks } = options;
    const ids = new SessionIds(context.seed, number);
    const expiresS = Math.floor(context.clock.wallMs() / 1000) + SESSION_S;
    const settings = changedSession(newSession(ids.next('sess_'), model, expiresS, type), change ?? {});
    this.#write = write;
    if (tracks)
      this.playback = new Playback(
        (event) => this.#core.send(event),
        () => {},
        SPEECH_RATE,
      );
    this.#core = new SessionCore(context, voices, ids, settings, this.playback, write);
    this.#responses = new Responses(this.#core, () => {});
    this.#turns = new Turns(this.#core, {
      onSpeech: () => this.#interrupted(),
      onTurn: () => this.#answerTurn(),
    });
  }

  /** Greets a client: the one that opened the session, or another one that joins it. */
  open(write = this.#write): void {
    write(this.#core.text({ type: 'session.created', session: shownSession(this.#core.settings) }));
  }

  /** Says that something is wrong with the session itself. */
  fail(error: ApiError): void {
    this.#write(this.#core.errorText(error, null));
  }

  /** The client has gone. */
  close(): void {
    this.#responses.close();
  }

  /** Sound of the client's track: 16-bit PCM at 24 kHz. */
  listen(bytes: Buffer): void {
    this.#turns.listen(bytes);
  }

  /**
   * Takes one message. What is wrong with it is answered with an `error` event.
   *
   * @param answer - where that goes, when there are several clients
   */
  receive(text: string, answer = this.#write): void {
    let eventId: string | null = null;
    try {
      const input = parseMessage(text);
      eventId = typeof input['event_id'] === 'string' ? input['event_id'] : null;
      this.#take(readEvent(input));
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      answer(this.#core.errorText(error, eventId));
    }
  }

  #take(event: ClientEvent): void {
    const core = this.#core;
    switch (event.type) {
      case 'session.update':
        return this.#update(event);
      case 'input_audio_buffer.append':
        return this.#turns.append(event.audio);
      case 'input_audio_buffer.commit':
        return this.#turns.commit();
      case 'input_audio_buffer.clear':
        return this.#turns.clear();
      case 'output_audio_buffer.clear':
        if (!this.playback)
          throw problem(
            'invalid_value',
            'The session has no output audio buffer: only calls have one.',
            'type',
          );
        return this.#silence(this.playback);
      case 'conversation.item.create':
        return this.#createItem(event);
      case 'conversation.item.retrieve':
        return core.send({
          type: 'conversation.item.retrieved',
          item: shownItem(core.require(event.item_id)),
        });
      case 'conversation.item.delete':
        core.require(event.item_id);
        core.conversation.remove(event.item_id);
        return core.send({ type: 'conversation.item.deleted', item_id: event.item_id });
      case 'conversation.item.truncate':
        return this.#truncate(event.item_id, event.content_index, event.audio_end_ms);
      case 'response.create':
        return this.#responses.create(event.response ?? {});
      case 'response.cancel':
        return this.#responses.cancel(event.response_id);
    }
  }

  #update({ session }: Extract<ClientEvent, { type: 'session.update' }>): void {
    const core = this.#core;
    const voice = session.audio?.output?.voice;
    if (voice !== undefined) this.#checkVoice(voice);
    core.settings = changedSession(core.settings, session);
    core.send({ type: 'session.updated', session: shownSession(core.settings) });
  }

  #checkVoice(id: string): void {
    this.#core.voices.of(id, 'session.audio.output.voice');
    if (this.#responses.spoke && id !== this.#core.settings.audio.output.voice)
      throw problem(
        'cannot_update_voice',
        "Cannot update a conversation's voice if assistant audio is present.",
      );
  }

  /** The client speaks while it is answered: nobody listens to the rest. */
  #interrupted(): void {
    if (!this.#core.settings.audio.input.turn_detection?.interrupt_response) return;
    this.#responses.interrupt();
    if (this.playback) this.#silence(this.playback);
  }

  #silence(playback: Playback): void {
    for (const { itemId, ms } of playback.clear()) {
      const item = this.#core.conversation.find(itemId);
      if (item?.type === 'message') this.#truncate(itemId, 0, ms);
    }
  }

  #answerTurn(): void {
    const { type, audio } = this.#core.settings;
    const wanted = type === 'realtime' && audio.input.turn_detection?.create_response === true;
    if (wanted && !this.#responses.busy) this.#responses.create({});
  }

  #createItem(event: Extract<ClientEvent, { type: 'conversation.item.create' }>): void {
    const item: Item = { ...event.item, id: event.item.id ?? this.#core.newId('item_') };
    if (this.#core.conversation.find(item.id))
      throw problem(
        'item_create_duplicate_id',
        `An item with the id '${item.id}' exists already.`,
        'item.id',
      );
    this.#core.addItem(item, event.previous_item_id ?? undefined);
  }

  /** What was not heard is taken out of the transcript. */
  #truncate(itemId: string, index: number, endMs: number): void {
    const core = this.#core;
    const item = core.require(itemId);
    const part = item.type === 'message' ? item.content[index] : undefined;
    if (item.type !== 'message' || item.role !== 'assistant' || part?.type !== 'output_audio')
      throw problem('invalid_value', 'Only audio of the assistant can be truncated.', 'item_id');
    const sounds = soundsOf(part.transcript ?? '', core.settings.audio.output.speed);
    const heard = sounds.filter(({ endS }) => endS * 1000 <= endMs).length;
    part.transcript = (part.transcript ?? '').slice(0, heard).trimEnd();
    core.send({
      type: 'conversation.item.truncated',
      item_id: itemId,
      content_index: index,
      audio_end_ms: endMs,
    });
  }
}
