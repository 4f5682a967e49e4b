import * as fc from '../../../support/fast-check.js';
import { describe, expect, test } from 'vitest';
import { Tokenizer } from '../../../../src/lib/tokens/tokenizer.js';
import { loadVocabulary } from '../../../../src/lib/tokens/vocabulary.js';
import {
  chunkTexts,
  embedAll,
  packChunks,
  unpackChunks,
} from '../../../../src/server/protocols/openai/vector-stores/chunks.js';
import {
  type Filter,
  filter,
  passes,
} from '../../../../src/server/protocols/openai/vector-stores/filters.js';
import { embedderOf } from '../../../../src/server/protocols/openai/vector-stores/ingest.js';
import { rank, WORDS_SHARE } from '../../../../src/server/protocols/openai/vector-stores/ranking.js';
import { keyWords } from '../../../../src/server/protocols/openai/vector-stores/rewrite.js';

const tokenizer = new Tokenizer(loadVocabulary('o200k_base'));
const embedder = embedderOf({ seed: 1 });

describe('chunks', () => {
  test('have at most so many tokens, overlap by so many, and leave nothing out', () => {
    fc.assert(
      fc.property(
        fc.array(fc.constantFrom('Hello', ' world', ' größe', '\n', ' 漢字', '🍎', ' x1'), { maxLength: 80 }),
        fc.integer({ min: 2, max: 20 }),
        fc.nat(10),
        (words, maxTokens, overlap) => {
          const overlapTokens = Math.min(overlap, Math.floor(maxTokens / 2));
          const text = words.join('');
          const pieces = tokenizer.pieces(text);
          const chunks = chunkTexts(text, tokenizer, { maxTokens, overlapTokens });
          const step = maxTokens - overlapTokens;
          const count = pieces.length <= maxTokens ? 1 : 1 + Math.ceil((pieces.length - maxTokens) / step);
          const expected = Array.from({ length: count }, (_, i) =>
            pieces.slice(i * step, i * step + maxTokens).join(''),
          );
          expect(chunks).toEqual(expected.filter((one) => one.trim() !== ''));
        },
      ),
      { numRuns: 100 },
    );
  });

  test('come back as they were kept', async () => {
    const chunks = await embedAll(['a', 'größe', 'odd length'], embedder);
    expect(unpackChunks(packChunks(chunks))).toEqual(chunks);
    const none = await embedAll([], embedder);
    expect(unpackChunks(packChunks(none))).toEqual(none);
  });
});

describe('ranking', () => {
  const files = (...texts: string[][]) => Promise.all(texts.map((one) => embedAll(one, embedder)));
  const query = (text: string) => [{ text, vector: embedder.embed(text) }];

  test('finds the chunk that has the words of the query', async () => {
    const all = await files(
      ['The cat sleeps on the sofa.', 'Trains leave at noon.'],
      ['Invoices are due within thirty days.', 'The warranty covers two years.'],
    );
    const [best, ...rest] = rank(query('When are invoices due?'), all, WORDS_SHARE, 10);
    expect(best).toMatchObject({ file: 1, chunk: 0 });
    expect(rest).toHaveLength(3);
    expect(rest[0]!.score).toBeLessThan(best!.score * 0.7);
    const scores = [best!, ...rest].map(({ score }) => score);
    expect(scores).toEqual(scores.toSorted((a, b) => b - a));
    expect(rank(query('When are invoices due?'), all, WORDS_SHARE, 2)).toHaveLength(2);
  });

  test('by vectors alone gives the text itself the score 1', async () => {
    const text = 'A text about nothing in particular.';
    const [best] = rank(query(text), await files(['Something else.', text]), 0, 1);
    expect(best).toMatchObject({ file: 0, chunk: 1 });
    expect(best!.score).toBeCloseTo(1, 5);
  });

  test('of several queries takes the one that fits best', async () => {
    const all = await files(['apples and pears', 'bolts and nuts']);
    const found = rank([...query('apples'), ...query('bolts')], all, WORDS_SHARE, 2);
    expect(found.every(({ score }) => score > 0.2)).toBe(true);
  });
});

describe('filters', () => {
  const file = { color: 'red', size: 5, sold: true };
  test.each([
    [{ type: 'eq', key: 'color', value: 'red' }, true],
    [{ type: 'eq', key: 'size', value: '5' }, false],
    [{ type: 'ne', key: 'none', value: 1 }, true],
    [{ type: 'eq', key: 'constructor', value: 1 }, false],
    [{ type: 'gt', key: 'size', value: 5 }, false],
    [{ type: 'gte', key: 'size', value: 5 }, true],
    [{ type: 'lt', key: 'size', value: 6 }, true],
    [{ type: 'lte', key: 'color', value: 'sea' }, true],
    [{ type: 'lt', key: 'none', value: 6 }, false],
    [{ type: 'in', key: 'color', value: ['blue', 'red'] }, true],
    [{ type: 'nin', key: 'color', value: ['blue', 'red'] }, false],
    [
      {
        type: 'and',
        filters: [
          { type: 'eq', key: 'sold', value: true },
          { type: 'gt', key: 'size', value: 9 },
        ],
      },
      false,
    ],
    [
      {
        type: 'or',
        filters: [
          { type: 'eq', key: 'sold', value: true },
          { type: 'gt', key: 'size', value: 9 },
        ],
      },
      true,
    ],
  ] as [Filter, boolean][])('%j: %s', (one, expected) => {
    expect(filter.safeParse(one).success).toBe(true);
    expect(passes(one, file)).toBe(expected);
  });

  test('nested too deep are refused', () => {
    let deep: Filter = { type: 'eq', key: 'a', value: 1 };
    for (let i = 0; i < 11; i++) deep = { type: 'and', filters: [deep] };
    expect(filter.safeParse(deep).success).toBe(false);
  });
});

test.each([
  ["I'd like to know the height of the main office building, please.", 'height main office building'],
  ['What is the customer\u2019s return policy?', 'customer\u2019s return policy'],
  ['What is it?', 'What is it?'],
])('the key words of %s', (question, expected) => {
  expect(keyWords(question)).toBe(expected);
});
