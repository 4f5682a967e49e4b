/** What one load thread measured at one target. */
import { Distribution, type EncodedDistribution } from '../results/distribution.js';
import type { ErrorKind } from '../results/error-kinds.js';
import { DISTRIBUTION_NAMES, type DistributionName } from '../results/metrics.js';
import type { Counters, ErrorCount, TargetOutcome } from '../results/outcome.js';
import { meets } from '../workloads/request-conditions.js';
import { MOST_TURNS, TURN_METRICS, type TurnOutcome } from '../results/turns.js';
import type { RequestCondition, Target } from '../workloads/plan.js';
import {
  CHUNK_METRICS,
  REQUEST_VALUES,
  SOUND_METRICS,
  WHOLE_METRICS,
  type CompletedRequest,
  type RequestMetric,
} from './request-values.js';

/** A recorder as plain data, to cross from a load thread to the main thread. */
export interface EncodedRecorder {
  counters: OwnCounters;
  distributions: Partial<Record<DistributionName, EncodedDistribution>>;
  errors: ErrorCount[];
  retried: ErrorCount[];
  lastEndMs: number;
  /** Per turn of sessions, the first one first. */
  turns?: Partial<Record<DistributionName, EncodedDistribution>>[];
}

type OwnCounters = Required<{ [N in keyof Counters]: number }>;

const noCounters = (): OwnCounters => ({
  sent: 0,
  completed: 0,
  failed: 0,
  incomplete: 0,
  cancelled: 0,
  warmup: 0,
  heldBack: 0,
  inputTokens: 0,
  outputTokens: 0,
  withoutUsage: 0,
  tokenized: 0,
  chunkCounted: 0,
  good: 0,
  empty: 0,
  items: 0,
  plannedInputTokens: 0,
  reportedInputTokens: 0,
  offLength: 0,
  bytesReceived: 0,
});

/** Counters, distributions and errors of the measured requests of one target. */
export class Recorder {
  readonly counters = noCounters();
  readonly #distributions: Record<DistributionName, Distribution>;
  readonly #turns: Partial<Record<DistributionName, Distribution>>[] = [];
  readonly #errors = new Map<ErrorKind, ErrorCount>();
  readonly #retried = new Map<ErrorKind, ErrorCount>();
  readonly #conditions: readonly RequestCondition[];
  #lastEndMs = Number.NEGATIVE_INFINITY;

