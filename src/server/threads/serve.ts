/** What a listener thread does: it serves HTTP until told to close. */
import { systemClock } from '../../lib/clock.js';
import { DeadlineWheel } from '../../lib/deadline-wheel.js';
import { messageOf } from '../../lib/errors.js';
import { TokenCounter } from '../../lib/tokens/counter.js';
import { WakerTicks } from '../../lib/waker.js';
import { App } from '../app.js';
import { createGenerator } from '../generation/create.js';
import { latencies, otherLatency } from '../generation/latency.js';
import { HttpListener } from '../http/listener.js';
import { Outbox } from '../http/outbox.js';
import { LoopWatch } from './loop-watch.js';
import { RateLimiter } from '../limits/rate-limiter.js';
import { RemovedModels } from '../models/removed-models.js';
import { Fixtures } from '../text/fixtures.js';
import type { ServerOptions } from '../options.js';
import { ServedModels } from '../models/served-models.js';
import { hasData } from '../store/data-folder.js';
import { LazyStore } from '../store/lazy-store.js';
import type { SocketHandle } from './duplicate.js';
import type { ControlMessage, ListenTask, ThreadMessage } from './messages.js';
import { reporter } from './reporter.js';
import { ThreadRecord } from './thread-record.js';

/**
 * Tokens that are ready within this time are written in one go: each tick costs a wake-up here and one of whoever reads. Shorter
 * ticks cost more and write sooner.
 */
const MIN_TICK_MS = 0.25;
/** A little more: while streams keep the thread busy it waits for the next tick itself. */
const NAP_MS = 0.3;

/**
 * Serves until a `close` message.
 *
 * @param socket - the thread's own duplicate of a shared socket, when it is there
 * @returns when all connections are closed, or when it cannot listen (after saying so)
 */
export async function serve(task: ListenTask, socket?: Promise<SocketHandle>): Promise<void> {
  const { control, options } = task;
  const clock = systemClock;
  const custom = task.customModels;
  const kinds = [otherLatency(options.latency), ...latencies(options, custom).values()];
  const paced = kinds.includes('fixed') || kinds.includes('profile');
  const record = new ThreadRecord(task.records[task.thread]!);
  const outbox = new Outbox(clock, record.lateness);
  const wheel = new DeadlineWheel({
    clock,
    gathering: outbox,
    lateness: record.lateness,
    minTickMs: MIN_TICK_MS,
    // Where nothing is paced there is nothing to be exact about: a cluster's thread wakes this one. No lead: spinning until the
    // instant itself would cost a busy thread more than the 0.1 ms that a wake-up takes.
    ...(paced ? { ticks: new WakerTicks({ leadMs: 0, napMs: NAP_MS, startsLate: true }) } : {}),
  });
  const generator = createGenerator({
    options,
    custom,
    clock,
    wheel,
    gathering: outbox,
    link: task.cluster,
    inFlight: { memory: task.inFlight, thread: task.thread },
    prefixes: task.prefixes,
  });
  const closers: (() => void | Promise<void>)[] = [];
  let resumed: Promise<void> | undefined;
  const say = (message: ThreadMessage): void => control.postMessage(message);
  const store = new LazyStore({
    folder: task.dataFolder,
    clock,
    connect: (port) => control.postMessage({ type: 'store', port } satisfies ThreadMessage, [port]),
  });
  const loop = new LoopWatch(clock, record.loop);
  const { vitals, report, close: closeReports } = reporter(task, clock);
  const app = new App({
    seed: options.seed,
    clock,
    generator,
    cacheIsolation: options.cacheIsolation,
    blockTokens: options.blockTokens,
    wheel,
    counter: new TokenCounter(task.vocabulary),
    fixtures: fixturesOf(options, task.fixtureCalls),
    models: new ServedModels({
      model: options.model,
      custom: task.customModels,
      unknown: options.unknownModels,
      removed: new RemovedModels(task.removedModels),
    }),
    options,
    onClose: (callback) => closers.push(callback),
    rateLimits: task.rateLimits && new RateLimiter(task.rateLimits, options),
    hasStored: () => hasData(task.dataFolder),
    store: store.open,
    instance: task.instance,
    record,
    vitals,
    report,
  });
  app.warmUp();
  const { bodyLimit, maxConnections } = options;
  const onConnections = (count: number): void => {
    const busy = count > 0;
    if (busy !== record.counters.connections > 0) loop.measure(busy);
    record.counters.connections = count;
  };
  const listener = new HttpListener({
    handler: app,
    clock,
    bodyLimit,
    maxConnections,
    onConnections,
    outbox,
  });
  try {
    if (!(await listen(task, socket, listener, say, record))) return;
    if (hasData(task.dataFolder)) resumed = app.resume();
    const drainMs = await untilClose(control, (message) => {
      if (message.type === 'fixtures')
        app.useFixtures(fixturesOf({ ...options, fixtureData: message.fixtures }, message.calls));
      else say({ type: 'pong' });
    });
    await listener.close(drainMs);
  } finally {
    // What is being taken up would otherwise begin after all else has ended.
    await resumed;
    await Promise.allSettled(closers.map(async (close) => close()));
    record.serves(false);
    closeReports();
    loop.close();
    generator.close();
    wheel.close();
    await store.close();
    control.close();
  }
}

async function listen(
  task: ListenTask,
  socket: Promise<SocketHandle> | undefined,
  listener: HttpListener,
  say: (message: ThreadMessage) => void,
  record: ThreadRecord,
): Promise<boolean> {
  let step: 'duplicate' | 'listen' = 'duplicate';
  try {
    const { source } = task;
    const where = source.kind === 'shared' ? { handle: (await socket)! } : source;
    step = 'listen';
    const port = await listener.listen(where);
    record.serves(true);
    say({ type: 'listening', port });
    return true;
  } catch (error) {
    const code = (error as { code?: unknown }).code;
    say({ type: 'failed', step, code: typeof code === 'string' ? code : '', problem: messageOf(error) });
    return false;
  }
}

function untilClose(
  control: ListenTask['control'],
  answer: (message: Exclude<ControlMessage, { type: 'close' }>) => void,
): Promise<number> {
  return new Promise((resolve) => {
    control.on('message', (message: ControlMessage) => {
      if (message.type === 'close') resolve(message.drainMs);
      else answer(message);
    });
  });
}

/** Undefined when there are none, and need not be. */
function fixturesOf(
  { fixtureData = [], fixturesStrict: strict = false, timeScale }: ServerOptions,
  calls: SharedArrayBuffer | undefined,
): Fixtures | undefined {
  if (fixtureData.length === 0 && !strict) return undefined;
  return new Fixtures(fixtureData, { strict, timeScale, calls });
}
