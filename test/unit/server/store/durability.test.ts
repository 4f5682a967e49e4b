import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { open } from 'lmdb';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { databaseIn } from '../../../../src/server/store/data-folder.js';
import { temporaryFolder } from '../../../support/cli.js';
import { openTestStore, type TestStore } from '../../../support/store.js';

const WRITER = fileURLToPath(new URL('../../../support/store-writer.mjs', import.meta.url));
const ANY = { maxCount: 1e6, atBound: 'refuse' } as const;
const THINGS = { ...ANY, name: 'things' };
const TOTAL = { ...ANY, name: 'total' };

/** Lets two threads write. Gives what was acknowledged. */
async function written(folder: string, until: { killedAfter: number } | { crashes: number }) {
  const crashes = 'crashes' in until ? [String(until.crashes)] : [];
  const child = spawn(process.execPath, [WRITER, folder, ...crashes], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let said = '';
  child.stdout.setEncoding('latin1').on('data', (text: string) => {
    said += text;
    const bothWrote = /^a /m.test(said) && /^b /m.test(said);
    if ('killedAfter' in until && bothWrote && said.split('\n').length > until.killedAfter)
      child.kill('SIGKILL');
  });
  await once(child, 'close');
  expect(child.signalCode ?? child.exitCode).toBe('killedAfter' in until ? 'SIGKILL' : 0);
  return said
    .split('\n')
    .slice(0, -1)
    .map((line) => line.replace(' ', '-'));
}

async function expectWhole({ store, folder }: TestStore, acknowledged: readonly string[]): Promise<void> {
  for (const id of acknowledged) {
    expect(await store.get(THINGS, id)).toEqual({ id });
    expect((await store.readBlob(id))!.toString()).toBe(id.repeat(100));
  }
  // Both threads counted in the same value: no transaction of either was lost or half done.
  const count = await store.count(THINGS);
  expect(await store.get(TOTAL, 'total')).toEqual({ sum: count });
  // Whatever was written and not put takes no room.
  const root = open({ path: databaseIn(folder), maxDbs: 2, readOnly: true });
  expect(root.openDB({ name: 'blobs', encoding: 'binary' }).getKeysCount()).toBe(count);
  await root.close();
  await store.put(THINGS, 'later', { id: 'later' });
}

test('nothing acknowledged is lost when the process is killed, and the rest is whole', async () => {
  const folder = temporaryFolder();
  const acknowledged = await written(folder.path, { killedAfter: 300 });
  const opened = openTestStore({ maxBytes: 1e9, folder });
  await expectWhole(opened, acknowledged);
  await opened.close();
}, 30_000);

test('threads that end at any moment keep nobody from writing, lose nothing and leave nothing', async () => {
  const folder = temporaryFolder();
  const acknowledged = await written(folder.path, { crashes: 20 });
  const opened = openTestStore({ maxBytes: 1e9, folder });
  await expectWhole(opened, acknowledged);
  await opened.close();
}, 30_000);
