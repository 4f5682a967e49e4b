/** One request in flight: hears the transport, has its answer read, and tells its lane how it ended. */
import type { Deadline } from '../lib/deadline-wheel.js';
import type { ErrorKind } from '../results/error-kinds.js';
import type { FollowUp } from '../workloads/requests.js';
import { AnswerReader, type KeepText, type TextSink } from './answer-reader.js';
import { AnswerText } from './answer-text.js';
import { shorten } from './answers.js';
import type { Dialect } from './dialects/dialect.js';
import type { ReadyRequest } from './look-ahead.js';
import type { ResponseObserver, Sending, TransportFailure } from './transport/transport.js';

/** Who sent the request. */
export interface FlightOwner {
  /** A chunk came; `gapMs` since the one before, NaN for the first. */
  onText(flight: Flight, atMs: number, gapMs: number): void;
  /** It ended, in success (`kind` undefined) or failure; called once, unless it is cut. */
  onLanded(flight: Flight, kind: ErrorKind | undefined, message: string, atMs: number): void;
}

/** How the answers of a lane are read. */
export interface Reading {
  dialect: Dialect;
  streaming: boolean;
  keepText: KeepText;
}

/** See above. The links make it a member of {@link FlightList}. */
export class Flight implements ResponseObserver, TextSink {
  /** NaN in closed loops. */
  readonly intendedMs: number;
  readonly sentMs: number;
  readonly measured: boolean;
  /** Position in the plan, and turn of its session. */
  readonly index: number;
  readonly turn: number;
  /** As planned. */
  readonly inputTokens: number;
  readonly outputTokens: number;
  readonly reader: AnswerReader;
  firstByteMs = Number.NaN;
  /** Set where requests are tried again: what to send, when it was first sent, and which attempt this is. */
  request: ReadyRequest | undefined;
  firstSentMs = Number.NaN;
  attempt = 1;
  /** The header of the response. */
  retryAfter: string | undefined;
  sending: Sending | undefined;
  /** When it will be given up on purpose, if it is in flight by then. */
  givingUp: Deadline | undefined;
  /** The turn after this one, if its session goes on. */
  followUp: FollowUp | undefined;
  previous: Flight | undefined;
  next: Flight | undefined;
  readonly #owner: FlightOwner;

  constructor(
    owner: FlightOwner,
    { index, turn, inputTokens, outputTokens }: ReadyRequest,
    intendedMs: number,
    sentMs: number,
    measured: boolean,
    { dialect, streaming, keepText }: Reading,
  ) {
    this.#owner = owner;
    this.intendedMs = intendedMs;
    this.sentMs = sentMs;
    this.measured = measured;
    this.index = index;
    this.turn = turn;
    this.inputTokens = inputTokens;
    this.outputTokens = outputTokens;
    this.reader = new AnswerReader(dialect, streaming, this, keepText);
  }

  onHead(status: number, contentType: string, retryAfter: string | undefined, atMs: number): void {
    this.firstByteMs = atMs;
    this.retryAfter = retryAfter;
    this.reader.head(status, contentType, retryAfter);
  }

  onData(buffer: Buffer, start: number, end: number, atMs: number): void {
    if (this.reader.data(buffer, start, end, atMs)) return;
    this.sending?.cancel();
    this.#owner.onLanded(this, this.reader.kind, this.reader.message, atMs);
  }

  onEnd(atMs: number): void {
    this.reader.end();
    this.#owner.onLanded(this, this.reader.kind, this.reader.message, atMs);
  }

  onFailure(failure: TransportFailure, atMs: number): void {
    const { reader } = this;
    // After [DONE] the answer is complete; and what was wrong first stays the reason.
    if (reader.done || reader.kind !== undefined)
      this.#owner.onLanded(this, reader.kind, reader.message, atMs);
    else this.#owner.onLanded(this, failure.kind, shorten(failure.message), atMs);
  }

  onText(atMs: number, gapMs: number): void {
    this.#owner.onText(this, atMs, gapMs);
  }

  /** Makes this a turn that another one follows: its answer is collected. */
  followedBy(followUp: FollowUp): void {
    this.followUp = followUp;
    this.reader.answer = new AnswerText();
  }

  /** Keeps what another attempt would need. */
  remember(request: ReadyRequest, firstSentMs: number, attempt: number): void {
    this.request = request;
    this.firstSentMs = firstSentMs;
    this.attempt = attempt;
  }

  /** Gives up after the request's time is over. */
  timeOut(timeoutMs: number, atMs: number): void {
    const connected = this.sending?.connected ?? false;
    this.sending?.cancel();
    const { reader } = this;
    if (reader.done || reader.kind !== undefined)
      this.#owner.onLanded(this, reader.kind, reader.message, atMs);
    else if (connected) this.#owner.onLanded(this, 'timeout', describeTimeout(this, timeoutMs), atMs);
    else this.#owner.onLanded(this, 'connect_failed', `no connection within ${timeoutMs} ms`, atMs);
  }
}

function describeTimeout({ firstByteMs, reader }: Flight, timeoutMs: number): string {
  if (Number.isNaN(firstByteMs)) return `no answer within ${timeoutMs} ms`;
  return `no complete answer within ${timeoutMs} ms; ${reader.bytes} bytes and ${reader.chunks.count} text events came`;
}

/** All flights of a lane, the oldest first: the order of their deadlines, since all have the same time. */
export class FlightList {
  size = 0;
  first: Flight | undefined;
  #last: Flight | undefined;

  add(flight: Flight): void {
    flight.previous = this.#last;
    if (this.#last) this.#last.next = flight;
    else this.first = flight;
    this.#last = flight;
    this.size++;
  }

  remove(flight: Flight): void {
    const { previous, next } = flight;
    if (previous) previous.next = next;
    else this.first = next;
    if (next) next.previous = previous;
    else this.#last = previous;
    flight.previous = undefined;
    flight.next = undefined;
    this.size--;
  }
}
