/** A response that goes on without its client: it is kept in each of its states, and can be polled, cancelled and read again. */
import { messageOf } from '../../../../lib/errors.js';
import type { GenerationFailure } from '../../../generation/generator.js';
import { Sequences } from '../../../generation/sequences.js';
import type { EventStream } from '../../../routing/event-stream.js';
import type { Reply } from '../../../routing/reply.js';
import { newId } from '../../../store/new-id.js';
import { refusal } from '../generation-errors.js';
import {
  account,
  addToConversation,
  closingEvent,
  finalState,
  keep,
  openingEvents,
  type ResponseExchange,
} from './exchange.js';
import { RESPONSES } from './records.js';
import { responseBody, type ResponseState } from './wire.js';

/** Most responses that one thread works on in the background. */
const MAX_RUNNING = 10_000;
let running = 0;

/** See the file's head. */
export class BackgroundResponse {
  readonly #exchange: ResponseExchange;
  readonly #sequences: Sequences;
  #client: EventStream | undefined;
  /** All events so far, where they can be read again. */
  #log = '';
  #began = false;
  #over = false;
  #unwatch: (() => void) | undefined;

  constructor(exchange: ResponseExchange) {
    this.#exchange = exchange;
    this.#sequences = new Sequences(1, {
      accepted: () => {},
      tokens: (_choice, count) => this.#tokens(count),
      finished: () => this.#later(this.#finish()),
      failed: (failure) => this.#later(this.#fail(failure)),
    });
  }

  /** Begins, and answers the client that asked for it. */
  async start(reply: Reply): Promise<void> {
    const { context, prepared, text, events } = this.#exchange;
    if (running >= MAX_RUNNING) throw refusal('queue_full');
    running++;
    const queued: ResponseState = { status: 'queued', output: [], usage: null, completedS: null };
    try {
      await keep(context, prepared, queued);
      const store = await context.store();
      this.#unwatch = store.watch(RESPONSES, (id) => {
        if (id === prepared.id) this.#later(this.#checkCancelled());
      });
    } catch (error) {
      running--;
      throw error;
    }
    if (prepared.body.stream === true) {
      openingEvents(this.#exchange, 'queued');
      this.#client = reply.events();
      this.#send(events.take());
    } else reply.json(responseBody(prepared, queued));
    this.#sequences.start(context.generator, text.sequences);
  }

  #tokens(count: number): void {
    const { output, events } = this.#exchange;
    if (!this.#began) {
      this.#began = true;
      this.#later(this.#mark('in_progress'));
    }
    for (let i = 0; i < count && !output.ended; i++) output.next();
    this.#send(events.take());
    // Nothing is heard of a sequence that was completed.
    if (output.ended) this.#later(this.#finish());
  }

  /** Nobody waits for what goes on in the background. */
  #later(work: Promise<void>): void {
    work.catch((error: unknown) => {
      process.emitWarning(`a background response was lost: ${messageOf(error)}`, 'FakeaiWarning');
    });
  }

  #send(frames: string): void {
    if (frames === '') return;
    this.#log += frames;
    if (this.#client && !this.#client.done) this.#client.frames(frames);
  }

  async #mark(status: string): Promise<void> {
    const { context, prepared } = this.#exchange;
    const store = await context.store();
    await store.update(RESPONSES, prepared.id, (record) =>
      record.body.status === 'queued' ? { ...record, body: { ...record.body, status } } : undefined,
    );
  }

  async #checkCancelled(): Promise<void> {
    const { context, prepared } = this.#exchange;
    const store = await context.store();
    const record = await store.get(RESPONSES, prepared.id);
    if (record && record.body.status !== 'cancelled') return;
    if (this.#sequences.over) return;
    this.#sequences.cancel();
    this.#release();
    this.#client?.end();
  }

  async #fail(failure: GenerationFailure): Promise<void> {
    const { message } = refusal(failure);
    await this.#finish({
      status: 'failed',
      output: [],
      usage: null,
      completedS: null,
      error: { code: 'server_error', message },
    });
  }

  /** @param failed - what to say if it did not come to its end */
  async #finish(failed?: ResponseState): Promise<void> {
    if (this.#over) return;
    this.#over = true;
    const { events, output } = this.#exchange;
    if (!failed) while (!output.ended) output.next();
    const done = failed ?? finalState(this.#exchange, this.#sequences.usage);
    if (done.usage) account(this.#exchange, done);
    closingEvent(this.#exchange, done);
    const last = events.take();
    this.#log += last;
    this.#sequences.cancel();
    try {
      await this.#keep(done);
    } finally {
      this.#release();
      // The client learns of the end when everybody else can.
      this.#client?.end(last);
    }
  }

  async #keep(done: ResponseState): Promise<void> {
    const { context, prepared } = this.#exchange;
    const store = await context.store();
    const eventsBlob = prepared.body.stream === true ? await newId(context, 'blob_') : null;
    if (eventsBlob !== null) await store.writeBlob(eventsBlob, Buffer.from(this.#log, 'latin1'));
    await store.transact(async (transaction) => {
      const record = await transaction.get(RESPONSES, prepared.id);
      if (!record || record.body.status === 'cancelled') return;
      const kept = { ...record, body: responseBody(prepared, done), eventsBlob };
      transaction.put(RESPONSES, prepared.id, kept, eventsBlob === null ? {} : { blobs: [eventsBlob] });
      addToConversation(transaction, prepared.conversationId, done.output);
    });
  }

  #release(): void {
    if (!this.#unwatch) return;
    this.#unwatch();
    this.#unwatch = undefined;
    running--;
  }
}
