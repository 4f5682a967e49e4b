/** The contents of a recorded workload: its lengths, and prompts that share exactly the prefixes that the trace says. */
import { createRandom } from '../lib/random.js';
import { prose } from '../lib/text/prose.js';
import type { Content } from './content.js';
import type { ProseWriter } from './fitted-prose.js';
import type { Trace } from './plan.js';
import { textCache } from './text-cache.js';

/**
 * The contents of a trace. Block j of a prompt is prose seeded by (seed, hash id) and as long as the trace's blocks, so
 * equal ids give equal text and equal beginnings of the id lists give byte-equal beginnings of the prompts. The last
 * block ends where the row's length ends. What no id covers (rows without ids, or with fewer ids than blocks) is unique
 * to the row.
 *
 * The first block of a prompt begins without a space and all others with one; ids name a block together with everything
 * before it (they are chained hashes), so an id keeps its position and thereby its text.
 */
export function traceContent(seed: number, trace: Trace, writeProse: ProseWriter = prose): Content {
  const { hashBlockTokens } = trace;
  const write = (stream: string, id: number, tokens: number, continuing: boolean): string =>
    writeProse(createRandom(seed, stream, id), tokens, { continuing });
  const opening = textCache((id) => write('block', id, hashBlockTokens, false));
  const further = textCache((id) => write('block', id, hashBlockTokens, true));
  const wholeBlock = (id: number, continuing: boolean): string => (continuing ? further(id) : opening(id));

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
    at: (row) => {
      const inputTokens = trace.inputTokens[row]!;
      return {
        inputTokens,
        outputTokens: trace.outputTokens[row]!,
        say: () => ({ kind: 'text', system: undefined, prompt: prompt(row, inputTokens) }),
      };
    },
  };
}
