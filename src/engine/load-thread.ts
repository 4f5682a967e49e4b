/** What one load thread does: its shard of every target's lane, from one common start to the end of the last. */
import type { MessagePort } from 'node:worker_threads';
import { systemClock, type Clock } from '../lib/clock.js';
import { DeadlineWheel, TimerTicks } from '../lib/deadline-wheel.js';
import { openTokenizer, type TextTokenizer } from '../lib/tokens/text-tokenizer.js';
import { Tokenizer } from '../lib/tokens/tokenizer.js';
import { loadVocabulary } from '../lib/tokens/vocabulary.js';
import { WakerTicks } from '../lib/waker.js';
import type { ThreadHealth } from '../results/outcome.js';
import type { EncodedTimeSeries } from '../results/time-series.js';
import type { Plan, Shard } from '../workloads/plan.js';
import { measuredShare } from '../workloads/measured-share.js';
import { createLane } from '../workloads/requests.js';
import { ClosedLane } from './closed-lane.js';
import { endpointUrl } from './endpoints.js';
import type { LaneRunner } from './lane-runner.js';
import { BoardCell } from './live-board.js';
import { OpenLane } from './open-lane.js';
import type { EncodedRecorder } from './recorder.js';
import { RequestLog } from './request-log.js';
import { HealthMonitor } from './thread-health.js';
import { UserLane } from './user-lane.js';
import { createTransport } from './transport/index.js';
import type { Transport } from './transport/transport.js';
import type { Security } from './transport/transport.js';

/** What a load thread is given. */
export interface ThreadTask {
  plan: Plan;
  /** This thread's part of the plan. */
  shard: Shard;
  headers: Record<string, string>;
  security?: Security | undefined;
  board: SharedArrayBuffer;
  /** File that requests are appended to, and the number of this load in a series. */
  requestLog?: { path: string; load?: number } | undefined;
  threadIndex: number;
  /** Brings {@link ThreadCommand}s; takes one message, when the thread is ready. */
  port: MessagePort;
}

/** `start` names the common instant; `finish` sends nothing more, `stop` ends everything at once. */
export type ThreadCommand = { type: 'start'; startMs: number } | { type: 'finish' } | { type: 'stop' };

/** What a load thread returns: one recorder and one series per target. */
export interface ThreadResult {
  recorders: EncodedRecorder[];
  /** The run over time, per target. */
  series: EncodedTimeSeries[];
  health: ThreadHealth;
  /** Why requests could not be written down. */
  logProblem?: string | undefined;
}

/** Runs a shard until its lanes are over, or until it is told to stop. */
export async function runThread(task: ThreadTask): Promise<ThreadResult> {
  const { plan, port } = task;
  const wheel = new DeadlineWheel({ clock: systemClock, ticks: ticksFor(plan) });
  try {
    const log = task.requestLog && new RequestLog(task.requestLog.path);
    const crew = new Crew(task, wheel, systemClock, {
      tokenizer: await tokenizerOf(plan),
      transports: await openTransports(task),
      log,
    });
    const over = crew.obey(port);
    port.postMessage('ready');
    const health = await over;
    const results = crew.encode();
    await log?.close();
    return { ...results, health, logProblem: log?.problem };
  } finally {
    wheel.close();
    port.close();
  }
}

/** Open loops are woken to a tenth of a millisecond; closed ones have no instants to keep, and need no second thread. */
const ticksFor = ({ arrivals }: Plan) =>
  arrivals.kind === 'closed' || 'thinkMs' in arrivals ? new TimerTicks(systemClock) : new WakerTicks();

function runnerOf({ arrivals }: Plan): typeof ClosedLane | typeof OpenLane | typeof UserLane {
  if (arrivals.kind === 'users') return UserLane;
  return arrivals.kind === 'closed' ? ClosedLane : OpenLane;
}

/** Prompts have their lengths in it; those of a vocabulary need no count. */
const fileTokenizer = ({ tokenizer }: Plan): boolean =>
  tokenizer?.counts === 'always' && 'path' in tokenizer.choice;

/** Opens the tokenizer of a plan: now if it is sure to be used, else when it is first needed. */
async function tokenizerOf({ tokenizer }: Plan): Promise<(() => TextTokenizer) | undefined> {
  if (!tokenizer) return undefined;
  const { choice, counts } = tokenizer;
  if (counts === 'always' || 'path' in choice) {
    const opened = await openTokenizer(choice);
    return () => opened;
  }
  let lazy: TextTokenizer | undefined;
  return () => (lazy ??= new Tokenizer(loadVocabulary(choice.vocabulary)));
}