  /** @param conditions - what makes a completed request a good one */
  constructor(encoded?: EncodedRecorder, conditions: readonly RequestCondition[] = []) {
    this.#conditions = conditions;
    const from = encoded?.distributions;
    const entries = DISTRIBUTION_NAMES.map((name) => [name, new Distribution(name, from?.[name])]);
    this.#distributions = Object.fromEntries(entries) as Record<DistributionName, Distribution>;
    if (!encoded) return;
    Object.assign(this.counters, encoded.counters);
    for (const error of encoded.errors) addError(this.#errors, error);
    for (const error of encoded.retried) addError(this.#retried, error);
    this.#lastEndMs = encoded.lastEndMs;
    for (const turn of encoded.turns ?? []) this.#turns.push(decodeAll(turn));
  }

  /**
   * Adds a gap between two chunks.
   *
   * @param tokens - in the chunk after it
   * @param times - how many equal ones there were
   */
  gap(gapMs: number, tokens: number, times = 1): void {
    const { icl, itl } = this.#distributions;
    if (times === 1) icl.record(gapMs);
    else icl.recordMany(gapMs, times);
    if (tokens * times === 1) itl.record(gapMs);
    else itl.recordMany(gapMs / tokens, tokens * times);
  }

  /** Adds all gaps of an answer; `tokensPerChunk` is the mean over its chunks, 1 or more. */
  gaps(gapsMs: readonly number[], tokensPerChunk: number): void {
    if (tokensPerChunk === 1) {
      for (const gapMs of gapsMs) this.gap(gapMs, 1);
      return;
    }
    const { icl, itl } = this.#distributions;
    let tokens = 0;
    let counted = 0;
    for (const gapMs of gapsMs) {
      icl.record(gapMs);
      // Whole tokens, as many over all gaps as there were.
      tokens += tokensPerChunk;
      const times = Math.round(tokens) - counted;
      itl.recordMany(gapMs / tokensPerChunk, times);
      counted += times;
    }
  }

  #addTurn(request: CompletedRequest, turn: number): void {
    while (this.#turns.length <= turn) this.#turns.push({});
    const distributions = this.#turns[turn]!;
    for (const metric of TURN_METRICS) {
      const value = REQUEST_VALUES[metric](request);
      if (!Number.isNaN(value)) (distributions[metric] ??= new Distribution(metric)).record(value);
    }
  }

  #add(request: CompletedRequest, metrics: readonly RequestMetric[]): void {
    for (const metric of metrics) {
      const value = REQUEST_VALUES[metric](request);
      if (!Number.isNaN(value)) this.#distributions[metric].record(value);
    }
  }

  /** How late a request was written; of every measured request, whatever becomes of it. */
  lateness(ms: number): void {
    this.#distributions.lateness.record(ms);
  }

  /** How long a request's connection took to open. */
  connected(ms: number): void {
    this.#distributions.connect.record(ms);
  }

  /**
   * Adds a completed request; nothing of `request` is kept.
   *
   * @param turn - of its session, from 0, if it is part of one
   */
  completed(request: CompletedRequest, turn?: number): void {
    if (turn !== undefined && turn < MOST_TURNS) this.#addTurn(request, turn);
    this.#add(request, request.chunks > 0 ? CHUNK_METRICS : WHOLE_METRICS);
    if (!Number.isNaN(request.firstSoundMs) || !Number.isNaN(request.soundSeconds))
      this.#add(request, SOUND_METRICS);
    const { counters } = this;
    counters.completed++;
    counters.inputTokens += request.inputTokens || 0;
    counters.outputTokens += request.outputTokens || 0;
    if (this.#conditions.length > 0 && isGood(request, this.#conditions)) counters.good++;
    this.#ended(request.endMs);
  }

  /** @param sentMs - NaN for a request that was never written */
  failed(kind: ErrorKind, example: string, sentMs: number, endMs: number): void {
    if (!Number.isNaN(sentMs)) this.#distributions.failed_time.record(endMs - sentMs);
    addError(this.#errors, { kind, count: 1, example });
    this.counters.failed++;
    this.#ended(endMs);
  }

  /** An attempt failed, and its request was tried again. */
  retried(kind: ErrorKind, example: string): void {
    addError(this.#retried, { kind, count: 1, example });
  }

  /** Cut off when the run ended; its end is ours, not the server's, and does not lengthen the measured time. */
  incomplete(): void {
    this.counters.incomplete++;
  }

  /** Adds everything that another recorder of the same target has. */
  merge(other: Recorder): void {
    for (const name of Object.keys(this.counters) as (keyof OwnCounters)[])
      this.counters[name] += other.counters[name];
    for (const name of DISTRIBUTION_NAMES) this.#distributions[name].merge(other.#distributions[name]);
    for (const error of other.#errors.values()) addError(this.#errors, error);
    for (const error of other.#retried.values()) addError(this.#retried, error);
    this.#ended(other.#lastEndMs);
    mergeTurns(this.#turns, other.#turns);
  }

  encode(): EncodedRecorder {
    return {
      counters: this.counters,
      distributions: Object.fromEntries(this.#filled().map(([name, d]) => [name, d.encode()])),
      errors: [...this.#errors.values()],
      retried: [...this.#retried.values()],
      lastEndMs: this.#lastEndMs,
      ...(this.#turns.length > 0 && { turns: this.#turns.map(encodeAll) }),
    };
  }

  /**
   * The results of the target.
   *
   * @param measureFromMs - the instant at which measuring began
   * @param counted - what the plan has counters for
   */
  outcome(
    target: Target,
    measureFromMs: number,
    counted: { good?: boolean; items?: boolean; retries?: boolean } = {},
  ): TargetOutcome {
    const { good, items, ...counters } = this.counters;
    return {
      name: target.name,
      url: target.url,
      ...(target.proxy !== undefined && { proxy: target.proxy }),
      counters: { ...counters, ...(counted.good && { good }), ...(counted.items && { items }) },
      distributions: Object.fromEntries(this.#filled()),
      errors: [...this.#errors.values()].sort((a, b) => b.count - a.count),
      ...(counted.retries && { retried: [...this.#retried.values()] }),
      measuredMs: Math.max(0, this.#lastEndMs - measureFromMs),
      ...(this.#turns.length > 0 && { turns: this.#turns.map(turnOutcome) }),
    };
  }

  #filled(): [DistributionName, Distribution][] {
    return DISTRIBUTION_NAMES.map((name): [DistributionName, Distribution] => [
      name,
      this.#distributions[name],
    ]).filter(([, d]) => d.count > 0);
  }

  #ended(endMs: number): void {
    if (endMs > this.#lastEndMs) this.#lastEndMs = endMs;
  }
}

/** Whether a request meets all conditions. What needs two chunks cannot be missed by an answer of one. */
function isGood(request: CompletedRequest, conditions: readonly RequestCondition[]): boolean {
  return conditions.every(({ metric, operator, limit }) => {
    const value = REQUEST_VALUES[metric](request);
    return Number.isNaN(value) ? request.chunks === 1 : meets(value, operator, limit);
  });
}

function addError(errors: Map<ErrorKind, ErrorCount>, error: ErrorCount): void {
  const known = errors.get(error.kind);
  if (known) known.count += error.count;
  else errors.set(error.kind, { ...error });
}

type Distributions = Partial<Record<DistributionName, Distribution>>;
type EncodedDistributions = Partial<Record<DistributionName, EncodedDistribution>>;

const encodeAll = (distributions: Distributions): EncodedDistributions =>
  Object.fromEntries(
    Object.entries(distributions).map(([name, distribution]) => [name, distribution.encode()]),
  );

const decodeAll = (encoded: EncodedDistributions): Distributions =>
  Object.fromEntries(
    Object.entries(encoded).map(([name, from]) => [name, new Distribution(name as DistributionName, from)]),
  );

const turnOutcome = (distributions: Distributions, index: number): TurnOutcome => ({
  turn: index + 1,
  distributions,
});

function mergeTurns(into: Distributions[], from: readonly Distributions[]): void {
  for (const [turn, distributions] of from.entries()) {
    const own = (into[turn] ??= {});
    for (const metric of TURN_METRICS) {
      const other = distributions[metric];
      if (other) (own[metric] ??= new Distribution(metric)).merge(other);
    }
  }
}
