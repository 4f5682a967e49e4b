/** A server whose files are removed, as by an update: what it has loaded goes on, the rest says what is wrong. */
import { cpSync, rmSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { startCliServer, temporaryFolder } from '../support/cli.js';
import { postChat } from '../support/server.js';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const PARTS = ['bin', 'package.json', 'dist/bundle', 'dist/data', 'oclif.manifest.json'];

test('what is not loaded yet is refused with the reason', async () => {
  const folder = temporaryFolder();
  for (const part of PARTS) cpSync(join(ROOT, part), folder.file(part), { recursive: true });
  symlinkSync(join(ROOT, 'node_modules'), folder.file('node_modules'));
  const cli = await startCliServer(['--threads', '1', '--latency', 'instant'], {
    bin: folder.file('bin/run.js'),
  });
  const ask = (path: string) => fetch(`${cli.url}${path}`, { headers: { connection: 'close' } });
  const chat = { model: 'fakeai-1', messages: [{ role: 'user', content: 'hi' }], max_tokens: 1 };
  expect((await ask('/v1/batches')).status).toBe(200);
  rmSync(folder.file('dist'), { recursive: true });
  for (const path of ['/v1/evals', '/v1/vector_stores']) {
    const refused = await ask(path);
    expect(refused.status).toBe(503);
    expect(refused.headers.get('x-should-retry')).toBe('false');
    expect(await refused.json()).toMatchObject({ error: { code: 'server_files_gone' } });
  }
  expect((await ask('/v1/batches')).status).toBe(200);
  expect((await postChat(cli.url, chat)).status).toBe(200);
  cli.process.kill('SIGTERM');
  expect((await cli.done).exitCode).toBe(0);
  folder.remove();
});

test('the thread that stores is one of them, and the server goes on', async () => {
  const folder = temporaryFolder();
  for (const part of PARTS) cpSync(join(ROOT, part), folder.file(part), { recursive: true });
  symlinkSync(join(ROOT, 'node_modules'), folder.file('node_modules'));
  const cli = await startCliServer(['--threads', '1', '--latency', 'instant'], {
    bin: folder.file('bin/run.js'),
  });
  rmSync(folder.file('dist/bundle/threads/store-thread.js'));
  for (let i = 0; i < 2; i++) expect((await fetch(`${cli.url}/v1/batches`)).status).toBe(503);
  cpSync(join(ROOT, 'dist/bundle/threads'), folder.file('dist/bundle/threads'), { recursive: true });
  expect((await fetch(`${cli.url}/v1/batches`)).status).toBe(200);
  cli.process.kill('SIGTERM');
  expect((await cli.done).exitCode).toBe(0);
  folder.remove();
});
