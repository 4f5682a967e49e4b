import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createRandom } from '../../../src/lib/random.js';
import {
  openTokenizer,
  tokenizerChoice,
  type TextTokenizer,
} from '../../../src/lib/tokens/text-tokenizer.js';
import { fittedProse } from '../../../src/workloads/fitted-prose.js';
import { createLane } from '../../../src/workloads/requests.js';
import { planOf } from './plans.js';

const folder = mkdtempSync(join(tmpdir(), 'fakeai-tokenizer-'));
afterAll(() => rmSync(folder, { recursive: true }));
const file = (name: string, content: string): string => {
  const path = join(folder, name);
  writeFileSync(path, content);
  return path;
};

/** A BPE tokenizer as models have them, but with few merges: most words are several tokens. */
const LETTERS = [...'abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ.,Ġ'];
const MERGES = ['t h', 'th e', 'Ġ the', 'i n', 'Ġ a', 'e r'];
const BPE = JSON.stringify({
  version: '1.0',
  added_tokens: [],
  normalizer: null,
  pre_tokenizer: { type: 'ByteLevel', add_prefix_space: false, trim_offsets: true, use_regex: true },
  post_processor: null,
  decoder: { type: 'ByteLevel' },
  model: {
    type: 'BPE',
    vocab: Object.fromEntries(
      [...LETTERS, ...MERGES.map((merge) => merge.replace(' ', ''))].map((t, i) => [t, i]),
    ),
    merges: MERGES,
  },
});

describe('a tokenizer.json', () => {
  let tokenizer: TextTokenizer;
  beforeAll(async () => {
    tokenizer = await openTokenizer({ path: file('tokenizer.json', BPE) });
  });

  it('counts as its merges say', () => {
    expect(['the', ' the', ' inner', 'xyz'].map((text) => tokenizer.count(text))).toEqual([1, 1, 4, 3]);
  });

  it('gives prompts of exactly the length that is asked for', () => {
    const write = fittedProse(tokenizer);
    for (const tokens of [0, 1, 2, 7, 100, 551]) {
      for (let seed = 0; seed < 10; seed++) {
        const text = write(createRandom(seed, 'p'), tokens);
        expect(tokenizer.count(text)).toBe(tokens);
        expect(write(createRandom(seed, 'p'), tokens)).toBe(text);
      }
    }
  });

  it('gives requests of a plan their lengths', () => {
    const lane = createLane(planOf({}), 0, { index: 0, count: 1 }, tokenizer);
    for (let i = 0; i < 5; i++) {
      const { body, inputTokens } = lane.next()!;
      const { messages } = JSON.parse(body) as { messages: { content: string }[] };
      expect(tokenizer.count(messages[0]!.content)).toBe(inputTokens);
    }
  });

  it.each([
    ['nothing', undefined, 'no such file'],
    ['text', 'hello', 'it is not a tokenizer.json'],
    ['other JSON', '{"vocab":{}}', 'Tokenizer must contain'],
    ['a list', '[]', 'Tokenizer must be'],
  ])('that is %s is refused', async (_, content, problem) => {
    const path = content === undefined ? join(folder, 'absent') : file('broken.json', content);
    await expect(openTokenizer({ path })).rejects.toMatchObject({
      code: 'FAKEAI_FILE_UNREADABLE',
      message: expect.stringContaining(problem) as string,
    });
  });
});

it('the names of vocabularies are no paths', async () => {
  expect(tokenizerChoice('cl100k_base')).toEqual({ vocabulary: 'cl100k_base' });
  expect(tokenizerChoice('./cl100k_base')).toEqual({ path: './cl100k_base' });
  const counts = await Promise.all(
    ['o200k_base', 'cl100k_base'].map(async (name) =>
      (await openTokenizer(tokenizerChoice(name))).count('Übergrößenträger und schöne Grüße'),
    ),
  );
  expect(counts[0]).not.toBe(counts[1]);
});
