/** What a thread that serves HTTP says to the clusters: everything of one turn of the event loop in one message. */
import { hash32 } from '../../lib/random.js';
import { baseModelOf } from '../../simulator/models/fine-tuned.js';
import type { GenerationRequest } from '../generation/generator.js';
import { ring } from './cluster-host.js';
import { type ClientMessage, type ClusterLink, NONE } from './messages.js';

const EMPTY_MATCHES = new Uint8Array(0);
const NO_MEDIA: readonly number[] = [];

/** See the file's head. Bounded by what is begun in one turn. */
export class ClientSpeech {
  readonly #link: Pick<ClusterLink, 'port' | 'bell'>;
  readonly #models: ReadonlyMap<string, number>;
  #requests: number[] = [];
  #hashes: ArrayLike<number>[] = [];
  #matches: ArrayLike<number>[] = [];
  #ends: number[] = [];
  #flushing = false;
  #closed = false;

  /** @param models - in the order of their fleets */
  constructor(link: Pick<ClusterLink, 'port' | 'bell'>, models: readonly string[]) {
    this.#link = link;
    this.#models = new Map(models.map((model, index) => [model, index]));
  }

  /** A new request. */
  begin(id: number, request: GenerationRequest): void {
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

  /** A request needs nothing more: it is complete (1), or its reader has gone (0). */
  end(id: number, complete: 0 | 1): void {
    this.#ends.push(id, complete);
    this.#flushSoon();
  }

  /** Nothing more is said. */
  close(): void {
    this.#closed = true;
  }

  /** At the end of this turn: everything that comes in one turn goes in one message. */
  #flushSoon(): void {
    if (this.#flushing) return;
    this.#flushing = true;
    setImmediate(() => {
      this.#flushing = false;
      if (!this.#closed) this.#flush();
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
}

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
