import { expect, it } from 'vitest';
import { WallSeconds } from '../../../src/lib/clock.js';

it('tells every second of the wall clock and looks at it once for each', () => {
  let nowMs = 5_000;
  let looks = 0;
  const wallMs = (): number => {
    looks++;
    return nowMs + 1_700_000_000_250;
  };
  const seconds = new WallSeconds({ nowMs: () => nowMs, wallMs });
  for (let i = 0; i < 300; i++, nowMs += 10)
    expect(seconds.at(nowMs)).toBe(Math.floor((nowMs + 1_700_000_000_250) / 1000));
  expect(looks).toBe(4);
});
