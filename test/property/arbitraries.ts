/** Random plans and their parts. */
import * as fc from '../support/fast-check.js';
import { DatasetBuilder } from '../../src/workloads/datasets/builder.js';
import type { Arrivals, Dataset, LengthDistribution, Media, Plan, Stage } from '../../src/workloads/plan.js';
import { planOf, type Row, traceOf } from '../unit/workloads/plans.js';

export const lengths = (most: number): fc.Arbitrary<LengthDistribution> => {
  const value = fc.integer({ min: 1, max: most });
  const real = fc.double({ min: 1, max: most, noNaN: true });
  return fc.oneof(
    fc.record({ kind: fc.constant('fixed' as const), value }),
    fc
      .tuple(value, value)
      .map(([a, b]) => ({ kind: 'uniform' as const, min: Math.min(a, b), max: Math.max(a, b) })),
    fc.record({
      kind: fc.constant('normal' as const),
      mean: real,
      standardDeviation: fc.double({ min: 0, max: most, noNaN: true }),
    }),
    fc.record({
      kind: fc.constant('lognormal' as const),
      median: real,
      sigma: fc.double({ min: 0, max: 2, noNaN: true }),
    }),
  );
};

const rate = fc.double({ min: 0.01, max: 100_000, noNaN: true });

const burst = fc.integer({ min: 1, max: 7 });
const burstiness = fc.double({ min: 0.1, max: 100, noNaN: true });
const load = fc.oneof(fc.constant(0), fc.double({ min: 0.01, max: 100, noNaN: true }));

/** Stages of rates, some of which are pauses or ramps, with a load in at least one. */
export const stages: fc.Arbitrary<Stage[]> = fc
  .array(
    fc
      .tuple(fc.integer({ min: 1, max: 20_000 }), load, load, fc.boolean())
      .map(([durationMs, from, to, ramp]) => ({ durationMs, from, to: ramp ? to : from })),
    { minLength: 1, maxLength: 5 },
  )
  .filter((all) => all.some(({ from, to }) => from > 0 || to > 0));

const liveArrivals: fc.Arbitrary<Arrivals> = fc.oneof(
  fc.record({ kind: fc.constant('closed' as const), concurrency: fc.integer({ min: 1, max: 100 }) }),
  fc.record(
    { kind: fc.constantFrom('constant' as const, 'poisson' as const), ratePerSecond: rate, burst },
    { requiredKeys: ['kind', 'ratePerSecond'] },
  ),
  fc.record(
    { kind: fc.constant('gamma' as const), ratePerSecond: rate, burstiness, burst },
    { requiredKeys: ['kind', 'ratePerSecond', 'burstiness'] },
  ),
  fc.record(
    {
      kind: fc.constant('stages' as const),
      stages,
      gaps: fc.constantFrom('constant' as const, 'poisson' as const, 'gamma' as const),
      burstiness,
    },
    { requiredKeys: ['kind', 'stages', 'gaps'] },
  ),
  fc.record({ kind: fc.constant('burst' as const), requests: fc.integer({ min: 1, max: 50 }) }),
);

const row: fc.Arbitrary<Row> = fc
  .record({
    gap: fc.nat(1000),
    input: fc.integer({ min: 1, max: 1600 }),
    output: fc.integer({ min: 1, max: 99 }),
    ids: fc.array(fc.nat(5), { maxLength: 4 }),
  })
  .map(({ gap, input, output, ids }) => ({
    ms: gap,
    input,
    output,
    hashes: ids.slice(0, Math.ceil(input / 512)),
  }));

const base = fc.record({
  seed: fc.nat(2 ** 32 - 1),
  model: fc.string({ minLength: 1 }),
  streaming: fc.boolean(),
  ignoreEos: fc.boolean(),
  targets: fc
    .integer({ min: 1, max: 3 })
    .map((count) => Array.from({ length: count }, (_, i) => ({ name: `t${i}`, url: `http://h${i}` }))),
});

const few = fc.integer({ min: 1, max: 20 });
const shape = fc.record(
  {
    systemTokens: few,
    prefixPool: fc.record({
      prefixes: few,
      tokens: few,
      hitRatio: fc.double({ min: 0, max: 1, noNaN: true }),
    }),
    cacheBust: fc.constantFrom('start' as const, 'end' as const),
    pool: few,
  },
  { requiredKeys: [] },
);

