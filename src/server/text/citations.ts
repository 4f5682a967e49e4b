/** What an answer after a search of the web refers to: a page that does not exist. */
import { type Digest, digestOf } from '../../lib/digest.js';
import { createRandom } from '../../lib/random.js';

/** A part of a text, and the page that it is from. */
export interface UrlCitation {
  start_index: number;
  end_index: number;
  url: string;
  title: string;
}

/**
 * The page that a search finds.
 *
 * @param how - where from, and how much of it, in any form: another page is found in another way
 */
export function foundPage(seed: number, { high, low }: Digest, how: object = {}): string {
  const random =
    Object.keys(how).length === 0
      ? createRandom(seed, 'page', high, low)
      : createRandom(seed, 'page', high, low, digestOf([JSON.stringify(how)]).low);
  return `https://${random.int(2 ** 31).toString(36)}.example.com/`;
}

/** Index of the end of a text's first sentence. */
export const sentenceEnd = (text: string): number =>
  text.indexOf('.') < 0 ? text.length : text.indexOf('.') + 1;

/** The first sentence of a text is from a page. */
export const citationOf = (text: string, url: string): UrlCitation => ({
  start_index: 0,
  end_index: sentenceEnd(text),
  url,
  title: text.slice(0, sentenceEnd(text)),
});
