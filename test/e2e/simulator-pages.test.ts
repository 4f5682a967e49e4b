/**
 * Every command of docs/simulator, run by a shell as it stands there; only what is somebody else's is put in its place: a port, an
 * endpoint, a trace, a rate, and the minutes that a real benchmark takes.
 */
import { copyFileSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startCli, startCliServer, temporaryFolder, type RunningCli } from '../support/cli.js';
import { blocksOf, freePort, inlineCommands } from '../support/documents-text.js';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const PAGES = `${ROOT}/docs/simulator`;
const folder = temporaryFolder();
const servers: RunningCli[] = [];
let port = 0;
let endpoint = '';

beforeAll(async () => {
  copyFileSync(`${ROOT}/examples/traces/mooncake-conversation-200.jsonl`, folder.file('trace.jsonl'));
  writeFileSync(folder.file('fakeai'), `#!/bin/sh\nexec '${process.execPath}' '${ROOT}/bin/run.js' "$@"\n`, {
    mode: 0o755,
  });
  port = await freePort();
  const gateway = await startCliServer([
    '--latency',
    'fixed',
    '--ttft',
    '2ms',
    '--itl',
    '0.1ms',
    '--threads',
    '1',
  ]);
  servers.push(gateway);
  endpoint = gateway.url;
});

const stop = async (): Promise<void> => {
  for (const server of servers) server.process.kill('SIGTERM');
  await Promise.all(servers.map(({ done }) => done));
};
afterAll(async () => {
  await stop();
  folder.remove();
});

const adapted = (command: string): string =>
  command
    .replaceAll('https://gateway.example', endpoint)
    .replaceAll('--port 8000', `--port ${port}`)
    .replaceAll('http://127.0.0.1:8000', `http://127.0.0.1:${port}`)
    .replaceAll('--rate R ', '--rate 2 ')
    .replaceAll('for c in 1 4 8 16', 'for c in 4')
    .replaceAll(/(?<=fakeai bench .*)\b2m\b/g, '400ms');

/** 99: a gate or a comparison that was asked for did not pass; 3: a run whose machine was not calm. */
const RAN = [0, 3, 99];

async function run(written: string): Promise<void> {
  const command = adapted(written);
  const server = /^fakeai (server .*)$/.exec(command);
  if (server) {
    // On a port of its own where the page names none.
    const args = server[1]!.split(' ');
    const started = startCli(args.includes('--port') ? args : [...args, '--port', '0'], { cwd: folder.path });
    servers.push(started);
    await started.seen('stdout', /listening on/);
    return;
  }
  const env = { HOME: process.env['HOME'], PATH: `${folder.path}:${process.env['PATH']}` };
  const result = await promisify(execFile)('sh', ['-c', command], { cwd: folder.path, env }).catch(
    (error: { code: number; stdout: string; stderr: string }) => error,
  );
  const code = 'code' in result ? result.code : 0;
  expect(RAN, result.stderr).toContain(code);
  expect(result.stderr).not.toMatch(/^Error|✘ Error| at .*\.js:/m);
}

// In their order: a later line may need the server or the file of an earlier one.
const pages = readdirSync(PAGES).filter((name) => name.endsWith('.md'));
describe.each(pages)('%s', (name) => {
  const page = readFileSync(`${PAGES}/${name}`, 'utf8');
  const blocks = blocksOf(page, 'sh').flatMap((block) =>
    block.startsWith('for ') ? [block] : block.trim().split('\n'),
  );
  const commands = [...blocks, ...inlineCommands(page)].filter((line) => /\bfakeai /.test(line));
  it.each(commands)('%s', (command) => run(command), 120_000);

  it('names programs that there are', () => {
    for (const [, path] of page.matchAll(/node ((?:benchmarks|scripts)\/[\w./-]+\.mjs)/g))
      expect(() => readFileSync(`${ROOT}/${path}`), path).not.toThrow();
  });
});

it('there are commands to run', () => {
  const all = pages.flatMap((name) => inlineCommands(readFileSync(`${PAGES}/${name}`, 'utf8')));
  expect(all.length).toBeGreaterThan(2);
});
