/** Server-sent events as an answer. */
import type { HttpResponse } from '../http/response.js';
import { asciiJson } from '../json.js';

/** Bytes that the client has not read beyond which {@link EventStream.ready} waits. */
const UNREAD_BYTES = 128 * 1024;

/** See the file's head. The response's head must have been written. */
export class EventStream {
  readonly #response: HttpResponse;
  readonly #onOver: () => void;
  #waiting: (() => void) | undefined;

  /** @param onOver - called once, at the end or when the client goes */
  constructor(response: HttpResponse, onOver: () => void) {
    this.#response = response;
    this.#onOver = onOver;
    response.onAbort(() => {
      onOver();
      this.#waiting?.();
    });
  }

  /** Whether nothing more can be written: ended, or the client has gone. */
  get done(): boolean {
    return this.#response.done;
  }

  /**
   * Writes an event.
   *
   * @param data - a value, written as JSON in one line; a string is one too, see {@link raw}
   * @param event - its type; without one the client sees a `message`
   */
  send(data: unknown, event?: string): void {
    this.raw(asciiJson(data), event);
  }

  /**
   * Writes an event with prepared data.
   *
   * @param data - one line of ASCII, such as JSON or `[DONE]`
   */
  raw(data: string, event?: string): void {
    this.#response.write(`${event === undefined ? '' : `event: ${event}\n`}data: ${data}\n\n`);
  }

  /** Writes whole events, as Latin-1 text. */
  frames(frames: string): void {
    this.#response.write(frames);
  }

  /** Writes a comment, which keeps proxies from closing a quiet connection. */
  comment(text: string): void {
    this.#response.write(`: ${text}\n\n`);
  }

  /** Resolves when more may be written: at once unless the client lags. It also resolves when the client goes. */
  ready(): Promise<void> {
    const response = this.#response;
    if (response.done || response.waitingBytes <= UNREAD_BYTES) return Promise.resolve();
    return new Promise((resolve) => {
      this.#waiting = resolve;
      response.onceDrained(resolve);
    });
  }

  /**
   * Ends the stream.
   *
   * @param frames - whole events to write before, as Latin-1 text
   */
  end(frames = ''): void {
    if (this.#response.done) return;
    // First: whoever has read the end and asks another thread finds the stream counted out.
    this.#onOver();
    this.#response.end(frames);
  }
}
