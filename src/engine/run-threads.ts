/** Load threads, seen from the main thread: start them together, stop them, collect what they measured. */
import { MessageChannel, type MessagePort } from 'node:worker_threads';
import { Piscina } from 'piscina';
import { systemClock } from '../lib/clock.js';
import { formatDurationMs } from '../lib/duration.js';
import { FakeaiError, messageOf } from '../lib/errors.js';
import { codeSettled } from '../lib/idle-code.js';
import { workerUrl } from '../lib/worker-url.js';
import type { ThreadCommand, ThreadResult, ThreadTask } from './load-thread.js';

/** From the moment when all threads are ready to the common start: time for the message to reach each of them. */
const START_DELAY_MS = 20;

const missedStart = (atWallMs: number, lateMs: number): FakeaiError =>
  new FakeaiError('FAKEAI_SETTING_INVALID', {
    where: `--start-at ${new Date(atWallMs).toISOString()}`,
    problem: `everything was ready ${formatDurationMs(lateMs)} too late for it`,
    hint: 'Name an instant that all machines can prepare for, some seconds ahead, and check their clocks.',
  });

/** A run on several threads. */
export class ThreadCrew {
  readonly #pool: Piscina<ThreadTask, ThreadResult>;
  readonly #ports: MessagePort[] = [];
  readonly #results: Promise<ThreadResult[]>;
  readonly #ready: Promise<unknown>;

  constructor(tasks: Omit<ThreadTask, 'port'>[]) {
    this.#pool = new Piscina({
      filename: workerUrl('./worker.js').href,
      minThreads: tasks.length,
      maxThreads: tasks.length,
      concurrentTasksPerWorker: 1,
      // Waiting in Atomics between tasks would freeze the sockets of a thread.
      atomics: 'disabled',
      execArgv: [],
    });
    const started = tasks.map((task) => this.#begin(task));
    this.#ready = Promise.all(started.map(({ ready }) => ready));
    this.#results = Promise.all(started.map(({ result }) => result)).catch((error: unknown) => {
      if (error instanceof FakeaiError) throw error;
      throw new FakeaiError(
        'FAKEAI_THREAD_CRASHED',
        { room: 'load', problem: messageOf(error) },
        { cause: error },
      );
    });
    // Whoever waits for the threads hears of it; before that, nobody may be listening yet.
    this.#results.catch(() => {});
  }

  /**
   * Waits until all threads have prepared their first requests, and lets them start together.
   *
   * @param atWallMs - when, by the wall clock; at once without it
   * @param late - whether to start as soon as possible when that instant has passed
   * @returns the common start, an instant of the machine's monotonic clock
   * @throws FakeaiError FAKEAI_SETTING_INVALID when that instant has passed
   */
  async start(atWallMs?: number, late = false): Promise<number> {
    await this.ready();
    const soonestMs = systemClock.nowMs() + START_DELAY_MS;
    const startMs =
      atWallMs === undefined ? soonestMs : atWallMs - systemClock.wallMs() + systemClock.nowMs();
    if (startMs < soonestMs && !late) throw missedStart(atWallMs!, soonestMs - startMs);
    const actualMs = Math.max(startMs, soonestMs);
    this.begin(actualMs);
    return actualMs;
  }

  /** Waits until all threads have prepared their first requests. */
  async ready(): Promise<void> {
    await Promise.race([this.#ready, this.#results]);
  }

  /** Lets the threads, which must be ready, start together at an instant of the clock. */
  begin(startMs: number): void {
    this.#tell({ type: 'start', startMs });
  }

  /** Sends nothing more; what is in flight may finish. */
  finish(): void {
    this.#tell({ type: 'finish' });
  }

  /** Ends the run at once; {@link ThreadCrew.results} has what was measured. */
  stop(): void {
    this.#tell({ type: 'stop' });
  }

  /** @throws FakeaiError FAKEAI_THREAD_CRASHED */
  results(): Promise<ThreadResult[]> {
    return this.#results;
  }

  async close(): Promise<void> {
    for (const port of this.#ports) port.close();
    await codeSettled();
    await this.#pool.destroy();
  }

  #tell(command: ThreadCommand): void {
    for (const port of this.#ports) port.postMessage(command);
  }

  #begin(task: Omit<ThreadTask, 'port'>): { ready: Promise<void>; result: Promise<ThreadResult> } {
    const { port1, port2 } = new MessageChannel();
    this.#ports.push(port1);
    const ready = new Promise<void>((resolve) => {
      port1.once('message', () => resolve());
    });
    return { ready, result: this.#pool.run({ ...task, port: port2 }, { transferList: [port2] }) };
  }
}
