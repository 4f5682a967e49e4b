import { describe, expect, it } from 'vitest';
import { digestOf } from '../../../src/lib/digest.js';
import { FixedEngine, type FixedLatency } from '../../../src/simulator/index.js';

const OPTIONS: FixedLatency = { ttftMs: 200, itlMs: 20, jitter: 0, seed: 3 };
const request = (name = 'a', choice = 0) => ({
  digest: digestOf([name]),
  choice,
  promptTokens: 10,
  maxTokens: 100,
});

function instants(options: FixedLatency, tokens: number, name = 'a'): number[] {
  const schedule = new FixedEngine(options).submit(request(name), 1000);
  return Array.from({ length: tokens }, () => schedule.nextMs());
}

describe('FixedEngine', () => {
  it('ttft, then itl', () => {
    expect(instants(OPTIONS, 4)).toEqual([1200, 1220, 1240, 1260]);
  });

  it('jitter is normal, with the given share as its standard deviation', () => {
    const all = instants({ ...OPTIONS, jitter: 0.25 }, 20_001);
    const gaps = all.slice(1).map((instant, i) => instant - all[i]!);
    const mean = gaps.reduce((a, b) => a + b) / gaps.length;
    const deviation = Math.sqrt(gaps.reduce((sum, gap) => sum + (gap - mean) ** 2, 0) / gaps.length);
    expect(mean).toBeCloseTo(20, 0);
    expect(deviation).toBeGreaterThan(4.8);
    expect(deviation).toBeLessThan(5.2);
  });

  it('time never goes back, however large the jitter', () => {
    const all = instants({ ...OPTIONS, jitter: 1 }, 5000);
    expect(all.every((instant, i) => i === 0 || instant >= all[i - 1]!)).toBe(true);
  });

  it('the request and the seed decide the jitter', () => {
    const jittered = { ...OPTIONS, jitter: 0.1 };
    expect(instants(jittered, 10)).toEqual(instants(jittered, 10));
    expect(instants(jittered, 10)).not.toEqual(instants({ ...jittered, seed: 4 }, 10));
    expect(instants(jittered, 10)).not.toEqual(instants(jittered, 10, 'b'));
  });
});
