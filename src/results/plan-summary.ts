/** The plan of a run as the run file keeps it: everything that was asked for, traces named rather than included. */
import * as z from 'zod';
import type { LengthDistribution, Plan } from '../workloads/plan.js';
import { endpointOf } from '../lib/endpoint-kinds.js';
import type { TokenizerChoice } from '../lib/tokens/text-tokenizer.js';
import { CONDITION_METRICS } from './goodput.js';
import { virtualFleetSchema } from './virtual-fleet.js';

const lengthsSchema = z
  .discriminatedUnion('kind', [
    z.object({ kind: z.literal('fixed'), value: z.number() }),
    z.object({ kind: z.literal('uniform'), min: z.number(), max: z.number() }),
    z.object({ kind: z.literal('normal'), mean: z.number(), standardDeviation: z.number() }),
    z.object({ kind: z.literal('lognormal'), median: z.number(), sigma: z.number() }),
    z.object({
      kind: z.literal('empirical'),
      path: z.string(),
      rows: z.int().positive(),
      paired: z.boolean().optional().describe('Input and output length come from the same row'),
    }),
  ])
  .describe('In tokens');

const stagesSchema = z
  .array(z.object({ durationMs: z.number().positive(), from: z.number(), to: z.number() }))
  .describe('The load over time: each stage goes from one load to another in a straight line');
const burstinessSchema = z.number().positive().describe('Shape of the gamma distribution of gaps');
const burstSchema = z.int().positive().optional().describe('Requests that come at once');

const arrivalsSchema = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('closed'), concurrency: z.int().positive(), stages: stagesSchema.optional() }),
  z.object({
    kind: z.enum(['constant', 'poisson']),
    ratePerSecond: z.number().positive(),
    burst: burstSchema,
  }),
  z.object({
    kind: z.literal('gamma'),
    ratePerSecond: z.number().positive(),
    burstiness: burstinessSchema,
    burst: burstSchema,
  }),
  z.object({
    kind: z.literal('stages'),
    stages: stagesSchema,
    gaps: z.enum(['constant', 'poisson', 'gamma']),
    burstiness: burstinessSchema.optional(),
  }),
  z.object({ kind: z.literal('burst'), requests: z.int().positive() }),
  z.object({
    kind: z.literal('users'),
    users: z.int().positive(),
    thinkMs: lengthsSchema.optional().describe('Time between an answer and the next request, milliseconds'),
    ratePerSecond: z.number().positive().optional().describe('Of all users together, in place of thinking'),
  }),
  z.object({ kind: z.literal('trace'), speed: z.number().positive() }),
]);

const shapeSchema = z
  .object({
    systemTokens: z.int().positive().optional(),
    prefixPool: z
      .object({ prefixes: z.int().positive(), tokens: z.int().positive(), hitRatio: z.number() })
      .optional(),
    cacheBust: z.enum(['start', 'end']).optional(),
    pool: z.int().positive().optional(),
  })
  .describe('What prompts share with each other; tokens on top of the input length');

const boundsSchema = z
  .object({ min: z.int().optional(), max: z.int().optional() })
  .describe('Rows with more or fewer tokens were left out');

const workloadSchema = z.discriminatedUnion('kind', [
  z.object({
    kind: z.literal('synthetic'),
    inputTokens: lengthsSchema,
    outputTokens: lengthsSchema,
    shape: shapeSchema.optional(),
    media: z
      .object({
        images: z.int().nonnegative(),
        imageWidth: z.int().positive(),
        imageHeight: z.int().positive(),
        audio: z.int().nonnegative(),
        audioSeconds: z.number().positive(),
      })
      .optional()
      .describe('Generated images and sound in each request'),
    session: z
      .object({ turns: lengthsSchema.describe('Requests'), delayMs: lengthsSchema.describe('Milliseconds') })
      .optional()
      .describe('Conversations of several turns'),
  }),
  z.object({
    kind: z.literal('dataset'),
    path: z.string(),
    format: z.string(),
    rows: z.int().positive(),
    order: z.enum(['sequential', 'shuffled', 'random']),
    sessions: z.boolean().describe('Whether all turns of a row are sent, or the first alone'),
    outputTokens: lengthsSchema.describe('Where rows do not say how long their answer is'),
  }),
  z.object({
    kind: z.literal('trace'),
    path: z.string(),
    format: z.string(),
    rows: z.int().nonnegative(),
    durationMs: z.number().nonnegative().describe('From the start to the last row, at speed 1'),
    fromMs: z.number().nonnegative().optional().describe('Beginning of the part of the file that was played'),
    toMs: z.number().nonnegative().optional().describe('End of the part of the file that was played'),
    inputTokens: boundsSchema.optional(),
    outputTokens: boundsSchema.optional(),
    dequantizedMs: z
      .number()
      .positive()
      .optional()
      .describe('Instants were multiples of this step, and have been spread over it at random'),
  }),
]);

