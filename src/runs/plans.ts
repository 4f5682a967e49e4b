/** From settings to the plan of a run. */
import type { BenchSettings, ReplaySettings } from '../config/schema.js';
import { FakeaiError } from '../lib/errors.js';
import { openTokenizer, tokenizerChoice } from '../lib/tokens/text-tokenizer.js';
import { conditionsOfGates, parseConditions } from '../results/goodput.js';
import { parseSlo } from '../results/slo.js';
import type { Arrivals, Plan, StopRule, Trace } from '../workloads/plan.js';
import { parsePriorities } from '../workloads/senders.js';
import { hasSessions, parseTurnDelay } from '../workloads/session-shape.js';
import { parseStages, stagesMs } from '../workloads/stages.js';
import type { ReadTraceOptions } from '../workloads/traces/read-trace.js';
import { benchWorkload } from './bench-workload.js';
import { endpointPlan } from './endpoint-options.js';
import type { ResolvedTargets } from './targets.js';

const DEFAULT_CONCURRENCY = 8;
const DEFAULT_DURATION_MS = 10_000;

/** What a probe sends: a short question and a short answer, as the summary of `--probe` says. */
const PROBE_TOKENS = { inputTokens: 32, outputTokens: 16 };

/** Completes a plan, once it is known who is measured. */
export type PlanFactory = (resolved: ResolvedTargets) => Plan;

/** The plan of `fakeai bench`. Settings that cannot be understood are refused here, before anything is started. */
export async function benchPlan(settings: BenchSettings): Promise<PlanFactory> {
  const workload = await benchWorkload(settings);
  const arrivals = loadArrivals(settings);
  const stop = loadStop(settings, hasSessions(workload));
  const endpoint = await endpointPlan(settings);
  return (resolved) => ({
    ...commonPlan(settings, resolved),
    ...endpoint,
    arrivals,
    workload,
    stop,
    warmupMs: arrivals.kind === 'burst' ? 0 : settings.warmup,
    ...cancellation(settings),
    ...sendersOf(settings),
  });
}

/** What `replay` and `simulate` know about traces. */
export type TraceSettings = Pick<
  ReplaySettings,
  | 'format'
  | 'limit'
  | 'from'
  | 'to'
  | 'minInputTokens'
  | 'maxInputTokens'
  | 'minOutputTokens'
  | 'maxOutputTokens'
  | 'dequantize'
  | 'seed'
>;

/** What of a trace is played. */
export function traceOptions(settings: TraceSettings): ReadTraceOptions {
  const { format, limit, from, to, dequantize, seed } = settings;
  return {
    format,
    limit,
    selection: {
      fromMs: from,
      toMs: to,
      inputTokens: bounds(settings.minInputTokens, settings.maxInputTokens),
      outputTokens: bounds(settings.minOutputTokens, settings.maxOutputTokens),
    },
    ...(dequantize !== undefined && dequantize > 0 && { dequantize: { stepMs: dequantize, seed } }),
  };
}

const bounds = (min: number | undefined, max: number | undefined): { min?: number; max?: number } => ({
  ...(min !== undefined && { min }),
  ...(max !== undefined && { max }),
});

/** The plan of `fakeai replay`: the trace decides what is sent, when, and when it ends. */
export async function replayPlan(settings: ReplaySettings, trace: Trace): Promise<PlanFactory> {
  const endpoint = await endpointPlan(settings);
  return (resolved) => ({
    ...commonPlan(settings, resolved),
    ...endpoint,
    arrivals: { kind: 'trace', speed: settings.speed },
    workload: { kind: 'trace', trace },
    stop: {},
    warmupMs: 0,
  });
}

function commonPlan(settings: BenchSettings | ReplaySettings, { targets, model, embedded }: ResolvedTargets) {
  return {
    targets,
    model,
    ignoreEos: settings.ignoreEos === 'auto' ? embedded !== undefined : settings.ignoreEos,
    maxInFlight: settings.maxInFlight,
    timeoutMs: settings.timeout,
    graceMs: settings.grace,
    seed: settings.seed,
    ...goodputOf(settings),
    ...tokenizerOf(settings),
    ...(settings.probe !== undefined && { probe: { ratePerSecond: settings.probe, ...PROBE_TOKENS } }),
    ...(settings.retries > 0 && { retries: { most: settings.retries, backoffMs: settings.retryBackoff } }),
  };
}

/**
 * Refuses a tokenizer that cannot be used; threads open it again, each its own.
 *
 * @throws FakeaiError FAKEAI_FILE_UNREADABLE
 */
export async function checkTokenizer(tokenizer: string): Promise<void> {
  if (tokenizer !== 'auto' && tokenizer !== 'none') await openTokenizer(tokenizerChoice(tokenizer));
}

