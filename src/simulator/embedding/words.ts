/** From texts to words, and from words to stems. */

// oxlint-disable-next-line no-control-regex -- ASCII is all of it
const ASCII = /^[\0-\x7f]*$/;
const ASCII_WORDS = /[a-z0-9]+/g;
const WORDS = /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Thai}]|[\p{L}\p{M}\p{N}]+/gu;

/** The words of a text, in lower case; scripts without spaces give a word per character. */
export function wordsOf(text: string): string[] {
  // The same, in a fraction of the time.
  if (ASCII.test(text)) return text.toLowerCase().match(ASCII_WORDS) ?? [];
  return text.normalize('NFKC').toLowerCase().match(WORDS) ?? [];
}

/** A word without its commonest English endings. */
export function stemOf(word: string): string {
  if (word.length <= 3) return word;
  const bare = word
    .replace(/(?:ies|ied)$/, 'y')
    .replace(/(?<=(?:ss|x|z|ch|sh))es$/, '')
    .replace(/(?<=[^su])s$/, '');
  const cut = bare.replace(/(?:ingly|edly|ing|ed|ly|ness|ment|er|ation)$/, '');
  if (cut.length < 3 || !/[aeiouy]/.test(cut)) return bare;
  return cut.replace(/([^aeiouls])\1$/, '$1').replace(/e$/, '');
}
