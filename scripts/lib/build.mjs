// From src/ to dist/ and oclif.manifest.json. A stamp in dist/ says what it was built from.
//
// dist/bundle/ is what runs (see bundle.mjs). The modules beside it are the same sources one by one: the types of the
// package, and what the scripts and benchmarks of this repository take apart.
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const STAMP = join(ROOT, 'dist', '.build-stamp');
const MANIFEST = join(ROOT, 'oclif.manifest.json');
/** Makes the tokenizer's data; runs after the compiler, which creates dist/. */
const VOCABULARY = 'scripts/build-vocabulary.mjs';
const INPUTS = [
  'src',
  'scripts/lib',
  VOCABULARY,
  'tsconfig.json',
  'tsconfig.build.json',
  'package.json',
  'package-lock.json',
];

function* filesOf(path) {
  if (!existsSync(join(ROOT, path))) return;
  const entries = readdirSync(join(ROOT, path), { withFileTypes: true });
  for (const entry of entries.toSorted((a, b) => (a.name < b.name ? -1 : 1))) {
    if (entry.isDirectory()) yield* filesOf(`${path}/${entry.name}`);
    else yield `${path}/${entry.name}`;
  }
}

/** A hash of everything that the build depends on. */
function inputHash() {
  const hash = createHash('sha256');
  const isFolder = (path) => !/\.\w+$/.test(path);
  for (const path of INPUTS.flatMap((input) => (isFolder(input) ? [...filesOf(input)] : [input]))) {
    if (existsSync(join(ROOT, path))) hash.update(`${path}\0`).update(readFileSync(join(ROOT, path)));
  }
  return hash.digest('hex');
}

function run(what, args) {
  const { status, stdout, stderr } = spawnSync(process.execPath, args, { cwd: ROOT, encoding: 'utf8' });
  if (status === 0) return;
  process.stderr.write(`${stdout}${stderr}error: the build failed (${what})\n`);
  process.exit(1);
}

/** Builds if anything changed since the last build, or if forced. */
export async function ensureBuilt({ force = false } = {}) {
  const hash = inputHash();
  const isCurrent = existsSync(STAMP) && existsSync(MANIFEST) && readFileSync(STAMP, 'utf8') === hash;
  if (isCurrent && !force) return;
  process.stderr.write('Building …\n');
  // Files of deleted sources must not survive, and a stale manifest would run them.
  rmSync(join(ROOT, 'dist'), { recursive: true, force: true });
  rmSync(MANIFEST, { force: true });
  run('compiler', ['node_modules/typescript/bin/tsc', '-p', 'tsconfig.build.json']);
  run('bundle', ['scripts/lib/bundle.mjs']);
  if (existsSync(join(ROOT, VOCABULARY))) run('vocabulary', [VOCABULARY]);
  run('command manifest', ['scripts/lib/write-manifest.mjs']);
  writeFileSync(STAMP, hash);
}
