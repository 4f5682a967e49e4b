/**
 * The run file: the only truth about a run. Console, HTML, JUnit, comparison and gates are functions of it.
 *
 * Its JSON Schema (`schemas/run.schema.json`) is generated from the zod schema here and committed. All latencies are in
 * milliseconds. `null` stands for "not enough samples".
 */
import * as z from 'zod';
import { ERROR_KINDS, type ErrorKind } from './error-kinds.js';
import {
  DISTRIBUTION_NAMES,
  METRICS,
  RATE_NAMES,
  STATISTICS,
  type DistributionName,
  type RateName,
} from './metrics.js';
import { MOST_TURNS } from './turns.js';
import { countersSchema as counters } from './counters-schema.js';
import { planSummarySchema } from './plan-summary.js';
import { serverMetricsSchema } from './server-metrics.js';
import { timeSeriesSchema } from './time-series.js';

/** Raised when a reader of the previous version would misread the file. */
export const RUN_FILE_VERSION = 1;

const numberOrNull = z
  .number()
  .nullable()
  .meta({ id: 'NumberOrNull', description: 'null: not enough samples' });

const distribution = z
  .object({
    unit: z.string(),
    count: z.int().nonnegative(),
    ...(Object.fromEntries(STATISTICS.map((s) => [s, numberOrNull])) as Record<
      (typeof STATISTICS)[number],
      typeof numberOrNull
    >),
  })
  .meta({ id: 'Distribution' });

const rate = z.object({ unit: z.string(), value: numberOrNull }).meta({ id: 'Rate' });

const shapeOf = <N extends string, S extends z.ZodType>(names: readonly N[], schema: (name: N) => S) =>
  z.object(Object.fromEntries(names.map((n) => [n, schema(n)])) as Record<N, S>);

const metrics = shapeOf<DistributionName, z.ZodOptional<typeof distribution>>(DISTRIBUTION_NAMES, (n) =>
  distribution.describe(METRICS[n].definition).optional(),
);
/** Rates that files of earlier versions do not have: read as absent. */
const rates = shapeOf<RateName, z.ZodDefault<typeof rate>>(RATE_NAMES, (n) =>
  rate.describe(METRICS[n].definition).default({ unit: METRICS[n].unit, value: null }),
);

const moments = z.object({
  count: z.int().nonnegative(),
  mean: z.number(),
  m2: z.number().describe('Sum of squared differences from the mean'),
  min: z.number(),
  max: z.number(),
});

const encodedDistribution = z
  .object({ moments, hdr: z.string() })
  .describe(
    'HdrHistogram V2, compressed, base64; latencies in microseconds, token counts as they are, tokens per chunk, rates and shares in thousandths',
  )
  .meta({ id: 'EncodedDistribution' });

const histograms = shapeOf<DistributionName, z.ZodOptional<typeof encodedDistribution>>(
  DISTRIBUTION_NAMES,
  () => encodedDistribution.optional(),
);

const errorCounts = z.array(
  z.object({
    kind: z.enum(Object.keys(ERROR_KINDS) as [ErrorKind, ...ErrorKind[]]),
    count: z.int().positive(),
    example: z.string(),
  }),
);

const target = z.object({
  name: z.string(),
  url: z.string(),
  proxy: z
    .string()
    .optional()
    .describe('The proxy that requests went through; its own time is in every latency'),
  measuredMs: z.number().nonnegative(),
  metrics,
  rates,
  counters,
  errors: errorCounts,
  retried: errorCounts
    .optional()
    .describe(
      'Failed attempts that another one followed, in no other figure; absent where nothing is retried',
    ),
  turns: z
    .array(z.object({ turn: z.int().positive().describe('From 1'), metrics, histograms }))
    .max(MOST_TURNS)
    .optional()
    .describe('The first turns of sessions'),
  histograms: histograms.describe('Per target; the same shape as the run-wide ones'),
  timeSeries: timeSeriesSchema.optional(),
});

