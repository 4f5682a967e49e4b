import { describe, expect, it } from 'vitest';
import type { GenerationRequest } from '../../../../src/server/generation/generator.js';
import { PrefixMemory, sharePrefixes } from '../../../../src/server/generation/prefix-memory.js';

/** A prompt of so many steps of 128 tokens, and one token. */
const prompt = (name: number, steps: number): GenerationRequest => ({
  digest: { high: 0, low: 0 },
  choice: 0,
  arrivalMs: 0,
  model: 'm',
  promptTokens: steps * 128 + 1,
  maxTokens: 1,
  prefixHashes: () => Array.from({ length: steps }, (_, i) => name * 100_000 + i),
});

describe('PrefixMemory', () => {
  it('finds nothing below 1024 tokens, and everything but the last token above', () => {
    const memory = new PrefixMemory();
    expect([memory.find(prompt(1, 7)), memory.find(prompt(1, 7))]).toEqual([0, 0]);
    expect([memory.find(prompt(1, 8)), memory.find(prompt(1, 8))]).toEqual([0, 1024]);
    expect(memory.find(prompt(1, 20))).toBe(1024);
    expect(memory.find({ ...prompt(1, 20), promptTokens: 20 * 128 })).toBe(19 * 128);
  });

  it('is shared', () => {
    const shared = sharePrefixes();
    new PrefixMemory(shared).find(prompt(1, 9));
    expect(new PrefixMemory(shared).find(prompt(1, 9))).toBe(9 * 128);
  });

  it('forgets when it is full', () => {
    const memory = new PrefixMemory();
    for (let name = 0; name < 400; name++) memory.find(prompt(name, 2000));
    expect(memory.find(prompt(399, 2000))).toBe(2000 * 128);
    let known = 0;
    for (let name = 0; name < 5; name++) if (memory.find(prompt(name, 40)) > 0) known++;
    expect(known).toBeLessThan(5);
  });
});
