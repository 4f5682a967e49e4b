/** The effects of the settings of `server` about what it keeps. */
import { existsSync, rmSync } from 'node:fs';
import { afterAll } from 'vitest';
import { startServer, type ServerOptions } from '../../../src/server/index.js';
import { temporaryFolder } from '../../support/cli.js';
import { uploadFile } from '../../support/files.js';
import type { Beside, EffectRow } from './situations.js';

const QUICK: Beside = { server: { port: 0, threads: 1, latency: 'instant' } };

const folder = temporaryFolder();
const FOLDERS = ['a', 'b', 'c'].map((name) => folder.file(name));

/** Removes the folders; call at the top of a test file. */
export const useDataFolders = (): void => afterAll(folder.remove);

/** Which of the folders a server keeps an uploaded file in. */
async function foldersUsed(settings: ServerOptions): Promise<string[]> {
  for (const path of FOLDERS) rmSync(path, { recursive: true, force: true });
  const server = await startServer(settings);
  await uploadFile(server.url, 'a.txt', 'Hello');
  await server.close();
  return FOLDERS.filter((path) => existsSync(path)).map((path) => path.at(-1)!);
}

/** The sizes of files that a server keeps; each is tried on its own. */
async function sizesKept(settings: ServerOptions, sizes: number[]): Promise<number[]> {
  const server = await startServer(settings);
  const kept: number[] = [];
  for (const size of sizes) {
    const response = await uploadFile(server.url, 'a.txt', 'x'.repeat(size));
    if (response.status !== 200) continue;
    kept.push(size);
    const { id } = (await response.json()) as { id: string };
    await fetch(`${server.url}/v1/files/${id}`, { method: 'DELETE' });
  }
  await server.close();
  return kept;
}

const SIZES = [5000, 10_000, 15_000, 20_000];

export const STORAGE_ROWS: EffectRow[] = [
  {
    path: 'server.data',
    given: FOLDERS as unknown as [string, string, string],
    seen: [[], ['a'], ['b'], ['c']],
    observe: async (context) => foldersUsed(await context.server(QUICK)),
  },
  {
    path: 'server.dataLimit',
    given: [6000, '11000', 16_000],
    seen: [SIZES, SIZES.slice(0, 1), SIZES.slice(0, 2), SIZES.slice(0, 3)],
    observe: async (context) => sizesKept(await context.server(QUICK), SIZES),
  },
];
