/** Name and version of this package, as its package.json says. */
import { readFileSync } from 'node:fs';
import { packageFile } from './package-files.js';

let cached: { name: 'fakeai'; version: string } | undefined;

/** Reads package.json, once. */
export function packageInfo(): { name: 'fakeai'; version: string } {
  cached ??= {
    name: 'fakeai',
    version: (JSON.parse(readFileSync(packageFile('package.json'), 'utf8')) as { version: string }).version,
  };
  return cached;
}
