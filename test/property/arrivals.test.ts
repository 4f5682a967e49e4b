import * as fc from '../support/fast-check.js';
import { expect, it } from 'vitest';
import { createRandom } from '../../src/lib/random.js';
import { createSchedule } from '../../src/workloads/arrivals.js';
import { gammaSampler } from '../../src/lib/gamma.js';
import type { Stage } from '../../src/workloads/plan.js';
import { loadAt, parseStages, stageClock, stagesMs } from '../../src/workloads/stages.js';
import { planOf } from '../unit/workloads/plans.js';
import { stages } from './arbitraries.js';

it('gamma gaps have mean 1 and the variation 1/√shape', () => {
  fc.assert(
    fc.property(fc.double({ min: 0.3, max: 50, noNaN: true }), fc.nat(), (shape, seed) => {
      const sample = gammaSampler(createRandom(seed), shape);
      const count = 40_000;
      let [sum, squares, least] = [0, 0, 0];
      for (let i = 0; i < count; i++) {
        const gap = sample();
        least = Math.min(least, gap);
        sum += gap;
        squares += gap * gap;
      }
      expect(least).toBe(0);
      const mean = sum / count;
      const variation = Math.sqrt(squares / count - mean * mean) / mean;
      // Six standard errors; the variance of a gamma sample's variance is (2 + 6/shape) / n of its square.
      expect(Math.abs(mean - 1)).toBeLessThan(6 / Math.sqrt(shape * count));
      const wide = 6 * Math.sqrt((2 + 6 / shape) / count);
      expect(Math.abs(variation * Math.sqrt(shape) - 1)).toBeLessThan(wide);
    }),
    { numRuns: 30, endOnFailure: true },
  );
});

it('the clock of stages inverts the expected requests', () => {
  const expected = (all: readonly Stage[], ms: number): number => {
    let [sum, startMs] = [0, 0];
    for (const stage of all) {
      const inside = Math.min(Math.max(0, ms - startMs), stage.durationMs);
      const load = stage.from + ((stage.to - stage.from) * inside) / stage.durationMs;
      sum += ((stage.from + load) / 2) * (inside / 1000);
      startMs += stage.durationMs;
    }
    return sum;
  };
  fc.assert(
    fc.property(
      stages,
      fc.array(fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true })),
      (all, shares) => {
        const total = expected(all, stagesMs(all));
        const clock = stageClock(all);
        for (const share of shares.toSorted((a, b) => a - b)) {
          const ms = clock(share * total);
          if (ms === Number.POSITIVE_INFINITY) expect(share).toBeGreaterThan(0.999999);
          else expect(Math.abs(expected(all, ms) - share * total)).toBeLessThan(1e-6 * total);
        }
        expect(clock(total * 1.001 + 1)).toBe(Number.POSITIVE_INFINITY);
      },
    ),
  );
});

it('stages send what they expect, where they expect it', () => {
  fc.assert(
    fc.property(stages, (all) => {
      const schedule = createSchedule(
        planOf({ arrivals: { kind: 'stages', gaps: 'constant', stages: all } }),
        0,
      );
      let sent = 0;
      for (let ms = schedule.at(0)!; ms !== Number.POSITIVE_INFINITY; ms = schedule.at(++sent)!) {
        expect(ms).toBeLessThanOrEqual(stagesMs(all));
        if (sent > 2000) return;
      }
      const total = all.reduce((sum, { durationMs, from, to }) => sum + ((from + to) * durationMs) / 2000, 0);
      expect(Math.abs(sent - total)).toBeLessThanOrEqual(1);
    }),
  );
});

it('reads any text as stages with a load, or refuses it', () => {
  const piece = fc.constantFrom('30s', '@', '10', '->', 'rps', 'c', ',', '.', ' ', '0', '-', 'm', '1e9');
  const text = fc.oneof(
    fc.string(),
    fc.array(piece).map((parts) => parts.join('')),
  );
  fc.assert(
    fc.property(text, (value) => {
      try {
        const { stages: all } = parseStages(value, 'test');
        expect(stagesMs(all)).toBeGreaterThan(0);
        expect(loadAt(all, 0)).toBeGreaterThanOrEqual(0);
      } catch (error) {
        expect(error).toMatchObject({ code: 'FAKEAI_SETTING_INVALID' });
      }
    }),
    { numRuns: 2000 },
  );
});
