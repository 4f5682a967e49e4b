import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import { once } from 'node:events';
import { afterAll, describe, expect, it } from 'vitest';
import { createRandom } from '../../../../src/lib/random.js';
import { prose } from '../../../../src/lib/text/prose.js';
import { TokenCounter } from '../../../../src/lib/tokens/counter.js';
import { Tokenizer } from '../../../../src/lib/tokens/tokenizer.js';
import { readVocabulary } from '../../../../src/lib/tokens/vocabulary.js';

const folder = mkdtempSync(join(tmpdir(), 'fakeai-vocabulary-'));
const file = join(folder, 'o200k_base.bin');
execFileSync(process.execPath, ['scripts/build-vocabulary.mjs', folder]);
afterAll(() => rmSync(folder, { recursive: true }));
const vocabulary = readVocabulary(file);

describe('a vocabulary', () => {
  it('lies in shared memory, which a thread is given without a copy', async () => {
    const worker = new Worker(
      `const { parentPort, workerData } = require('node:worker_threads');
       workerData.bytes[0] = 42; // seen here only if it is the same memory
       parentPort.postMessage(workerData.name);`,
      { eval: true, workerData: vocabulary },
    );
    const original = vocabulary.bytes[0]!;
    const [name] = await once(worker, 'message');
    expect(name).toBe('o200k_base');
    expect(vocabulary.bytes[0]).toBe(42);
    vocabulary.bytes[0] = original;
    await once(worker, 'exit');
  });

  it.each([
    ['missing', undefined],
    ['not a vocabulary', Buffer.from('something else entirely')],
    ['cut short', readFileSync(file).subarray(0, 500_000)],
    ['empty', Buffer.alloc(0)],
  ])('that is %s is refused with its path', (_, content) => {
    const path = join(folder, 'damaged.bin');
    rmSync(path, { force: true });
    if (content) writeFileSync(path, content);
    expect(() => readVocabulary(path)).toThrow(
      expect.objectContaining({ code: 'FAKEAI_FILE_UNREADABLE', message: expect.stringContaining(path) }),
    );
  });
});

describe('the tokenizer on hostile text', () => {
  const tokenizer = new Tokenizer(vocabulary);
  const texts: Record<string, (n: number) => string> = {
    'one letter': (n) => 'a'.repeat(n),
    'one capital': (n) => 'A'.repeat(n),
    spaces: (n) => ' '.repeat(n),
    'spaces, then newlines, in turn': (n) => '  \n'.repeat(n / 3),
    punctuation: (n) => '!'.repeat(n),
    'Chinese without a break': (n) => '中'.repeat(n),
    'letters without a space': (n) => {
      const random = createRandom(n);
      return Array.from({ length: n }, () => String.fromCharCode(97 + random.int(26))).join('');
    },
    'marks and capitals': (n) => '\u0301A'.repeat(n / 2),
    emoji: (n) => '😀'.repeat(n / 2),
    'lone surrogates': (n) => '\ud800'.repeat(n),
  };

  const secondsFor = (text: string): number => {
    const start = process.hrtime.bigint();
    tokenizer.count(text);
    return Number(process.hrtime.bigint() - start) / 1e9;
  };

  it.each(Object.entries(texts))('takes time near to linear: %s', (_, make) => {
    const [small, large] = [make(12_000), make(192_000)];
    secondsFor(small);
    const base = Math.min(secondsFor(small), secondsFor(small), secondsFor(small));
    // 16 times the text; n² would be 256 times the time. Again where something else had the processor meanwhile.
    let ratio = Number.POSITIVE_INFINITY;
    for (let i = 0; i < 40 && ratio >= 100; i++) ratio = Math.min(ratio, secondsFor(large) / base);
    expect(ratio).toBeLessThan(100);
  });
});

