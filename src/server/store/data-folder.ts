/** The folder of the stored resources: the one that the user names, or one that is gone when the server is. */
import {
  accessSync,
  constants,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  statSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { FakeaiError, messageOf } from '../../lib/errors.js';

export interface DataFolder {
  readonly path: string;
  /** Removes a temporary folder; leaves a named one. */
  release(): void;
}

/**
 * Makes sure that there is a folder.
 *
 * @param named - the user's; a temporary one without it
 * @throws FakeaiError FAKEAI_FILE_UNWRITABLE
 */
export function openDataFolder(named: string | undefined): DataFolder {
  if (named === undefined) return temporaryDataFolder();
  try {
    makeFolder(resolve(named));
    if (!statSync(named).isDirectory()) throw new Error('it is a file, not a folder');
    accessSync(named, constants.W_OK | constants.R_OK | constants.X_OK);
  } catch (error) {
    throw new FakeaiError(
      'FAKEAI_FILE_UNWRITABLE',
      { path: named, problem: messageOf(error) },
      { cause: error },
    );
  }
  return { path: named, release: () => {} };
}

/** With the folders above it. Node's own way never ends where a folder is there and takes no others, as `/proc`. */
function makeFolder(path: string): void {
  if (existsSync(path)) return;
  if (dirname(path) !== path) makeFolder(dirname(path));
  try {
    mkdirSync(path);
  } catch (error) {
    // Another server may have made it meanwhile.
    if (!existsSync(path)) throw error;
  }
}

/** Removes what processes left behind that were killed. */
function removeAbandoned(): void {
  for (const name of readdirSync(tmpdir())) {
    const pid = /^fakeai-data-(\d{1,10})-/.exec(name)?.[1];
    if (pid === undefined || isRunning(Number(pid))) continue;
    try {
      rmSync(join(tmpdir(), name), { recursive: true, force: true });
    } catch {
      // It is somebody else's: theirs to remove.
    }
  }
}

/** Whether a process of this machine runs. */
export function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    // Another user's process is one too.
    return (error as NodeJS.ErrnoException).code !== 'ESRCH';
  }
}

function temporaryDataFolder(): DataFolder {
  removeAbandoned();
  const path = mkdtempSync(join(tmpdir(), `fakeai-data-${process.pid}-`));
  const remove = (): void => rmSync(path, { recursive: true, force: true });
  // For programs that end without closing the server.
  process.once('exit', remove);
  return {
    path,
    release: () => {
      process.off('exit', remove);
      remove();
    },
  };
}

/** The database of a folder. */
export const databaseIn = (folder: string): string => join(folder, 'store.lmdb');

/** Whether something was stored in a folder before. */
export const hasData = (folder: string): boolean => existsSync(databaseIn(folder));
