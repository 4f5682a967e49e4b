/** The packed tarball, installed into an empty project: what a user of the package gets. */
import { execFile } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { temporaryFolder } from '../support/cli.js';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const TSC = join(ROOT, 'node_modules/typescript/bin/tsc');
const IS_WINDOWS = process.platform === 'win32';

const folder = temporaryFolder();
const project = folder.file('project');
afterAll(folder.remove);

/** Runs a program as outside of this test: without the variables of npm and vitest. */
const run = async (command: string, args: string[], cwd: string): Promise<string> => {
  const { PATH, HOME, SystemRoot, APPDATA, LOCALAPPDATA } = process.env;
  const env = {
    PATH,
    HOME,
    SystemRoot,
    APPDATA,
    LOCALAPPDATA,
    npm_config_update_notifier: 'false',
    CI: 'true',
  };
  const { stdout } = await promisify(execFile)(command, args, {
    cwd,
    env,
    shell: IS_WINDOWS,
    maxBuffer: 2 ** 24,
  });
  return stdout;
};

interface Packed {
  filename: string;
  files: { path: string }[];
}

let packed: Packed;
beforeAll(async () => {
  mkdirSync(project);
  // The build is current (global set-up); without scripts nothing but the archive is written.
  const printed = await run(
    'npm',
    ['pack', '--json', '--ignore-scripts', '--pack-destination', folder.path],
    ROOT,
  );
  packed = (JSON.parse(printed) as Packed[])[0]!;
  writeFileSync(
    join(project, 'package.json'),
    JSON.stringify({ name: 'empty', private: true, type: 'module' }),
  );
  const install = [
    'install',
    '--prefer-offline',
    '--no-audit',
    '--no-fund',
    join(folder.path, packed.filename),
  ];
  await run('npm', install, project);
}, 180_000);

test('holds what runs, and nothing else', () => {
  const paths = packed.files.map(({ path }) => path);
  const tops = new Set(paths.map((path) => path.split('/')[0]));
  const folders = ['bin', 'dist', 'schemas', 'examples', 'docs', 'package.json', 'oclif.manifest.json'];
  const texts = ['CHANGELOG.md', 'LICENSE', 'NOTICE', 'README.md'];
  expect([...folders, ...texts]).toEqual(expect.arrayContaining([...tops]));
  expect(paths).toEqual(
    expect.arrayContaining(['LICENSE', 'README.md', 'bin/run.js', 'dist/bundle/index.js', 'dist/index.d.ts']),
  );
  expect(paths).toEqual(expect.arrayContaining(['oclif.manifest.json', 'schemas/config.schema.json']));
  const sources = /(?<!\.d)\.tsx?$|\.test\.|\.build-stamp|\.map$/;
  expect(paths.filter((path) => sources.test(path))).toEqual([]);
  // The same modules one by one are for this repository only.
  const modules = paths.filter((path) => /^dist\/(?!bundle\/).*\.js$/.test(path));
  expect(modules).toEqual([]);
});

test('holds the documents that its messages point to', () => {
  const messages = readFileSync(join(ROOT, 'src/lib/errors.ts'), 'utf8');
  const named = messages.match(/\bdocs\/[\w/-]+\.md\b/g) ?? [];
  expect(named).toContain('docs/reference/configuration.md');
  expect(packed.files.map(({ path }) => path)).toEqual(expect.arrayContaining(named));
});

test('npx fakeai --version and --help', async () => {
  const { version } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as { version: string };
  expect(await run('npx', ['fakeai', '--version'], project)).toContain(`fakeai/${version}`);
  const help = await run('npx', ['fakeai', '--help'], project);
  for (const command of ['bench', 'replay', 'report', 'server', 'simulate'])
    expect(help).toMatch(new RegExp(`^ +${command} `, 'm'));
}, 60_000);

test('npx fakeai bench measures the embedded simulator', async () => {
  const args = [
    'fakeai',
    'bench',
    '--latency',
    'instant',
    '--requests',
    '8',
    '--output-tokens',
    '4',
    '--json',
  ];
  const printed = JSON.parse(await run('npx', args, project)) as { targets: { counters: object }[] };
  expect(printed.targets[0]?.counters).toMatchObject({ completed: 8, outputTokens: 32 });
}, 60_000);

test('without the optional interpreter, graders in Python are refused with what to do', async () => {
  const program = `
    import { startServer } from 'fakeai';
    const server = await startServer({ port: 0, threads: 1 });
    const grader = { type: 'python', name: 'p', source: 'def grade(sample, item): return 1' };
    const headers = { 'content-type': 'application/json' };
    const url = server.url + '/v1/fine_tuning/alpha/graders/validate';
    console.log(await (await fetch(url, { method: 'POST', headers, body: JSON.stringify({ grader }) })).text());
    await server.close();
  `;
  const printed = await run(process.execPath, ['--input-type=module', '--eval', program], project);
  expect(printed).toContain('install @pydantic/monty beside fakeai');
}, 60_000);

test('the types are those of the documentation', async () => {
  const program = `
    import { runBench, startServer, type RunFile } from 'fakeai';
    const server = await startServer({ port: 0, latency: 'instant' });
    const run: RunFile = await runBench({ url: server.url, requests: 4, concurrency: 2 });
    const p50: number | null | undefined = run.targets[0]?.metrics.ttft?.p50;
    console.log(p50);
    await server.close();
    // @ts-expect-error not a latency mode
    await startServer({ latency: 'quick' });
  `;
  writeFileSync(join(project, 'program.ts'), program);
  const compilerOptions = {
    strict: true,
    module: 'nodenext',
    target: 'es2023',
    noEmit: true,
    skipLibCheck: true,
    types: ['node'],
    typeRoots: [join(ROOT, 'node_modules/@types')],
  };
  writeFileSync(join(project, 'tsconfig.json'), JSON.stringify({ compilerOptions, include: ['program.ts'] }));
  await run(process.execPath, [TSC, '-p', '.'], project);
}, 60_000);

test('a test of the project uses fakeai/vitest', async () => {
  // Vitest itself is the project's, not ours.
  symlinkSync(join(ROOT, 'node_modules/vitest'), join(project, 'node_modules/vitest'));
  const program = `
    import { expect, it } from 'vitest';
    import { useFakeai } from 'fakeai/vitest';
    const fakeai = useFakeai();
    it('asks', async () => {
      const answer = await fetch(fakeai.baseUrl + '/models/gpt-4o');
      expect((await answer.json()).id).toBe('gpt-4o');
      fakeai.expectRequest('GET /v1/models/gpt-4o');
    });
  `;
  writeFileSync(join(project, 'program.test.mjs'), program);
  const vitest = join(ROOT, 'node_modules/vitest/vitest.mjs');
  await run(process.execPath, [vitest, 'run', '--root', '.', 'program.test.mjs'], project);
}, 60_000);

test('the programmatic API works in plain JavaScript', async () => {
  const program = `
    import { runBench, startServer } from 'fakeai';
    const server = await startServer({ port: 0, latency: 'instant', threads: 1 });
    const run = await runBench({ url: server.url, requests: 4, concurrency: 2, threads: 1, inputTokens: 8, outputTokens: 3 });
    console.log(JSON.stringify(run.targets[0].counters));
    await server.close();
  `;
  writeFileSync(join(project, 'program.mjs'), program);
  expect(JSON.parse(await run(process.execPath, ['program.mjs'], project))).toMatchObject({
    completed: 4,
    failed: 0,
  });
}, 60_000);

test('nothing was compiled during installation', () => {
  expect(readdirSync(join(project, 'node_modules')).includes('node-gyp')).toBe(false);
});
