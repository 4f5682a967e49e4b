/**
 * A response that goes on without its client: it is kept in each of its states, and can be polled, cancelled and read again. One
 * that a server left behind is begun anew by whoever finds it.
 */
import { deferred } from '../../../../lib/deferred.js';
import { messageOf } from '../../../../lib/errors.js';
import type { GenerationFailure } from '../../../generation/generator.js';
import { Sequences, type SequencesOwner } from '../../../generation/sequences.js';
import type { EventStream } from '../../../routing/event-stream.js';
import type { Reply } from '../../../routing/reply.js';
import type { HeldLease } from '../../../store/lease.js';
import { newId } from '../../../store/new-id.js';
import type { Store } from '../../../store/store.js';
import { announce } from '../../../webhooks/events.js';
import { ApiError } from '../errors.js';
import { refusal } from '../generation-errors.js';
import { LeasedExecution } from '../leased-execution.js';
import { type Execution, type WorkKind, WorkRunner } from '../leased-work.js';
import { EventLog } from './event-log.js';
import {
  account,
  addToConversation,
  begin,
  closingEvent,
  failedState,
  finalState,
  keep,
  openingEvents,
  type ResponseExchange,
} from './exchange.js';
import { dropFeed, FeedWriter } from './feed.js';
import { prepareResponse } from './prepare.js';
import { OPEN, type ResponseRecord, RESPONSES, withoutWork } from './records.js';
import { responseBody, type ResponseState } from './wire.js';

/** Most responses that one thread works on in the background. */
const MAX_RUNNING = 10_000;
let running = 0;

/** Responses in the background, for the threads to look for those that nobody works on. */
export const RESPONSE_WORK: WorkKind = {
  name: 'response',
  collection: RESPONSES,
  index: { name: 'state', group: OPEN },
  begin: (context, store, lease, id) => new ResumedResponse(context, store, lease, id),
};

/** Begins, and answers the client that asked for it. */
export async function startInBackground(exchange: ResponseExchange, reply: Reply): Promise<void> {
  const { context, prepared, events } = exchange;
  if (running >= MAX_RUNNING) throw refusal('queue_full');
  await WorkRunner.of(context, RESPONSE_WORK).start(prepared.id, async (lease) => {
    const queued: ResponseState = { status: 'queued', output: [], usage: null, completedS: null };
    await keep(context, prepared, queued);
    if (prepared.body.stream !== true) {
      reply.json(responseBody(prepared, queued));
      return new BackgroundResponse(exchange, await context.store(), lease);
    }
    openingEvents(exchange, 'queued');
    const client = reply.events();
    const opening = events.take();
    client.frames(opening);
    return new BackgroundResponse(exchange, await context.store(), lease, { client, opening });
  });
}

/** Who reads the events of a response, and those that were made so far. */
interface Audience {
  client: EventStream | undefined;
  opening: string;
}

/** One under way. */
class BackgroundResponse implements Execution {
  readonly #exchange: ResponseExchange;
  readonly #store: Store;
  readonly #lease: HeldLease;
  readonly #sequences: Sequences;
  readonly #over = deferred<void>();
  readonly #client: EventStream | undefined;
  /** All events so far, where they can be read again. */
  readonly #log = new EventLog();
  #feed: FeedWriter | undefined;
  #began = false;
  #finishing = false;

  constructor(exchange: ResponseExchange, store: Store, lease: HeldLease, audience?: Audience) {
    this.#exchange = exchange;
    this.#store = store;
    this.#lease = lease;
    this.#client = audience?.client;
    if (audience) this.#log.add(audience.opening);
    const owner: SequencesOwner = {
      accepted: () => {},
      tokens: (_choice, count, together) => this.#tokens(count, together),
      finished: () => this.#later(this.#finish()),
      failed: (failure) => this.#later(this.#fail(failure)),
    };
    const streamed = exchange.prepared.body.stream === true;
    this.#sequences = new Sequences(1, owner, { endpoint: 'responses', streamed });
  }

