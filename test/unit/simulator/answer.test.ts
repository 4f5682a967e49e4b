import * as fc from '../../support/fast-check.js';
import { describe, expect, it } from 'vitest';
import { digestOf } from '../../../src/lib/digest.js';
import { Answer, type AnswerRequest } from '../../../src/simulator/index.js';

const request = (over: Partial<AnswerRequest> = {}): AnswerRequest => ({
  seed: 1,
  digest: digestOf(['hello']),
  choice: 0,
  maxTokens: 131_072,
  minTokens: 0,
  ignoreEos: false,
  stop: [],
  ...over,
});

function read(answer: Answer): string[] {
  const pieces: string[] = [];
  for (let piece = answer.next(); piece !== undefined; piece = answer.next()) pieces.push(piece);
  return pieces;
}

describe('Answer', () => {
  it('has a natural length around 120 tokens and ends with stop', () => {
    const answers = Array.from({ length: 2000 }, (_, choice) => new Answer(request({ choice })));
    const lengths = answers.map((answer) => read(answer).length);
    const mean = lengths.reduce((a, b) => a + b) / lengths.length;
    expect(mean).toBeGreaterThan(110);
    expect(mean).toBeLessThan(130);
    expect(new Set(answers.map((answer) => answer.finishReason))).toEqual(new Set(['stop']));
  });

  it('is cut at its limit with length, and is a beginning of the longer answer', () => {
    const short = new Answer(request({ maxTokens: 7 }));
    const pieces = read(short);
    expect(pieces).toHaveLength(7);
    expect(short.finishReason).toBe('length');
    expect(read(new Answer(request())).slice(0, 7)).toEqual(pieces);
  });

  it('has exactly the forced length', () => {
    expect(read(new Answer(request({ maxTokens: 3000, ignoreEos: true })))).toHaveLength(3000);
    const least = new Answer(request({ minTokens: 2000 }));
    expect(read(least)).toHaveLength(2000);
    expect(least.finishReason).toBe('stop');
  });

  it('differs between seeds, digests and choices', () => {
    const variants = [{}, { seed: 2 }, { choice: 1 }, { digest: digestOf(['other']) }];
    expect(new Set(variants.map((over) => new Answer(request(over)).rest())).size).toBe(4);
  });

  const full = new Answer(request({ maxTokens: 80, ignoreEos: true })).rest();
  const slice = fc
    .tuple(fc.nat(full.length - 1), fc.integer({ min: 1, max: 20 }))
    .map(([from, length]) => full.slice(from, from + length));
  const stops = fc.array(fc.oneof(slice, fc.stringMatching(/^[a-z ]{1,5}$/)), { maxLength: 4 });

  it('is cut before the first stop sequence, also when that spans tokens', () => {
    fc.assert(
      fc.property(stops, (stop) => {
        const answer = new Answer(request({ maxTokens: 80, ignoreEos: true, stop }));
        const text = read(answer).join('');
        const at = Math.min(...stop.map((one) => full.indexOf(one)).filter((i) => i >= 0));
        if (Number.isFinite(at)) {
          // Of sequences that overlap, the one that is complete first decides.
          expect(full.startsWith(text)).toBe(true);
          expect(text.length).toBeGreaterThanOrEqual(at);
          expect(stop.some((one) => full.startsWith(one, text.length))).toBe(true);
          expect(stop.some((one) => text.includes(one))).toBe(false);
          expect(answer.finishReason).toBe('stop');
        } else {
          expect(text).toBe(full);
          expect(answer.finishReason).toBe('length');
        }
      }),
    );
  });

  it('is not cut before min_tokens', () => {
    const answer = new Answer(request({ maxTokens: 80, minTokens: 60, stop: [' '] }));
    read(answer);
    expect(answer.tokens).toBeGreaterThanOrEqual(60);
    expect(answer.finishReason).toBe('stop');
  });

  it('holds back no more than could begin a stop sequence', () => {
    const answer = new Answer(request({ maxTokens: 80, ignoreEos: true, stop: ['@@@@'] }));
    const plain = read(new Answer(request({ maxTokens: 80, ignoreEos: true })));
    expect(read(answer)).toEqual(plain);
  });
});
