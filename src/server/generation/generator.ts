/**
 * Between a protocol, which knows what is said, and whatever decides when: a request goes in, and credit for tokens
 * comes back as they are ready. Pushed, not pulled: a shared cluster only knows afterwards when a token was ready.
 */
import type { Digest } from '../../lib/digest.js';
import type { LatenessHistogram } from '../../lib/lateness.js';
import type { Endpoint } from '../telemetry/endpoint-kinds.js';
import type { OwnPace } from './own-pace.js';
import type { CacheMark, PromptCaching } from './prompt-caching.js';
import type { OutputPrediction, RejectReason } from '../../simulator/index.js';

/** One sequence: one choice of a request. Sizes and identities, no text. */
export interface GenerationRequest {
  /** Names the request; with the server's seed it decides all chance. */
  readonly digest: Digest;
  /** Which of the `n` choices. */
  readonly choice: number;
  /** How many choices the request asks for (`n`). Default 1. */
  readonly choices?: number;
  /** The instant of arrival on the server's clock. */
  readonly arrivalMs: number;
  /** The model that answers, as the request names it. */
  readonly model: string;
  /** Length of the prompt. */
  readonly promptTokens: number;
  /** Most tokens that will be asked for. */
  readonly maxTokens: number;
  /**
   * Tokens that the answer will have, where that is known; 0 computes the prompt only. Give it whenever it is cheap: the
   * sequence then ends in the engine at its last token; otherwise only once the protocol says so, some time later.
   */
  readonly outputTokens?: number;
  /**
   * Content hashes of the full blocks of the prompt and, if known, of the answer after it: what a KV cache can find
   * again. Only called by engines that have one.
   */
  readonly blockHashes?: () => ArrayLike<number>;
  /** Content hashes of the full blocks of the prompt alone, each of so many tokens. Only called for long prompts. */
  readonly prefixHashes?: (blockTokens: number) => ArrayLike<number>;
  /** Content hashes of the pictures, sounds and films of the prompt. Not there when it has none; only called by engines. */
  readonly media?: () => readonly number[];
  /** What it says about the cache of its prompt. Default: all of it is kept, for a day. */
  readonly caching?: PromptCaching;
  /** Prefixes of the prompt whose ends are marked, in order. Not there when none is. */
  readonly cacheMarks?: () => readonly CacheMark[];
  /** Requests of different salts share no cached blocks. */
  readonly cacheSalt?: string;
  /** Lower runs first where the engine schedules by priority. Default 0. */
  readonly priority?: number;
  /** A predicted output, compared with the real one; only called by engines that verify it. */
  readonly prediction?: () => OutputPrediction;
  /** Conversation; a router may keep it on one replica. */
  readonly sessionId?: string;
  /** How long it takes, where the request itself says so. */
  readonly pace?: OwnPace;
}

/** A sequence whose answer has so many tokens, now that it is known. */
export const ofLength = (request: GenerationRequest, outputTokens: number): GenerationRequest =>
  request.outputTokens === outputTokens ? request : { ...request, outputTokens };

/** What one sequence used so far; up to date whenever its listener is called. */
export interface GenerationUsage {
  /** Prompt tokens that a cache spared. */
  readonly cachedTokens: number;
  /** Prompt tokens that were put into a cache. */
  readonly cacheWriteTokens: number;
  readonly acceptedPredictionTokens: number;
  readonly rejectedPredictionTokens: number;
}

/** Of a sequence that used nothing but its tokens. */
export const NO_USAGE: GenerationUsage = {
  cachedTokens: 0,
  cacheWriteTokens: 0,
  acceptedPredictionTokens: 0,
  rejectedPredictionTokens: 0,
};

/** Why a sequence got no (further) tokens. */
export type GenerationFailure = RejectReason | 'replica_failed';

/**
 * Learns what becomes of a sequence. Calls come in this order: `onAccepted`, `onTokens` any number of times, `onFinished`;
 * `onFailed` may take the place of any of them and is then the last. The first ones may come while
 * {@link Generator.start} runs. `onNear` may come between tokens. None come after {@link Generation.cancel} or {@link Generation.complete}.
 */
export interface GenerationListener {
  /** It was taken in: an answer will come. */
  onAccepted(): void;
  /**
   * More tokens are ready.
   *
   * @param count - how many, at least 1
   * @param readyMs - the instant, on the server's clock, at which they were
   * @param together - one step made all of them, so that a server sends them as one piece. Default: each is a piece
   */
  onTokens(count: number, usage: GenerationUsage, readyMs: number, together?: boolean): void;
  /** Another token comes soon, or later if something comes between: what is written for it then can be made now. */
  onNear?(): void;
  /** All `outputTokens`, or `maxTokens` where those were not given, are ready. */
  onFinished(usage: GenerationUsage, readyMs: number): void;
  /** It was refused, or lost on the way. */
  onFailed(failure: GenerationFailure): void;
}

/** A sequence under way. Both methods do nothing once it has ended in any way. */
export interface Generation {
  /** The reader has gone. */
  cancel(): void;
  /** The answer is over, though fewer tokens were ready than might have been asked for. */
  complete(): void;
}

/** A {@link Generation} about which nothing is left to say. */
export const ENDED: Generation = { cancel: () => {}, complete: () => {} };

/** What a client asked for with all the sequences of one request. */
export interface RequestKind {
  readonly endpoint: Endpoint;
  readonly streamed: boolean;
}

/** Decides when tokens are ready. One per thread. */
export interface Generator {
  /** Takes a sequence in. */
  start(request: GenerationRequest, listener: GenerationListener): Generation;
  /**
   * Whether {@link start} would say, while it runs, that all tokens of such a sequence are ready and that it used nothing but them
   * ({@link NO_USAGE}), whatever else the request says, unless it has a pace. Never, by default.
   */
  readyAtOnce?(model: string, promptTokens: number): boolean;
  /** Takes in a sequence that is {@link readyAtOnce}, has a token, and is all of its request: nobody need be told anything. */
  takeAtOnce?(request: GenerationRequest): void;
  /**
   * A request will not be answered, or not to its end. Told once for all of its sequences; nobody counts it by default.
   *
   * @param model - as the request names it
   */
  lost?(model: string, kind: RequestKind, why: GenerationFailure | 'cancelled'): void;
  /** How late listeners learnt of their tokens, counted from the instant at which these were ready. */
  readonly lateness: LatenessHistogram;
  /** Frees what it holds; no listener is called afterwards. */
  close(): void;
}
