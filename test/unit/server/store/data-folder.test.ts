import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { openDataFolder } from '../../../../src/server/store/data-folder.js';

const folderOf = (pid: number): string => mkdtempSync(join(tmpdir(), `fakeai-data-${pid}-`));

test('a temporary folder of a process that is dead is removed, and no other', () => {
  const { pid: dead } = spawnSync(process.execPath, ['--version']);
  const [abandoned, used] = [folderOf(dead), folderOf(process.ppid)];
  const foreign = mkdtempSync(join(tmpdir(), 'fakeai-data-x'));
  const folder = openDataFolder(undefined);
  expect([abandoned, used, foreign, folder.path].map((path) => existsSync(path))).toEqual([
    false,
    true,
    true,
    true,
  ]);
  folder.release();
  expect(existsSync(folder.path)).toBe(false);
  for (const path of [used, foreign]) rmSync(path, { recursive: true });
});
