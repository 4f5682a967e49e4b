/** One client connection: requests in, one at a time; answers out; bounds on everything in between. */
import type { Socket } from 'node:net';
import type { Clock } from '../../lib/clock.js';
import type { Outbox, Sender } from './outbox.js';
import { type HttpRequest, type ParserLimits, RequestParser } from './parser.js';
import { ProtocolError } from './request-head.js';
import { HttpResponse, type ResponseSink } from './response.js';
import { TextWriter } from './text-writer.js';
import { Tunnel } from './tunnel.js';

/** What answers requests. */
export interface HttpHandler {
  /** Answers a request, now or later. Must not throw. */
  handle(request: HttpRequest, response: HttpResponse): void;
  /** Answers what was not a request; must answer at once. */
  refuse(status: number, message: string, response: HttpResponse): void;
}

/** Bounds of a connection. */
export interface ConnectionLimits extends ParserLimits {
  /** How long it may be idle between requests. */
  idleMs: number;
  /** How long a request may take to arrive. */
  receiveMs: number;
  /** How long the client may read nothing while something waits for it. */
  stallMs: number;
}

/** Pipelined bytes beyond which reading stops until the answers before them are written. */
const PIPELINE_BYTES = 64 * 1024;
/** Answer bytes that wait for the client beyond which its next request is not begun. */
const UNREAD_BYTES = 1024 * 1024;
/** Text that may wait in the outbox: more is too long a write to be gathered with others. It counts as written already. */
const HELD_CHARACTERS = 16 * 1024;
/** How long a refused client may go on sending before the connection is cut: enough to read the refusal. */
const LINGER_MS = 2000;

/** What a connection tells its listener. */
export interface ConnectionOwner {
  readonly draining: boolean;
  /** Where text waits while that of others is made; without one it is written at once. */
  readonly outbox?: Outbox | undefined;
  closed(connection: Connection): void;
}

/** See the file's head. */
export class Connection implements ResponseSink, Sender {
  readonly #socket: Socket;
  readonly #writer: TextWriter;
  readonly #owner: ConnectionOwner;
  readonly #handler: HttpHandler;
  readonly #clock: Clock;
  readonly #limits: ConnectionLimits;
  readonly #parser: RequestParser;
  #response: HttpResponse | undefined;
  /** Once the connection has left HTTP. */
  #tunnel: Tunnel | undefined;
  #reading = true;
  #ending = false;
  #pumping = false;
  #saidContinue = false;
  /** Since when it has been idle, or the request now arriving has been. */
  #sinceMs: number;
  #stalledMs: number;
  /** Text that waits: in the outbox, or for what else is written while bytes are taken in. */
  #held = '';
  #receiving = false;
  /** Parts of an answer are among what waits, which is written as soon as the bytes have been taken in. */
  #parts = false;
  #stalledBytes = 0;

