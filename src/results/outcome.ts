/** What the load engine hands over when a run ends: measurements before they become a run file. */
import type { Distribution } from './distribution.js';
import type { DistributionName } from './metrics.js';
import type { TurnOutcome } from './turns.js';
import type { ErrorKind } from './error-kinds.js';
import type { TimeSeries } from './time-series.js';

/** How many requests ended how, per target, in the measured phase. `sent = completed + failed + incomplete + cancelled`. */
export interface Counters {
  sent: number;
  completed: number;
  failed: number;
  /** In flight when the run ended (grace over, or interrupted); neither success nor failure. */
  incomplete: number;
  /** Given up on purpose, because the plan cancels a share of requests; neither success nor failure. */
  cancelled?: number | undefined;
  /** Sent before measuring started; in no other figure. */
  warmup: number;
  /** Sent late because `maxInFlight` requests were in flight; absent in engines that do not count it. */
  heldBack?: number | undefined;
  inputTokens: number;
  outputTokens: number;
  /** Completed requests without usage in the answer. Their input tokens are the planned ones; of the output tokens … */
  withoutUsage: number;
  /** … so many requests have those that the tokenizer found in the text, */
  tokenized?: number | undefined;
  /** and so many those that chunks stand for. */
  chunkCounted?: number | undefined;
  /** Completed requests that met all conditions on single requests; absent where there were none. */
  good?: number | undefined;
  /** Completed answers without any generated text, of endpoints that generate it. */
  empty?: number | undefined;
  /** Answered items of endpoints whose answers are not counted in tokens; absent for others. */
  items?: number | undefined;
  /** Planned prompt tokens of the completed requests whose usage reported theirs, … */
  plannedInputTokens?: number | undefined;
  /** and those that it reported. */
  reportedInputTokens?: number | undefined;
  /** Answers longer than the plan allowed; where it forces a length, also shorter ones. Only those with usage can tell. */
  offLength?: number | undefined;
  bytesReceived: number;
}

export interface ErrorCount {
  kind: ErrorKind;
  count: number;
  /** The first message of this kind, shortened. */
  example: string;
}

export interface TargetOutcome {
  name: string;
  url: string;
  /** URL of the proxy that requests to it went through. */
  proxy?: string | undefined;
  counters: Counters;
  /** One entry per distribution that has at least one value. */
  distributions: Partial<Record<DistributionName, Distribution>>;
  errors: ErrorCount[];
  /** The first turns of sessions, in order; absent in plans without sessions. */
  turns?: TurnOutcome[] | undefined;
  /** Failed attempts that another one followed; absent where nothing is tried again. */
  retried?: ErrorCount[];
  /** Milliseconds from the start of measuring to the end of the last measured request. */
  measuredMs: number;
  /** The run over time; absent where nobody kept it. */
  series?: TimeSeries | undefined;
}

/** What a load thread says about its own health. */
export interface ThreadHealth {
  /** p99 of the event loop's delay beyond its tick, milliseconds. */
  eventLoopDelayP99Ms: number;
  /** CPU time of the thread over the wall time of the run, 0 to 1; absent where the platform cannot say. */
  cpuShare?: number;
}

export interface RunOutcome {
  /** Wall clock, ISO 8601, UTC. */
  startedAt: string;
  interrupted: boolean;
  /** Why sending ended before the plan did, and when since the start; absent where it did not, and after Ctrl-C. */
  stopped?: { reason: string; atMs: number };
  targets: TargetOutcome[];
  /** Why not all requests could be written down; the figures have all of them. */
  requestLogProblem?: string;
  /** What the probe beside the load measured, per target; absent without one. */
  probe?: TargetOutcome[];
  threads: ThreadHealth[];
  /** How far the wall clock went ahead of the monotonic one meanwhile, milliseconds; absent where nobody looked. */
  clockStepMs?: number | undefined;
}
