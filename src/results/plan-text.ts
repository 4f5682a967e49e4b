/** The plan of a run in words, for reports and the live screen. */
import { formatDurationMs } from '../lib/duration.js';
import type { Stage } from '../workloads/plan.js';
import { formatCount, formatFigure } from './format.js';
import type { LengthSummary, PlanSummary, PromptShapeSummary } from './plan-summary.js';

/** The load in one line: how requests arrive and when sending stops. */
export function describeLoad(plan: PlanSummary): string {
  return [describeArrivals(plan), ...describeStop(plan), ...(plan.warmupMs > 0 ? [warmup(plan)] : [])].join(
    ' · ',
  );
}

const warmup = (plan: PlanSummary): string => `${formatDurationMs(plan.warmupMs)} warm-up`;

function describeArrivals({ arrivals }: PlanSummary): string {
  switch (arrivals.kind) {
    case 'closed':
      return arrivals.stages
        ? `closed loop, ${describeStages(arrivals.stages)} in flight`
        : `closed loop, ${formatCount(arrivals.concurrency)} in flight`;
    case 'users': {
      const { users, thinkMs, ratePerSecond } = arrivals;
      const who = users === 1 ? '1 user' : `${formatCount(users)} users`;
      if (ratePerSecond !== undefined) return `${who}, together ${formatFigure(ratePerSecond)} req/s`;
      if (!thinkMs) return who;
      return thinkMs.kind === 'fixed'
        ? `${who} who think ${formatDurationMs(thinkMs.value)}`
        : `${who} who think ${describeLengths(thinkMs)} ms`;
    }
    case 'trace':
      return arrivals.speed === 1 ? 'trace at its own instants' : `trace at ${arrivals.speed}× speed`;
    case 'burst':
      return `${formatCount(arrivals.requests)} requests at once`;
    case 'stages':
      return `open loop, ${arrivals.gaps}, ${describeStages(arrivals.stages)} req/s`;
    default: {
      const { kind, ratePerSecond, burst } = arrivals;
      const shape = kind === 'gamma' ? `gamma(${arrivals.burstiness})` : kind;
      const size = burst === undefined ? '' : ` in bursts of ${formatCount(burst)}`;
      return `open loop, ${shape} ${formatFigure(ratePerSecond)} req/s${size}`;
    }
  }
}

/** Stages as text; a long list shows its beginning. */
function describeStages(stages: readonly Stage[]): string {
  const texts = stages.map(
    ({ durationMs, from, to }) =>
      `${formatDurationMs(durationMs)} at ${from === to ? from : `${from} to ${to}`}`,
  );
  return texts.length <= 4
    ? texts.join(', ')
    : `${texts.slice(0, 3).join(', ')} and ${texts.length - 3} more`;
}

function describeStop({ stop, workload, arrivals }: PlanSummary): string[] {
  const parts: string[] = [];
  if (stop.requests !== undefined) parts.push(`${formatCount(stop.requests)} requests`);
  if (stop.durationMs !== undefined) parts.push(formatDurationMs(stop.durationMs));
  if (parts.length === 0 && workload.kind === 'trace' && arrivals.kind === 'trace') {
    parts.push(formatDurationMs(workload.durationMs / arrivals.speed));
  }
  return parts;
}

/** What was sent, in one line. */
export function describeWorkload(plan: PlanSummary): string {
  const { workload } = plan;
  const what =
    workload.kind !== 'synthetic'
      ? `${workload.format} ${workload.kind} ${workload.path} · ${formatCount(workload.rows)} rows`
      : [
          `${describeLengths(workload.inputTokens)} → ${describeLengths(workload.outputTokens)} tokens`,
          ...(workload.shape ? describeShape(workload.shape) : []),
          ...(workload.session ? [`sessions of ${describeLengths(workload.session.turns)} turns`] : []),
        ].join(' · ');
  return `${what} · ${plan.streaming ? 'streaming' : 'not streaming'} · seed ${plan.seed}`;
}

function describeShape({ systemTokens, prefixPool, cacheBust, pool }: PromptShapeSummary): string[] {
  return [
    ...(systemTokens === undefined ? [] : [`system prompt of ${formatCount(systemTokens)}`]),
    ...(prefixPool === undefined
      ? []
      : [`${formatCount(prefixPool.prefixes)} prefixes of ${formatCount(prefixPool.tokens)}`]),
    ...(pool === undefined ? [] : [`${formatCount(pool)} different prompts`]),
    ...(cacheBust === undefined ? [] : [`cache busting at the ${cacheBust}`]),
  ];
}

/** A length distribution as the command line writes it. */
function describeLengths(lengths: LengthSummary): string {
  switch (lengths.kind) {
    case 'fixed':
      return String(lengths.value);
    case 'uniform':
      return `uniform(${lengths.min},${lengths.max})`;
    case 'normal':
      return `normal(${lengths.mean},${lengths.standardDeviation})`;
    case 'empirical':
      return `file:${lengths.path}`;
    default:
      return `lognormal(${lengths.median},${lengths.sigma})`;
  }
}
