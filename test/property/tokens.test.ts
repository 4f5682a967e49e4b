import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as fc from '../support/fast-check.js';
import { getEncoding } from 'js-tiktoken';
import { afterAll, describe, expect, it } from 'vitest';
import { createRandom } from '../../src/lib/random.js';
import { prose } from '../../src/lib/text/prose.js';
import { Tokenizer } from '../../src/lib/tokens/tokenizer.js';
import { readVocabulary } from '../../src/lib/tokens/vocabulary.js';

const ENCODINGS = ['o200k_base', 'cl100k_base'] as const;
const folder = mkdtempSync(join(tmpdir(), 'fakeai-vocabulary-'));
execFileSync(process.execPath, ['scripts/build-vocabulary.mjs', folder, ...ENCODINGS]);
afterAll(() => rmSync(folder, { recursive: true }));

/** Code points that meet at the edges of the splitting rules: one or more of each class, and the exceptions. */
const EDGES = [
  ...Array.from('aZ19\'’sStTrReEvVmMlLdD .,!?/-_"{}[]<|>\\'),
  ...Array.from('\n\r\t\v\f\u00a0\u0085\u2028\u3000\ufeff\u0000\u007f'),
  ...Array.from('éßÀДжǅʰªºאعह中字かカ한า'), // lower, upper, title case, modifier, other letters
  '\u0301', // marks: combining, spacing, enclosing, variation selector
  '\u0903',
  '\u20dd',
  '\ufe0f',
  ...Array.from('٣²½Ⅷ〇'), // digits, other numbers, letter numbers
  ...Array.from('😀👩🏽🇩𝐀𝟘𐐀𐐨𠀀'), // astral: symbols, letters, digits, both cases
  '\u200d',
  '\u{e0100}', // astral mark
  '\u{f0000}', // private
  '\ud800', // lone surrogates
  '\udc00',
];

const edgeText = fc
  .array(
    fc.oneof(
      { weight: 6, arbitrary: fc.constantFrom(...EDGES) },
      {
        weight: 1,
        arbitrary: fc.constantFrom("'ll", "'RE", "I've", '  ', '\n\n', '\r\n', ' /', '<|endoftext|>'),
      },
      { weight: 1, arbitrary: fc.string({ unit: 'binary', minLength: 1, maxLength: 3 }) },
    ),
    { maxLength: 40 },
  )
  .map((parts) => parts.join(''));

/** All ASCII, on both sides of the lengths up to which it is read as bytes. */
const asciiText = fc
  .tuple(
    fc.array(
      fc.oneof(
        fc.constantFrom(...EDGES.filter((edge) => edge <= '\u007f')),
        fc.constantFrom(
          "'ll",
          "'RE",
          "I've",
          "x's",
          '  ',
          '\n\n',
          '\r\n',
          ' /',
          '.\n/',
          'word',
          ' Words',
          '1234',
        ),
        fc.string({ unit: 'binary-ascii', minLength: 1, maxLength: 3 }),
      ),
      { maxLength: 40 },
    ),
    fc.constantFrom(1, 1, 1, 1, 200),
  )
  .map(([parts, times]) => parts.join('').repeat(times));

/** UTF-16 units without regard to pairs. */
const anyUnits = fc
  .array(fc.integer({ min: 0, max: 0xffff }), { maxLength: 30 })
  .map((units) => String.fromCharCode(...units));

const pieceOf = (unit: string, max: number) => fc.nat(max).map((n) => unit.repeat(n));

/** Long pieces, on both sides of the bound between the two ways to merge. */
const longText = fc
  .array(
    fc.oneof(
      ...['a', 'A', ' ', '=', '\n', 'ab', '中', '中国', '😀', 'é', '-_', '\t '].map((unit) =>
        pieceOf(unit, 90),
      ),
      fc.string({ unit: fc.constantFrom(...Array.from('abcdefghijklmnopqrstuvwxyz')), maxLength: 300 }),
      fc.string({
        unit: fc.constantFrom(...Array.from('的一是在不了有和人这中大为上个国我以要他')),
        maxLength: 90,
      }),
    ),
    { minLength: 1, maxLength: 4 },
  )
  .map((parts) => parts.join(''));

