/**
 * Speed of exact token counting, beside gpt-tokenizer and js-tiktoken on the same text in the same run.
 *
 *   npm run build && node benchmarks/tokens.mjs
 *
 * Ratios are of medians over rounds that take turns, so that a busy machine slows all alike. Hostile texts are timed for
 * us alone: js-tiktoken takes minutes for some of them.
 */
import { readFileSync } from 'node:fs';
import { performance } from 'node:perf_hooks';
import { countTokens } from 'gpt-tokenizer/encoding/o200k_base';
import { getEncoding } from 'js-tiktoken';
import { createRandom } from '../dist/lib/random.js';
import { prose } from '../dist/lib/text/prose.js';
import { TokenCounter } from '../dist/lib/tokens/counter.js';
import { Tokenizer } from '../dist/lib/tokens/tokenizer.js';
import { loadVocabulary } from '../dist/lib/tokens/vocabulary.js';

const ROUNDS = 15;
const print = (line) => process.stdout.write(`${line}\n`);
const ms = (value) => `${value.toFixed(value < 1 ? 4 : 2)} ms`;

const timed = (work) => {
  const start = performance.now();
  const result = work();
  return { result, took: performance.now() - start };
};
const median = (values) => values.toSorted((a, b) => a - b)[values.length >> 1];

const loads = Array.from({ length: 3 }, () => timed(() => loadVocabulary('o200k_base')));
const vocabulary = loads[0].result;
const shared = [vocabulary.bytes, vocabulary.offsets, vocabulary.table, vocabulary.classes];
const megabytes = shared.reduce((sum, array) => sum + array.byteLength, 0) / 1e6;
print(
  `load: first ${ms(loads[0].took)}, again ${ms(loads[2].took)}; ${megabytes.toFixed(1)} MB shared by all threads`,
);

const tokenizer = new Tokenizer(vocabulary);
const tiktoken = getEncoding('o200k_base');
const counter = new TokenCounter(vocabulary);

/** Median times per text, the contenders taking turns in each round. */
const race = (texts, contenders) => {
  const times = contenders.map(() => []);
  for (let round = 0; round < ROUNDS + 2; round++)
    for (const [i, count] of contenders.entries()) {
      const { took } = timed(() => texts.forEach((text) => count(text)));
      if (round >= 2) times[i].push(took / texts.length); // two rounds to warm up
    }
  return times.map(median);
};

const proseTexts = Array.from({ length: 50 }, (_, seed) => prose(createRandom(seed), 1000));
const source = readFileSync(new URL('../package-lock.json', import.meta.url), 'utf8');
const corpora = {
  'prose of 1,000 tokens': proseTexts,
  'JSON, 8 kB': Array.from({ length: 12 }, (_, i) => source.slice(i * 8000, (i + 1) * 8000)),
  'Chinese with punctuation, 6 kB': ['人工智能正在改变世界,我们测量每个请求的延迟。'.repeat(90)],
  'Russian, 9 kB': ['Все счастливые семьи похожи друг на друга, каждая несчастлива по-своему. '.repeat(60)],
};

print('\ncount() per text: ours, and how many times the time the others take');
for (const [name, texts] of Object.entries(corpora)) {
  const [ours, theirs, js] = race(texts, [
    (text) => tokenizer.count(text),
    (text) => countTokens(text),
    (text) => tiktoken.encode(text, [], []).length,
  ]);
  print(
    `${name.padEnd(32)} ${ms(ours).padStart(10)}   gpt-tokenizer ${(theirs / ours).toFixed(1)}x   js-tiktoken ${(js / ours).toFixed(1)}x`,
  );
}

const [again] = race(proseTexts, [(text) => counter.count(text)]);
print(`${'the same prose, remembered'.padEnd(32)} ${ms(again).padStart(10)}`);

print('\nhostile texts: count() once');
const random = createRandom(1);
const hostile = {
  "1 MB of 'a'": 'a'.repeat(1e6),
  '1 MB of spaces': ' '.repeat(1e6),
  '1 MB of random letters': Array.from({ length: 1e6 }, () => String.fromCharCode(97 + random.int(26))).join(
    '',
  ),
  "100,000 'a'": 'a'.repeat(1e5),
  '16,000 Chinese characters': '中国人民大学图书馆开放时间'.repeat(1231).slice(0, 16000),
  '100,000 emoji': '😀👩🏽🎉🇩'.repeat(20_000),
};
for (const [name, text] of Object.entries(hostile)) {
  const { result, took } = timed(() => tokenizer.count(text));
  print(`${name.padEnd(32)} ${ms(took).padStart(10)}   ${result} tokens`);
}

print('\nprose() of 128 tokens');
const generated = Array.from({ length: 9 }, (_, round) =>
  timed(() => {
    let length = 0;
    for (let i = 0; i < 5000; i++) length += Buffer.byteLength(prose(createRandom(i, round), 128));
    return length;
  }),
);
const perText = median(generated.map(({ took }) => took / 5000));
print(`${(perText * 1e3).toFixed(2)} µs per text, ${((perText * 1e6) / 128).toFixed(0)} ns per token`);