const routerArm = z.object({
  name: z.string(),
  share: z.number().optional().describe('Of the requests, as asked for'),
  shareOfRequests: numberOrNull.optional().describe('That it got'),
  requests: z.int().nonnegative(),
  failed: z.int().nonnegative(),
  ended: z.int().nonnegative().optional().describe('Those that ended well'),
  firstTokens: z.int().nonnegative().optional().describe('Those of them with a first token'),
  ttftMeanMs: numberOrNull,
  e2eMeanMs: numberOrNull,
  cachedShare: numberOrNull.describe('Of prompt tokens'),
  ttftDifferenceMs: numberOrNull.describe('Mean TTFT minus that of the first arm'),
  ttftDifferenceMarginMs: numberOrNull.describe('Half the width of its 95 % interval'),
  significant: z.boolean().describe('That interval excludes zero'),
});

const routerTotals = z.object({
  policy: z.string(),
  decisions: z.array(z.int().nonnegative()).describe('Requests placed, by replica of the pool'),
  failures: z.int().nonnegative().describe('Placements that failed'),
  unavailable: z.int().nonnegative().describe('Requests for which no replica might be used'),
  shared: z.int().nonnegative().optional().describe('Requests placed on a replica that had others in flight'),
  circuitsOpened: z.int().nonnegative(),
  values: z.record(z.string(), z.number()).describe('What the policy counts, by its own names'),
  arms: z.array(routerArm).optional().describe('Of an A/B split'),
});

const simulation = z
  .object({
    gpus: z.int().positive().describe('Of the whole fleet'),
    gpuHours: z.number().nonnegative().describe('All GPUs for the measured time, busy or not'),
    busyPercent: numberOrNull.describe('Time in which replicas computed, of their measured time'),
    prefixHitPercent: numberOrNull.describe('Prompt tokens found in the KV cache, of those looked up'),
    preemptions: z.int().nonnegative().describe('Sequences that lost their blocks and were computed again'),
    meanBatch: numberOrNull.optional().describe('Sequences in a step of a replica'),
    tensorPercent: numberOrNull.optional().describe('Matrix units busy, of the measured time'),
    memoryPercent: numberOrNull.optional().describe('Memory bandwidth used, of the measured time'),
    meanPowerW: numberOrNull.optional().describe('Of one GPU; a model of power, not a measurement'),
    energyKwh: numberOrNull.optional().describe('Of all GPUs, without machines and cooling'),
    joulesPerToken: numberOrNull.optional().describe('Energy per output token of completed requests'),
    coalesced: z.int().nonnegative().optional().describe('Requests that joined an equal one in flight'),
    requeued: z.int().nonnegative().optional().describe('Sequences that went on elsewhere after a crash'),
    routers: z
      .array(routerTotals)
      .optional()
      .describe('One per pool: the only one, or prefill and decode; of the whole run'),
    dollars: z.number().nonnegative().optional().describe('GPU-hours at the price given'),
    dollarsPerMillionTokens: numberOrNull
      .optional()
      .describe('Dollars per million output tokens of completed requests'),
  })
  .describe('What the simulated fleet did in the measured phase');

const searchPoint = z.object({
  value: z.number().positive().describe('Of the subject'),
  passed: z.boolean(),
  undecided: z.literal(true).optional().describe('Too few requests for the percentiles of the gates'),
  failed: z.int().nonnegative().describe('Requests; without a gate on error_rate one is enough not to pass'),
  values: z.array(z.object({ expression: z.string(), value: numberOrNull, unit: z.string() })),
});

const search = z
  .object({
    expression: z.string(),
    subject: z.enum(['replicas', 'rate', 'concurrency']),
    answer: z.number().positive().nullable().describe('null: no value that was tried passes'),
    nextFailing: z
      .number()
      .positive()
      .nullable()
      .describe('The tried value next to the answer that does not pass; null: all that were tried pass'),
    points: z.array(searchPoint).describe('In the order in which they were tried'),
    outOfReach: z
      .object({
        expression: z.string().describe('The condition'),
        value: z.number().describe('The best that it comes to, in its unit'),
        reason: z.string(),
      })
      .optional()
      .describe('A condition that no number of replicas meets: the search ended there'),
  })
  .describe('The search that this run is the answer of');

