/** Run files as text and on disk. */
import type { RunFile } from './run-file.js';
import { writeTextFile } from './write-file.js';

/** Lists of nothing but numbers; line ends within JSON are never part of a text. */
const NUMBERS = /\[\n\s*(?:(?:-?[\d.]+(?:e[+-]?\d+)?|null),?\s+)+\]/g;

/** The run file as text: JSON, indented but for lists of numbers, with a final newline. */
export const formatRunFile = (run: RunFile): string =>
  `${JSON.stringify(run, null, 2).replaceAll(NUMBERS, (list) => list.replaceAll(/\s+/g, ''))}\n`;

/**
 * Writes a run file, all of it or nothing.
 *
 * @throws {FakeaiError} FAKEAI_FILE_UNWRITABLE
 */
export const writeRunFile = (path: string, run: RunFile): Promise<void> =>
  writeTextFile(path, formatRunFile(run));
