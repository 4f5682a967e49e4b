/** What `temperature` and `top_p` make of the words of an answer. */
import * as fc from '../support/fast-check.js';
import { getEncoding } from 'js-tiktoken';
import { describe, expect, it } from 'vitest';
import { digestOf } from '../../src/lib/digest.js';
import { Answer } from '../../src/simulator/answer.js';

const encoding = getEncoding('o200k_base');
const LIKELY = digestOf(['gpt-4o', '', 'Hi']);
const TOKENS = 200;

interface Drawn {
  seed?: number;
  temperature: number;
  topP?: number;
}
const answer = ({ seed = 0, temperature, topP = 1 }: Drawn): Answer =>
  new Answer({
    seed: 1,
    digest: digestOf(['gpt-4o', String(seed), 'Hi']),
    choice: 0,
    maxTokens: TOKENS,
    minTokens: TOKENS,
    ignoreEos: true,
    stop: [],
    heat: { temperature, topP, likely: LIKELY },
  });
const text = (drawn: Drawn): string => answer(drawn).rest();
const likeliest = new Answer({ seed: 1, digest: LIKELY, choice: 0, maxTokens: TOKENS, minTokens: TOKENS, ignoreEos: true, stop: [], heat: { temperature: 0, topP: 1, likely: LIKELY } }).rest(); // prettier-ignore

/** Sentences that a text begins with and that are the likeliest ones. */
function kept(drawn: Drawn): number {
  const [said, best] = [text(drawn).split('. '), likeliest.split('. ')];
  const at = said.findIndex((sentence, i) => sentence !== best[i]);
  return at < 0 ? said.length : at;
}
const mean = (temperature: number, topP = 1): number => {
  const all = Array.from({ length: 60 }, (_, seed) => kept({ seed, temperature, topP }));
  return all.reduce((sum, one) => sum + one, 0) / all.length;
};

const drawn = fc.record({
  seed: fc.nat(1000),
  temperature: fc.constantFrom(0.1, 0.5, 0.9, 1, 1.3, 2),
  topP: fc.constantFrom(0.2, 0.9, 1),
});

describe('heat', () => {
  it('keeps every token exactly one token, whole and one by one', () => {
    fc.assert(
      fc.property(drawn, (one) => {
        const whole = text(one);
        expect(encoding.encode(whole, [], [])).toHaveLength(TOKENS);
        const stream = answer(one);
        let pieces = '';
        for (let piece = stream.next(); piece !== undefined; piece = stream.next()) pieces += piece;
        expect(pieces).toBe(whole);
      }),
      { numRuns: 40 },
    );
  });

  it('strays sooner the higher it is', () => {
    const [cool, warm, hot] = [mean(0.2), mean(0.7), mean(1)];
    expect(cool).toBeGreaterThan(warm);
    expect(warm).toBeGreaterThan(hot);
    expect(hot).toBe(0);
    expect(mean(1, 0.2)).toBeGreaterThan(mean(1, 0.9));
  });

  it('gives each seed and each temperature words of their own', () => {
    const texts = [0.7, 1.5].flatMap((temperature) => [1, 2, 3].map((seed) => text({ seed, temperature })));
    expect(new Set([...texts, text({ seed: 1, temperature: 0.7, topP: 0.95 })]).size).toBe(7);
    expect(text({ seed: 2, temperature: 0.7 })).toBe(texts[1]);
  });

  it('puts words out of place above 1', () => {
    const words = (temperature: number): number => {
      const all = text({ seed: 5, temperature }).split(/[ ,.]+/);
      return all.filter((word) => ['the', 'a', 'of', 'and'].includes(word)).length / all.length;
    };
    expect(words(2)).toBeLessThan(words(1) * 0.8);
  });
});
