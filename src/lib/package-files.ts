/** Where the files of this package are: the same, wherever the calling code has been built to. */
import { existsSync } from 'node:fs';

let root: URL | undefined;

function findRoot(): URL {
  let folder = new URL('./', import.meta.url);
  while (!existsSync(new URL('package.json', folder))) folder = new URL('../', folder);
  return folder;
}

/**
 * The place of a file of this package.
 *
 * @param path - from the package's folder, such as `dist/data/o200k_base.bin`
 */
export const packageFile = (path: string): URL => new URL(path, (root ??= findRoot()));