  constructor(
    socket: Socket,
    owner: ConnectionOwner,
    handler: HttpHandler,
    clock: Clock,
    limits: ConnectionLimits,
  ) {
    this.#socket = socket;
    this.#writer = new TextWriter(socket, () => this.#onDrain());
    this.#owner = owner;
    this.#handler = handler;
    this.#clock = clock;
    this.#limits = limits;
    this.#parser = new RequestParser(limits);
    this.#sinceMs = clock.nowMs();
    this.#stalledMs = this.#sinceMs;
    socket.on('drain', () => this.#onDrain());
    socket.on('end', () => this.#onGone());
    socket.on('close', () => this.#onClose());
    // A reset is followed by 'close'; without a listener it would end the thread.
    socket.on('error', () => {});
  }

  get draining(): boolean {
    return this.#owner.draining;
  }

  get writableLength(): number {
    return this.#writer.waitingBytes;
  }

  /** Whether it neither answers nor receives a request. */
  get idle(): boolean {
    return !this.#response && !this.#parser.midRequest;
  }

  /**
   * Takes bytes that the client sent.
   *
   * @param bytes - valid only until this returns
   * @param length - of them, so many from the first on
   */
  receive(bytes: Buffer, length = bytes.length): void {
    // After a refusal the rest is read and dropped, or the client would get a reset instead of the answer.
    if (this.#ending) return;
    if (this.#tunnel) {
      this.#tunnel.receive(Buffer.from(bytes.subarray(0, length)));
      return;
    }
    const nowMs = this.#clock.nowMs();
    if (!this.#parser.midRequest) this.#sinceMs = nowMs;
    this.#parser.push(bytes, length);
    const { outbox } = this.#owner;
    outbox?.beginRead();
    this.#receiving = true;
    try {
      this.#pump(nowMs);
    } finally {
      this.#receiving = false;
      if (this.#parts) this.flush();
      outbox?.endRead();
    }
    this.#parser.keep();
    if (this.#response && this.#parser.buffered > PIPELINE_BYTES) this.#pause();
  }

  write(text: string, whole = false): void {
    const fits = this.#held.length + text.length <= HELD_CHARACTERS;
    this.#held += text;
    if (!fits) this.flush();
    // The head of a stream, its first token, and all others that are ready as soon: one write, not three.
    else if (this.#receiving && !whole) this.#parts = true;
    else if (text === '' || !this.#owner.outbox?.holds(this, whole)) this.flush();
  }

  flush(): void {
    const text = this.#held;
    this.#held = '';
    this.#parts = false;
    this.#writer.write(text);
  }

  writeBytes(text: string, bytes: Uint8Array, onTaken?: () => void): void {
    this.flush();
    const socket = this.#socket;
    if (socket.destroyed) return;
    // One write for both: the second would find a reader that the first one woke, and cost as much again.
    socket.cork();
    socket.write(text, 'latin1');
    socket.write(bytes, onTaken);
    socket.uncork();
  }

  finished(close: boolean): void {
    this.#response = undefined;
    if (close) {
      this.#close();
      return;
    }
    // An answer given at once took no time that matters to a limit of seconds, and looking at the clock takes some.
    if (this.#pumping) return;
    this.#sinceMs = this.#clock.nowMs();
    this.#pump();
  }

  upgrade(): Tunnel {
    this.flush();
    const tunnel = new Tunnel(this.#socket);
    this.#tunnel = tunnel;
    // A client may have sent more behind its request.
    const rest = this.#parser.takeRest();
    if (rest.length > 0) tunnel.receive(rest);
    this.#resume();
    return tunnel;
  }

  /** Closes it now if idle, else after the answer under way. */
  drain(): void {
    if (this.#tunnel) this.#tunnel.onDrain?.();
    else if (this.idle) this.#close();
  }

  /** Cuts it. */
  destroy(): void {
    this.flush();
    this.#socket.destroy();
  }

  /** Closes it if it is beyond its time limits. Called every few seconds. */
  sweep(nowMs: number): void {
    const waiting = this.writableLength;
    if (waiting === 0 || waiting < this.#stalledBytes) this.#stalledMs = nowMs;
    this.#stalledBytes = waiting;
    if (nowMs - this.#stalledMs > this.#limits.stallMs) this.destroy();
    else if (this.#response || this.#ending) return;
    else if (this.#parser.midRequest) {
      if (nowMs - this.#sinceMs > this.#limits.receiveMs)
        this.#refuse(408, 'the request took too long to arrive');
    } else if (nowMs - this.#sinceMs > this.#limits.idleMs) this.#close();
  }

  /**
   * Takes requests out and has them answered until one takes time or more bytes are needed.
   *
   * @param firstMs - when the bytes of the first one came, if it is known
   */
  #pump(firstMs?: number): void {
    if (this.#pumping) return;
    this.#pumping = true;
    let nowMs = firstMs;
    try {
      while (!this.#response && !this.#ending) {
        if (this.writableLength > UNREAD_BYTES) {
          this.#pause();
          return;
        }
        const request = this.#parser.next();
        if (!request) {
          this.#resume();
          this.#offerContinue();
          return;
        }
        this.#saidContinue = false;
        nowMs ??= this.#clock.nowMs();
        this.#sinceMs = nowMs;
        const response = new HttpResponse(this, request.head, nowMs);
        this.#response = response;
        this.#handler.handle(request, response);
        nowMs = undefined;
      }
    } catch (error) {
      if (!(error instanceof ProtocolError)) throw error;
      this.#refuse(error.status, error.message);
    } finally {
      this.#pumping = false;
    }
  }

  #offerContinue(): void {
    if (this.#saidContinue || !this.#parser.awaitingBody?.expectsContinue) return;
    this.#saidContinue = true;
    this.write('HTTP/1.1 100 Continue\r\n\r\n');
  }

  #refuse(status: number, message: string): void {
    this.#handler.refuse(status, message, new HttpResponse(this, undefined, this.#clock.nowMs()));
  }

  #close(): void {
    if (this.#ending) return;
    this.#ending = true;
    this.#resume();
    this.flush();
    this.#socket.end();
    setTimeout(() => this.#socket.destroySoon(), LINGER_MS).unref();
  }

  #pause(): void {
    if (!this.#reading) return;
    this.#reading = false;
    this.#socket.pause();
  }

  #resume(): void {
    if (this.#reading) return;
    this.#reading = true;
    this.#socket.resume();
  }

  #onDrain(): void {
    if (this.#tunnel) return;
    if (this.#response) this.#response.drained();
    else this.#pump();
  }

  /** The client sends no more: as with every LLM server, that means that it does not wait for the answer either. */
  #onGone(): void {
    this.#ending = true;
    this.#tunnel?.receivedAll();
    this.#response?.abort();
    this.#response = undefined;
  }

  #onClose(): void {
    this.#onGone();
    this.#tunnel?.destroy();
    this.#owner.closed(this);
  }
}
