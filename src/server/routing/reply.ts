/** What a route's handler answers with. Exactly one of its methods is to be called, now or later. */
import type { HttpResponse } from '../http/response.js';
import { asciiJson } from '../json.js';
import { EventStream } from './event-stream.js';

/** What a reply needs to know of its server. */
export interface ReplyOwner {
  /** Header lines that every answer has. */
  readonly commonHeaders: (response: HttpResponse) => string;
  /** A stream begins (1) or ends (-1). */
  readonly countStream: (change: 1 | -1) => void;
}

const JSON_TYPE = 'content-type: application/json\r\n';
const EVENTS_TYPE = 'content-type: text/event-stream; charset=utf-8\r\ncache-control: no-cache\r\n';

/** See the file's head. `headers` are always lines, each ended by CRLF. */
export class Reply {
  readonly #owner: ReplyOwner;

  constructor(
    owner: ReplyOwner,
    /** The answer beneath, for what this does not offer. */
    readonly response: HttpResponse,
    /** Answers with an error, as if the handler had thrown it: for what goes wrong after the handler has returned. */
    readonly fail: (error: unknown) => void,
  ) {
    this.#owner = owner;
  }

  /** When the request was complete, on the server's clock. */
  get arrivalMs(): number {
    return this.response.arrivalMs;
  }

  /** Answers with a value. */
  json(value: unknown, status = 200, headers = ''): void {
    this.jsonText(asciiJson(value), status, headers);
  }

  /** Answers with JSON in ASCII. */
  jsonText(text: string, status = 200, headers = ''): void {
    this.response.send(status, JSON_TYPE + headers + this.#common(), text);
  }

  /** Answers with text, sent in UTF-8. */
  text(text: string, type = 'text/plain; charset=utf-8', status = 200): void {
    this.bytes(Buffer.from(text, 'utf8'), type, '', status);
  }

  /** Answers with bytes, which must not change until `onTaken` is called, if ever. */
  bytes(bytes: Uint8Array, type: string, headers = '', status = 200, onTaken?: () => void): void {
    this.response.sendBytes(status, `content-type: ${type}\r\n${headers}${this.#common()}`, bytes, onTaken);
  }

  /** Begins a stream of server-sent events. */
  events(headers = ''): EventStream {
    this.#owner.countStream(1);
    this.response.begin(200, EVENTS_TYPE + headers + this.#common());
    return new EventStream(this.response, () => this.#owner.countStream(-1));
  }

  /** Adds what is called, once, when the client goes before the answer is complete. */
  onAbort(callback: () => void): void {
    this.response.onAbort(callback);
  }

  #common(): string {
    return this.#owner.commonHeaders(this.response);
  }
}
