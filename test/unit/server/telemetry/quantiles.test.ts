/** How near the quantiles of a server's JSON are to what happened, and what pages of metrics show of the counts behind them. */
import { expect, it } from 'vitest';
import { quantileOf } from '../../../../src/lib/bucket-histogram.js';
import { createRandom } from '../../../../src/lib/random.js';
import { COUNTED, COUNTED_FINELY } from '../../../../src/simulator/telemetry/bounds.js';
import { ModelMeter } from '../../../../src/server/telemetry/model-meter.js';

it.each([0.0012, 0.0065, 0.03, 0.136, 0.6, 3.3, 21])(
  'tells the median of times about %d s to a tenth',
  (aboutS) => {
    const meter = new ModelMeter();
    const random = createRandom(0, 'times');
    const histograms = [meter.ttftS, meter.itlS, meter.durationS];
    for (let i = 0; i < 500; i++) {
      const seconds = aboutS * (1 + 0.02 * (random.next() - 0.5));
      for (const histogram of histograms) histogram.observe(seconds);
    }
    for (const histogram of histograms) {
      expect(quantileOf(histogram, 0.5)! / aboutS).toBeGreaterThan(0.9);
      expect(quantileOf(histogram, 0.5)! / aboutS).toBeLessThan(1.1);
    }
  },
);

it('counts with all bounds that pages show, so that these are exact', () => {
  for (const key of ['ttftS', 'itlS', 'e2eS'] as const) {
    expect(COUNTED_FINELY[key]).toEqual(expect.arrayContaining(COUNTED[key]));
    expect(COUNTED_FINELY[key].length).toBeLessThan(100);
    expect(COUNTED_FINELY[key]).toEqual([...new Set(COUNTED_FINELY[key])].sort((a, b) => a - b));
  }
});
