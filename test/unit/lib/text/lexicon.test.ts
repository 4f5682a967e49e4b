import { getEncoding } from 'js-tiktoken';
import { describe, expect, it } from 'vitest';
import { OPENING_CLASSES, SLOTS } from '../../../../src/lib/text/grammar.js';
import { LEXICON } from '../../../../src/lib/text/lexicon.js';

const capitalised = (word: string): string => word.charAt(0).toUpperCase() + word.slice(1);

describe.each(['o200k_base', 'cl100k_base'] as const)('the lexicon in %s', (name) => {
  const encoding = getEncoding(name);
  const severalTokens = (texts: readonly string[]): string[] =>
    texts.filter((text) => encoding.encode(text, [], []).length !== 1);

  it.each(Object.entries(LEXICON))('has one token for each of the %s', (_, words) => {
    expect(severalTokens(words.map((word) => ` ${word}`))).toEqual([]);
  });

  it.each(OPENING_CLASSES)('has one token for each of the %s at the start of a text', (wordClass) => {
    const words = LEXICON[wordClass].map(capitalised);
    expect(severalTokens(words)).toEqual([]);
    expect(severalTokens(words.map((word) => ` ${word}`))).toEqual([]);
  });

  it('has one token for each other piece of the grammar', () => {
    expect(severalTokens(SLOTS.flatMap((slot) => slot.inside))).toEqual([]);
  });
});

describe('the lexicon', () => {
  it('has no word twice in a class and only ASCII letters', () => {
    for (const words of Object.values(LEXICON)) {
      expect(new Set(words).size).toBe(words.length);
      expect(words.filter((word) => !/^[A-Za-z]+$/.test(word))).toEqual([]);
    }
  });

  it('is large enough for texts that differ', () => {
    expect(new Set(Object.values(LEXICON).flat()).size).toBeGreaterThan(1500);
  });
});