  async run(): Promise<void> {
    const { context, prepared, text } = this.#exchange;
    const unwatch = this.#store.watch(RESPONSES, (id) => {
      if (id === prepared.id) this.#later(this.#checkCancelled());
    });
    if (prepared.body.stream === true) this.#feed = this.#newFeed();
    running++;
    try {
      this.#sequences.start(context.generator, text.sequences);
      await this.#over.promise;
    } finally {
      running--;
      unwatch();
      this.#feed?.close();
    }
  }

  #newFeed(): FeedWriter {
    const { context, prepared } = this.#exchange;
    return new FeedWriter({
      store: this.#store,
      lease: this.#lease,
      id: prepared.id,
      log: this.#log,
      clock: context.clock,
      onError: (error) => this.#break(error),
    });
  }

  /** What is kept stays as it is, for somebody else to go on with. */
  stop(): void {
    if (this.#finishing) return;
    this.#sequences.end();
    this.#close();
  }

  #close(): void {
    this.#client?.end();
    this.#over.resolve();
  }

  #tokens(count: number, together: boolean): void {
    const { output, events } = this.#exchange;
    if (!this.#began) {
      this.#began = true;
      this.#later(this.#markBegun());
    }
    for (let i = 1; i <= count && !output.ended; i++) output.next(together && i < count);
    this.#send(events.take());
    // Nothing is heard of a sequence that was completed.
    if (output.ended) this.#later(this.#finish());
  }

  /** Whoever runs it hears of what goes wrong. */
  #later(work: Promise<void>): void {
    work.catch((error: Error) => this.#break(error));
  }

  /** Somebody goes on with it later, and answers it. */
  #break(error: Error): void {
    this.#sequences.end();
    this.#client?.end();
    this.#over.reject(error);
  }

  #send(frames: string): void {
    if (frames === '') return;
    this.#log.add(frames);
    this.#feed?.advance();
    if (this.#client && !this.#client.done) this.#client.frames(frames);
  }

  async #markBegun(): Promise<void> {
    await this.#store.update(RESPONSES, this.#exchange.prepared.id, (record) =>
      record.body.status === 'queued'
        ? { ...record, body: { ...record.body, status: 'in_progress' } }
        : undefined,
    );
  }

  async #checkCancelled(): Promise<void> {
    const record = await this.#store.get(RESPONSES, this.#exchange.prepared.id);
    if (record && record.body.status !== 'cancelled') return;
    if (this.#sequences.over || this.#finishing) return;
    this.#sequences.cancel();
    this.#close();
  }

  async #fail(failure: GenerationFailure): Promise<void> {
    await this.#finish(failedState(refusal(failure).message));
  }

  /** @param failed - what to say if it did not come to its end */
  async #finish(failed?: ResponseState): Promise<void> {
    if (this.#finishing) return;
    this.#finishing = true;
    const { events, output, prepared } = this.#exchange;
    if (!failed) while (!output.ended) output.next();
    const done = failed ?? finalState(this.#exchange, this.#sequences.usage);
    closingEvent(this.#exchange, done);
    const last = events.take();
    this.#sequences.complete(0);
    try {
      const kept = await this.#keep(done, last);
      // Only now is it answered: what could not be kept is begun anew by somebody else, and what was cancelled is lost.
      if (!kept) this.#sequences.cancel();
      else if (!failed) account(this.#exchange, done, prepared.body.stream === true);
      this.#sequences.end();
    } finally {
      // The client learns of the end when everybody else can.
      this.#client?.end(last);
    }
    this.#over.resolve();
  }

  /** @returns whether it was: nothing is kept of one that was cancelled or deleted */
  async #keep(done: ResponseState, last: string): Promise<boolean> {
    const { context, prepared } = this.#exchange;
    const eventsBlob = prepared.body.stream === true ? await newId(context, 'blob_') : null;
    if (eventsBlob !== null)
      await this.#store.writeBlob(eventsBlob, Buffer.from(this.#log.text() + last, 'latin1'));
    return this.#store.transact(async (transaction) => {
      await this.#lease.check(transaction);
      await dropFeed(transaction, prepared.id);
      const { status, output, hidden } = done;
      const record = await transaction.get(RESPONSES, prepared.id);
      if (!record || record.body.status === 'cancelled') return false;
      const kept = { ...withoutWork(record), body: responseBody(prepared, done), eventsBlob, hidden };
      transaction.put(RESPONSES, prepared.id, kept, eventsBlob === null ? {} : { blobs: [eventsBlob] });
      if (status !== 'queued' && status !== 'in_progress')
        await announce(context, transaction, `response.${status}`, { id: prepared.id });
      addToConversation(transaction, prepared.conversationId, output, hidden);
      return true;
    });
  }
}

/** One that was left behind. Its content is the same as it would have been. */
class ResumedResponse extends LeasedExecution {
  #execution: BackgroundResponse | undefined;

  async run(): Promise<void> {
    const record = await this.store.get(RESPONSES, this.id);
    if (!record?.work) return;
    try {
      const exchange = await this.#prepared(record, record.work);
      if (this.stopped) return;
      this.#execution = new BackgroundResponse(exchange, this.store, this.lease, audienceOf(exchange));
    } catch (error) {
      // What was good may be so no more: another server serves other models.
      if (!(error instanceof ApiError)) throw error;
      await this.#fail(messageOf(error));
      return;
    }
    await this.#execution.run();
  }

  override stop(): void {
    super.stop();
    this.#execution?.stop();
  }

  async #prepared(
    { id, input, body }: ResponseRecord,
    { request, sender }: NonNullable<ResponseRecord['work']>,
  ): Promise<ResponseExchange> {
    const context = this.context;
    const prepared = await prepareResponse(context, { ...request, input }, sender, { id });
    prepared.createdS = Number(body.created_at);
    if (request.moderation) await (await import('./moderated.js')).moderateResponse(context, prepared);
    return begin(context, prepared, context.clock.nowMs(), request.stream === true);
  }

  async #fail(message: string): Promise<void> {
    await this.store.transact(async (transaction) => {
      await this.lease.check(transaction);
      await dropFeed(transaction, this.id);
      const record = await transaction.get(RESPONSES, this.id);
      if (!record?.work) return;
      const { status, error } = failedState(message);
      transaction.put(RESPONSES, this.id, {
        ...withoutWork(record),
        body: { ...record.body, status, error },
      });
      await announce(this.context, transaction, 'response.failed', { id: this.id });
    });
  }
}

/** Nobody reads it now, but its events can be read again from the first on. */
function audienceOf(exchange: ResponseExchange): Audience {
  openingEvents(exchange, 'queued');
  return { client: undefined, opening: exchange.events.take() };
}
