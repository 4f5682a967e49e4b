import { setImmediate as turn } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { systemClock } from '../../../../src/lib/clock.js';
import { LoopFigures, LoopWatch } from '../../../../src/server/threads/loop-watch.js';

/** Keeps the event loop from its timers. */
const block = (ms: number): void => {
  for (const untilMs = systemClock.nowMs() + ms; systemClock.nowMs() < untilMs;);
};

it('measures how late timers run only while it is told to', async () => {
  const figures = new LoopFigures();
  const watch = new LoopWatch(systemClock, figures);
  const report = () => {
    watch.publish();
    return figures.report(systemClock.nowMs());
  };
  for (let i = 0; i < 3; i++) {
    block(30);
    await turn();
  }
  expect(report()).toMatchObject({ delayMeanMs: 0, delayP99Ms: 0, delayMaxMs: 0 });
  expect(report().utilization).toBeGreaterThan(0);
  watch.measure(true);
  while (report().delayMaxMs < 15) {
    block(30);
    await turn();
  }
  watch.measure(false);
  const { delayMaxMs } = report();
  for (let i = 0; i < 3; i++) {
    block(delayMaxMs + 30);
    await turn();
  }
  expect(report().delayMaxMs).toBe(delayMaxMs);
  watch.close();
});
