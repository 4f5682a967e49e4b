import { describe, expect, it } from 'vitest';
import { createRandom } from '../../../src/lib/random.js';
import { LIVE_BUCKETS, liveBucketOf, type Progress } from '../../../src/results/progress.js';
import { SaturationWatch } from '../../../src/runs/series/saturation.js';

interface Queue {
  ratePerSecond: number;
  /** One server that answers one request after the other, each in an exponential time of this mean. */
  serviceMs: number;
  seconds: number;
  seed?: number;
  warmupMs?: number;
}

/** When the watch first speaks, in seconds, over an M/M/1 queue in simulated time. */
function stoppedAt({ ratePerSecond, serviceMs, seconds, seed = 1, warmupMs = 0 }: Queue): number | undefined {
  const random = createRandom(seed, 'queue');
  const watch = new SaturationWatch(warmupMs);
  const ttft = new Uint32Array(LIVE_BUCKETS);
  const ends: { endMs: number; waitMs: number }[] = [];
  let arrivalMs = 0;
  let freeMs = 0;
  let ended = 0;
  for (let ms = 100; ms <= seconds * 1000; ms += 100) {
    for (; arrivalMs <= ms; arrivalMs += (random.exponential() * 1000) / ratePerSecond) {
      freeMs = Math.max(freeMs, arrivalMs) + random.exponential() * serviceMs;
      ends.push({ endMs: freeMs, waitMs: freeMs - arrivalMs });
    }
    for (; ended < ends.length && ends[ended]!.endMs <= ms; ended++)
      ttft[liveBucketOf(ends[ended]!.waitMs)]!++;
    const progress: Progress = {
      phase: ms < warmupMs ? 'warmup' : 'measuring',
      elapsedMs: ms,
      targets: [
        {
          name: 't',
          url: 'u',
          sent: ends.length,
          completed: ended,
          failed: 0,
          inFlight: ends.length - ended,
          outputTokens: 0,
          latencies: { ttft, itl: new Uint32Array(LIVE_BUCKETS), e2e: ttft },
        },
      ],
    };
    if (watch.saturated(progress) !== undefined) return ms / 1000;
  }
  return undefined;
}

const SEEDS = Array.from({ length: 25 }, (_, seed) => seed);
const timesWith = (load: number, more: Partial<Queue> = {}): (number | undefined)[] =>
  SEEDS.map((seed) => stoppedAt({ ratePerSecond: 50 * load, serviceMs: 20, seconds: 60, seed, ...more }));

describe('over-saturation', () => {
  it.each([2, 10])('is seen at %s times what the server can do, long before the end', (load) => {
    const times = timesWith(load).map((at) => at ?? Infinity);
    expect(Math.min(...times)).toBeGreaterThanOrEqual(5);
    expect(times.filter((at) => at < 20).length).toBeGreaterThan(0.9 * SEEDS.length);
  });

  it.each([0.3, 0.8, 0.95])('is not seen at %s of it, however the queue comes and goes', (load) => {
    expect(timesWith(load).filter((at) => at !== undefined)).toEqual([]);
  });

  it('is not looked for during the warm-up', () => {
    const times = timesWith(2, { warmupMs: 20_000 }).map((at) => at ?? Infinity);
    expect(Math.min(...times)).toBeGreaterThanOrEqual(25);
    expect(Math.max(...times)).toBeLessThan(60);
  });

  it('needs answers: what is never answered says nothing about latencies', () => {
    expect(stoppedAt({ ratePerSecond: 100, serviceMs: 1e9, seconds: 60 })).toBeUndefined();
  });
});
