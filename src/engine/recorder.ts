/** What one load thread measured at one target. */
import { Distribution, type EncodedDistribution } from '../results/distribution.js';
import type { ErrorKind } from '../results/error-kinds.js';
import { DISTRIBUTION_NAMES, type DistributionName } from '../results/metrics.js';
import type { Counters, ErrorCount, TargetOutcome } from '../results/outcome.js';
import type { Target } from '../workloads/plan.js';

/** A recorder as plain data, to cross from a load thread to the main thread. */
export interface EncodedRecorder {
  counters: OwnCounters;
  distributions: Partial<Record<DistributionName, EncodedDistribution>>;
  errors: ErrorCount[];
  lastEndMs: number;
}

/** A completed request, as it goes into the distributions; NaN where there is no value. */
export interface CompletedRequest {
  intendedMs: number;
  sentMs: number;
  firstByteMs: number;
  firstTextMs: number;
  lastTextMs: number;
  endMs: number;
  inputTokens: number;
  outputTokens: number;
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
  bytesReceived: 0,
});

/** Counters, distributions and errors of the measured requests of one target. */
export class Recorder {
  readonly counters = noCounters();
  readonly #distributions: Record<DistributionName, Distribution>;
  readonly #errors = new Map<ErrorKind, ErrorCount>();
  #lastEndMs = Number.NEGATIVE_INFINITY;

  constructor(encoded?: EncodedRecorder) {
    const from = encoded?.distributions;
    const entries = DISTRIBUTION_NAMES.map((name) => [name, new Distribution(name, from?.[name])]);
    this.#distributions = Object.fromEntries(entries) as Record<DistributionName, Distribution>;
    if (!encoded) return;
    Object.assign(this.counters, encoded.counters);
    for (const error of encoded.errors) this.#errors.set(error.kind, { ...error });
    this.#lastEndMs = encoded.lastEndMs;
  }

  /** Adds a gap between two events with text, as it happens. */
  gap(gapMs: number): void {
    this.#distributions.itl.record(gapMs);
  }

  /** How late a request was written; of every measured request, whatever becomes of it. */
  lateness(ms: number): void {
    this.#distributions.lateness.record(ms);
  }

  completed(r: CompletedRequest): void {
    const d = this.#distributions;
    if (!Number.isNaN(r.intendedMs)) d.response_time.record(r.endMs - r.intendedMs);
    d.e2e.record(r.endMs - r.sentMs);
    if (!Number.isNaN(r.firstByteMs)) d.ttfb.record(r.firstByteMs - r.sentMs);
    if (!Number.isNaN(r.firstTextMs)) {
      d.ttft.record(r.firstTextMs - r.sentMs);
      if (r.outputTokens > 1) d.tpot.record((r.lastTextMs - r.firstTextMs) / (r.outputTokens - 1));
    }
    d.input_tokens.record(r.inputTokens);
    if (!Number.isNaN(r.outputTokens)) d.output_tokens.record(r.outputTokens);
    this.counters.completed++;
    this.counters.inputTokens += r.inputTokens;
    this.counters.outputTokens += r.outputTokens || 0;
    this.#ended(r.endMs);
  }

  failed(kind: ErrorKind, example: string, endMs: number): void {
    const entry = this.#errors.get(kind);
    if (entry) entry.count++;
    else this.#errors.set(kind, { kind, count: 1, example });
    this.counters.failed++;
    this.#ended(endMs);
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
    for (const [kind, error] of other.#errors) {
      const entry = this.#errors.get(kind);
      if (entry) entry.count += error.count;
      else this.#errors.set(kind, { ...error });
    }
    this.#ended(other.#lastEndMs);
  }

  encode(): EncodedRecorder {
    return {
      counters: this.counters,
      distributions: Object.fromEntries(this.#filled().map(([name, d]) => [name, d.encode()])),
      errors: [...this.#errors.values()],
      lastEndMs: this.#lastEndMs,
    };
  }

  /**
   * The results of the target.
   *
   * @param measureFromMs - the instant at which measuring began
   */
  outcome(target: Target, measureFromMs: number): TargetOutcome {
    return {
      name: target.name,
      url: target.url,
      counters: this.counters,
      distributions: Object.fromEntries(this.#filled()),
      errors: [...this.#errors.values()].sort((a, b) => b.count - a.count),
      measuredMs: Math.max(0, this.#lastEndMs - measureFromMs),
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
