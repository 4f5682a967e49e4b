/** The state of one request inside the cluster. */

import type { Random } from '../../lib/random.js';
import type { ClusterRequest, RequestUsage } from './types.js';

export type SequenceState = 'held' | 'waiting' | 'loading' | 'running' | 'transferring' | 'done';

/** Places of the instants. */
const SUBMITTED = 0;
const PLACED = 1;
const QUEUED = 2;
const FIRST_SCHEDULED = 3;
const FIRST_TOKEN = 4;
const LAST_TOKEN = 5;

/**
 * One sequence. `computed` tokens have keys and values in the cache; `generated` tokens were delivered. All tokens
 * known are `promptTokens + generated`; a step that computes the last of them yields the next token.
 */
export class Sequence {
  // What every step looks at comes first, next to each other: with many replicas each look fetches it from memory.
  state: SequenceState = 'held';
  computed = 0;
  generated = 0;
  readonly promptTokens: number;
  readonly outputTokens: number;
  /** Tokens of the step in progress; 0 outside. */
  stepTokens = 0;
  /** Drafts verified in the step in progress. */
  stepDrafts = 0;
  /** The request that receives the tokens, if it is the only one, else -1: then {@link listeners} says which. */
  listener: number;
  /** KV blocks held, shared ones included. */
  heldBlocks = 0;
  /** Tokens with which the next unit of its chain is full; more than any sequence has behind the last one. */
  unitDueTokens = 0;
  /** Of the blocks held, those that only this sequence uses. */
  privateBlocks = 0;

  /** Of its chain's units, from the start, those that are cached, by this sequence or another, */
  heldUnits = 0;
  /** and the slot of the run with the last of them, as in {@link held}. */
  heldSlot = -1;
  /** Slot of the run that it cached last; -1 for none. */
  lastRun = -1;
  /** Full cache units whose identity is known. */
  readonly units: number;
  /**
   * Units of its chain that are cached, from the start: the slot of the run that this sequence references, as it was then, or -1 if
   * another cached them first, and the unit after the last of them; then the next. The end of the last run is in {@link heldUnits}
   * and comes here when something follows.
   */
  readonly held: number[] = [-1, 0, -1, 0];
  /** Of these numbers, how many count: room for two runs, as most hold, takes a fifth of what an empty list takes when it grows. */
  heldCount = 0;

  /** Prompt tokens served from the cache at the first admission; -1 before it. */
  cachedTokens = -1;

  /** Tokens whose keys and values come from another replica (disaggregation). */
  remoteTokens = 0;
  /** Set once a load from a lower tier was tried, so that it is tried once per admission. */
  loadTried = false;
  /** Brings what lower tiers hold of this sequence into the cache, while it waits for its turn. */
  prefetch: Sequence | undefined;
  /** Blocks of it that other such loads must leave alone until then. */
  claimedBlocks = 0;
  /** Of such a load: the sequence whose turn has come meanwhile. */
  waiter: Sequence | undefined;

  replica = -1;
  /** Microbatch of a pipeline that it is in; -1 before the first. */
  lane = -1;
  /** 0 where prompts are computed; 1 where only decoding is done, when that is separate. */
  pool: 0 | 1 = 0;
  /** The router in whose books it is, and what is written there; that of its pool. */
  placed: object | undefined;
  /** In the router's pool. */
  placedReplica = -1;
  /** Prompt blocks that were not cached when it was placed, while they are not computed. */
  placedPrefillBlocks = 0;
  /** What the router's list of active prompts knows it by. */
  placedPrompt = -1;
  preemptions = 0;
  /** Grows with every loss to a crash, so that what was under way for it before can be told apart. */
  epoch = 0;
  acceptedPrediction = 0;
  /** Decides about drafts; of its own, so that it does not depend on who shares the batch. */
  random: Random | undefined;

