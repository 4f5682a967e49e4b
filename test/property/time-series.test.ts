/** The run over time: bounded, and the same sums however it is split over threads and shards. */
import * as fc from '../support/fast-check.js';
import { describe, expect, it } from 'vitest';
import { liveBucketOf } from '../../src/results/progress.js';
import {
  LONGEST_SERIES,
  SERIES_COUNTERS,
  timeSeriesSchema,
  TimeSeries,
} from '../../src/results/time-series.js';

interface Event {
  atMs: number;
  counter: (typeof SERIES_COUNTERS)[number];
  latencyMs: number;
}

const events = (longestMs: number): fc.Arbitrary<Event[]> =>
  fc.array(
    fc.record({
      atMs: fc.integer({ min: 0, max: longestMs }),
      counter: fc.constantFrom(...SERIES_COUNTERS),
      latencyMs: fc.integer({ min: 0, max: 200_000 }),
    }),
    { maxLength: 60 },
  );

function seriesOf(list: readonly Event[]): TimeSeries {
  const series = new TimeSeries();
  for (const { atMs, counter, latencyMs } of list) {
    series.add(counter, 1, atMs);
    series.record('ttft', liveBucketOf(latencyMs), latencyMs, atMs);
  }
  return series;
}

const merged = (...parts: TimeSeries[]): TimeSeries => {
  const sum = new TimeSeries();
  for (const part of parts) sum.merge(part);
  return sum;
};

const HOURS = 10 * 3_600_000;

describe('TimeSeries', () => {
  it('is the same whether one recorded everything or several did and were merged', () => {
    fc.assert(
      fc.property(events(HOURS), events(60_000), events(HOURS), (a, b, c) => {
        const whole = seriesOf([...a, ...b, ...c]).encode();
        expect(merged(seriesOf(a), seriesOf(b), seriesOf(c)).encode()).toEqual(whole);
        expect(merged(seriesOf(c), merged(seriesOf(b), seriesOf(a))).encode()).toEqual(whole);
      }),
      { numRuns: 60 },
    );
  });

  it('is bounded, loses no count, and comes back from its file form as it was', () => {
    fc.assert(
      fc.property(events(HOURS), (list) => {
        const encoded = seriesOf(list).encode();
        const { length } = encoded.sent;
        expect(length).toBeLessThanOrEqual(LONGEST_SERIES);
        expect(length * encoded.bucketMs).toBeGreaterThan(Math.max(-1, ...list.map(({ atMs }) => atMs)));
        for (const name of SERIES_COUNTERS) {
          const total = encoded[name].reduce((sum, count) => sum + count, 0);
          expect(total).toBe(list.filter(({ counter }) => counter === name).length);
        }
        expect(new TimeSeries(timeSeriesSchema.parse(encoded)).encode()).toEqual(encoded);
      }),
      { numRuns: 60 },
    );
  });
});
