/** From texts to words, and from words to stems. */

/** The words of a text, in lower case; scripts without spaces give a word per character. */
export const wordsOf = (text: string): string[] =>
  text
    .normalize('NFKC')
    .toLowerCase()
    .match(/[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Thai}]|[\p{L}\p{M}\p{N}]+/gu) ??
  [];

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
