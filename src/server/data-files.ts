/** Files of lists that people write, in JSON or YAML: one file, or all those of a folder. */
import { readdir, readFile, stat } from 'node:fs/promises';
import { extname, join } from 'node:path';

const EXTENSIONS = new Set(['.json', '.yaml', '.yml']);

/** A file, or those of a folder in the order of their names. */
export async function dataFilesOf(path: string): Promise<string[]> {
  if (!(await stat(path)).isDirectory()) return [path];
  const names = await readdir(path);
  return names
    .filter((name) => EXTENSIONS.has(extname(name)))
    .sort()
    .map((name) => join(path, name));
}

/** What is in a file. */
export async function readDataFile(path: string): Promise<unknown> {
  const text = await readFile(path, 'utf8');
  if (extname(path) === '.json') return JSON.parse(text);
  const { parse } = await import('yaml');
  return parse(text);
}
