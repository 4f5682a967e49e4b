/** A thread's side of the shared clusters: hands requests over once per turn of the event loop, and hears of their tokens. */
import type { Clock } from '../../lib/clock.js';
import type { DeadlineWheel, Gathering } from '../../lib/deadline-wheel.js';
import type { LatenessHistogram } from '../../lib/lateness.js';
import { NumberMap } from '../../lib/number-map.js';
import { hash32 } from '../../lib/random.js';
import { baseModelOf } from '../../simulator/models/fine-tuned.js';
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
import { ring } from './cluster-host.js';
import { ComingSteps } from './coming-steps.js';
import { type ClientMessage, type ClusterLink, EVENT, eventLength, FAILURES, NONE } from './messages.js';

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

const EMPTY_MATCHES = new Uint8Array(0);
const NO_MEDIA: readonly number[] = [];

/** See the file's head. When the cluster thread is lost, everything under way fails, and so does all that is begun later. */
export class ClusterGenerator implements Generator {
  readonly lateness: LatenessHistogram;
  readonly #link: Omit<ClusterLink, 'reports'>;
  readonly #models: ReadonlyMap<string, number>;
  readonly #clock: Clock;
  readonly #gathering: Gathering | undefined;
  readonly #flights = new NumberMap<Flight>();
  readonly #coming: ComingSteps;
  #requests: number[] = [];
  #hashes: ArrayLike<number>[] = [];
  #matches: ArrayLike<number>[] = [];
  #ends: number[] = [];
  readonly #cachedBlockTokens: number;
  #flushing = false;
  #lost = false;
  #ids = 0;

  constructor({ link, models, clock, wheel, gathering, cachedBlockTokens }: ClusterGeneratorOptions) {
    this.#cachedBlockTokens = cachedBlockTokens;
    this.#link = link;
    this.#models = new Map(models.map((model, index) => [model, index]));
    this.#clock = clock;
    this.#gathering = gathering;
    this.lateness = wheel.lateness;
    this.#coming = new ComingSteps(wheel, clock, (id, last, readyMs) => this.#onDue(id, last, readyMs));
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
    this.#queue(
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
    this.#link.port.close();
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

  #queue(id: number, request: GenerationRequest): void {
    const { digest, choice, choices = 1, outputTokens = NONE } = request;
    const hashes = request.blockHashes?.() ?? [];
    // The choices of a request share its prompt, which is prepared once.
    const media = (choice === 0 && request.media?.()) || NO_MEDIA;
    const prediction = request.prediction?.();
    this.#requests.push(
      id,
      this.#models.get(request.model) ?? this.#models.get(baseModelOf(request.model)) ?? 0,
      request.arrivalMs,
      request.promptTokens,
      request.maxTokens,
      outputTokens,
      hashes.length,
      media.length,
      saltOf(request),
      request.priority ?? 0,
      request.sessionId === undefined ? NONE : number53(request.sessionId),
      // Equal requests have equal answers, unless their limits cut them.
      outputTokens === NONE ? NONE : hash53(digest.high, digest.low, choice, outputTokens),
      prediction ? prediction.matches.length : NONE,
      prediction?.tokens ?? 0,
      // Each choice is a sequence of its own; the first one says how many there are.
      choice === 0 ? choices : 0,
    );
    if (hashes.length > 0) this.#hashes.push(hashes);
    if (media.length > 0) this.#hashes.push(media);
    if (prediction) this.#matches.push(prediction.matches);
    this.#flushSoon();
  }

  #end(id: number, complete: 0 | 1): void {
    if (!this.#flights.delete(id) || this.#lost) return;
    this.#ends.push(id, complete);
    this.#flushSoon();
  }

  /** At the end of this turn: everything that comes in one turn goes in one message. */
  #flushSoon(): void {
    if (this.#flushing) return;
    this.#flushing = true;
    setImmediate(() => {
      this.#flushing = false;
      if (!this.#lost) this.#flush();
    });
  }

  #flush(): void {
    const requests = Float64Array.from(this.#requests);
    const ends = Float64Array.from(this.#ends);
    const hashes = concatenate(this.#hashes, Float64Array);
    const matches = this.#matches.length > 0 ? concatenate(this.#matches, Uint8Array) : EMPTY_MATCHES;
    this.#requests = [];
    this.#ends = [];
    this.#hashes = [];
    this.#matches = [];
    const message: ClientMessage = { requests, hashes, matches, ends };
    this.#link.port.postMessage(message);
    ring(this.#link.bell);
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
    for (const [id, flight] of this.#flights.entries()) this.#fail(id, flight, 'replica_failed');
  }
}

const idsOf = (events: Float64Array, at: number): Float64Array =>
  events.subarray(at + 3, at + 3 + events[at + 2]!);

function concatenate<T extends Float64Array | Uint8Array>(
  parts: readonly ArrayLike<number>[],
  Type: new (length: number) => T,
): T {
  const whole = new Type(parts.reduce((length, part) => length + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

/** 53 bits, so that they pass as a number. */
const hash53 = (...path: (string | number)[]): number =>
  hash32(0, ...path) * 2 ** 21 + (hash32(1, ...path) >>> 11);

/** Keys and values depend on the adapter: requests to fine-tuned models share none with those to their base. */
function saltOf({ model, cacheSalt }: GenerationRequest): number {
  if (baseModelOf(model) !== model) return hash53('adapter', model, cacheSalt ?? '');
  return cacheSalt === undefined ? NONE : number53(cacheSalt);
}

const number53 = (name: string): number => hash53(name);
