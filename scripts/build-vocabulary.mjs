/**
 * Turns the token ranks of js-tiktoken into the compact files that src/lib/tokens/vocabulary.ts reads.
 *
 *   node scripts/build-vocabulary.mjs [FOLDER] [ENCODING…]     default: dist/data o200k_base cl100k_base
 *
 * Layout, little-endian: 4 bytes magic, u32 length of the header, the header (JSON, padded with spaces to a multiple of
 * four bytes), the character classes as u32 (first code point | class << 24, each up to the next), the length of each
 * token as u8, then the bytes of all tokens in the order of their ranks.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { join } from 'node:path';

const MAGIC = 'FKV1';
/** Code points from here on are private or unassigned; variation selectors end just below. */
const LAST_CLASSIFIED = 0xe1000;

/** Must agree with the bits in src/lib/tokens/split.ts. */
const CLASSES = [
  [1, /^\s$/u],
  [4, /^\p{N}$/u],
  [8, /^[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]$/u],
  [16, /^[\p{Ll}\p{Lm}\p{Lo}\p{M}]$/u],
  [32, /^\p{L}$/u],
];
const NEWLINE = 2;

const classOf = (codePoint) => {
  const character = String.fromCodePoint(codePoint);
  if (character === '\r' || character === '\n') return NEWLINE;
  let bits = 0;
  for (const [bit, pattern] of CLASSES) if (pattern.test(character)) bits |= bit;
  return bits;
};

/** Run-length coded classes of all code points below LAST_CLASSIFIED; the rest has class 0. */
const characterClasses = () => {
  const runs = [];
  let previous = -1;
  for (let codePoint = 0; codePoint < LAST_CLASSIFIED; codePoint++) {
    const bits = classOf(codePoint);
    if (bits !== previous) runs.push(codePoint + bits * 2 ** 24);
    previous = bits;
  }
  return Uint32Array.from(runs);
};

/** The tokens' bytes in rank order, from js-tiktoken's lines of "! first-rank base64 base64 …". */
const tokensOf = (bpeRanks) => {
  const tokens = [];
  for (const line of bpeRanks.split('\n').filter(Boolean)) {
    const [, first, ...encoded] = line.split(' ');
    for (const [i, token] of encoded.entries()) tokens[Number(first) + i] = Buffer.from(token, 'base64');
  }
  for (let rank = 0; rank < tokens.length; rank++)
    if (!tokens[rank]?.length || tokens[rank].length > 255) throw new Error(`rank ${rank} is unusable`);
  if (new Set(tokens.filter((token) => token.length === 1).map((token) => token[0])).size !== 256)
    throw new Error('not every byte is a token');
  return tokens;
};

const build = async (name) => {
  const { default: ranks } = await import(`js-tiktoken/ranks/${name}`);
  const tokens = tokensOf(ranks.bpe_ranks);
  const classes = characterClasses();
  const blob = Buffer.concat(tokens);
  const header = JSON.stringify({
    name,
    pattern: ranks.pat_str,
    tokens: tokens.length,
    bytes: blob.length,
    classRuns: classes.length,
    codePoints: LAST_CLASSIFIED,
  });
  const padded = Buffer.from(header.padEnd(Math.ceil(header.length / 4) * 4));
  const start = Buffer.alloc(8);
  start.write(MAGIC, 'latin1');
  start.writeUInt32LE(padded.length, 4);
  return Buffer.concat([
    start,
    padded,
    Buffer.from(classes.buffer),
    Uint8Array.from(tokens, (token) => token.length),
    blob,
  ]);
};

const [folder = fileURLToPath(new URL('../dist/data', import.meta.url)), ...names] = process.argv.slice(2);
mkdirSync(folder, { recursive: true });
for (const name of names.length > 0 ? names : ['o200k_base', 'cl100k_base'])
  writeFileSync(join(folder, `${name}.bin`), await build(name));
