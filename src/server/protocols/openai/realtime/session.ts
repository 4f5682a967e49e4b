/** One realtime session: takes the events of its clients, keeps the conversation, and answers with events in order. */
import { EDGE_S, saidWithin, spokenS } from '../../../../simulator/speech/timeline.js';
import { SPEECH_RATE } from '../../../../simulator/speech/synthesize.js';
import type { ServerContext } from '../../../context.js';
import { ApiError } from '../errors.js';
import { type AnySession, SESSION_S } from './any-session.js';
import type { ClientEvent, ResponseParams } from './client-events.js';
import { type Item, shownItem } from './conversation.js';
import { SessionCore, SessionIds } from './core.js';
import { understood } from './heard.js';
import { listServers } from './mcp.js';
import { Playback } from './playback.js';
import { parseMessage, problem, readEvent, soundOf } from './read-event.js';
import { toldOf } from './response-plan.js';
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
  /** Of whoever opened it. */
  apiKey: string;
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
    const { model, type, number, voices, change, apiKey, tracks } = options;
    const ids = new SessionIds(context.seed, number);
    const expiresS = Math.floor(context.clock.wallMs() / 1000) + SESSION_S;
    const settings = changedSession(newSession(ids.next('sess_'), model, expiresS, type), change ?? {});
    this.#write = write;
    if (tracks)
      this.playback = new Playback(
        (event) => this.#core.send(event),
        () => this.#turns.awaitSpeech(0),
        SPEECH_RATE,
      );
    this.#core = new SessionCore(context, voices, ids, settings, this.playback, apiKey, write);
    this.#responses = new Responses(this.#core, (spokenMs) => {
      if (!this.playback?.busy) this.#turns.awaitSpeech(spokenMs);
    });
    this.#turns = new Turns(this.#core, {
      onSpeech: () => this.#interrupted(),
      onTurn: () => this.#answerTurn(),
      onIdle: () => {
        if (!this.#responses.busy) this.#respond({});
      },
    });
  }

  /** Greets a client: the one that opened the session, or another one that joins it. */
  open(write = this.#write): void {
    write(this.#core.text({ type: 'session.created', session: shownSession(this.#core.settings) }));
    if (write === this.#write) listServers(this.#core, this.#core.settings.tools);
  }

  /** Says that something is wrong with the session itself. */
  fail(error: ApiError): void {
    this.#write(this.#core.errorText(error, null));
  }

  /** The client has gone. */
  close(): void {
    this.#turns.stopWaiting();
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
        return this.#retrieve(event.item_id);
      case 'conversation.item.delete':
        core.require(event.item_id);
        core.conversation.remove(event.item_id);
        return core.send({ type: 'conversation.item.deleted', item_id: event.item_id });
      case 'conversation.item.truncate':
        return this.#truncate(event.item_id, event.content_index, event.audio_end_ms);
      case 'response.create':
        return this.#respond(event.response ?? {});
      case 'response.cancel':
        return this.#responses.cancel(event.response_id);
    }
  }

  #update({ session }: Extract<ClientEvent, { type: 'session.update' }>): void {
    const core = this.#core;
    const voice = session.audio?.output?.voice;
    if (voice !== undefined) this.#checkVoice(voice);
    if (session.type !== undefined && session.type !== core.settings.type)
      throw problem('invalid_value', 'The type of a session cannot be changed.', 'session.type');
    if (session.tracing !== undefined && core.settings.tracing !== null && session.tracing !== null)
      throw problem('cannot_update_tracing', 'Tracing cannot be changed once it is on.', 'session.tracing');
    const changed = changedSession(core.settings, session);
    if (session.prompt) toldOf(core, session.prompt, changed.instructions);
    core.settings = changed;
    core.send({ type: 'session.updated', session: shownSession(changed) });
    if (session.tools) listServers(core, session.tools);
  }

  #respond(params: ResponseParams): void {
    this.#turns.stopWaiting();
    this.#responses.create(params);
  }

  /** With the sound that was heard. */
  #retrieve(id: string): void {
    const { conversation } = this.#core;
    const item = conversation.withHeard(this.#core.require(id), (part, { audio }) => ({
      ...part,
      ...(audio === undefined ? {} : { audio }),
    }));
    this.#core.send({ type: 'conversation.item.retrieved', item: shownItem(item) });
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
    if (wanted && !this.#responses.busy) this.#respond({});
  }

  #createItem(event: Extract<ClientEvent, { type: 'conversation.item.create' }>): void {
    const item: Item = { ...event.item, id: event.item.id ?? this.#core.newId('item_') };
    if (this.#core.conversation.find(item.id))
      throw problem(
        'item_create_duplicate_id',
        `An item with the id '${item.id}' exists already.`,
        'item.id',
      );
    if (item.type === 'function_call_output') this.#core.requireCall(item.call_id);
    this.#hearItem(item);
    this.#core.addItem(item, event.previous_item_id ?? undefined);
  }

  /** Sound in an item is understood, and not shown again until it is asked for. */
  #hearItem(item: Item): void {
    if (item.type !== 'message') return;
    const { context, conversation, settings } = this.#core;
    const { format } = settings.audio.input;
    for (const [index, part] of item.content.entries()) {
      if (part.type !== 'input_audio' || !part.audio) continue;
      const sound = understood(context, soundOf(part.audio, format, `item.content[${index}].audio`), format);
      conversation.hear(item.id, index, { ...sound, text: part.transcript ?? sound.text });
      delete part.audio;
    }
  }

  /** What was not heard is taken out of the transcript. */
  #truncate(itemId: string, index: number, endMs: number): void {
    const core = this.#core;
    const item = core.require(itemId);
    const part = item.type === 'message' ? item.content[index] : undefined;
    if (item.type !== 'message' || item.role !== 'assistant' || part?.type !== 'output_audio')
      throw problem('invalid_value', 'Only audio of the assistant can be truncated.', 'item_id');
    const { speed } = core.settings.audio.output;
    const lengthMs = Math.ceil((spokenS(part.transcript ?? '', speed) - 2 * EDGE_S) * 1000);
    if (endMs > lengthMs)
      throw problem(
        'invalid_value',
        `Audio content of ${lengthMs}ms is already shorter than ${endMs}ms`,
        'audio_end_ms',
      );
    part.transcript = saidWithin(part.transcript ?? '', speed, endMs / 1000);
    core.send({
      type: 'conversation.item.truncated',
      item_id: itemId,
      content_index: index,
      audio_end_ms: endMs,
    });
  }
}
