import { describe, expect, it } from 'vitest';
import { systemClock } from '../../../src/lib/clock.js';
import { WakerTicks } from '../../../src/lib/waker.js';

/** Resolves with the instant at which a tick came that was asked for. */
const tickAfter = (ticks: WakerTicks, ms: number): Promise<{ dueMs: number; cameMs: number }> =>
  new Promise((resolve) => {
    const dueMs = systemClock.nowMs() + ms;
    ticks.onTick(() => resolve({ dueMs, cameMs: systemClock.nowMs() }));
    ticks.arm(dueMs);
  });

describe.each([{ startsLate: true }, { startsLate: false }, { startsLate: true, napMs: 3 }])(
  'WakerTicks, %o',
  (options) => {
    it('ticks from the first instant on, while its thread starts and afterwards, never early', async () => {
      const ticks = new WakerTicks(options);
      try {
        // The thread takes some tens of milliseconds to start: the first ticks come without it, the last ones from it.
        for (const ms of [0, 1, 5, 20, 50, 100, 2, 0.5]) {
          const { dueMs, cameMs } = await tickAfter(ticks, ms);
          expect(cameMs).toBeGreaterThanOrEqual(dueMs);
        }
      } finally {
        ticks.close();
      }
    });

    it('ticks once for the instant asked for last, and not at all once it is closed', async () => {
      const ticks = new WakerTicks(options);
      let came = 0;
      const done = new Promise<void>((resolve) => {
        ticks.onTick(() => {
          came++;
          resolve();
        });
      });
      const startMs = systemClock.nowMs();
      ticks.arm(startMs + 3_600_000);
      ticks.arm(startMs + 40);
      ticks.arm(startMs + 10);
      await done;
      const other = new WakerTicks(options);
      await tickAfter(other, 60);
      other.close();
      expect(came).toBe(1);
      ticks.close();
      ticks.arm(systemClock.nowMs());
      await new Promise((resolve) => setImmediate(resolve));
      expect(came).toBe(1);
    });
  },
);

it('sleeps until near instants, with turns of the event loop in between', async () => {
  const ticks = new WakerTicks({ leadMs: 0, startsLate: true, napMs: 5 });
  const beforeMs = systemClock.nowMs();
  let turns = 0;
  const count = (): void => {
    turns++;
    again = setImmediate(count);
  };
  let again = setImmediate(count);
  try {
    for (let i = 0; i < 20; i++) {
      const { dueMs, cameMs } = await tickAfter(ticks, 2);
      expect(cameMs).toBeGreaterThanOrEqual(dueMs);
    }
    // It slept: without, hundreds of turns would fit into the 40 ms.
    expect(systemClock.nowMs() - beforeMs).toBeGreaterThanOrEqual(40);
    expect(turns).toBeGreaterThanOrEqual(20);
    expect(turns).toBeLessThan(100);
  } finally {
    clearImmediate(again);
    ticks.close();
  }
});
