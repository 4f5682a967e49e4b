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

const find = (memory: PrefixMemory, request: GenerationRequest): number => memory.use(request).cachedTokens;

describe('PrefixMemory', () => {
  it('finds nothing below 1024 tokens, and everything but the last token above', () => {
    const memory = new PrefixMemory();
    expect([find(memory, prompt(1, 7)), find(memory, prompt(1, 7))]).toEqual([0, 0]);
    expect([find(memory, prompt(1, 8)), find(memory, prompt(1, 8))]).toEqual([0, 1024]);
    expect(find(memory, prompt(1, 20))).toBe(1024);
    expect(find(memory, { ...prompt(1, 20), promptTokens: 20 * 128 })).toBe(19 * 128);
  });

  it('is shared', () => {
    const shared = sharePrefixes();
    find(new PrefixMemory(shared), prompt(1, 9));
    expect(find(new PrefixMemory(shared), prompt(1, 9))).toBe(9 * 128);
  });

  it('forgets when it is full', () => {
    const memory = new PrefixMemory();
    for (let name = 0; name < 400; name++) find(memory, prompt(name, 2000));
    expect(find(memory, prompt(399, 2000))).toBe(2000 * 128);
    let known = 0;
    for (let name = 0; name < 5; name++) if (find(memory, prompt(name, 40)) > 0) known++;
    expect(known).toBeLessThan(5);
  });

  it('says what it was given to remember', () => {
    const memory = new PrefixMemory();
    expect(memory.use(prompt(1, 7))).toEqual({ cachedTokens: 0, cacheWriteTokens: 0 });
    expect(memory.use(prompt(1, 9))).toEqual({ cachedTokens: 0, cacheWriteTokens: 1152 });
    expect(memory.use(prompt(1, 12))).toEqual({ cachedTokens: 1152, cacheWriteTokens: 384 });
    expect(memory.use(prompt(1, 12))).toEqual({ cachedTokens: 1536, cacheWriteTokens: 0 });
  });

  it('forgets what was not used again for as long as it is kept', () => {
    const memory = new PrefixMemory();
    const at = (seconds: number, retentionS?: number): number =>
      find(memory, {
        ...prompt(1, 9),
        arrivalMs: seconds * 1000,
        ...(retentionS && { caching: { explicit: false, retentionS } }),
      });
    expect(at(0, 600)).toBe(0);
    expect(at(500, 600)).toBe(1152);
    expect(at(1000, 600)).toBe(1152);
    expect(at(1601)).toBe(0);
    // A day without being asked for less, which a shorter request does not shorten.
    expect(at(1601 + 40_000, 600)).toBe(1152);
    expect(at(1601 + 86_400)).toBe(1152);
  });

  it('finds ends that are marked where they are marked again', () => {
    const memory = new PrefixMemory();
    const marked = (ends: readonly number[], explicit: boolean) =>
      memory.use({
        ...prompt(1, 20),
        caching: { explicit, retentionS: 600 },
        cacheMarks: () => ends.map((tokens) => ({ tokens, hashes: [tokens, tokens + 1] })),
      });
    expect(marked([], true)).toEqual({ cachedTokens: 0, cacheWriteTokens: 0 });
    expect(marked([500], true)).toEqual({ cachedTokens: 0, cacheWriteTokens: 0 });
    expect(marked([1100, 1300], true)).toEqual({ cachedTokens: 0, cacheWriteTokens: 1300 });
    expect(marked([1100, 2000], true)).toEqual({ cachedTokens: 1100, cacheWriteTokens: 900 });
    expect(marked([1800], true)).toEqual({ cachedTokens: 0, cacheWriteTokens: 1800 });
    // Of more than four the latest are written.
    expect(marked([1030, 1040, 1050, 1060, 1070], true).cacheWriteTokens).toBe(1070);
    expect(marked([1030], true)).toEqual({ cachedTokens: 0, cacheWriteTokens: 1030 });
    expect(marked([1100], false)).toEqual({ cachedTokens: 1100, cacheWriteTokens: 2560 - 1100 });
    expect(marked([], false)).toEqual({ cachedTokens: 2560, cacheWriteTokens: 0 });
  });
});
