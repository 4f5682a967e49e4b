import { expect, it } from 'vitest';
import { Rest } from '../../../../src/server/cluster/rest.js';

it('is a quarter of the steps, and no longer than what is written for many at once takes', () => {
  const rest = new Rest();
  const steps = [8, 8, 8, 22, 22, 22, 22];
  expect(steps.map((stepMs) => rest.after(stepMs))).toEqual([1, 2, 2, 3, 3, 3, 3]);
});

it('does not trust in one long step, and is none where something could not be told', () => {
  const rest = new Rest();
  for (let i = 0; i < 5; i++) rest.after(2);
  expect([2, 200, 2, 0, 200, Infinity, 200].map((stepMs) => rest.after(stepMs))).toEqual([
    0.5, 1, 0.5, 0, 1, 2, 3,
  ]);
});
