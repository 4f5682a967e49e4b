/** Tells the requests of a run from its run file. */
import { createReadStream } from 'node:fs';
import { FakeaiError, messageOf } from '../lib/errors.js';

/** As the first bytes show. */
const BEGINNING = 4096;

/**
 * Whether a file is what `--output requests=FILE` writes: a run file is one document over many lines; requests are a document
 * a line, which the first of them shows.
 *
 * @throws {FakeaiError} FAKEAI_FILE_UNREADABLE
 */
export async function isRequestLines(path: string): Promise<boolean> {
  try {
    for await (const chunk of createReadStream(path, { encoding: 'utf8', end: BEGINNING - 1 })) {
      return /^\uFEFF?\s*\{"target":/.test(String(chunk));
    }
    return false;
  } catch (error) {
    throw new FakeaiError('FAKEAI_FILE_UNREADABLE', { path, problem: messageOf(error) }, { cause: error });
  }
}
