import { expect, test } from 'vitest';
import { InstantQueue } from '../../../src/runs/simulation/instant-queue.js';

test('gives back what was added, in order, however many come and go', () => {
  const queue = new InstantQueue();
  expect(queue.firstMs).toBe(Number.POSITIVE_INFINITY);
  let added = 0;
  let taken = 0;
  const take = (): void => {
    expect(queue.firstMs).toBe(taken / 2);
    expect(queue.shift()).toBe(taken++);
  };
  for (let round = 0; round < 3000; round++) {
    for (let i = 0; i < 3; i++) queue.push(added / 2, added++);
    take();
    take();
  }
  for (let left = added - taken; left > 0; left--) take();
  expect(queue.firstMs).toBe(Number.POSITIVE_INFINITY);
});
