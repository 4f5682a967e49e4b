/** One answer on a connection: whole, or as a stream of chunks. */
import { flat } from '../json.js';
import type { RequestHead } from './request-head.js';
import type { Tunnel } from './tunnel.js';

const REASONS: Readonly<Record<number, string>> = {
  200: 'OK',
  201: 'Created',
  202: 'Accepted',
  204: 'No Content',
  400: 'Bad Request',
  401: 'Unauthorized',
  403: 'Forbidden',
  404: 'Not Found',
  405: 'Method Not Allowed',
  408: 'Request Timeout',
  409: 'Conflict',
  413: 'Content Too Large',
  415: 'Unsupported Media Type',
  416: 'Range Not Satisfiable',
  417: 'Expectation Failed',
  422: 'Unprocessable Content',
  424: 'Failed Dependency',
  426: 'Upgrade Required',
  429: 'Too Many Requests',
  431: 'Request Header Fields Too Large',
  500: 'Internal Server Error',
  501: 'Not Implemented',
  502: 'Bad Gateway',
  503: 'Service Unavailable',
  504: 'Gateway Timeout',
  505: 'HTTP Version Not Supported',
};

/** By status; made beforehand: a text that is put together is taken apart again when it is written. */
const STATUS_LINES: readonly (string | undefined)[] = Array.from({ length: 600 }, (_, status) => {
  const reason = REASONS[status];
  return reason === undefined ? undefined : `HTTP/1.1 ${status} ${reason}\r\n`;
});

/** Lines with the sizes of chunks, each made once: a stream writes thousands of a few sizes, and to make one takes V8 some hundred nanoseconds. */
const CHUNK_SIZES: string[] = [];
/** Larger ones come too seldom to be kept. */
const MOST_KEPT_SIZE = 4096;

function chunkSize(length: number): string {
  if (length >= MOST_KEPT_SIZE) return `${length.toString(16)}\r\n`;
  // One after the other: a list with holes would be slower to read.
  while (CHUNK_SIZES.length <= length) CHUNK_SIZES.push(flat(`${CHUNK_SIZES.length.toString(16)}\r\n`));
  return CHUNK_SIZES[length]!;
}

/** As nginx has it, for metrics: nobody is there to be told. */
const CLIENT_GONE = 499;

/**
 * Called, once, when an answer is over.
 *
 * @param status - its status; 499 when the client went before it was complete
 * @param nowMs - the instant, on the server's clock, where somebody has just looked
 */
export type ResponseWatcher = (status: number, nowMs?: number) => void;

/** The connection as an answer sees it. */
export interface ResponseSink {
  /** Writes Latin-1 text; `whole` says that it is an answer in one piece. */
  write(text: string, whole?: boolean): void;
  /** Writes Latin-1 text and bytes behind it, in one go; they must not change until `onTaken` is called, if ever. */
  writeBytes(text: string, bytes: Uint8Array, onTaken?: () => void): void;
  /** The answer is complete; `close` says that the connection must not be used again. */
  finished(close: boolean): void;
  /** Cuts the connection. */
  destroy(): void;
  /** Leaves HTTP: what the client sends goes to the stream from now on. Undefined where there is no connection. */
  upgrade(): Tunnel | undefined;
  /** Whether the server is stopping, so that no further request is wanted. */
  readonly draining: boolean;
  /** Bytes written that the client has not taken yet. */
  readonly writableLength: number;
}

/** A `date:` header line for an instant, and lines that never change behind it; made once per second. */
export class DateLine {
  readonly #others: string;
  #second = -1;
  #lines = '';

  /** @param others - lines, each but the last ended by CRLF: whoever gets it may go on there */
  constructor(others: string) {
    this.#others = others;
  }

  /** @param second - seconds since 1970 */
  at(second: number): string {
    if (second !== this.#second) {
      this.#second = second;
      this.#lines = flat(`date: ${new Date(second * 1000).toUTCString()}\r\n${this.#others}`);
    }
    return this.#lines;
  }
}

/**
 * Writes one answer. All text must be Latin-1 (JSON escapes what is not), so that its length is its size in bytes.
 * After the client has gone every method does nothing.
 */
export class HttpResponse {
  readonly #sink: ResponseSink;
  readonly #head: RequestHead | undefined;
  #state: 'open' | 'streaming' | 'done' = 'open';
  #onAbort: (() => void) | undefined;
  #onDrain: (() => void) | undefined;
  #watcher: ResponseWatcher | undefined;
  #status = 0;
  /** Header lines, each ended by CRLF, of this answer whatever it is. */
  ownHeaders = '';
  /** Tells this answer apart from all others. */
  requestId = '';
  /** When its headers were made, on the server's clock. */
  headersMs: number | undefined;

  /**
   * @param sink - where it is written to
   * @param head - the request's head; undefined when there was none that could be read
   * @param arrivalMs - when the request was complete, on the server's clock
   */
  constructor(
    sink: ResponseSink,
    head: RequestHead | undefined,
    readonly arrivalMs: number,
  ) {
    this.#sink = sink;
    this.#head = head;
  }

