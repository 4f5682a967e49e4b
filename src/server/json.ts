/** JSON text in ASCII only, so that its length in characters is its size in bytes. */

const BEYOND_ASCII = /[^\0-~]/g;

const unicodeEscape = (character: string): string =>
  `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;

/** A value as ASCII JSON. */
export const asciiJson = (value: unknown): string =>
  JSON.stringify(value).replace(BEYOND_ASCII, unicodeEscape);

/** Stands for a long text in {@link jsonWithTexts}. */
export const LONG_TEXT = '\uE000';
const LONG_TEXT_JSON = '"\\ue000"';

/**
 * ASCII JSON of a value in which {@link LONG_TEXT} stands for long texts, in order. They are put in as they are, which takes a
 * tenth of the time: texts of Base64 have nothing to escape.
 */
export function jsonWithTexts(value: unknown, texts: readonly string[]): string {
  const [first, ...rest] = asciiJson(value).split(LONG_TEXT_JSON);
  return rest.reduce((json, part, i) => `${json}"${texts[i]!}"${part}`, first!);
}

/**
 * The same Latin-1 text in one piece. V8 keeps a concatenation as a tree of its parts and walks it whenever the text is
 * written; what is written again and again is better put together once.
 */
export const flat = (text: string): string => Buffer.from(text, 'latin1').toString('latin1');