export const planSummarySchema = z
  .object({
    endpoint: z.string(),
    endpointOptions: z
      .object({
        items: z.int().positive().optional().describe('Texts, documents or images of a request'),
        rerankShape: z.string().optional(),
        imageSize: z.string().optional(),
        audioSeconds: z.number().optional(),
        speechEvents: z.boolean().optional().describe('Whether speech is asked for as events'),
        raw: z
          .object({
            template: z.string(),
            text: z.string().optional(),
            inputTokens: z.string().optional(),
            outputTokens: z.string().optional(),
          })
          .optional()
          .describe('Body, and paths into the answers'),
        extra: z.string().optional().describe('Members of JSON in every body'),
      })
      .optional(),
    items: z.string().optional().describe('What answers are counted in where tokens make no sense'),
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
    cancel: z
      .object({ share: z.number(), afterMs: z.number().nonnegative() })
      .optional()
      .describe('This share of requests is given up so long after sending'),
    senders: z
      .object({
        tenants: z.int().positive().optional(),
        priorities: z.array(z.object({ priority: z.int(), weight: z.number().nonnegative() })).optional(),
      })
      .optional()
      .describe(
        'Who requests come from: tenants with caches of their own, and priorities with their weights',
      ),
    tokenizer: z
      .string()
      .optional()
      .describe('Counts prompts and answers, and is compared with usage; absent: nobody chose one'),
    probe: z
      .object({ ratePerSecond: z.number().positive(), inputTokens: z.int(), outputTokens: z.int() })
      .optional()
      .describe('Small requests beside the load, per target'),
    retries: z
      .object({ most: z.int().positive(), backoffMs: z.number().nonnegative() })
      .optional()
      .describe('Failed requests are tried again so often, after pauses that double'),
    goodput: z
      .array(
        z.object({
          metric: z.enum(CONDITION_METRICS),
          operator: z.enum(['<', '<=', '>', '>=']),
          limit: z.number(),
        }),
      )
      .optional()
      .describe('What makes a request good: all of these'),
    seed: z.number(),
    virtual: virtualFleetSchema
      .optional()
      .describe('The simulated fleet; present where time was virtual and nothing was sent to anyone'),
  })
  .describe('What was asked for; traces are named rather than included, and there are no secrets');

export type PlanSummary = z.output<typeof planSummarySchema>;
export type PromptShapeSummary = z.output<typeof shapeSchema>;
export type LengthSummary = z.output<typeof lengthsSchema>;

/** The part of a plan that the run file keeps. Targets are left out: the run file lists them with their results. */
export function summarizePlan(plan: Plan): PlanSummary {
  const { endpoint, model, streaming, ignoreEos, warmupMs, maxInFlight, timeoutMs, graceMs, seed } = plan;
  const { items } = endpointOf(endpoint);
  return {
    endpoint,
    ...(plan.endpointOptions && { endpointOptions: { ...plan.endpointOptions } }),
    ...(items !== undefined && { items }),
    model,
    streaming,
    ignoreEos,
    arrivals: summarizeArrivals(plan.arrivals),
    workload: summarizeWorkload(plan.workload),
    stop: { ...plan.stop },
    warmupMs,
    maxInFlight,
    timeoutMs,
    graceMs,
    ...(plan.cancel && { cancel: { ...plan.cancel } }),
    ...(plan.senders && { senders: structuredClone(plan.senders) }),
    ...(plan.probe && { probe: { ...plan.probe } }),
    ...(plan.retries && { retries: { ...plan.retries } }),
    ...(plan.tokenizer?.counts === 'always' && { tokenizer: nameOf(plan.tokenizer.choice) }),
    ...(plan.goodput && { goodput: plan.goodput.map((condition) => ({ ...condition })) }),
    seed,
  };
}

const nameOf = (choice: TokenizerChoice): string => ('path' in choice ? choice.path : choice.vocabulary);

const summarizeArrivals = (arrivals: Plan['arrivals']): PlanSummary['arrivals'] =>
  'thinkMs' in arrivals ? { ...arrivals, thinkMs: summarizeLengths(arrivals.thinkMs) } : { ...arrivals };

function summarizeWorkload(workload: Plan['workload']): PlanSummary['workload'] {
  if (workload.kind === 'synthetic') {
    const { inputTokens, outputTokens, session, ...rest } = workload;
    return {
      ...rest,
      inputTokens: summarizeLengths(inputTokens),
      outputTokens: summarizeLengths(outputTokens),
      ...(session && {
        session: { turns: summarizeLengths(session.turns), delayMs: summarizeLengths(session.delayMs) },
      }),
    };
  }
  if (workload.kind === 'dataset') {
    const { dataset, outputTokens, ...rest } = workload;
    const rows = dataset.turnStart.length - 1;
    return { ...rest, ...dataset.source, rows, outputTokens: summarizeLengths(outputTokens) };
  }
  const { source, instantMs } = workload.trace;
  return { kind: 'trace', ...source, rows: instantMs.length, durationMs: instantMs.at(-1) ?? 0 };
}

function summarizeLengths(lengths: LengthDistribution): LengthSummary {
  if (lengths.kind !== 'empirical') return lengths;
  const { values, ...rest } = lengths;
  return { ...rest, rows: values.length };
}

/** Whether requests follow on the answers to others. */
export const hasSessions = (workload: PlanSummary['workload']): boolean =>
  workload.kind === 'dataset'
    ? workload.sessions
    : workload.kind === 'synthetic' && workload.session !== undefined;
