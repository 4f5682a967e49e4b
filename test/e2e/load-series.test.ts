/** Sweeps, searches, early ends and split loads from outside: the built command, its files and exit codes. */
import { readFileSync } from 'node:fs';
import { afterAll, describe, expect, it } from 'vitest';
import { CARRIED_OUT, runCli, temporaryFolder } from '../support/cli.js';
import { parseRunFile } from '../support/run-schema.js';
import { completion, response, startScripted } from '../unit/engine/scripted-server.js';

const SMALL = [
  'bench',
  '--latency',
  'instant',
  '--requests',
  '6',
  '--input-tokens',
  '8',
  '--output-tokens',
  '4',
];
const folder = temporaryFolder();
afterAll(folder.remove);

const stored = (name: string) => parseRunFile(readFileSync(folder.file(name), 'utf8'));

describe('several loads', () => {
  it('of a sweep are one file and one report', async () => {
    const path = folder.file('sweep.json');
    const { exitCode, stdout } = await runCli([
      ...SMALL,
      '--sweep',
      'concurrency=1,3',
      '--output',
      `json=${path}`,
    ]);
    expect(CARRIED_OUT).toContain(exitCode);
    expect(stdout).toMatch(/Sweep .*1 in flight .*3 in flight /s);
    const { points } = stored('sweep.json');
    expect(points!.map(({ targets }) => targets[0]!.counters.completed)).toEqual([6, 6]);
    const report = await runCli(['report', path, '--output', `csv=${folder.file('sweep.csv')}`]);
    expect(report.exitCode).toBe(0);
    expect(readFileSync(folder.file('sweep.csv'), 'utf8')).toMatch(/^load,target,.*\r\n1 in flight,/);
  });

  it('of a search have an answer', async () => {
    const search = ['--search', 'max concurrency where e2e.mean < 1000s', '--max-in-flight', '2'];
    const { exitCode, stdout } = await runCli([...SMALL, ...search, '--json']);
    expect(CARRIED_OUT).toContain(exitCode);
    expect(parseRunFile(stdout).search).toMatchObject({ answer: 2, nextFailing: null });
  });

  it('that exclude each other are refused before anything is sent', async () => {
    const { exitCode, stderr } = await runCli([...SMALL, '--sweep', 'auto', '--rate', '3']);
    expect(exitCode).toBe(2);
    expect(stderr).toMatch(/--sweep.*cannot be combined with --rate|--rate.*cannot be combined with --sweep/);
  });
});

it('a rule ends a hopeless run with the exit code of a missed gate', async () => {
  const server = await startScripted((socket) =>
    socket.write(response('500 Internal Server Error', 'application/json', '{}')),
  );
  try {
    const url = `http://127.0.0.1:${server.port}`;
    const args = ['--rate', '200', '--duration', '60s', '--abort', 'error_rate > 50%', '--json', '--quiet'];
    const { exitCode, stdout } = await runCli(['bench', '--url', url, '--model', 'm', ...args]);
    expect(exitCode).toBe(99);
    const run = parseRunFile(stdout);
    expect(run.stopped!.reason).toContain('error_rate > 50%');
    expect(run.interrupted).toBe(false);
    expect(run.verdict.reasons.join()).toContain('was stopped after');
  } finally {
    await server.close();
  }
});

it('parts of a sweep add up to it', async () => {
  const server = await startScripted((socket) =>
    socket.write(response('200 OK', 'application/json', completion(8, 4))),
  );
  try {
    const url = `http://127.0.0.1:${server.port}`;
    const sweep = ['--sweep', 'concurrency=1,2', '--requests', '7', '--input-tokens', '40', '--quiet'];
    const load = ['bench', '--url', url, '--model', 'm', '--no-streaming', ...sweep];
    const parts = await Promise.all(
      [1, 2].map(async (k) => {
        const path = folder.file(`${k}.json`);
        const { exitCode } = await runCli([...load, '--shard', `${k}/2`, '--output', `json=${path}`]);
        expect(CARRIED_OUT).toContain(exitCode);
        return path;
      }),
    );
    const merged = await runCli(['report', 'merge', ...parts, '--json']);
    // With one request in flight, there was nothing to do for the second part.
    expect(stored('1.json').points!.map(({ name }) => name)).toEqual(['1 in flight', '2 in flight']);
    expect(stored('2.json').points!.map(({ name }) => name)).toEqual(['2 in flight']);
    const { points } = parseRunFile(merged.stdout);
    expect(points!.map(({ targets }) => targets[0]!.counters.completed)).toEqual([7, 7]);
    // Each request once.
    expect(new Set(server.requests).size).toBe(14);
    const twice = await runCli(['report', 'merge', parts[0]!, parts[0]!]);
    expect(twice.exitCode).toBe(2);
  } finally {
    await server.close();
  }
});
