import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { systemClock } from '../../../../src/lib/clock.js';
import { LmdbStore } from '../../../../src/server/store/lmdb-store.js';
import { temporaryFolder } from '../../../support/cli.js';

const WRITER = fileURLToPath(new URL('../../../support/store-writer.mjs', import.meta.url));
const ANY = { maxCount: 1e6, atBound: 'refuse' } as const;
const THINGS = { ...ANY, name: 'things' };
const TOTAL = { ...ANY, name: 'total' };

/** Lets two threads write until `acknowledged` writes are, and kills them. Gives what each said last. */
async function killAfter(folder: string, acknowledged: number): Promise<Map<string, number>> {
  const child = spawn(process.execPath, [WRITER, folder], { stdio: ['ignore', 'pipe', 'inherit'] });
  let said = '';
  child.stdout.setEncoding('latin1').on('data', (text: string) => {
    said += text;
    const bothWrote = /^a /m.test(said) && /^b /m.test(said);
    if (bothWrote && said.split('\n').length > acknowledged) child.kill('SIGKILL');
  });
  await once(child, 'close');
  expect(child.signalCode).toBe('SIGKILL');
  const lines = said.split('\n').slice(0, -1);
  return new Map(lines.map((line) => [line.split(' ')[0]!, Number(line.split(' ')[1])]));
}

test('nothing acknowledged is lost when the process is killed, and the rest is whole', async () => {
  const folder = temporaryFolder();
  try {
    const last = await killAfter(folder.path, 300);
    expect([...last.keys()].sort()).toEqual(['a', 'b']);
    const store = new LmdbStore({ folder: folder.path, clock: systemClock, maxBytes: 1e9 });
    for (const [thread, number] of last) {
      for (let i = 0; i <= number; i++) {
        const id = `${thread}-${i}`;
        expect(await store.get(THINGS, id)).toEqual({ id });
        expect((await store.readBlob(id))!.toString()).toBe(id.repeat(100));
      }
    }
    // Both threads counted in the same value: no transaction of either was lost or half done.
    expect(await store.get(TOTAL, 'total')).toEqual({ sum: await store.count(THINGS) });
    await store.put(THINGS, 'later', { id: 'later' });
    await store.close();
  } finally {
    folder.remove();
  }
}, 30_000);
