/** JSON text in ASCII only, so that its length in characters is its size in bytes. */

const BEYOND_ASCII = /[^\0-~]/g;

const unicodeEscape = (character: string): string =>
  `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;

/** A value as ASCII JSON. */
export const asciiJson = (value: unknown): string =>
  JSON.stringify(value).replace(BEYOND_ASCII, unicodeEscape);
