import { mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { expect, test } from 'vitest';
import { openDataFolder } from '../../../src/server/store/data-folder.js';
import { temporaryFolder } from '../../support/cli.js';
import { uploadFile } from '../../support/files.js';
import { postChat, startTestServer } from '../../support/server.js';

test('a server that only chats opens no store; one that is asked to keep something does', async () => {
  const folder = temporaryFolder();
  const server = await startTestServer({ threads: 1, data: folder.path });
  const body = { model: 'fakeai-1', messages: [{ role: 'user', content: 'hi' }], max_tokens: 1 };
  expect((await postChat(server.url, body)).status).toBe(200);
  expect((await fetch(`${server.url}/v1/models`)).status).toBe(200);
  expect(readdirSync(folder.path)).toEqual([]);
  expect((await uploadFile(server.url, 'a.txt', 'x')).status).toBe(200);
  expect(readdirSync(folder.path)).toContain('store.lmdb');
  await server.close();
  folder.remove();
});

test('a temporary folder is gone when it is released; a named one stays', () => {
  const temporary = openDataFolder(undefined);
  expect(temporary.path.startsWith(tmpdir())).toBe(true);
  writeFileSync(`${temporary.path}/x`, '');
  temporary.release();
  expect(() => readdirSync(temporary.path)).toThrow('ENOENT');
  const parent = temporaryFolder();
  const named = openDataFolder(parent.file('new/folder'));
  named.release();
  expect(readdirSync(named.path)).toEqual([]);
  parent.remove();
});

test('a folder that cannot be made is refused before the server starts', async () => {
  const parent = temporaryFolder();
  mkdirSync(parent.file('a'));
  writeFileSync(parent.file('a/file'), '');
  await expect(startTestServer({ data: parent.file('a/file/folder') })).rejects.toMatchObject({
    code: 'FAKEAI_FILE_UNWRITABLE',
  });
  expect(() => openDataFolder(parent.file('a/file'))).toThrow('it is a file, not a folder');
  parent.remove();
  // Here the recursive way of Node never comes back.
  if (process.platform === 'linux') expect(() => openDataFolder('/proc/fakeai/data')).toThrow('ENOENT');
});
