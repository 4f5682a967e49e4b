/** What the bundle is for: threads that load little, and nothing twice. */
import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';

interface Output {
  imports: { path: string; kind: string; external?: boolean }[];
  inputs: Record<string, { bytesInOutput: number }>;
}

const outputs = JSON.parse(
  readFileSync(new URL('../../dist/bundle-contents.json', import.meta.url), 'utf8'),
) as Record<string, Output>;

const sourcesOf = (file: string): string[] =>
  Object.entries(outputs[file]!.inputs).flatMap(([path, { bytesInOutput }]) =>
    bytesInOutput > 0 ? [path] : [],
  );

const lateImportsOf = (file: string): string[] =>
  outputs[file]!.imports.flatMap(({ path, kind }) => (kind === 'dynamic-import' ? [path] : []));

/** The files that are loaded with `file`, and the packages outside of the bundle. */
function loadedWith(file: string): { files: string[]; packages: string[] } {
  const files = new Set<string>();
  const packages = new Set<string>();
  const visit = (path: string): void => {
    if (files.has(path)) return;
    files.add(path);
    for (const imported of outputs[path]!.imports) {
      if (imported.kind === 'dynamic-import') continue;
      if (!imported.external) visit(imported.path);
      else if (!imported.path.startsWith('node:')) packages.add(imported.path);
    }
  };
  visit(file);
  return { files: [...files], packages: [...packages] };
}

const LISTENER = 'dist/bundle/threads/listener-thread.js';

test('no source is in two files: a thread has each module once', () => {
  const seen = new Map<string, string>();
  const twice = Object.keys(outputs).flatMap((file) =>
    sourcesOf(file).flatMap((source) => {
      const other = seen.get(source);
      seen.set(source, file);
      return other === undefined ? [] : [`${source} is in ${other} and ${file}`];
    }),
  );
  expect(seen.size).toBeGreaterThan(500);
  expect(twice).toEqual([]);
});

test('a thread of the server loads no package, few files, and no cluster before it listens', () => {
  const serve = lateImportsOf(LISTENER).find((path) => path.includes('/serve-'))!;
  const { files, packages } = loadedWith(serve);
  expect(packages).toEqual([]);
  expect(files.length).toBeLessThan(100);
  const sources = files.flatMap(sourcesOf);
  expect(sources).toContain('src/server/app.ts');
  expect(sources).not.toContain('src/simulator/cluster/cluster.ts');
  expect(sources).not.toContain('src/server/store/lmdb-store.ts');
});

test('the command that starts the server loads neither the API nor a cluster', () => {
  const sources = loadedWith('dist/bundle/commands/server.js').files.flatMap(sourcesOf);
  expect(sources).toContain('src/server/index.ts');
  expect(sources).not.toContain('src/server/app.ts');
  expect(sources).not.toContain('src/simulator/cluster/cluster.ts');
});

test('a load thread and the programmatic API load undici and oclif only when they are needed', () => {
  expect(loadedWith('dist/bundle/threads/worker.js').packages).toEqual(['hdr-histogram-js']);
  expect(loadedWith('dist/bundle/index.js').packages).not.toContain('@oclif/core/flags');
});

test.each([
  ['waker-thread', 10],
  ['cluster-thread', 40],
])('%s loads no package and at most %i files', (name, most) => {
  const { files, packages } = loadedWith(`dist/bundle/threads/${name}.js`);
  expect(packages).toEqual([]);
  expect(files.length).toBeLessThanOrEqual(most);
});