const CORPUS: Record<string, string> = {
  code: readFileSync('src/lib/errors.ts', 'utf8'),
  script: readFileSync('scripts/build-vocabulary.mjs', 'utf8'),
  json: readFileSync('package-lock.json', 'utf8').slice(0, 60_000),
  minifiedJson: JSON.stringify(JSON.parse(readFileSync('package.json', 'utf8'))),
  markdown:
    '# Title\n\n* **bold** and `code`\n  1. item\n\n| a | b |\n|---|---|\n| 1 | 2 |\n\n```js\nx();\n```\n'.repeat(
      20,
    ),
  prose: prose(createRandom(5), 3000),
  chinese: '人工智能正在改变世界。我们测量每个请求的延迟,并比较不同的系统!'.repeat(30),
  japanese: '吾輩は猫である。名前はまだ無い。どこで生れたかとんと見当がつかぬ。'.repeat(30),
  korean: '모든 국민은 인간으로서의 존엄과 가치를 가지며, 행복을 추구할 권리를 가진다. '.repeat(20),
  russian:
    'Все счастливые семьи похожи друг на друга, каждая несчастливая семья несчастлива по-своему. '.repeat(20),
  arabic: 'يولد جميع الناس أحرارًا متساوين في الكرامة والحقوق. '.repeat(20),
  hindi: 'सभी मनुष्यों को गौरव और अधिकारों के मामले में जन्मजात स्वतन्त्रता और समानता प्राप्त है। '.repeat(20),
  thai: 'มนุษย์ทั้งหลายเกิดมามีอิสระและเสมอภาคกันในเกียรติศักดิ์และสิทธิ '.repeat(10),
  emoji: '👩‍👩‍👧‍👦 👍🏽 🇩🇪🇫🇷 🏳️‍🌈 1️⃣ ❤️‍🔥'.repeat(30),
  whitespace: 'a \t b\r\n\r\n  c\n \n\t\n   d  \u00a0 e\u3000f \n'.repeat(40),
  contractions: "I'll we've you'RE don'T it's'd 'twas o'clock l'eau 'Sx x'LLy ".repeat(20),
  case: 'camelCase PascalCase SCREAMING_SNAKE XMLHttpRequest iPhone McDonald ÀÉÎõü ǅungla'.repeat(20),
  special: '<|endoftext|> <|im_start|>user<|endofprompt|>'.repeat(5),
};

describe.each(ENCODINGS)('the tokenizer for %s', (name) => {
  const theirs = getEncoding(name);
  const ours = new Tokenizer(readVocabulary(join(folder, `${name}.bin`)));

  const expectEqual = (text: string): void => {
    const ids = ours.encode(text);
    expect(ids).toEqual(theirs.encode(text, [], []));
    expect(ours.count(text)).toBe(ids.length);
    expect(ours.decode(ids)).toBe(Buffer.from(text).toString());
  };

  it.each(Object.entries(CORPUS))('equals js-tiktoken on %s', (_, text) => {
    expectEqual(text);
  });

  it.each([
    ['text at the edges of the rules', edgeText, 4000],
    ['ASCII', asciiText, 1500],
    ['any Unicode text', fc.string({ unit: 'binary', maxLength: 60 }), 1500],
    ['text of whole graphemes', fc.string({ unit: 'grapheme', maxLength: 60 }), 1500],
    ['any UTF-16 units', anyUnits, 1500],
    ['long pieces', longText, 300],
  ] as const)('equals js-tiktoken on %s', (_, texts, numRuns) => {
    fc.assert(fc.property(texts, expectEqual), { numRuns });
  });

  it('leaves unknown ids out when decoding', () => {
    expect(ours.decode([...ours.encode('one'), -1, 1e9, 0.5, ...ours.encode(' two')])).toBe('one two');
  });
});

describe('the tokenizer', () => {
  it('gives every token of the vocabulary that is text its own id', () => {
    const vocabulary = readVocabulary(join(folder, 'o200k_base.bin'));
    const theirs = getEncoding('o200k_base');
    const ours = new Tokenizer(vocabulary);
    for (let id = 0; id < vocabulary.offsets.length - 1; id += 37) {
      expect(ours.decode([id])).toBe(theirs.decode([id]));
    }
  });
});