describe('the token counter', () => {
  const text = (seed: number, tokens: number): string => prose(createRandom(seed), tokens);

  it('counts as the tokenizer does, first and again', () => {
    const counter = new TokenCounter(vocabulary);
    for (const tokens of [0, 1, 5, 100, 3000, 100]) {
      expect(counter.count(text(1, tokens))).toBe(tokens);
      expect(counter.count(text(1, tokens))).toBe(tokens);
    }
  });

  it('remembers texts that come again, within its bound only', () => {
    const counter = new TokenCounter(vocabulary, { cacheCharacters: 20_000 });
    expect(counter.count(text(1000, 300))).toBe(300);
    expect(counter.cachedCharacters).toBe(0);
    for (let seed = 0; seed < 200; seed++) {
      expect(counter.count(text(seed, 300))).toBe(300);
      expect(counter.count(text(seed, 300))).toBe(300);
      expect(counter.cachedCharacters).toBeGreaterThan(0);
      expect(counter.cachedCharacters).toBeLessThanOrEqual(20_000);
    }
  });

  it('does not remember a text of more than a quarter of its bound', () => {
    const counter = new TokenCounter(vocabulary, { cacheCharacters: 4000 });
    for (let time = 0; time < 3; time++) expect(counter.count(text(1, 1000))).toBe(1000);
    expect(counter.cachedCharacters).toBe(0);
  });

  it('answers a repeated text much quicker than it counts it', () => {
    const counter = new TokenCounter(vocabulary);
    const long = text(1, 20_000);
    const timed = (): number => {
      const start = process.hrtime.bigint();
      counter.count(long);
      return Number(process.hrtime.bigint() - start);
    };
    expect(timed()).toBeGreaterThan(5 * Math.min(timed(), timed(), timed()));
  });

  describe('of long texts', () => {
    const letters = (n: number, from = 97, kinds = 26): string => {
      const random = createRandom(n);
      return Array.from({ length: n }, () => String.fromCharCode(from + random.int(kinds))).join('');
    };
    const LONG = {
      prose: text(1, 30_000),
      'letters without a space': letters(120_000),
      'two letters in turn': 'ab'.repeat(60_000),
      'characters of three bytes': letters(60_000, 0x4e00, 2000),
      'spaces and lines': ' \n'.repeat(60_000),
      'words that must be merged': 'zxqvjk '.repeat(20_000),
    };

    it.each(Object.entries(LONG))('lets others have their turn: %s', async (_, long) => {
      const counter = new TokenCounter(vocabulary, { cacheCharacters: 1000, cacheIdBytes: 1000 });
      let turns = 0;
      let over = false;
      const turn = (): void => {
        turns++;
        if (!over) setImmediate(turn);
      };
      setImmediate(turn);
      const release = await counter.hold([long]);
      over = true;
      expect(turns).toBeGreaterThanOrEqual(Math.floor(long.length / 16_384));
      const ids = counter.tokenizer.encode(long);
      expect(counter.count(long)).toBe(ids.length);
      expect(counter.ids(long)).toBe(counter.ids(long));
      expect([...(counter.ids(long) as Uint32Array)]).toEqual(ids);
      release();
      // Too long to be remembered, it is encoded each time now.
      expect(counter.ids(long)).not.toBe(counter.ids(long));
    });

    it('do not wait for one that is huge, which is given up when nobody wants it', async () => {
      const counter = new TokenCounter(vocabulary, { cacheCharacters: 1000, cacheIdBytes: 1000 });
      let isOver = false;
      let isSettled = false;
      const huge = counter.hold(['xy'.repeat(1_000_000)], () => isOver).finally(() => (isSettled = true));
      const release = await counter.hold([text(2, 5000)]);
      expect(isSettled).toBe(false);
      isOver = true;
      (await huge)();
      release();
    });

    it('are held until all who asked for them let go', async () => {
      const counter = new TokenCounter(vocabulary, { cacheCharacters: 1000, cacheIdBytes: 1000 });
      const long = text(2, 5000);
      const [one, two] = await Promise.all([counter.hold([long]), counter.hold([long, 'short'])]);
      const ids = counter.ids(long);
      one();
      expect(counter.ids(long)).toBe(ids);
      two();
      expect(counter.ids(long)).not.toBe(ids);
    });
  });
});