const verdict = z.object({
  state: z.enum(['valid', 'degraded', 'invalid']),
  reasons: z.array(z.string()),
});

const gateResults = z.array(
  z.object({
    expression: z.string(),
    target: z.string(),
    passed: z.boolean(),
    unit: z.string().describe('Of value'),
    value: numberOrNull.describe('null: the metric is absent or has too few samples, which fails the gate'),
  }),
);

const threads = z.array(z.object({ eventLoopDelayP99Ms: z.number(), cpuShare: z.number().optional() }));

const stopped = z
  .object({ reason: z.string(), atMs: z.number().nonnegative().describe('Since the start of the run') })
  .optional()
  .describe('Why sending ended before the plan did, where it did; not by Ctrl-C');

const probeTargets = z
  .array(target)
  .optional()
  .describe('What the small requests of plan.probe measured beside the load, per target; in no other figure');

const loadPoint = z.object({
  name: z.string().describe('Of the load, such as "4 req/s"'),
  index: z
    .int()
    .nonnegative()
    .optional()
    .describe('Place in the sweep, from 0; a part of a load has no points in which it had nothing to do'),
  passed: z.boolean().describe('All gates passed, and the figures can be used'),
  startedAt: z.iso.datetime(),
  interrupted: z.boolean(),
  stopped,
  plan: planSummarySchema,
  verdict,
  targets: z.array(target).min(1),
  probe: probeTargets,
  slo: gateResults,
  serverMetrics: z.array(serverMetricsSchema).optional(),
  threads,
});

const clientFloor = z
  .object({
    plan: planSummarySchema,
    targets: z.array(
      z.object({
        name: z.string(),
        requests: z.int().nonnegative(),
        measuredMs: z.number().nonnegative(),
        metrics,
      }),
    ),
    threads,
  })
  .describe(
    'The same load against a simulator that answers at once: how much of the figures is the client itself (--client-floor)',
  );

export const runFileSchema = z.object({
  schemaVersion: z.literal(RUN_FILE_VERSION),
  tool: z.object({ name: z.literal('fakeai'), version: z.string() }),
  startedAt: z.iso.datetime(),
  interrupted: z.boolean(),
  plan: planSummarySchema,
  shard: z
    .object({ k: z.int().positive(), of: z.int().positive() })
    .optional()
    .describe('Which part of the plan this run is, where it is not all of it: 1 of 4 to 4 of 4'),
  stopped,
  verdict,
  targets: z.array(target).min(1),
  probe: probeTargets,
  simulation: simulation.optional().describe('Present in runs in virtual time only'),
  search: search.optional(),
  serverMetrics: z.array(serverMetricsSchema).optional(),
  clientFloor: clientFloor.optional(),
  sweep: z
    .object({ expression: z.string() })
    .optional()
    .describe('The sweep whose best point this run is: the last one that passed, else the last one'),
  points: z
    .array(loadPoint)
    .optional()
    .describe(
      'The loads that a sweep or a search tried, in order; one of them is the run that this file shows',
    ),
  slo: gateResults,
  histograms: histograms.describe('All targets together'),
  threads,
  clockStepMs: z
    .number()
    .optional()
    .describe('How far the wall clock went ahead of the monotonic one meanwhile; of shards, the largest'),
});

export type RunFile = z.output<typeof runFileSchema>;
export type ClientFloor = z.output<typeof clientFloor>;
export type RunTarget = RunFile['targets'][number];
export type SloResult = RunFile['slo'][number];
export type Simulation = z.output<typeof simulation>;
export type LoadPoint = z.output<typeof loadPoint>;
export type SearchPoint = z.output<typeof searchPoint>;
export type Verdict = RunFile['verdict'];
