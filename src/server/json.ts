/** JSON text in ASCII only, so that its length in characters is its size in bytes. */

const BEYOND_ASCII = /[^\0-~]/g;

const unicodeEscape = (character: string): string =>
  `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;

/** A value as ASCII JSON. */
export const asciiJson = (value: unknown): string =>
  JSON.stringify(value).replace(BEYOND_ASCII, unicodeEscape);

/**
 * The same Latin-1 text in one piece. V8 keeps a concatenation as a tree of its parts and walks it whenever the text is
 * written; what is written again and again is better put together once.
 */
export const flat = (text: string): string => Buffer.from(text, 'latin1').toString('latin1');