  /** Instants. In a list, as each of them would be an object of its own otherwise, made anew when it changes. */
  readonly #instantsMs = [0, 0, -1, -1, -1, -1];
  /** Requests that receive the tokens, where {@link listener} does not say it. */
  #several: number[] | undefined;

  constructor(
    readonly request: ClusterRequest,
    /** Chained keys, two words per unit. */
    readonly keys: Int32Array,
    /** Position in the order of arrival. */
    readonly order: number,
    readonly internal = false,
  ) {
    this.listener = internal ? -1 : request.id;
    this.units = keys.length >> 1;
    this.promptTokens = request.promptTokens;
    this.outputTokens = request.outputTokens;
  }

  /** Requests that receive the tokens: one, more when coalesced, none when warming. */
  get listeners(): readonly number[] {
    return this.#several ?? (this.internal ? [] : [this.request.id]);
  }

  /** Instant of its arrival at the cluster. */
  get submittedMs(): number {
    return this.#instantsMs[SUBMITTED]!;
  }

  set submittedMs(atMs: number) {
    this.#instantsMs[SUBMITTED] = atMs;
  }

  get placedMs(): number {
    return this.#instantsMs[PLACED]!;
  }

  set placedMs(atMs: number) {
    this.#instantsMs[PLACED] = atMs;
  }

  /** -1 before. */
  get queuedMs(): number {
    return this.#instantsMs[QUEUED]!;
  }

  set queuedMs(atMs: number) {
    this.#instantsMs[QUEUED] = atMs;
  }

  /** -1 before. */
  get firstScheduledMs(): number {
    return this.#instantsMs[FIRST_SCHEDULED]!;
  }

  set firstScheduledMs(atMs: number) {
    this.#instantsMs[FIRST_SCHEDULED] = atMs;
  }

  /** -1 before. */
  get firstTokenMs(): number {
    return this.#instantsMs[FIRST_TOKEN]!;
  }

  set firstTokenMs(atMs: number) {
    this.#instantsMs[FIRST_TOKEN] = atMs;
  }

  /** Kept only where requests are metered. */
  get lastTokenMs(): number {
    return this.#instantsMs[LAST_TOKEN]!;
  }

  set lastTokenMs(atMs: number) {
    this.#instantsMs[LAST_TOKEN] = atMs;
  }

  /** Tokens known so far. */
  get target(): number {
    return this.promptTokens + this.generated;
  }

  get priority(): number {
    return this.request.priority ?? 0;
  }

  get remaining(): number {
    return this.outputTokens - this.generated;
  }

  /** True when the next step computes exactly the token generated last. */
  get decoding(): boolean {
    return this.generated > 0 && this.computed === this.promptTokens + this.generated - 1;
  }

  /** One more request receives the tokens. */
  addListener(id: number): void {
    this.#several = [...this.listeners, id];
    this.listener = -1;
  }

  /** A request, not the last one, has gone. */
  removeListener(id: number): void {
    this.#several = this.listeners.filter((other) => other !== id);
    this.listener = this.#several.length === 1 ? this.#several[0]! : -1;
  }

  /** Back to the start after a crash; tokens delivered stay delivered. Blocks must have been released. */
  restart(): void {
    this.state = 'held';
    this.computed = 0;
    this.remoteTokens = 0;
    this.loadTried = false;
    this.prefetch = undefined;
    this.stepTokens = 0;
    this.pool = 0;
    this.epoch++;
  }

  usage(): RequestUsage {
    const { prediction, promptTokens } = this.request;
    return {
      promptTokens,
      cachedTokens: Math.max(0, this.cachedTokens),
      outputTokens: this.generated,
      acceptedPredictionTokens: this.acceptedPrediction,
      rejectedPredictionTokens: prediction ? Math.max(0, prediction.tokens - this.acceptedPrediction) : 0,
      replica: this.replica,
      preemptions: this.preemptions,
      queuedMs: this.queuedMs,
      firstScheduledMs: this.firstScheduledMs,
      firstTokenMs: this.firstTokenMs,
    };
  }
}
