// Runs every scripts/generate-*.mjs; arguments (--check) are handed on.
import { spawnSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const folder = fileURLToPath(new URL('.', import.meta.url));
for (const name of readdirSync(folder).filter((file) => /^generate-.+\.mjs$/.test(file))) {
  const { status } = spawnSync(process.execPath, [`${folder}/${name}`, ...process.argv.slice(2)], {
    stdio: 'inherit',
  });
  if (status !== 0) process.exitCode = 1;
}
