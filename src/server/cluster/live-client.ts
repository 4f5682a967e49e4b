/** A thread that serves HTTP, as the clusters see it: its requests under way, and what it is still to be told. */
import { NumberMap } from '../../lib/number-map.js';
import type { Cluster, RequestUsage } from '../../simulator/index.js';
import type { GenerationFailure } from '../generation/generator.js';
import { EventBuffer } from './event-buffer.js';
import { EVENT, FAILURES } from './messages.js';

/** Requests of client `c` have ids from `c × CLIENT_IDS` on inside the clusters. */
export const CLIENT_IDS = 2 ** 40;
/** Wakes a client, and says nothing. */
const NO_EVENTS = new Float64Array(0);

/** A request under way. Instants are those of its cluster. */
interface Underway {
  readonly cluster: Cluster;
  /** When the token comes that its client was told of before it was there; NaN for none. */
  toldMs: number;
  /** When it is completed, where its client was told so before. */
  toldEndMs: number;
}

/**
 * See the file's head. Ids are those within the clusters. Where there are two instants, the first is that of the cluster and the
 * second the same on the clock.
 */
export class LiveClient {
  /** What it is to be told next. */
  readonly events = new EventBuffer();
  readonly requests = new NumberMap<Underway>();
  readonly #send: (events: Float64Array) => void;
  /** Place of the list of a step that is being told of, and its end. */
  #stepAt = 0;
  #stepMs = Number.NaN;

  constructor(send: (events: Float64Array) => void) {
    this.#send = send;
  }

  /** It submits a request. */
  begin(id: number, cluster: Cluster): void {
    this.requests.set(id, { cluster, toldMs: Number.NaN, toldEndMs: Number.NaN });
  }

  /** Sends what there is to tell. */
  flush(): void {
    const message = this.events.take();
    if (message) this.#send(message);
    this.#stepMs = Number.NaN;
  }

  /** Lets it hand on what is due. */
  wake(): void {
    this.#send(NO_EVENTS);
  }

  /**
   * Tells of a token before it is there. Those of one step must follow each other.
   *
   * @returns whether it is the first of its step
   */
  tell(id: number, last: boolean, atMs: number, realMs: number): boolean {
    const request = this.requests.get(id);
    if (!request) return false;
    const begins = this.#stepMs !== atMs;
    if (begins) {
      this.#stepMs = atMs;
      this.#stepAt = this.events.add3(EVENT.step, realMs, 0);
    }
    const own = id % CLIENT_IDS;
    this.events.append(this.#stepAt, last ? -own : own);
    request.toldMs = atMs;
    if (last) request.toldEndMs = atMs;
    return begins;
  }

  /** What it was told of does not come. */
  revoke(id: number, toReal: (atMs: number) => number): void {
    const request = this.requests.get(id);
    if (!request || Number.isNaN(request.toldMs)) return;
    this.events.add3(EVENT.revoked, id % CLIENT_IDS, toReal(request.toldMs));
    request.toldMs = Number.NaN;
    request.toldEndMs = Number.NaN;
  }

  tokens(id: number, count: number, atMs: number, realMs: number): void {
    const request = this.requests.get(id);
    if (!request) return;
    if (request.toldMs === atMs) request.toldMs = Number.NaN;
    else this.events.add4(EVENT.tokens, id % CLIENT_IDS, count, realMs);
  }

  /** Also of requests that it gave up: to those it does not listen any more. */
  finished(id: number, usage: RequestUsage, atMs: number, realMs: number): void {
    const request = this.requests.get(id);
    this.requests.delete(id);
    if (!request || request.toldEndMs === atMs) return;
    const { acceptedPredictionTokens: accepted, rejectedPredictionTokens: rejected } = usage;
    this.events.add5(EVENT.finished, id % CLIENT_IDS, accepted, rejected, realMs);
  }

  failed(id: number, failure: GenerationFailure): void {
    this.requests.delete(id);
    this.events.add3(EVENT.failed, id % CLIENT_IDS, FAILURES.indexOf(failure));
  }
}
