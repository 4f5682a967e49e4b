/** A server that is started for one run: `bench --on-port 8080 -- vllm serve …`. */
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { connect } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { request } from 'undici';
import type { Clock } from '../lib/clock.js';
import { FakeaiError } from '../lib/errors.js';
import { truncate } from '../results/format.js';

/** What is kept of the server's output: its end. */
const MOST_OUTPUT = 64 * 1024;
const SHOWN_LINES = 20;
const LONGEST_TEXT = 120;
const ASK_EVERY_MS = 100;
const LONGEST_ANSWER_MS = 2000;
const STOP_AFTER_MS = 10_000;

export interface ServerCommandOptions {
  /** The program and its arguments. */
  command: readonly string[];
  port: number;
  readyTimeoutMs: number;
  clock: Clock;
  /** How long the server may take to end by itself when it is asked to; 10 s by default. */
  stopAfterMs?: number;
  signal?: AbortSignal | undefined;
}

/** A process with all that it starts, in a group of its own: Ctrl-C on the terminal does not reach it. */
export class ServerCommand {
  readonly #child: ChildProcess;
  readonly #text: string;
  readonly #stopAfterMs: number;
  readonly #exited: Promise<void>;
  #output = '';
  #unstarted: string | undefined;
  #ended: string | undefined;
  #stopping = false;
  readonly #onProcessExit = (): void => this.#kill('SIGKILL');

  /**
   * Starts a command and waits until it answers over HTTP.
   *
   * @throws FakeaiError FAKEAI_SERVER_COMMAND_FAILED when it cannot be started, ends, or does not answer in time;
   *   FAKEAI_PORT_IN_USE when somebody else has the port; FAKEAI_INTERRUPTED
   */
  static async start(options: ServerCommandOptions): Promise<ServerCommand> {
    const { port } = options;
    if (await answersConnections(port))
      throw new FakeaiError('FAKEAI_PORT_IN_USE', { host: '127.0.0.1', port });
    const server = new ServerCommand(options);
    try {
      await server.#ready(options);
      return server;
    } catch (error) {
      await server.stop();
      throw error;
    }
  }

  private constructor({ command, stopAfterMs = STOP_AFTER_MS }: ServerCommandOptions) {
    const [program, ...args] = command;
    this.#text = truncate(command.join(' ').replaceAll(/\s+/g, ' '), LONGEST_TEXT);
    this.#stopAfterMs = stopAfterMs;
    this.#child = spawn(program!, args, { stdio: ['ignore', 'pipe', 'pipe'], detached: true });
    for (const stream of [this.#child.stdout!, this.#child.stderr!]) {
      stream.setEncoding('utf8').on('data', (text: string) => {
        this.#output = (this.#output + text).slice(-MOST_OUTPUT);
      });
    }
    this.#child.once('error', (error) => (this.#unstarted ??= `cannot be started: ${error.message}`));
    this.#child.once('exit', (code, signal) => {
      this.#ended ??= `ended with ${code === null ? `signal ${signal}` : `exit code ${code}`}`;
    });
    // An end that was not asked for, of this process or by a second Ctrl-C, must not leave the server behind.
    process.on('exit', this.#onProcessExit);
    this.#exited = Promise.race([once(this.#child, 'close'), once(this.#child, 'error')]).then(
      () => {},
      () => {},
    );
  }

  /** @throws FakeaiError FAKEAI_SERVER_COMMAND_FAILED when the server ended by itself */
  refuseEnded(when: string): void {
    if (this.#unstarted !== undefined) throw this.#failure(this.#unstarted);
    if (this.#ended !== undefined) throw this.#failure(`${this.#ended} ${when}`);
  }

  /** Ends the server and all that it started: politely, then at once. May be called again. */
  async stop(): Promise<void> {
    if (!this.#stopping) {
      this.#stopping = true;
      this.#kill('SIGTERM');
      await Promise.race([this.#exited, sleep(this.#stopAfterMs, undefined, { ref: false })]);
      this.#kill('SIGKILL');
      process.off('exit', this.#onProcessExit);
    }
    await this.#exited;
  }

  async #ready({ port, readyTimeoutMs, clock, signal }: ServerCommandOptions): Promise<void> {
    const deadlineMs = clock.nowMs() + readyTimeoutMs;
    while (!(await answers(port))) {
      this.refuseEnded('before it answered');
      if (signal?.aborted) throw new FakeaiError('FAKEAI_INTERRUPTED', { before: 'the server was ready' });
      if (clock.nowMs() >= deadlineMs)
        throw this.#failure(
          `did not answer on port ${port} within ${readyTimeoutMs / 1000} s (--ready-timeout)`,
        );
      await Promise.race([sleep(ASK_EVERY_MS), this.#exited]);
    }
    this.refuseEnded('before it answered');
  }

  #kill(signal: NodeJS.Signals): void {
    const { pid } = this.#child;
    if (pid === undefined) return;
    try {
      // The whole group: servers have workers, and the leader may be gone before them.
      process.kill(process.platform === 'win32' ? pid : -pid, signal);
    } catch {
      // Nobody is left.
    }
  }

  #failure(problem: string): FakeaiError {
    const said = this.#output.trimEnd().split('\n').slice(-SHOWN_LINES).join('\n');
    return new FakeaiError('FAKEAI_SERVER_COMMAND_FAILED', { command: this.#text, problem, said });
  }
}

/** Whether somebody listens on a port of this machine. */
function answersConnections(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    const end = (listens: boolean): void => {
      socket.destroy();
      resolve(listens);
    };
    socket.once('connect', () => end(true)).once('error', () => end(false));
  });
}

/**
 * Whether a server is ready: `/health` says so, or it has no such page and answers `/v1/models` with anything but an
 * error of its own (5xx). Servers that load a model listen before they can answer.
 */
async function answers(port: number): Promise<boolean> {
  const health = await statusOf(`http://127.0.0.1:${port}/health`);
  if (health === undefined || health >= 500) return false;
  if (health < 400) return true;
  const models = await statusOf(`http://127.0.0.1:${port}/v1/models`);
  return models !== undefined && models < 500;
}

async function statusOf(url: string): Promise<number | undefined> {
  try {
    const { statusCode, body } = await request(url, { signal: AbortSignal.timeout(LONGEST_ANSWER_MS) });
    await body.dump();
    return statusCode;
  } catch {
    return undefined;
  }
}
