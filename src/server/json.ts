/** JSON text in ASCII only, so that its length in characters is its size in bytes. */

// Everything that JSON.stringify escapes, and everything beyond printable ASCII.
const NEEDS_ESCAPE = /["\\]|[^ -~]/;
const BEYOND_ASCII = /[^\0-~]/g;

const unicodeEscape = (character: string): string =>
  `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;

/** A value as ASCII JSON. */
export const asciiJson = (value: unknown): string =>
  JSON.stringify(value).replace(BEYOND_ASCII, unicodeEscape);

/** A text as it stands between the quotation marks of an ASCII JSON string. */
export const jsonText = (text: string): string =>
  NEEDS_ESCAPE.test(text) ? asciiJson(text).slice(1, -1) : text;
