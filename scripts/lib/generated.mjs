// What all generators do with what they made: write it, or with --check compare it.
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));

/**
 * @param script - import.meta.url of the generator
 * @param files - text by path from the root
 */
export async function writeGenerated(script, files) {
  const check = process.argv.includes('--check');
  for (const [name, text] of Object.entries(files)) {
    const path = join(ROOT, name);
    if (!check) {
      await mkdir(dirname(path), { recursive: true });
      await writeFile(path, text);
    } else if ((await readFile(path, 'utf8').catch(() => '')) !== text) {
      process.stderr.write(`${name} is out of date: npm run generate (${basename(fileURLToPath(script))})\n`);
      process.exitCode = 1;
    }
  }
}
