/** The responses of one session: at most one that writes to its conversation, and some beside it that do not. */
import type { ResponseParams } from './client-events.js';
import type { Item } from './conversation.js';
import type { SessionCore } from './core.js';
import { problem } from './read-event.js';
import { Responder } from './responder.js';
import { rateLimitsFor } from './response-limits.js';
import { planResponse } from './response-plan.js';

/** Most responses at a time that are beside the conversation. */
const MAX_BESIDE = 16;

/** See the file's head. */
export class Responses {
  readonly #core: SessionCore;
  readonly #onDone: (spokenMs: number) => void;
  /** By their ids. */
  readonly #active = new Map<string, Responder>();
  /** The id of the one that writes to the conversation. */
  #main: string | undefined;
  #spoke = false;

  /** @param onDone - called when one is over, with how long what was sent of it as sound is heard */
  constructor(core: SessionCore, onDone: (spokenMs: number) => void) {
    this.#core = core;
    this.#onDone = onDone;
  }

  /** Whether a response was given that was spoken. */
  get spoke(): boolean {
    return this.#spoke;
  }

  /** Whether one writes to the conversation. */
  get busy(): boolean {
    return this.#main !== undefined;
  }

  /** @throws ApiError when there cannot be one now, or not as it is asked for */
  create(params: ResponseParams): void {
    const core = this.#core;
    if (core.settings.type === 'transcription')
      throw problem('invalid_value', 'A transcription session does not respond.');
    const plan = planResponse(core, params, core.newId('resp_'));
    this.#checkRoom(plan.inConversation);
    if (plan.inConversation) this.#main = plan.id;
    this.#spoke ||= plan.modality === 'audio';
    let over = false;
    const { playback } = core;
    const responder = new Responder(core.context, plan, rateLimitsFor(core, plan), {
      send: (event) => core.send(event),
      newId: (prefix) => core.newId(prefix),
      begin: (item) => this.#keep(item),
      ...(playback ? { play: (itemId, make) => playback.play({ responseId: plan.id, itemId, make }) } : {}),
      over: (spokenMs) => {
        over = true;
        this.#ended(plan.id, spokenMs);
      },
    });
    // Without latency it may be over already.
    if (!over) this.#active.set(plan.id, responder);
  }

  #checkRoom(inConversation: boolean): void {
    if (inConversation && this.#main !== undefined)
      throw problem(
        'conversation_already_has_active_response',
        `Conversation already has an active response in progress: ${this.#main}. Wait until the response is finished before creating a new one.`,
      );
    if (!inConversation && this.#active.size - (this.busy ? 1 : 0) >= MAX_BESIDE)
      throw problem(
        'too_many_active_responses',
        `There are ${MAX_BESIDE} active responses beside the conversation. Wait until one is finished.`,
      );
  }

  #ended(id: string, spokenMs: number): void {
    this.#active.delete(id);
    if (this.#main === id) this.#main = undefined;
    this.#core.playback?.finish(id);
    this.#onDone(spokenMs);
  }

  /**
   * The client asks for it.
   *
   * @param id - which one; the one that writes to the conversation without it
   * @throws ApiError when there is none
   */
  cancel(id: string | undefined): void {
    const responder = this.#active.get(id ?? this.#main ?? '');
    if (!responder)
      throw problem('response_cancel_not_active', 'Cancellation failed: no active response found');
    responder.cancel('client_cancelled');
  }

  /** The client begins to speak. */
  interrupt(): void {
    this.#active.get(this.#main ?? '')?.cancel('turn_detected');
  }

  /** The client has gone. */
  close(): void {
    for (const responder of this.#active.values()) responder.cancel('client_cancelled');
  }

  /** Puts an item of a response in, or its final form in the place of its first. */
  #keep(item: Item): string | null {
    const { conversation } = this.#core;
    const { items } = conversation;
    const at = items.findIndex(({ id }) => id === item.id);
    if (at < 0) return conversation.insert(item) ?? null;
    Object.assign(items[at]!, item);
    return items[at - 1]?.id ?? null;
  }
}
