import * as fc from '../support/fast-check.js';
import { describe, expect, test } from 'vitest';
import { Distribution } from '../../src/results/distribution.js';
import { mergeShards, type Shard } from '../../src/results/merge.js';
import { STATISTICS } from '../../src/results/metrics.js';
import { runFile, runOutcome, targetOutcome, distributionOf } from '../fixtures/run.js';

const TOOL = { name: 'fakeai', version: '0.0.0-test' } as const;

/** A shard whose end-to-end latencies are these. */
function shardOf(values: readonly number[], index: number): Shard {
  const target = targetOutcome({ completed: 1, failed: 2 });
  const { counters } = target;
  const distributions = { e2e: distributionOf('e2e', values) };
  const outcome = runOutcome([
    {
      ...target,
      distributions,
      counters: { ...counters, completed: values.length, sent: values.length + 2 },
    },
  ]);
  return {
    path: `shard-${index}.json`,
    run: runFile({ outcome: { ...outcome, threads: [{ eventLoopDelayP99Ms: index }] } }),
  };
}

const latencies = fc.array(
  fc.double({ min: -2, max: 5, noNaN: true }).map((exponent) => 10 ** exponent),
  { minLength: 1, maxLength: 120 },
);

describe('merging', () => {
  test('gives the histogram, quantiles and counters of one run', () => {
    fc.assert(
      fc.property(fc.array(latencies, { minLength: 2, maxLength: 4 }), (parts) => {
        const [target] = mergeShards(parts.map(shardOf), TOOL).targets;
        const whole = distributionOf('e2e', parts.flat());
        const merged = new Distribution('e2e', target!.histograms.e2e);
        expect([...merged.buckets()]).toEqual([...whole.buckets()]);
        for (const statistic of STATISTICS) {
          const want = whole.statistic(statistic);
          const got = target!.metrics.e2e![statistic];
          if (want === null || (statistic !== 'mean' && statistic !== 'stddev')) expect(got).toBe(want);
          else expect(Math.abs(got! - want)).toBeLessThanOrEqual(1e-9 * Math.max(1, ...parts.flat()));
        }
        expect(target!.counters).toMatchObject({ completed: parts.flat().length, failed: 2 * parts.length });
        expect(target!.errors).toMatchObject([{ kind: 'http_429', count: 2 * parts.length }]);
      }),
      { numRuns: 60 },
    );
  });
});