  /** Sets what is called when the answer is over. */
  watch(watcher: ResponseWatcher): void {
    this.#watcher = watcher;
  }

  /** Whether nothing more can be written: complete, or the client has gone. */
  get done(): boolean {
    return this.#state === 'done';
  }

  /** Whether the head has been written. */
  get begun(): boolean {
    return this.#state !== 'open';
  }

  /** Bytes that wait for the client to read. */
  get waitingBytes(): number {
    return this.#sink.writableLength;
  }

  /**
   * Answers at once.
   *
   * @param status - HTTP status
   * @param headers - header lines, each ended by CRLF, without length, date and connection
   * @param body - Latin-1 text
   * @param close - whether to close the connection afterwards in any case
   */
  send(status: number, headers: string, body: string, close = false): void {
    if (this.#state !== 'open') return;
    const closing = close || this.#closes();
    const text = this.#head?.method === 'HEAD' ? '' : body;
    this.#sink.write(this.#wholeHead(status, headers, body.length, closing) + text, true);
    this.#sink.finished(closing);
  }

  /**
   * Answers at once with bytes; otherwise as {@link send}.
   *
   * @param onTaken - called when the bytes may change; not where they never may, as when the client has gone
   */
  sendBytes(status: number, headers: string, body: Uint8Array, onTaken?: () => void): void {
    if (this.#state !== 'open') return;
    const closing = this.#closes();
    const head = this.#wholeHead(status, headers, body.length, closing);
    if (this.#head?.method === 'HEAD') this.#sink.write(head, true);
    else this.#sink.writeBytes(head, body, onTaken);
    this.#sink.finished(closing);
  }

  /** What stands before the body of an answer in one piece, which is done with that. */
  #wholeHead(status: number, headers: string, length: number, closing: boolean): string {
    this.#state = 'done';
    this.#watcher?.(status, this.headersMs);
    return `${this.#statusLine(status)}${this.ownHeaders}${headers}content-length: ${length}\r\n${this.#connectionLine(closing)}\r\n`;
  }

  /**
   * Begins a stream.
   *
   * @param status - HTTP status
   * @param headers - as for {@link send}
   */
  begin(status: number, headers: string): void {
    if (this.#state !== 'open') return;
    this.#state = 'streaming';
    this.#status = status;
    // HTTP/1.0 has no chunks: there, the end of the connection ends the body.
    const framing = this.#head?.http10 ? 'connection: close\r\n' : 'transfer-encoding: chunked\r\n';
    const connection = this.#head?.http10 ? '' : this.#connectionLine(this.#closes());
    this.#sink.write(`${this.#statusLine(status)}${this.ownHeaders}${headers}${framing}${connection}\r\n`);
  }

  /** Writes a part of a stream, as one chunk. */
  write(text: string): void {
    if (this.#state === 'streaming') this.#sink.write(this.#frame(text));
  }

  /** Writes the last part of a stream. */
  end(text: string): void {
    if (this.#state !== 'streaming') return;
    this.#state = 'done';
    this.#watcher?.(this.#status);
    this.#sink.write(this.#head?.http10 ? text : `${this.#frame(text)}0\r\n\r\n`);
    this.#sink.finished(this.#head?.http10 === true || this.#closes());
  }

  /** Adds what is called, once, when the client goes before the answer is complete. */
  onAbort(callback: () => void): void {
    const earlier = this.#onAbort;
    this.#onAbort = earlier
      ? () => {
          earlier();
          callback();
        }
      : callback;
  }

  /** Sets what is called, once, when the client has read what waits. */
  onceDrained(callback: () => void): void {
    this.#onDrain = callback;
  }

  /**
   * Leaves HTTP instead of answering; whoever gets the stream writes the answer of the new protocol.
   *
   * @returns undefined when that cannot be
   */
  upgrade(): Tunnel | undefined {
    if (this.#state !== 'open' || this.#head?.http10 === true) return undefined;
    const tunnel = this.#sink.upgrade();
    if (tunnel) this.#state = 'done';
    return tunnel;
  }

  /** Cuts the connection: the answer cannot be completed. */
  fail(): void {
    if (this.#state === 'done') return;
    this.abort();
    this.#sink.destroy();
  }

  /** For the connection: the client has gone. */
  abort(): void {
    if (this.#state === 'done') return;
    this.#state = 'done';
    this.#watcher?.(CLIENT_GONE);
    this.#onDrain = undefined;
    this.#onAbort?.();
  }

  /** For the connection: everything written has been taken. */
  drained(): void {
    const callback = this.#onDrain;
    this.#onDrain = undefined;
    callback?.();
  }

  #closes(): boolean {
    return this.#sink.draining || this.#head?.keepAlive !== true;
  }

  #statusLine(status: number): string {
    return STATUS_LINES[status] ?? `HTTP/1.1 ${status} \r\n`;
  }

  #connectionLine(closing: boolean): string {
    if (closing) return 'connection: close\r\n';
    return this.#head?.http10 ? 'connection: keep-alive\r\n' : '';
  }

  #frame(text: string): string {
    if (this.#head?.http10 || text.length === 0) return text;
    return `${chunkSize(text.length)}${text}\r\n`;
  }
}
