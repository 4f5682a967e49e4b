import * as fc from '../../../support/fast-check.js';
import { expect, test } from 'vitest';
import { fill } from '../../../../src/server/protocols/openai/graders/templates.js';
import { METRICS, similarity } from '../../../../src/server/protocols/openai/graders/similarity.js';
import { Embedder } from '../../../../src/simulator/embedding/embedder.js';

const embedder = new Embedder({ seed: 1, model: 'grader', dimensions: 64 });
const text = fc
  .array(fc.constantFrom('the', 'cat', 'sat', 'on', 'a', 'mat'), { maxLength: 12 })
  .map((w) => w.join(' '));

test.each(METRICS)('%s is from 0 to 1, and 1 for the reference itself', (metric) => {
  fc.assert(
    fc.property(text, text, (a, b) => {
      const value = similarity(metric, a, b, embedder);
      expect(value).toBeGreaterThanOrEqual(0);
      expect(value).toBeLessThanOrEqual(1 + 1e-6);
      const n = /\d/.exec(metric)?.[0] ?? 1;
      if (a.split(' ').length >= Number(n)) expect(similarity(metric, a, a, embedder)).toBeCloseTo(1, 5);
    }),
    { numRuns: 60 },
  );
});

test.each([
  ['fuzzy_match', 'kitten', 'sitting', 1 - 3 / 7],
  ['rouge_1', 'the cat sat', 'the cat ran fast', 4 / 7],
  ['rouge_2', 'the cat sat', 'the cat ran', 1 / 2],
  ['rouge_l', 'the cat sat', 'the dog sat', 2 / 3],
  // One of 3 words, none of 2 pairs, no triple; against the same counts.
  ['gleu', 'a b c', 'a d e', 1 / 6],
  ['bleu', 'x y', 'a b', 0],
  ['meteor', 'x y', 'a b', 0],
] as const)('%s of %j and %j', (metric, a, b, expected) => {
  expect(similarity(metric, a, b, embedder)).toBeCloseTo(expected, 9);
});

test('templates are filled, and what is not there is named', () => {
  const scope = { item: { a: 'x', b: { c: 1 } }, sample: { output_text: 'out', output_json: { k: [1] } } };
  expect(fill('{{item.a}} {{ item.b.c }} {{sample.output_text}} {{sample.output_json.k}}', scope)).toEqual({
    text: 'x 1 out [1]',
    unknown: [],
  });
  expect(fill('{{item.z}}{{item.constructor}}', scope)).toEqual({
    text: '',
    unknown: ['item.z', 'item.constructor'],
  });
});
