/** Writes files so that a reader never sees half of one. */
import { realpath, rename, rm, stat, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { FakeaiError, messageOf } from '../lib/errors.js';

/**
 * Writes a text: beside its destination first, then renamed over it.
 *
 * @throws {FakeaiError} FAKEAI_FILE_UNWRITABLE
 */
export async function writeTextFile(path: string, text: string): Promise<void> {
  try {
    await replaceFile(path, text);
  } catch (error) {
    throw new FakeaiError('FAKEAI_FILE_UNWRITABLE', { path, problem: messageOf(error) }, { cause: error });
  }
}

async function replaceFile(path: string, text: string): Promise<void> {
  const existing = await stat(path).catch(() => undefined);
  // Devices and pipes (/dev/stdout, say) must be written to, not replaced; a directory fails here with its own message.
  if (existing && !existing.isFile()) return writeFile(path, text);
  // Through a link to the file it stands for, which would otherwise be replaced by a plain file.
  const destination = existing ? await realpath(path) : path;
  const temporary = join(dirname(destination), `.${basename(destination)}.${process.pid}.tmp`);
  try {
    await writeFile(temporary, text);
    await rename(temporary, destination);
  } catch (error) {
    await rm(temporary, { force: true });
    throw error;
  }
}
