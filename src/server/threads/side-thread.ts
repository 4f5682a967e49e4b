/** Threads beside a listener thread, for work that would hold up its requests. */
import { Piscina } from 'piscina';
import { workerUrl } from '../../lib/worker-url.js';

const IDLE_MS = 60_000;

/**
 * One thread, begun with its first work and ended after a minute without any.
 *
 * @param entry - as {@link workerUrl} takes it
 * @param maxWaiting - work that may wait; more is refused
 */
export const sideThread = <Task, Result>(entry: string, maxWaiting: number): Piscina<Task, Result> =>
  new Piscina<Task, Result>({
    filename: workerUrl(entry).href,
    minThreads: 0,
    maxThreads: 1,
    concurrentTasksPerWorker: 1,
    maxQueue: maxWaiting,
    idleTimeout: IDLE_MS,
    execArgv: [],
    recordTiming: false,
  });
