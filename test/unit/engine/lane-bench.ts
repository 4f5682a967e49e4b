/** A lane on a bench: a clock that is turned by hand and an endpoint in memory. */
import type { Clock } from '../../../src/lib/clock.js';
import { DeadlineWheel, type TickSource } from '../../../src/lib/deadline-wheel.js';
import type { TextTokenizer } from '../../../src/lib/tokens/text-tokenizer.js';
import { BoardCell, createBoard } from '../../../src/engine/live-board.js';
import type { LaneRunner, LaneRunnerOptions } from '../../../src/engine/lane-runner.js';
import type {
  ResponseObserver,
  Sending,
  Transport,
  TransportFailure,
} from '../../../src/engine/transport/transport.js';
import type { Plan, Shard } from '../../../src/workloads/plan.js';
import { measuredShare } from '../../../src/workloads/measured-share.js';
import { createLane } from '../../../src/workloads/requests.js';
import { completion } from './scripted-server.js';

/** A request that the endpoint has got. */
export interface Got {
  atMs: number;
  body: string;
  observer: ResponseObserver;
  cancelled: boolean;
  answered: boolean;
}

export class LaneBench {
  nowMs = 1000;
  readonly got: Got[] = [];
  over = false;
  readonly lane: LaneRunner;
  readonly cell: BoardCell;
  readonly wheel: DeadlineWheel;
  #armedMs = Number.POSITIVE_INFINITY;
  #tick: () => void = () => {};

  constructor(
    Runner: new (options: LaneRunnerOptions) => LaneRunner,
    readonly plan: Plan,
    shard: Shard = { index: 0, count: 1 },
    source = createLane(plan, 0, shard),
    tokenizer?: () => TextTokenizer,
  ) {
    const clock: Clock = { nowMs: () => this.nowMs, wallMs: () => this.nowMs };
    const ticks: TickSource = {
      onTick: (callback) => (this.#tick = callback),
      arm: (instantMs) => (this.#armedMs = instantMs),
      close: () => {},
    };
    this.wheel = new DeadlineWheel({ clock, ticks });
    this.cell = new BoardCell(createBoard(1, 1), 1, 0, 0);
    const transport: Transport = {
      prepare: (body) => Buffer.from(body),
      send: (prepared, observer) => this.#take(prepared!.toString(), observer),
      close: () => {},
    };
    this.lane = new Runner({
      plan,
      shard,
      measuredRequests: measuredShare(plan, 0, shard),
      lane: source,
      transport,
      cell: this.cell,
      clock,
      wheel: this.wheel,
      tokenizer,
      onOver: () => (this.over = true),
    });
    this.lane.prepare();
    this.lane.start(1000);
    this.to(0);
  }

  /** Moves the clock to an instant since the start, through every tick on the way. */
  to(sinceStartMs: number): void {
    const untilMs = 1000 + sinceStartMs;
    // At most one tick per instant would hide turns that follow at once.
    for (let turns = 0; this.#armedMs <= untilMs && turns < 100_000; turns++) {
      this.nowMs = Math.max(this.nowMs, this.#armedMs);
      this.#armedMs = Number.POSITIVE_INFINITY;
      this.#tick();
    }
    this.nowMs = Math.max(this.nowMs, untilMs);
  }

  /** The same without serving ticks on the way: a thread that was busy. */
  sleepTo(sinceStartMs: number): void {
    this.nowMs = 1000 + sinceStartMs;
    this.to(sinceStartMs);
  }

  /** When requests came, since the start. */
  get instants(): number[] {
    return this.got.map(({ atMs }) => atMs);
  }

  get open(): Got[] {
    return this.got.filter((g) => !g.answered && !g.cancelled);
  }

  /** Answers a request completely. */
  answer(got: Got | undefined, body = completion(7, 3)): void {
    if (!got) throw new Error('there is no such request');
    got.answered = true;
    const bytes = Buffer.from(body);
    got.observer.onHead(200, 'application/json', undefined, this.nowMs);
    got.observer.onData(bytes, 0, bytes.length, this.nowMs);
    got.observer.onEnd(this.nowMs);
  }

  fail(got: Got | undefined, kind: TransportFailure['kind']): void {
    if (!got) throw new Error('there is no such request');
    got.answered = true;
    got.observer.onFailure({ kind, message: kind }, this.nowMs);
  }

  #take(body: string, observer: ResponseObserver): Sending {
    const got: Got = { atMs: this.nowMs - 1000, body, observer, cancelled: false, answered: false };
    this.got.push(got);
    return {
      connected: true,
      opening: undefined,
      cancel: () => {
        got.cancelled = true;
      },
    };
  }
}

/** A small plan; `over` replaces parts of it. */
export const planOf = (over: Partial<Plan>): Plan => ({
  targets: [{ name: 't', url: 'http://127.0.0.1:1' }],
  endpoint: 'chat',
  model: 'm',
  streaming: false,
  ignoreEos: false,
  arrivals: { kind: 'closed', concurrency: 2 },
  workload: {
    kind: 'synthetic',
    inputTokens: { kind: 'fixed', value: 5 },
    outputTokens: { kind: 'fixed', value: 3 },
  },
  stop: { requests: 5 },
  warmupMs: 0,
  maxInFlight: 100,
  timeoutMs: 1000,
  graceMs: 200,
  seed: 1,
  ...over,
});
