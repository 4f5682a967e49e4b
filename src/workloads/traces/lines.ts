/** Text files as batches of lines, in bounded memory. */
import { createReadStream } from 'node:fs';
import { FakeaiError, messageOf } from '../../lib/errors.js';
import { type Refuse, refuser } from './row-parser.js';

const CHUNK_BYTES = 256 * 1024;

/** The longest line that is read, in characters; a row of Mooncake's with 10 million tokens has about 200,000. */
export const MAX_LINE_CHARACTERS = 4 * 1024 * 1024;

/**
 * Reads a UTF-8 text file. Lines end with LF or CRLF; a byte order mark is dropped.
 *
 * @param path - the file
 * @param refuse - how a line is refused; as one of a trace by default
 * @yields the lines that one chunk of the file completed: an array, as a promise per line would cost more than the line.
 *   Leaving the loop early closes the file
 * @throws FakeaiError FAKEAI_FILE_UNREADABLE; what `refuse` throws for a line above {@link MAX_LINE_CHARACTERS}
 */
export async function* readLines(path: string, refuse: Refuse = refuser(path)): AsyncGenerator<string[]> {
  const stream = createReadStream(path, { encoding: 'utf8', highWaterMark: CHUNK_BYTES });
  let rest = '';
  let count = 0;
  try {
    for await (const chunk of stream) {
      const lines = (rest + String(chunk)).split('\n');
      rest = lines.pop() ?? '';
      if (count === 0 && lines.length > 0) lines[0] = withoutMark(lines[0]!);
      count += lines.length;
      if (rest.length > MAX_LINE_CHARACTERS) {
        refuse(count + 1, undefined, `is longer than ${MAX_LINE_CHARACTERS} characters`);
      }
      yield lines.map(withoutReturn);
    }
  } catch (error) {
    if (error instanceof FakeaiError) throw error;
    throw new FakeaiError('FAKEAI_FILE_UNREADABLE', { path, problem: messageOf(error) }, { cause: error });
  }
  if (rest !== '') yield [withoutReturn(count === 0 ? withoutMark(rest) : rest)];
}

const withoutMark = (line: string): string => (line.startsWith('\uFEFF') ? line.slice(1) : line);
const withoutReturn = (line: string): string => (line.endsWith('\r') ? line.slice(0, -1) : line);
