// Everything that `npm start` and `npm test` need on a fresh clone: dependencies and a build. Does only what is missing,
// so repeated runs cost a fraction of a second. Node's own modules only: nothing is installed when this starts.
import { createHash } from 'node:crypto';
import { spawnSync } from 'node:child_process';
import { existsSync, lstatSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const MODULES = join(ROOT, 'node_modules');
const STAMP = join(MODULES, '.fakeai-lock-hash');
const LOWEST_NODE = [20, 19];

function fail(problem, hint) {
  process.stderr.write(`error: ${problem}\n  ${hint}\n`);
  process.exit(1);
}

const readJson = (path) => JSON.parse(readFileSync(path, 'utf8'));

/** Whether what npm says it installed is what the lock file asks for. */
function modulesMatchLock() {
  const installedLock = join(MODULES, '.package-lock.json');
  if (!existsSync(installedLock)) return false;
  const installed = readJson(installedLock).packages;
  return Object.entries(readJson(join(ROOT, 'package-lock.json')).packages).every(
    // Optional packages are those of other platforms.
    ([path, wanted]) =>
      path === '' || (installed[path] ? installed[path].version === wanted.version : wanted.optional),
  );
}

function installDependencies() {
  const hash = createHash('sha256')
    .update(readFileSync(join(ROOT, 'package-lock.json')))
    .digest('hex');
  if (existsSync(STAMP) && readFileSync(STAMP, 'utf8') === hash) return;
  if (!modulesMatchLock()) {
    if (lstatSync(MODULES, { throwIfNoEntry: false })?.isSymbolicLink()) {
      fail(
        'node_modules is a link and does not match package-lock.json',
        'Install in the folder that it points to.',
      );
    }
    process.stderr.write('Installing dependencies (npm ci) …\n');
    const args = [
      'ci',
      '--include=dev',
      '--no-audit',
      '--no-fund',
      '--loglevel=error',
      '--no-update-notifier',
    ];
    const npm = process.env.npm_execpath;
    const { status } = npm
      ? spawnSync(process.execPath, [npm, ...args], { cwd: ROOT, stdio: ['ignore', 2, 2] })
      : spawnSync('npm', args, { cwd: ROOT, stdio: ['ignore', 2, 2], shell: process.platform === 'win32' });
    if (status !== 0)
      fail('npm ci failed', 'Its output is above; the registry must be reachable the first time.');
  }
  writeFileSync(STAMP, hash);
}

const [major, minor] = process.versions.node.split('.').map(Number);
if (major < LOWEST_NODE[0] || (major === LOWEST_NODE[0] && minor < LOWEST_NODE[1])) {
  fail(`Node ${process.versions.node} is too old`, `fakeai needs Node ${LOWEST_NODE.join('.')} or newer.`);
}
// On a fresh clone the build's own imports exist only from here on.
const { withLock } = await import('./lib/lock.mjs');
await withLock(join(ROOT, '.fakeai', 'setup.lock'), async () => {
  installDependencies();
  const { ensureBuilt } = await import('./lib/build.mjs');
  await ensureBuilt({ force: process.argv.includes('--rebuild') });
});
