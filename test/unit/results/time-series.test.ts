import { describe, expect, it } from 'vitest';
import { liveBucketOf } from '../../../src/results/progress.js';
import { LONGEST_SERIES, TimeSeries } from '../../../src/results/time-series.js';

const record = (series: TimeSeries, ms: number, atMs: number): void =>
  series.record('e2e', liveBucketOf(ms), ms, atMs);

describe('TimeSeries', () => {
  it('tells rates, numbers in flight and latencies of each second', () => {
    const series = new TimeSeries();
    for (const atMs of [0, 500, 999, 1000]) series.add('completed', 1, atMs);
    series.inFlight(4, 500, 1500);
    for (const ms of [100, 100, 100, 400]) record(series, ms, 1200);
    expect([0, 1].map((i) => series.rate('completed', i))).toEqual([3, 2]);
    expect([0, 1].map((i) => series.meanInFlight(i))).toEqual([2, 4]);
    expect(series.latency('e2e', 0)).toBeUndefined();
    const second = series.latency('e2e', 1)!;
    expect(second.meanMs).toBe(175);
    expect(second.quantileMs(0.5)!).toBeCloseTo(100, -1);
    expect(second.quantileMs(0.99)! / 400).toBeCloseTo(1, 1);
  });

  it('rates the last, unfinished second by the time that it covers', () => {
    const series = new TimeSeries();
    for (let atMs = 0; atMs <= 1500; atMs += 10) series.add('sent', 1, atMs);
    expect(series.coveredMs(1)).toBe(500);
    expect(series.rate('sent', 1)).toBe(102);
  });

  it('doubles its buckets where a run is longer than it has room for', () => {
    const series = new TimeSeries();
    for (let second = 0; second < 2 * LONGEST_SERIES; second++) series.add('sent', 1, second * 1000);
    expect(series.bucketMs).toBe(2000);
    expect(series.length).toBe(LONGEST_SERIES);
    expect(series.rate('sent', 10)).toBe(1);
    series.inFlight(3, 0, 1_200_000);
    expect(series.meanInFlight(0)).toBe(3);
  });

  it('puts a shard that began later where it belongs', () => {
    const series = new TimeSeries();
    series.add('sent', 1, 0);
    const later = new TimeSeries();
    later.add('sent', 5, 0);
    series.merge(later, 2_900);
    expect(series.encode().sent).toEqual([1, 0, 0, 5]);
    expect(series.durationMs).toBe(2_900);
  });
});
