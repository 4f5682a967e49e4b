// node bundle.mjs: from src/ to dist/bundle/, which is what runs when fakeai is used. A thread that loads a few files is
// ready sooner than one that loads hundreds; docs/adr/0009-bundled-build.md has the figures.
//
// One build of all entries with code splitting: a module is in one file only, however many entries share it, so no thread
// ever has two copies of its state. What is imported late stays in files of its own.
import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const OUTPUT = join(ROOT, 'dist', 'bundle');
/** Which file of the bundle loads which, and what they are made of; tests read it. */
const CONTENTS = join(ROOT, 'dist', 'bundle-contents.json');
/** Packages that are part of the bundle: each is loaded by every thread, and most of it is not used. */
const BUNDLED = ['drange', 'fastest-levenshtein', 'lru-cache', 'randexp', 'ret', 'zod'];
/** Entries of worker threads; src/lib/worker-url.ts finds them by their names. */
const THREADS = [
  'src/engine/worker.ts',
  'src/lib/waker-thread.ts',
  'src/server/cluster/cluster-thread.ts',
  'src/server/media/media-thread.ts',
  'src/server/python/python-thread.ts',
  'src/server/store/store-thread.ts',
  'src/server/threads/listener-thread.ts',
];

const withoutExtension = (path) => path.replace(/\.tsx?$/, '');

/** Source files by their place in the output, without the extension. */
function entryPoints() {
  const commands = [
    'src/commands',
    'src/commands/report',
    'src/commands/base/command-not-found.ts',
    'src/commands/base/help.ts',
  ].flatMap((path) =>
    path.endsWith('.ts')
      ? [path]
      : readdirSync(join(ROOT, path))
          .filter((name) => name.endsWith('.ts'))
          .map((name) => `${path}/${name}`),
  );
  const rest = ['src/index.ts', 'src/vitest/index.ts', ...commands];
  return Object.fromEntries([
    ...rest.map((path) => [withoutExtension(path).slice('src/'.length), path]),
    ...THREADS.map((path) => [`threads/${withoutExtension(basename(path))}`, path]),
  ]);
}

/** Leaves every package outside that is not in {@link BUNDLED}. */
const externalPackages = {
  name: 'external-packages',
  setup({ onResolve }) {
    onResolve({ filter: /^[^./]/ }, ({ path, kind }) => {
      if (kind === 'entry-point') return undefined;
      const isBundled = BUNDLED.some((name) => path === name || path.startsWith(`${name}/`));
      return isBundled ? undefined : { path, external: true };
    });
  },
};

/** The licences of the packages in the bundle, which have to go with copies of them. */
function licences(sources) {
  const names = sources.flatMap((path) => /^node_modules\/((?:@[^/]+\/)?[^/]+)\//.exec(path)?.[1] ?? []);
  const texts = [...new Set(names)]
    .toSorted((a, b) => (a < b ? -1 : 1))
    .map((name) => {
      const folder = join(ROOT, 'node_modules', name);
      const { version } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
      const file = readdirSync(folder).find((entry) => /^licen[cs]e/i.test(entry));
      if (!file) throw new Error(`${name} has no licence file`);
      return `${name} ${version}\n\n${readFileSync(join(folder, file), 'utf8').trim()}\n`;
    });
  return `Files in this folder contain parts of these packages.\n\n${texts.join(`\n${'-'.repeat(80)}\n\n`)}`;
}

rmSync(OUTPUT, { recursive: true, force: true });
const { metafile } = await build({
  absWorkingDir: ROOT,
  entryPoints: entryPoints(),
  outdir: OUTPUT,
  chunkNames: 'chunks/[name]-[hash]',
  bundle: true,
  splitting: true,
  format: 'esm',
  platform: 'node',
  target: 'node20.19',
  // Names stay: errors and profiles can be read. Comments go: V8 keeps the sources in memory.
  minifyWhitespace: true,
  minifySyntax: true,
  legalComments: 'none',
  plugins: [externalPackages],
  logLevel: 'warning',
  metafile: true,
});
writeFileSync(join(OUTPUT, 'LICENSES.txt'), licences(Object.keys(metafile.inputs)));
writeFileSync(CONTENTS, JSON.stringify(metafile.outputs));
