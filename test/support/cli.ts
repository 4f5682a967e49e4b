/** Runs the built CLI as a user would, as a child process. */
import { spawn, type ChildProcess } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const BIN = fileURLToPath(new URL('../../bin/run.js', import.meta.url));

export interface CliResult {
  exitCode: number | null;
  stdout: string;
  stderr: string;
}

export interface CliOptions {
  cwd?: string;
  /** On top of a clean environment: only PATH and HOME come from this process. */
  env?: Record<string, string>;
  /** Another copy than the one of this folder. */
  bin?: string;
  /** What is said to Node itself. */
  nodeArgs?: string[];
}

/** A CLI process that is still running. */
export interface RunningCli {
  process: ChildProcess;
  /** Resolves once what was printed on the stream matches; rejects if the process ends first. */
  seen(stream: 'stdout' | 'stderr', pattern: RegExp): Promise<RegExpExecArray>;
  done: Promise<CliResult>;
}

// A test that fails half-way must not leave its servers behind.
const running = new Set<ChildProcess>();
process.on('exit', () => {
  for (const child of running) child.kill('SIGKILL');
});

/** Starts `fakeai ARGS` without a terminal. */
export function startCli(
  args: string[],
  { cwd, env = {}, bin = BIN, nodeArgs = [] }: CliOptions = {},
): RunningCli {
  const child = spawn(process.execPath, [...nodeArgs, bin, ...args], {
    cwd,
    env: { PATH: process.env['PATH'], HOME: process.env['HOME'], ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  running.add(child);
  const printed = { stdout: '', stderr: '' };
  const listeners = new Set<() => void>();
  for (const name of ['stdout', 'stderr'] as const) {
    child[name].setEncoding('utf8').on('data', (text: string) => {
      printed[name] += text;
      for (const listener of listeners) listener();
    });
  }
  const done = new Promise<CliResult>((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (exitCode) => {
      running.delete(child);
      resolve({ exitCode, ...printed });
    });
  });
  const seen = (stream: 'stdout' | 'stderr', pattern: RegExp): Promise<RegExpExecArray> =>
    new Promise((resolve, reject) => {
      const check = (): void => {
        const match = pattern.exec(printed[stream]);
        if (!match) return;
        listeners.delete(check);
        resolve(match);
      };
      listeners.add(check);
      void done.then((r) => reject(new Error(`ended before ${pattern} was seen: ${JSON.stringify(r)}`)));
      check();
    });
  return { process: child, seen, done };
}

/** Runs `fakeai ARGS` to its end. */
export const runCli = (args: string[], options?: CliOptions): Promise<CliResult> =>
  startCli(args, options).done;

/** Starts `fakeai server` on a free port and waits until it listens. */
export async function startCliServer(
  args: string[] = [],
  options?: CliOptions,
): Promise<RunningCli & { url: string }> {
  const cli = startCli(['server', '--port', '0', ...args], options);
  const [, url] = await cli.seen('stdout', /listening on (http:\/\/\S+)/);
  return { ...cli, url: url! };
}

/**
 * Exit codes of a run that was carried out: whether the machine was calm enough for the verdict `valid` is not what most
 * tests are about.
 */
export const CARRIED_OUT = [0, 3];

/** A temporary folder, removed by `remove()`. */
export function temporaryFolder(): { path: string; file: (name: string) => string; remove: () => void } {
  const path = mkdtempSync(join(tmpdir(), 'fakeai-test-'));
  return {
    path,
    file: (name) => join(path, name),
    remove: () => rmSync(path, { recursive: true, force: true }),
  };
}
