import { describe, expect, it } from 'vitest';
import { LookAhead } from '../../../src/engine/look-ahead.js';
import type { Clock } from '../../../src/lib/clock.js';

const still: Clock = { nowMs: () => 0, wallMs: () => 0 };
const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

/** A look-ahead on an endless lane of bodies of one length; `made()` counts those that were prepared. */
function lookAhead(bytes: number, clock = still): { requests: LookAhead; made: () => number } {
  const body = 'x'.repeat(bytes);
  let index = 0;
  const lane = {
    at: () => undefined,
    dueMs: () => undefined,
    next: () => ({ index: index++, intendedMs: undefined, inputTokens: 1, outputTokens: 1, body }),
  };
  return { requests: new LookAhead(lane, (text) => text, clock), made: () => index };
}

const take = (requests: LookAhead, count: number): void => {
  for (let i = 0; i < count; i++) expect(requests.take()).toBeDefined();
};

describe('requests prepared ahead', () => {
  it('are 64 at most, and are made up for in batches, between turns', async () => {
    const { requests, made } = lookAhead(10);
    requests.fill();
    expect(made()).toBe(64);
    take(requests, 32);
    await turn();
    expect(made()).toBe(64);
    take(requests, 1);
    expect(made()).toBe(64);
    await turn();
    expect(made()).toBe(64 + 33);
    requests.close();
  });

  it('are made up for over several turns when that takes long', async () => {
    let nowMs = 0;
    const { requests, made } = lookAhead(10, { nowMs: () => nowMs++, wallMs: () => 0 });
    requests.fill();
    take(requests, 33);
    for (let before = made(); made() < 64 + 33; before = made()) {
      await turn();
      expect(made()).toBe(before + 1);
    }
    requests.close();
  });

  it('are fewer when they are large, one at least', () => {
    const large = lookAhead(5 * 1024 * 1024);
    large.requests.fill();
    expect(large.made()).toBe(4);
    const huge = lookAhead(20 * 1024 * 1024);
    huge.requests.fill();
    expect(huge.made()).toBe(1);
  });

  it('never run out while the lane has more', () => {
    const { requests } = lookAhead(10);
    take(requests, 200);
    requests.close();
    expect(requests.peek()).toBeUndefined();
  });
});
