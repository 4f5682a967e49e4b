/** A thread's side of the shared clusters: hands requests over, and hears of their tokens. */
import type { MessagePort } from 'node:worker_threads';
import type { Clock } from '../../lib/clock.js';
import type { DeadlineWheel, Gathering } from '../../lib/deadline-wheel.js';
import type { LatenessHistogram } from '../../lib/lateness.js';
import { NumberMap } from '../../lib/number-map.js';
import {
  ENDED,
  type Generation,
  type GenerationFailure,
  type GenerationListener,
  type GenerationRequest,
  type GenerationUsage,
  type Generator,
  NO_USAGE,
} from '../generation/generator.js';
import { cacheUse, countedMarks, type Kept, NOTHING_KEPT } from '../generation/prompt-caching.js';
import { ClientSpeech } from './client-speech.js';
import { ComingSteps } from './coming-steps.js';
import { type ClusterLink, EVENT, eventLength, FAILURES } from './messages.js';

/** What a {@link ClusterGenerator} is made of. */
export interface ClusterGeneratorOptions {
  link: Omit<ClusterLink, 'reports'>;
  /** Models in the order of their fleets. */
  models: readonly string[];
  clock: Clock;
  /** The thread's; it also records how late tokens are handed on. */
  wheel: DeadlineWheel;
  /** Where what tokens of a step are written as is held back until all of it has been made; by default it is written at once. */
  gathering?: Gathering | undefined;
  /** Tokens per block of the KV caches; 0 where no prefixes are kept. */
  cachedBlockTokens: number;
}

/** One sequence under way. */
interface Flight {
  listener: GenerationListener;
  usage: GenerationUsage;
  /** Tokens of the prompt that are in the cache afterwards, and that may be found there. */
  kept: Kept;
  /** When the token was ready that was handed on last of those that were known before. */
  handedMs: number;
  /** When a token was to come that does not. */
  revokedMs: number;
  /** Tokens that were handed on and taken back afterwards: so many of the next ones are those. */
  ahead: number;
}

/** See the file's head. When the cluster thread is lost, everything under way fails, and so does all that is begun later. */
export class ClusterGenerator implements Generator {
  readonly lateness: LatenessHistogram;
  readonly #port: MessagePort;
  readonly #said: ClientSpeech;
  readonly #clock: Clock;
  readonly #gathering: Gathering | undefined;
  readonly #flights = new NumberMap<Flight>();
  readonly #coming: ComingSteps;
  readonly #cachedBlockTokens: number;
  #lost = false;
  #ids = 0;

