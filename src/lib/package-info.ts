/** Name and version of this package, as its package.json says. */
import { readFileSync } from 'node:fs';

let cached: { name: 'fakeai'; version: string } | undefined;

/** Reads package.json, which is two folders above this module both in `src/` and in `dist/`. */
export function packageInfo(): { name: 'fakeai'; version: string } {
  cached ??= {
    name: 'fakeai',
    version: (
      JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')) as { version: string }
    ).version,
  };
  return cached;
}
