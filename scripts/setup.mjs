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

const isGlibc = () => process.report.getReport().header.glibcVersionRuntime !== undefined;

/** Optional packages are binaries of one platform, and what those of other platforms need. */
function isNeeded({ optional, os, cpu, libc }) {
  if (!optional) return true;
  if (!os && !cpu) return false;
  const here = (list, value) => !list || list.includes(value);
  return (
    here(os, process.platform) &&
    here(cpu, process.arch) &&
    (!libc || libc.includes(isGlibc() ? 'glibc' : 'musl'))
  );
}

/** Whether what the lock file asks for is installed: in the same version, and really there (npm may have been killed). */
function modulesMatchLock() {
  const installedLock = join(MODULES, '.package-lock.json');
  if (!existsSync(installedLock)) return false;
  const installed = readJson(installedLock).packages;
  return Object.entries(readJson(join(ROOT, 'package-lock.json')).packages).every(
    ([path, wanted]) =>
      path === '' ||
      !isNeeded(wanted) ||
      (installed[path]?.version === wanted.version && existsSync(join(ROOT, path, 'package.json'))),
  );
}

function npm(...command) {
  const args = [
    ...command,
    '--include=dev',
    '--no-audit',
    '--no-fund',
    '--loglevel=error',
    '--no-update-notifier',
  ];
  const path = process.env.npm_execpath;
  const options = { cwd: ROOT, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] };
  const { status, stdout, stderr } = path
    ? spawnSync(process.execPath, [path, ...args], options)
    : spawnSync('npm', args, { ...options, shell: process.platform === 'win32' });
  return { ok: status === 0, output: `${stdout ?? ''}${stderr ?? ''}` };
}

/**
 * `npm ci`; or, where that refuses the lock file because it lists the binaries of some platforms only, `npm install`, which
 * takes the same versions and writes nothing. What it did is compared with the lock file.
 */
function install() {
  let result = npm('ci');
  if (!result.ok && result.output.includes('EUSAGE')) result = npm('install', '--no-save');
  if (result.ok && modulesMatchLock()) return;
  process.stderr.write(result.output);
  const hint = result.ok
    ? 'What was installed is not what package-lock.json says: run npm install and commit the lock file.'
    : 'The registry must be reachable the first time; npm said why above.';
  fail('the dependencies could not be installed', hint);
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
    process.stderr.write('Installing dependencies …\n');
    install();
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