/** Reading it costs some 20 µs. */
const SHOW_HEALTH_EVERY_MS = 500;

/** A transport to each target. */
const openTransports = ({ plan, headers, security }: ThreadTask): Promise<Transport[]> =>
  Promise.all(
    plan.targets.map((target) => {
      const url = endpointUrl(plan, target.url);
      return createTransport({ method: 'POST', url, headers, security, proxy: target.proxy }, systemClock);
    }),
  );

/** What has to be opened before a {@link Crew} can be. */
interface CrewParts {
  tokenizer: (() => TextTokenizer) | undefined;
  transports: readonly Transport[];
  log: RequestLog | undefined;
}

/** The lanes of one thread. */
class Crew {
  readonly #lanes: LaneRunner[];
  readonly #clock: Clock;
  readonly #board: BoardCell;
  readonly #tokenizer: CrewParts['tokenizer'];
  readonly #transports: CrewParts['transports'];
  readonly #log: CrewParts['log'];
  #lanesLeft: number;
  #finish: () => void = () => {};

  constructor(
    task: ThreadTask,
    wheel: DeadlineWheel,
    clock: Clock,
    { tokenizer, transports, log }: CrewParts,
  ) {
    this.#tokenizer = tokenizer;
    this.#transports = transports;
    this.#log = log;
    this.#clock = clock;
    this.#board = new BoardCell(task.board, task.plan.targets.length, task.threadIndex, 0);
    this.#lanes = task.plan.targets.map((_, i) => this.#openLane(task, i, wheel));
    this.#lanesLeft = this.#lanes.length;
    for (const lane of this.#lanes) lane.prepare();
  }

  /** Follows commands; resolves when all lanes are over. */
  async obey(port: MessagePort): Promise<ThreadHealth> {
    let monitor: HealthMonitor | undefined;
    let shown: NodeJS.Timeout | undefined;
    await new Promise<void>((resolve) => {
      this.#finish = resolve;
      port.on('message', (command: ThreadCommand) => {
        if (command.type === 'start') {
          monitor = new HealthMonitor(this.#clock);
          shown = this.#showHealth(monitor);
          for (const lane of this.#lanes) lane.start(command.startMs);
        } else if (command.type === 'finish') for (const lane of this.#lanes) lane.finish();
        else for (const lane of this.#lanes) lane.interrupt();
      });
    });
    clearInterval(shown);
    return monitor?.stop() ?? { eventLoopDelayP99Ms: 0 };
  }

  /** Lets whoever watches the run see how this thread is doing. */
  #showHealth(monitor: HealthMonitor): NodeJS.Timeout {
    return setInterval(() => {
      const { eventLoopDelayP99Ms, cpuShare } = monitor.read();
      this.#board.set('eventLoopDelayP99Ms', eventLoopDelayP99Ms);
      this.#board.set('cpuShare', cpuShare ?? 0);
    }, SHOW_HEALTH_EVERY_MS).unref();
  }

  encode(): Pick<ThreadResult, 'recorders' | 'series'> {
    return {
      recorders: this.#lanes.map((lane) => {
        lane.settle();
        return lane.recorder.encode();
      }),
      series: this.#lanes.map(({ watch }) => watch.series.encode()),
    };
  }

  #openLane(task: ThreadTask, targetIndex: number, wheel: DeadlineWheel): LaneRunner {
    const { plan, shard } = task;
    const target = plan.targets[targetIndex]!;
    const Runner = runnerOf(plan);
    return new Runner({
      plan,
      shard,
      measuredRequests: measuredShare(plan, targetIndex, shard),
      lane: createLane(plan, targetIndex, shard, fileTokenizer(plan) ? this.#tokenizer?.() : undefined),
      tokenizer: this.#tokenizer,
      log: this.#log && {
        to: this.#log,
        target: target.name,
        load: task.requestLog?.load,
      },
      transport: this.#transports[targetIndex]!,
      cell: new BoardCell(task.board, plan.targets.length, task.threadIndex, targetIndex),
      clock: this.#clock,
      wheel,
      onOver: () => {
        this.#lanesLeft--;
        if (this.#lanesLeft === 0) this.#finish();
      },
    });
  }
}
