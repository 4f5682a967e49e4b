/** Generated texts that are used again and again. */
import { LRUCache } from 'lru-cache';

/** Most characters that are kept; the least recently used texts beyond are written anew when needed. */
const CACHED_CHARACTERS = 8 * 1024 * 1024;

/**
 * The same text in one piece. V8 keeps a text that was put together word by word as a tree of its words, eight times as
 * large and slow to copy; that is fine for text used once, not for text that is kept.
 */
const flat = (text: string): string => Buffer.from(text, 'latin1').toString('latin1');

/**
 * A store of ASCII texts by id, within a bound.
 *
 * @param write - makes the text of an id; must always make the same one
 */
export function textCache(write: (id: number) => string): (id: number) => string {
  const texts = new LRUCache<number, string>({
    maxSize: CACHED_CHARACTERS,
    sizeCalculation: (text) => text.length,
  });
  return (id) => {
    let text = texts.get(id);
    if (text === undefined) {
      text = flat(write(id));
      // One that is larger than the whole store is not kept.
      if (text.length > 0) texts.set(id, text);
    }
    return text;
  };
}