  constructor({ link, models, clock, wheel, gathering, cachedBlockTokens }: ClusterGeneratorOptions) {
    this.#cachedBlockTokens = cachedBlockTokens;
    this.#port = link.port;
    this.#said = new ClientSpeech(link, models);
    this.#clock = clock;
    this.#gathering = gathering;
    this.lateness = wheel.lateness;
    this.#coming = new ComingSteps(wheel, clock, {
      near: (id) => this.#flights.get(id)?.listener.onNear?.(),
      due: (id, last, readyMs) => this.#onDue(id, last, readyMs),
    });
    link.port.on('message', (events: Float64Array) => {
      try {
        this.#onEvents(events);
      } finally {
        this.#gathering?.release();
      }
    });
    link.port.on('close', () => this.#onLost());
  }

  start(request: GenerationRequest, listener: GenerationListener): Generation {
    if (this.#lost) {
      listener.onFailed('unavailable');
      return ENDED;
    }
    const id = ++this.#ids;
    const nothing = { handedMs: Number.NaN, revokedMs: Number.NaN, ahead: 0 };
    const kept = this.#keptOf(request);
    this.#flights.set(id, { listener, usage: NO_USAGE, kept, ...nothing });
    // Whose prompt must not be found again has a salt of its own.
    this.#said.begin(
      id,
      kept === NOTHING_KEPT ? { ...request, cacheSalt: `${request.arrivalMs}/${id}` } : request,
    );
    return {
      cancel: () => this.#end(id, 0),
      complete: () => this.#end(id, 1),
    };
  }

  close(): void {
    this.#lost = true;
    this.#flights.clear();
    this.#coming.close();
    this.#said.close();
    this.#port.close();
  }

  /** Full blocks; where a request asks for it, only up to the last place that it marks. */
  #keptOf({ choice, promptTokens, caching, cacheMarks }: GenerationRequest): Kept {
    const block = this.#cachedBlockTokens;
    const full = block === 0 ? 0 : Math.floor(promptTokens / block) * block;
    // The choices of a request share their prompt, which counts once.
    if (!caching?.explicit) return { tokens: choice === 0 ? full : 0, found: promptTokens };
    const last = countedMarks(cacheMarks?.() ?? [], true).written.at(-1);
    if (!last) return NOTHING_KEPT;
    return { tokens: choice === 0 && block > 0 ? last.tokens : 0, found: last.tokens };
  }

  #end(id: number, complete: 0 | 1): void {
    if (this.#flights.delete(id) && !this.#lost) this.#said.end(id, complete);
  }

  #onEvents(events: Float64Array): void {
    // What is said now comes after what was said to come before.
    this.#coming.run();
    this.#noteUsage(events);
    for (let at = 0; at < events.length; at += eventLength(events, at)) {
      if (events[at] === EVENT.step) this.#coming.add(events[at + 1]!, idsOf(events, at));
      else this.#onEvent(events, at);
    }
  }

  /** First of all: usage is to be complete with the last token, and what completes it comes after that. */
  #noteUsage(events: Float64Array): void {
    for (let at = 0; at < events.length; at += eventLength(events, at)) {
      const code = events[at];
      if (code !== EVENT.scheduled && code !== EVENT.finished) continue;
      const flight = this.#flights.get(events[at + 1]!);
      if (!flight) continue;
      const { usage, kept } = flight;
      flight.usage =
        code === EVENT.scheduled
          ? { ...usage, ...cacheUse(kept, Math.max(0, events[at + 2]!)) }
          : {
              ...usage,
              acceptedPredictionTokens: events[at + 2]!,
              rejectedPredictionTokens: events[at + 3]!,
            };
    }
  }

  #onEvent(events: Float64Array, at: number): void {
    const id = events[at + 1]!;
    const flight = this.#flights.get(id);
    if (!flight) return;
    switch (events[at]) {
      case EVENT.accepted:
        flight.listener.onAccepted();
        break;
      case EVENT.tokens:
        this.#hand(flight, events[at + 2]!, events[at + 3]!);
        break;
      case EVENT.finished:
        this.#finish(id, flight, events[at + 4]!);
        break;
      case EVENT.failed:
        this.#fail(id, flight, FAILURES[events[at + 2]!]!);
        break;
      case EVENT.revoked:
        if (flight.handedMs === events[at + 2]) flight.ahead++;
        else flight.revokedMs = events[at + 2]!;
        break;
    }
  }

  /** A step ends that was known to. */
  #onDue(id: number, last: boolean, readyMs: number): void {
    const flight = this.#flights.get(id);
    if (!flight || flight.revokedMs === readyMs) return;
    flight.handedMs = readyMs;
    this.#hand(flight, 1, readyMs);
    if (last) this.#finish(id, flight, readyMs);
  }

  #hand(flight: Flight, count: number, readyMs: number): void {
    const taken = Math.min(count, flight.ahead);
    flight.ahead -= taken;
    if (taken === count) return;
    const gathering = this.#gathering;
    const calledMs = this.#clock.nowMs();
    if (gathering) gathering.begin();
    else this.lateness.record(calledMs - readyMs);
    flight.listener.onTokens(count - taken, flight.usage, readyMs, true);
    gathering?.end(readyMs, calledMs);
  }

  #finish(id: number, { listener, usage }: Flight, readyMs: number): void {
    // Its listener may have needed nothing more after the last token.
    if (this.#flights.delete(id)) listener.onFinished(usage, readyMs);
  }

  #fail(id: number, { listener }: Flight, failure: GenerationFailure): void {
    this.#flights.delete(id);
    listener.onFailed(failure);
  }

  #onLost(): void {
    if (this.#lost) return;
    this.#lost = true;
    this.#said.close();
    for (const [id, flight] of this.#flights.entries()) this.#fail(id, flight, 'replica_failed');
  }
}

const idsOf = (events: Float64Array, at: number): Float64Array =>
  events.subarray(at + 3, at + 3 + events[at + 2]!);
