/** Run files as text and on disk. */
import type { RunFile } from './run-file.js';
import { writeTextFile } from './write-file.js';

/** The run file as text: indented JSON with a final newline. */
export const formatRunFile = (run: RunFile): string => `${JSON.stringify(run, null, 2)}\n`;

/**
 * Writes a run file, all of it or nothing.
 *
 * @throws {FakeaiError} FAKEAI_FILE_UNWRITABLE
 */
export const writeRunFile = (path: string, run: RunFile): Promise<void> =>
  writeTextFile(path, formatRunFile(run));
