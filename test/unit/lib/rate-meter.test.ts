import { describe, expect, it } from 'vitest';
import { RateMeter } from '../../../src/lib/rate-meter.js';

describe('RateMeter', () => {
  it('goes to the rate of what flows, and back to none', () => {
    const meter = new RateMeter();
    meter.flow(100, 1000);
    expect(meter.read(1000)).toBe(0);
    expect(meter.read(2000)).toBeCloseTo(100 * (1 - Math.exp(-1)), 9);
    expect(meter.read(30_000)).toBeCloseTo(100, 6);
    meter.flow(0, 30_000);
    expect(meter.read(31_000)).toBeCloseTo(100 * Math.exp(-1), 5);
  });

  it('counts all that came at once, whoever looked in between', () => {
    const read = (looks: readonly number[]): number => {
      const meter = new RateMeter();
      meter.add(500, 100);
      for (const look of looks) meter.read(look);
      meter.add(300, 900);
      return meter.read(1500);
    };
    expect(read([])).toBe(read([200, 500, 899]));
    // The integral of the rate is what came.
    const meter = new RateMeter();
    meter.add(42, 0);
    let sum = 0;
    for (let ms = 0; ms < 30_000; ms++) sum += meter.read(ms + 0.5) / 1000;
    expect(sum).toBeCloseTo(42, 3);
  });
});
