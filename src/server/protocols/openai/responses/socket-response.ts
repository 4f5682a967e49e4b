/** The answer to one message of a WebSocket: each event of its stream becomes a message. */
import { HttpResponse } from '../../../http/response.js';
import { asciiJson } from '../../../json.js';
import { NOWHERE } from '../../../routing/internal-request.js';

/** Where messages go. */
export interface MessageSink {
  /** @param written - called when the message has left */
  send(text: string, written: () => void): void;
  /** Bytes that have not left yet. */
  readonly bufferedAmount: number;
}

/** What an event is without `stream_id`; with one, that is added. */
export const inLane = (json: string, lane: string | undefined): string =>
  lane === undefined ? json : `${json.slice(0, -1)},"stream_id":${asciiJson(lane)}}`;

const DATA = '\ndata: ';

/** See the file's head. */
export class SocketResponse extends HttpResponse {
  readonly #sink: MessageSink;
  readonly #lane: string | undefined;
  readonly #onOver: () => void;
  #state: 'open' | 'streaming' | 'done' = 'open';
  #onDrain: (() => void) | undefined;

  /**
   * @param lane - the `stream_id` of what is answered
   * @param onOver - called once, when nothing more comes
   */
  constructor(arrivalMs: number, sink: MessageSink, lane: string | undefined, onOver: () => void) {
    super(NOWHERE, undefined, arrivalMs);
    this.#sink = sink;
    this.#lane = lane;
    this.#onOver = onOver;
  }

  override get done(): boolean {
    return this.#state === 'done';
  }

  override get begun(): boolean {
    return this.#state !== 'open';
  }

  override get waitingBytes(): number {
    return this.#sink.bufferedAmount;
  }

  override begin(): void {
    if (this.#state === 'open') this.#state = 'streaming';
  }

  override write(text: string): void {
    if (this.#state !== 'streaming') return;
    for (const event of text.split('\n\n')) {
      const at = event.indexOf(DATA);
      if (at >= 0) this.#send(event.slice(at + DATA.length));
    }
  }

  override end(text: string): void {
    this.write(text);
    this.#finish();
  }

  override fail(): void {
    this.#finish();
  }

  override onceDrained(callback: () => void): void {
    this.#onDrain = callback;
  }

  /** The client has gone. */
  override abort(): void {
    if (this.done) return;
    super.abort();
    this.#finish();
  }

  #finish(): void {
    if (this.done) return;
    this.#state = 'done';
    this.#onDrain = undefined;
    this.#onOver();
  }

  #send(json: string): void {
    const message = json.startsWith('{"type":"error"') ? asSocketError(json) : json;
    this.#sink.send(inLane(message, this.#lane), () => {
      if (this.#sink.bufferedAmount > 0) return;
      const callback = this.#onDrain;
      this.#onDrain = undefined;
      callback?.();
    });
  }
}

/** What breaks a stream off is told in another shape here. */
function asSocketError(json: string): string {
  const { sequence_number: number, code, message, param } = JSON.parse(json) as Record<string, unknown>;
  const error = { type: 'server_error', code, message, param };
  return asciiJson({ type: 'error', status: 500, sequence_number: number, error });
}
