import * as fc from '../../../support/fast-check.js';
import { describe, expect, it } from 'vitest';
import { cosineOfUnits, Embedder } from '../../../../src/simulator/embedding/embedder.js';
import { RelevanceJudge, sigmoid } from '../../../../src/simulator/embedding/relevance.js';
import { stemOf, wordsOf } from '../../../../src/simulator/embedding/words.js';

const embedder = new Embedder({ seed: 7, model: 'm', dimensions: 1536 });
const nearness = (a: string, b: string, dimensions?: number): number =>
  cosineOfUnits(embedder.embed(a, dimensions), embedder.embed(b, dimensions));

describe('Embedder', () => {
  // Each: a text, one that says about the same, and one that does not.
  const TRIPLES = [
    ['The cat sits on the mat', 'A kitten rests on a rug', 'Stock prices fell sharply on Monday'],
    [
      'How do I reset my password?',
      'I forgot my passphrase and cannot log in',
      'Shares dropped on the market',
    ],
    ['The doctor prescribed a medicine', 'A physician gave her some pills', 'The train to the city was late'],
    ['Deploying the server failed', 'Server deployment failure', 'We had pasta for dinner'],
    ['accommodation in Paris', 'acommodation in Paris', 'interest rates of the central bank'],
    ['猫が好きです', '私は猫が好き', '株価が下がった'],
  ] as const;

  it.each(TRIPLES)('finds "%s" nearer to "%s" than to "%s"', (text, near, far) => {
    expect(nearness(text, near)).toBeGreaterThan(nearness(text, far) + 0.05);
    expect(nearness(text, near, 256)).toBeGreaterThan(nearness(text, far, 256));
  });

  it('makes unit vectors, the same for the same text', () => {
    const property = fc.property(
      fc.string({ unit: 'grapheme', maxLength: 200 }),
      fc.integer({ min: 1, max: 1536 }),
      (text, dimensions) => {
        const vector = embedder.embed(text, dimensions);
        expect(vector).toHaveLength(dimensions);
        expect(cosineOfUnits(vector, vector)).toBeCloseTo(1, 5);
        expect(new Embedder({ seed: 7, model: 'm', dimensions: 1536 }).embed(text, dimensions)).toEqual(
          vector,
        );
      },
    );
    fc.assert(property, { numRuns: 30 });
  });

  it('shortens by cutting the end off', () => {
    const [whole, short] = [embedder.embed('some text'), embedder.embed('some text', 3)];
    expect(short[1]! / short[0]!).toBeCloseTo(whole[1]! / whole[0]!, 4);
    expect(short[2]! / short[0]!).toBeCloseTo(whole[2]! / whole[0]!, 4);
  });

  it('gives other vectors for other models and seeds', () => {
    const text = 'one and the same text';
    for (const other of [{ model: 'n' }, { seed: 8 }]) {
      const vector = new Embedder({ seed: 7, model: 'm', dimensions: 1536, ...other }).embed(text);
      expect(Math.abs(cosineOfUnits(vector, embedder.embed(text)))).toBeLessThan(0.2);
    }
  });
});

describe('words', () => {
  it('are found in all scripts', () => {
    expect(wordsOf('Hello, WORLD! naïve 42 日本 привет')).toEqual([
      'hello',
      'world',
      'naïve',
      '42',
      '日',
      '本',
      'привет',
    ]);
  });

  it.each([
    ['running', 'runs'],
    ['deploying', 'deployment'],
    ['cities', 'city'],
    ['boxes', 'box'],
    ['stopped', 'stopping'],
  ])('%s and %s have one stem', (a, b) => {
    expect(stemOf(a)).toBe(stemOf(b));
  });
});

describe('RelevanceJudge', () => {
  it('ranks passages by how well they answer', () => {
    const judge = new RelevanceJudge('What is the capital of France?');
    const passages = [
      'Paris is the capital of France, on the river Seine.',
      'France is a country in Western Europe. Its wine is well known.',
      'The capital of Germany is Berlin.',
      'Bananas are rich in potassium.',
    ];
    const logits = passages.map((passage) => judge.logit(passage));
    expect(logits[0]).toBe(Math.max(...logits));
    expect(logits[3]).toBe(Math.min(...logits));
    expect(sigmoid(logits[0]!)).toBeGreaterThan(0.7);
    expect(sigmoid(logits[3]!)).toBeLessThan(0.05);
  });
});
