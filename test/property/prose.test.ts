import * as fc from '../support/fast-check.js';
import { getEncoding } from 'js-tiktoken';
import { describe, expect, it } from 'vitest';
import { createRandom } from '../../src/lib/random.js';
import { Prose, prose } from '../../src/lib/text/prose.js';

const seed = fc.integer({ min: 0, max: 2 ** 31 - 1 });

const pieces = (of: number, count: number, continuing = false): string[] => {
  const stream = new Prose(createRandom(of), { continuing });
  return Array.from({ length: count }, () => stream.next());
};

describe.each(['o200k_base', 'cl100k_base'] as const)('prose in %s', (name) => {
  const encoding = getEncoding(name);
  const encode = (text: string): number[] => encoding.encode(text, [], []);

  it('has as many tokens as pieces for every number of pieces, and token k is piece k', () => {
    fc.assert(
      fc.property(seed, fc.integer({ min: 0, max: 300 }), fc.boolean(), (s, count, continuing) => {
        const expected = pieces(s, count, continuing);
        const ids = encode(expected.join(''));
        expect(ids.map((id) => encoding.decode([id]))).toEqual(expected);
      }),
      { numRuns: 300 },
    );
  });

  it('covers every prefix of one text', () => {
    const all = pieces(7, 400);
    for (let n = 0; n <= all.length; n++) expect(encode(all.slice(0, n).join(''))).toHaveLength(n);
  });

  it('adds exactly its tokens when it continues other prose', () => {
    const block = fc.tuple(seed, fc.integer({ min: 1, max: 150 }));
    fc.assert(
      fc.property(fc.array(block, { minLength: 2, maxLength: 6 }), (blocks) => {
        const texts = blocks.map(([s, n], i) => prose(createRandom(s), n, { continuing: i > 0 }));
        expect(encode(texts.join(''))).toHaveLength(blocks.reduce((sum, [, n]) => sum + n, 0));
      }),
      { numRuns: 200 },
    );
  });
});

describe('prose', () => {
  it('is the joined pieces of the stream', () => {
    fc.assert(
      fc.property(seed, fc.nat(300), fc.boolean(), (s, count, continuing) => {
        expect(prose(createRandom(s), count, { continuing })).toBe(pieces(s, count, continuing).join(''));
      }),
    );
  });

  it('is the same taken one by one, together, or by turns', () => {
    const steps = fc.array(fc.oneof(fc.constant('next' as const), fc.nat(40)), { maxLength: 20 });
    fc.assert(
      fc.property(seed, steps, fc.boolean(), (s, turns, continuing) => {
        const stream = new Prose(createRandom(s), { continuing });
        const text = turns.map((turn) => (turn === 'next' ? stream.next() : stream.take(turn))).join('');
        const count = turns.reduce<number>((sum, turn) => sum + (turn === 'next' ? 1 : turn), 0);
        expect(text).toBe(pieces(s, count, continuing).join(''));
      }),
    );
  });

  it('begins with a capital, with a space before it only when it continues', () => {
    fc.assert(
      fc.property(seed, (s) => {
        expect(prose(createRandom(s), 1)).toMatch(/^[A-Z]/);
        expect(prose(createRandom(s), 1, { continuing: true })).toMatch(/^ [A-Z]/);
      }),
    );
  });

  it('reads as sentences of varying length', () => {
    const sentences = prose(createRandom(11), 4000)
      .split(/(?<=\.)/)
      .slice(0, -1);
    for (const sentence of sentences) expect(sentence).toMatch(/^ ?[A-Z][A-Za-z]*(,? [A-Za-z]+)+\.$/);
    expect(new Set(sentences.map((sentence) => sentence.split(' ').length)).size).toBeGreaterThan(10);
  });

  it('needs no escapes in JSON and one byte per character', () => {
    const text = prose(createRandom(3), 2000);
    expect(JSON.stringify(text)).toBe(`"${text}"`);
    expect(Buffer.byteLength(text)).toBe(text.length);
  });

  it('differs early between seeds', () => {
    const openings = Array.from({ length: 1000 }, (_, s) => prose(createRandom(s), 8));
    expect(new Set(openings).size).toBeGreaterThan(990);
  });
});
