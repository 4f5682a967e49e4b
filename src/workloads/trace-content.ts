/** The contents of a recorded workload: its lengths, and prompts that share exactly the prefixes that the trace says. */
import { LRUCache } from 'lru-cache';
import { createRandom } from '../lib/random.js';
import { prose } from '../lib/text/prose.js';
import type { Content } from './content.js';
import type { Trace } from './plan.js';

/** Most characters of block text that are kept; the least recently used blocks beyond are written anew when needed. */
const CACHED_CHARACTERS = 8 * 1024 * 1024;

/**
 * The same text in one piece. V8 keeps a text that was put together word by word as a tree of its words, eight times as
 * large and slow to copy; that is fine for text used once, not for text that is kept.
 */
const flat = (text: string): string => Buffer.from(text, 'latin1').toString('latin1');

/**
 * The contents of a trace. Block j of a prompt is prose seeded by (seed, hash id) and as long as the trace's blocks, so
 * equal ids give equal text and equal beginnings of the id lists give byte-equal beginnings of the prompts. The last
 * block ends where the row's length ends. What no id covers (rows without ids, or with fewer ids than blocks) is unique
 * to the row.
 *
 * The first block of a prompt begins without a space and all others with one; ids name a block together with everything
 * before it (they are chained hashes), so an id keeps its position and thereby its text.
 */
export function traceContent(seed: number, trace: Trace): Content {
  const { hashBlockTokens } = trace;
  const whole = new LRUCache<string, string>({
    maxSize: CACHED_CHARACTERS,
    sizeCalculation: (text) => text.length,
  });

  const write = (stream: string, id: number, tokens: number, continuing: boolean): string =>
    prose(createRandom(seed, stream, id), tokens, { continuing });

  const wholeBlock = (id: number, continuing: boolean): string => {
    const key = continuing ? `${id}+` : `${id}`;
    let text = whole.get(key);
    if (text === undefined) {
      text = flat(write('block', id, hashBlockTokens, continuing));
      whole.set(key, text);
    }
    return text;
  };

  const prompt = (row: number, tokens: number): string => {
    let left = tokens;
    let text = '';
    for (let at = trace.hashStart[row]!; at < trace.hashStart[row + 1]! && left > 0; at++) {
      const id = trace.hashIds[at]!;
      const continuing = text !== '';
      text += left >= hashBlockTokens ? wholeBlock(id, continuing) : write('block', id, left, continuing);
      left -= Math.min(left, hashBlockTokens);
    }
    return left > 0 ? text + write('row', row, left, text !== '') : text;
  };

  return {
    count: trace.instantMs.length,
    inputTokens: (row) => trace.inputTokens[row]!,
    outputTokens: (row) => trace.outputTokens[row]!,
    prompt,
  };
}