/** Which tokenizer counts, and what; nothing where none does. */
function tokenizerOf({ tokenizer }: Pick<BenchSettings, 'tokenizer'>): Pick<Plan, 'tokenizer'> {
  if (tokenizer === 'none') return {};
  return tokenizer === 'auto'
    ? { tokenizer: { choice: { vocabulary: 'o200k_base' }, counts: 'if-needed' } }
    : { tokenizer: { choice: tokenizerChoice(tokenizer), counts: 'always' } };
}

/** What makes a request good; nothing where neither conditions nor gates say. */
export function goodputOf({ goodput, slo }: Pick<BenchSettings, 'goodput' | 'slo'>): Pick<Plan, 'goodput'> {
  const conditions = goodput === undefined ? conditionsOfGates(slo.map(parseSlo)) : parseConditions(goodput);
  return conditions.length > 0 ? { goodput: conditions } : {};
}

/** What decides how requests arrive and when sending stops. */
export type LoadSettings = Pick<
  BenchSettings,
  'rate' | 'arrivals' | 'burstiness' | 'stages' | 'burst' | 'concurrency' | 'requests' | 'duration' | 'warmup'
> &
  // Only `bench` has these.
  Partial<Pick<BenchSettings, 'users' | 'thinkTime'>>;

/** How requests arrive. */
export function loadArrivals(settings: LoadSettings): Arrivals {
  const { rate, arrivals, concurrency, burst, stages } = settings;
  if (stages !== undefined) return stagedArrivals(stages, settings);
  if (settings.users !== undefined) return usersArrivals(settings.users, settings);
  if (rate === undefined) {
    if (burst !== undefined) return { kind: 'burst', requests: burst };
    return { kind: 'closed', concurrency: concurrency ?? DEFAULT_CONCURRENCY };
  }
  const open = { ratePerSecond: rate, ...(burst !== undefined && { burst }) };
  return arrivals === 'gamma'
    ? { kind: arrivals, burstiness: settings.burstiness ?? 1, ...open }
    : { kind: arrivals, ...open };
}

function usersArrivals(users: number, { rate, thinkTime = '0' }: LoadSettings): Arrivals {
  return rate === undefined
    ? { kind: 'users', users, thinkMs: parseTurnDelay(thinkTime, '--think-time') }
    : { kind: 'users', users, ratePerSecond: rate };
}

const gapsOf = ({ arrivals, burstiness }: LoadSettings) => ({
  gaps: arrivals,
  ...(arrivals === 'gamma' && { burstiness: burstiness ?? 1 }),
});

/** Who sends; nothing where nobody is named. */
export function sendersOf({
  tenants,
  priorities,
}: Pick<BenchSettings, 'tenants' | 'priorities'>): Pick<Plan, 'senders'> {
  if (tenants === undefined && priorities === undefined) return {};
  return {
    senders: {
      ...(tenants !== undefined && { tenants }),
      ...(priorities !== undefined && { priorities: parsePriorities(priorities, '--priorities') }),
    },
  };
}

export const cancellation = ({
  cancelShare,
  cancelAfter,
}: Pick<BenchSettings, 'cancelShare' | 'cancelAfter'>): Pick<Plan, 'cancel'> =>
  cancelShare === undefined || cancelShare === 0
    ? {}
    : { cancel: { share: cancelShare, afterMs: cancelAfter } };

function stagedArrivals(text: string, settings: LoadSettings): Arrivals {
  const { unit, stages } = parseStages(text, '--stages');
  if (unit === 'rps') return { kind: 'stages', stages, ...gapsOf(settings) };
  return { kind: 'closed', concurrency: Math.max(...stages.flatMap(({ from, to }) => [from, to])), stages };
}

/**
 * When sending stops.
 *
 * @param sessions - whether requests follow on the answers to others
 */
export function loadStop(settings: LoadSettings, sessions = false): StopRule {
  const { requests, rate, burst, stages } = settings;
  // A single burst of sessions ends with the last of them.
  if (burst !== undefined && rate === undefined) return sessions ? {} : { requests: burst };
  const durationMs = stages === undefined ? settings.duration : stagesDuration(stages, settings.warmup);
  if (requests === undefined && durationMs === undefined) return { durationMs: DEFAULT_DURATION_MS };
  return {
    ...(requests !== undefined && { requests }),
    ...(durationMs !== undefined && { durationMs }),
  };
}

/** Stages begin with the run: the warm-up is their beginning. */
function stagesDuration(text: string, warmupMs: number): number {
  const totalMs = stagesMs(parseStages(text, '--stages').stages);
  if (warmupMs < totalMs) return totalMs - warmupMs;
  throw new FakeaiError('FAKEAI_SETTING_INVALID', {
    where: '--warmup',
    problem: 'takes as long as all --stages',
    hint: 'The warm-up is the beginning of the stages: make it shorter, or the stages longer.',
  });
}
