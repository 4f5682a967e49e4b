/** Requests that the server sends to itself, such as those of a batch: through the same routes, without a connection. */
import type { HttpRequest } from '../http/parser.js';
import type { RequestHead } from '../http/request-head.js';
import { HttpResponse, type ResponseSink } from '../http/response.js';

/** A request without a connection. */
export interface InternalRequest {
  method: string;
  /** Without the query. */
  path: string;
  /** Without a question mark. */
  query?: string;
  /** By lower-case name. */
  headers?: ReadonlyMap<string, string>;
  body: Buffer;
}

/** The whole answer to it. */
export interface InternalAnswer {
  status: number;
  /** Header lines, each ended by CRLF. */
  headers: string;
  body: Buffer;
}

/** As the HTTP layer would have read it. */
export function asHttpRequest(request: InternalRequest): HttpRequest {
  const head: RequestHead = {
    method: request.method,
    path: request.path,
    query: request.query ?? '',
    headers: request.headers ?? new Map(),
    http10: false,
    keepAlive: true,
    expectsContinue: false,
    bodyLength: request.body.length,
  };
  return { head, body: request.body };
}

/** Of answers without a connection: never written to, as every method that writes is overridden. */
export const NOWHERE: ResponseSink = {
  write: () => {},
  writeBytes: () => {},
  finished: () => {},
  destroy: () => {},
  upgrade: () => undefined,
  draining: false,
  writableLength: 0,
};

/** An answer that is kept instead of written. */
export class CollectedResponse extends HttpResponse {
  readonly #parts: Buffer[] = [];
  readonly #settle: (answer: InternalAnswer) => void;
  #status = 0;
  #headers = '';
  #over = false;

  /** @param settle - called once, with the whole answer; status 0 when it was broken off */
  constructor(arrivalMs: number, settle: (answer: InternalAnswer) => void) {
    super(NOWHERE, undefined, arrivalMs);
    this.#settle = settle;
  }

  override get done(): boolean {
    return this.#over;
  }

  override get begun(): boolean {
    return this.#status !== 0;
  }

  override send(status: number, headers: string, body: string): void {
    this.sendBytes(status, headers, Buffer.from(body, 'latin1'));
  }

  override sendBytes(status: number, headers: string, body: Uint8Array): void {
    if (this.begun) return;
    this.begin(status, headers);
    this.#parts.push(Buffer.from(body));
    this.#finish();
  }

  override begin(status: number, headers: string): void {
    if (this.begun) return;
    this.#status = status;
    this.#headers = headers;
  }

  override write(text: string): void {
    if (!this.#over) this.#parts.push(Buffer.from(text, 'latin1'));
  }

  override end(text: string): void {
    if (this.#over) return;
    this.write(text);
    this.#finish();
  }

  override fail(): void {
    if (this.#over) return;
    this.#status = 0;
    this.#finish();
  }

  #finish(): void {
    this.#over = true;
    this.#settle({ status: this.#status, headers: this.#headers, body: Buffer.concat(this.#parts) });
  }
}

/** An answer whose parts are looked at as they come. */
export class TappedResponse extends CollectedResponse {
  readonly #onText: (text: string) => void;

  /** @param onText - gets every part of the body */
  constructor(arrivalMs: number, settle: (answer: InternalAnswer) => void, onText: (text: string) => void) {
    super(arrivalMs, settle);
    this.#onText = onText;
  }

  override write(text: string): void {
    super.write(text);
    if (text !== '') this.#onText(text);
  }
}

/** An internal request whose answer comes in parts. */
export interface InternalStream {
  /** The whole answer; never when it is cancelled. */
  answer: Promise<InternalAnswer>;
  /** Nobody waits for it any more. */
  cancel(): void;
}
