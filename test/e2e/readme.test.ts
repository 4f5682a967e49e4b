/** Every example of the README, run as it stands there; only the ports are free ones. */
import { execFile } from 'node:child_process';
import { mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { CARRIED_OUT, runCli, startCli, temporaryFolder, type RunningCli } from '../support/cli.js';
import { blocksOf, freePort } from '../support/documents-text.js';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const readme = readFileSync(`${ROOT}/README.md`, 'utf8');

/** Words of a command line whose only quotes are single ones. */
const wordsOf = (line: string): string[] =>
  [...line.matchAll(/'([^']*)'|(\S+)/g)].map(([, quoted, plain]) => quoted ?? plain!);

const folder = temporaryFolder();
const servers: RunningCli[] = [];
const ports = new Map<string, string>();

beforeAll(async () => {
  for (const [port] of readme.matchAll(/\b80\d\d\b/g))
    ports.set(port, ports.get(port) ?? String(await freePort()));
  symlinkSync(`${ROOT}/examples`, folder.file('examples'));
  mkdirSync(folder.file('node_modules'));
  symlinkSync(ROOT, folder.file('node_modules/fakeai'));
});
afterAll(async () => {
  for (const server of servers) server.process.kill('SIGTERM');
  await Promise.all(servers.map((server) => server.done));
  folder.remove();
});

const withFreePorts = (text: string): string =>
  text.replaceAll(/\b80\d\d\b/g, (port) => ports.get(port) ?? port);

describe('commands', () => {
  const lines = blocksOf(readme, 'sh').flatMap((block) => block.trim().split('\n'));

  // In their order: a later line may need the server or the file of an earlier one.
  it.each(lines)('%s', async (written) => {
    const line = withFreePorts(written);
    if (line.startsWith('curl')) {
      const { stdout } = await promisify(execFile)('sh', ['-c', line]);
      expect(JSON.parse(stdout)).toHaveProperty('usage');
      return;
    }
    expect(line).toMatch(/^npx fakeai /);
    const args = wordsOf(line).slice(2);
    if (args.at(-1) === '&') {
      const server = startCli(args.slice(0, -1), { cwd: folder.path });
      servers.push(server);
      await server.seen('stdout', /listening on/);
      return;
    }
    const { exitCode, stdout, stderr } = await runCli(args, { cwd: folder.path });
    expect(CARRIED_OUT, stderr).toContain(exitCode);
    expect(stdout).not.toBe('');
  });
});

describe('programs', () => {
  it.each(blocksOf(readme, 'js'))('%s', async (program) => {
    writeFileSync(folder.file('example.mjs'), program);
    const { stdout } = await promisify(execFile)(process.execPath, [folder.file('example.mjs')], {
      cwd: folder.path,
    });
    expect(stdout).toMatch(/^(valid|degraded|invalid) \d/);
  });
});

describe('links', () => {
  it('lead to files', () => {
    const targets = [...readme.matchAll(/\]\((?!https?:)([^)#]+)/g)].map(([, path]) => path!);
    expect(targets.length).toBeGreaterThan(3);
    for (const path of targets) expect(() => readFileSync(`${ROOT}/${path}`), path).not.toThrow(/ENOENT/);
  });
});
