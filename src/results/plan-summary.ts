/** The plan of a run as the run file keeps it: everything that was asked for, traces named rather than included. */
import * as z from 'zod';
import { formatDurationMs } from '../lib/duration.js';
import type { LengthDistribution, Plan } from '../workloads/plan.js';
import { formatCount, formatFigure } from './format.js';

const lengthsSchema = z
  .discriminatedUnion('kind', [
    z.object({ kind: z.literal('fixed'), value: z.number() }),
    z.object({ kind: z.literal('uniform'), min: z.number(), max: z.number() }),
    z.object({ kind: z.literal('normal'), mean: z.number(), standardDeviation: z.number() }),
    z.object({ kind: z.literal('lognormal'), median: z.number(), sigma: z.number() }),
  ])
  .describe('In tokens');

const arrivalsSchema = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('closed'), concurrency: z.int().positive() }),
  z.object({ kind: z.enum(['constant', 'poisson']), ratePerSecond: z.number().positive() }),
  z.object({ kind: z.literal('trace'), speed: z.number().positive() }),
]);

const workloadSchema = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('synthetic'), inputTokens: lengthsSchema, outputTokens: lengthsSchema }),
  z.object({
    kind: z.literal('trace'),
    path: z.string(),
    format: z.string(),
    rows: z.int().nonnegative(),
    durationMs: z.number().nonnegative().describe('From the first row to the last one, at speed 1'),
  }),
]);

const virtualSchema = z.object({
  model: z.string(),
  gpu: z.string(),
  tensorParallel: z.int().positive(),
  pipelineParallel: z.int().positive(),
  replicas: z.int().positive(),
  router: z.string(),
  weights: z.string().describe('Data type'),
  kvType: z.string().describe('Data type of keys and values'),
  maxNumSeqs: z.int().positive().describe('Per replica'),
  maxNumBatchedTokens: z.int().positive().describe('Per step of a replica'),
  maxQueue: z.int().nonnegative().describe('Waiting requests per replica'),
  blockTokens: z.int().positive(),
  eviction: z.string(),
  prefixCaching: z.boolean(),
  gpuPricePerHour: z.number().positive().optional().describe('Dollars'),
});

/** A fleet that exists in virtual time only. */
export type VirtualFleet = z.output<typeof virtualSchema>;

export const planSummarySchema = z
  .object({
    endpoint: z.string(),
    model: z.string(),
    streaming: z.boolean(),
    ignoreEos: z.boolean(),
    arrivals: arrivalsSchema.describe('Per target'),
    workload: workloadSchema,
    stop: z.object({
      requests: z.int().positive().optional().describe('Per target'),
      durationMs: z.number().nonnegative().optional(),
    }),
    warmupMs: z.number().nonnegative(),
    maxInFlight: z.int().positive().describe('Per target'),
    timeoutMs: z.number().nonnegative(),
    graceMs: z.number().nonnegative(),
    seed: z.number(),
    virtual: virtualSchema
      .optional()
      .describe('The simulated fleet; present where time was virtual and nothing was sent to anyone'),
  })
  .describe('What was asked for; traces are named rather than included, and there are no secrets');

export type PlanSummary = z.output<typeof planSummarySchema>;

/** The part of a plan that the run file keeps. Targets are left out: the run file lists them with their results. */
export function summarizePlan(plan: Plan): PlanSummary {
  const { endpoint, model, streaming, ignoreEos, warmupMs, maxInFlight, timeoutMs, graceMs, seed } = plan;
  return {
    endpoint,
    model,
    streaming,
    ignoreEos,
    arrivals: { ...plan.arrivals },
    workload: summarizeWorkload(plan.workload),
    stop: { ...plan.stop },
    warmupMs,
    maxInFlight,
    timeoutMs,
    graceMs,
    seed,
  };
}

function summarizeWorkload(workload: Plan['workload']): PlanSummary['workload'] {
  if (workload.kind === 'synthetic') return { ...workload };
  const { source, instantMs } = workload.trace;
  return { kind: 'trace', ...source, rows: instantMs.length, durationMs: instantMs.at(-1) ?? 0 };
}

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
      return `closed loop, ${formatCount(arrivals.concurrency)} in flight`;
    case 'trace':
      return arrivals.speed === 1 ? 'trace at its own instants' : `trace at ${arrivals.speed}× speed`;
    default:
      return `open loop, ${arrivals.kind} ${formatFigure(arrivals.ratePerSecond)} req/s`;
  }
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

/** The simulated fleet in one line. */
export function describeFleet(fleet: VirtualFleet): string {
  const gpus = fleet.tensorParallel * fleet.pipelineParallel;
  const replicas = fleet.replicas === 1 ? '1 replica' : `${formatCount(fleet.replicas)} replicas`;
  return [
    `${replicas} of ${gpus} × ${fleet.gpu}`,
    `weights ${fleet.weights}`,
    `KV ${fleet.kvType}${fleet.prefixCaching ? '' : ', no prefix caching'}`,
    `router ${fleet.router}`,
    'in virtual time',
  ].join(' · ');
}

/** What was sent, in one line. */
export function describeWorkload(plan: PlanSummary): string {
  const { workload } = plan;
  const what =
    workload.kind === 'trace'
      ? `${workload.format} trace ${workload.path} · ${formatCount(workload.rows)} rows`
      : `${describeLengths(workload.inputTokens)} → ${describeLengths(workload.outputTokens)} tokens`;
  return `${what} · ${plan.streaming ? 'streaming' : 'not streaming'} · seed ${plan.seed}`;
}

/** A length distribution as the command line writes it. */
function describeLengths(lengths: LengthDistribution): string {
  switch (lengths.kind) {
    case 'fixed':
      return String(lengths.value);
    case 'uniform':
      return `uniform(${lengths.min},${lengths.max})`;
    case 'normal':
      return `normal(${lengths.mean},${lengths.standardDeviation})`;
    default:
      return `lognormal(${lengths.median},${lengths.sigma})`;
  }
}

/** How long sending was planned to take, milliseconds; undefined when only the answers decide (closed loops by count). */
export function plannedSendingMs({ arrivals, workload, stop }: PlanSummary): number | undefined {
  const limits = [stop.durationMs];
  if (arrivals.kind === 'trace' && workload.kind === 'trace')
    limits.push(workload.durationMs / arrivals.speed);
  if ('ratePerSecond' in arrivals && stop.requests !== undefined) {
    limits.push((stop.requests / arrivals.ratePerSecond) * 1000);
  }
  const known = limits.filter((limit) => limit !== undefined);
  return known.length > 0 ? Math.min(...known) : undefined;
}

/** Requests per second that an open loop offers each target; undefined for closed loops. */
export function offeredRps(plan: PlanSummary): number | undefined {
  const { arrivals, workload } = plan;
  if (arrivals.kind === 'closed') return undefined;
  if (arrivals.kind !== 'trace') return arrivals.ratePerSecond;
  if (workload.kind !== 'trace' || workload.durationMs === 0) return undefined;
  return (workload.rows / workload.durationMs) * 1000 * arrivals.speed;
}