const media: fc.Arbitrary<Media> = fc.record({
  images: fc.nat(2),
  imageWidth: few,
  imageHeight: few,
  audio: fc.nat(1),
  audioSeconds: fc.constant(0.01),
});

const planLengths = fc.oneof(
  { weight: 5, arbitrary: lengths(60) },
  fc.array(fc.integer({ min: 1, max: 60 }), { minLength: 1 }).map((values): LengthDistribution => ({
    kind: 'empirical',
    path: 'lengths.txt',
    values: Uint32Array.from(values),
  })),
);

const synthetic = fc
  .record(
    { arrivals: liveArrivals, inputTokens: planLengths, outputTokens: planLengths, shape, media },
    { requiredKeys: ['arrivals', 'inputTokens', 'outputTokens'] },
  )
  .map(({ arrivals, ...rest }): Partial<Plan> => ({
    arrivals,
    workload: { kind: 'synthetic', ...rest },
  }));

const recorded = fc
  .record({
    rows: fc.array(row, { minLength: 1, maxLength: 30 }),
    arrivals: fc.oneof(
      liveArrivals,
      fc.record({
        kind: fc.constant('trace' as const),
        speed: fc.double({ min: 0.01, max: 100, noNaN: true }),
      }),
    ),
  })
  .map(({ rows, arrivals }): Partial<Plan> => {
    let ms = 0;
    const trace = traceOf(rows.map((each) => ({ ...each, ms: (ms += each.ms ?? 0) })));
    return { arrivals, workload: { kind: 'trace', trace } };
  });

const small = fc.integer({ min: 1, max: 9 });

/** A dataset of messages with 1 to 4 turns per row. */
const dataset: fc.Arbitrary<Dataset> = fc
  .array(
    fc.array(fc.tuple(fc.string({ unit: 'binary' }), small, fc.nat(9)), { minLength: 1, maxLength: 4 }),
    {
      minLength: 1,
      maxLength: 12,
    },
  )
  .map((rows) => {
    const builder = new DatasetBuilder({ path: 'd.json', format: 'sharegpt' }, () => {
      throw new Error('too large');
    });
    for (const turns of rows) {
      builder.add(
        1,
        turns.map(([content, inputTokens, outputTokens]) => ({
          json: JSON.stringify({ role: 'user', content }),
          inputTokens,
          outputTokens,
          delayMs: inputTokens * 10,
        })),
      );
    }
    return builder.finish('messages');
  });

const prompted = fc
  .record({
    arrivals: liveArrivals,
    dataset,
    order: fc.constantFrom('sequential' as const, 'shuffled' as const, 'random' as const),
    outputTokens: lengths(60),
    sessions: fc.boolean(),
  })
  .map(({ arrivals, ...rest }): Partial<Plan> => ({ arrivals, workload: { kind: 'dataset', ...rest } }));

const conversations = fc
  .record({ arrivals: liveArrivals, turns: lengths(4), delayMs: lengths(500), inputTokens: lengths(20) })
  .map(({ arrivals, turns, delayMs, inputTokens }): Partial<Plan> => ({
    arrivals,
    workload: {
      kind: 'synthetic',
      inputTokens,
      outputTokens: inputTokens,
      session: { turns, delayMs },
      shape: { systemTokens: 3 },
    },
  }));

/** Small plans whose requests may be sessions of several turns. */
export const sessionPlans: fc.Arbitrary<Plan> = fc
  .tuple(base, fc.oneof(prompted, conversations))
  .map(([common, kind]) => planOf({ ...common, ...kind }));

/** Small plans of users. */
export const userPlans: fc.Arbitrary<Plan> = fc
  .tuple(
    base,
    fc.integer({ min: 1, max: 12 }),
    fc.option(rate, { nil: undefined }),
    fc.oneof(synthetic, prompted),
  )
  .map(([common, users, ratePerSecond, kind]) =>
    planOf({
      ...common,
      ...kind,
      arrivals:
        ratePerSecond === undefined
          ? { kind: 'users', users, thinkMs: { kind: 'fixed', value: 5 } }
          : { kind: 'users', users, ratePerSecond },
    }),
  );

/** Small plans of every kind. */
export const plans: fc.Arbitrary<Plan> = fc
  .tuple(base, fc.oneof(synthetic, recorded))
  .map(([common, kind]) => planOf({ ...common, ...kind }));
