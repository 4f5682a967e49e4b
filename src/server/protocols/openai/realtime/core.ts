/** What the parts of one realtime session share: its settings, its conversation, and the way to its client. */
import { createRandom, type Random } from '../../../../lib/random.js';
import type { ServerContext } from '../../../context.js';
import type { ApiError } from '../errors.js';
import { Conversation, type Item, shownItem } from './conversation.js';
import type { Playback } from './playback.js';
import { noItem, problem } from './read-event.js';
import type { RealtimeSession } from './session-config.js';
import type { SessionVoices } from './session-voices.js';

const ID_CHARACTERS = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';

/** An event of the server, without its id. */
export type ServerEvent = Record<string, unknown> & { type: string };

/** Makes the ids of one session. */
export class SessionIds {
  readonly #random: Random;

  /** @param number - tells the sessions of a server apart */
  constructor(seed: number, number: number) {
    this.#random = createRandom(seed, 'realtime', number);
  }

  next(prefix: string): string {
    let id = prefix;
    for (let i = 0; i < 21; i++) id += ID_CHARACTERS[this.#random.int(ID_CHARACTERS.length)]!;
    return id;
  }
}

/** See the file's head. */
export class SessionCore {
  readonly conversation = new Conversation();
  /** The item with which what the model still sees begins, when something was cut. */
  firstKept: string | undefined;
  readonly #write: (text: string) => void;

  constructor(
    readonly context: ServerContext,
    readonly voices: SessionVoices,
    readonly ids: SessionIds,
    /** As it is set now. */
    public settings: RealtimeSession,
    /** Where speech goes if it is not sent as events. */
    readonly playback: Playback | undefined,
    /** Whose limits count. */
    readonly apiKey: string,
    write: (text: string) => void,
  ) {
    this.#write = write;
  }

  newId(prefix: string): string {
    return this.ids.next(prefix);
  }

  send(event: ServerEvent): void {
    this.#write(this.text(event));
  }

  /** An event as it is sent. */
  text(event: ServerEvent): string {
    return JSON.stringify({ event_id: this.newId('event_'), ...event });
  }

  /** @param eventId - the client's own id of the event that was wrong */
  errorText({ message, type, code, param }: ApiError, eventId: string | null): string {
    return this.text({ type: 'error', error: { type, code, message, param, event_id: eventId } });
  }

  /**
   * Puts an item into the conversation.
   *
   * @param after - see {@link Conversation.insert}
   * @throws ApiError when there is no item `after`
   */
  addItem(item: Item, after?: string): void {
    const previous = this.conversation.insert(item, after);
    if (previous === undefined) throw noItem(after!, 'previous_item_id');
    const fields = { previous_item_id: previous, item: shownItem(item) };
    this.send({ type: 'conversation.item.added', ...fields });
    this.send({ type: 'conversation.item.done', ...fields });
  }

  /** @throws ApiError when there is none */
  require(id: string): Item {
    const item = this.conversation.find(id);
    if (!item) throw noItem(id, 'item_id');
    return item;
  }

  /** @throws ApiError when no function was called under this id */
  requireCall(callId: string): void {
    const isIt = (item: Item): boolean =>
      item.type === 'function_call' && (item.call_id ?? item.id) === callId;
    if (this.conversation.items.some(isIt)) return;
    const message = `Tool call ID '${callId.slice(0, 100)}' not found in conversation.`;
    throw problem('invalid_tool_call_id', message);
  }
}
