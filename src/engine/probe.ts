/**
 * A light user beside the load: small requests at a slow rate of their own, on a thread of their own, from the start of the
 * run until no load is sent any more. What they measure is what the load does to others, and not in its figures.
 */
import type { TargetOutcome } from '../results/outcome.js';
import { hash32 } from '../lib/random.js';
import type { Plan, ProbePlan } from '../workloads/plan.js';
import type { ThreadTask } from './load-thread.js';
import { createBoard } from './live-board.js';
import { Recorder } from './recorder.js';
import { ThreadCrew } from './run-threads.js';

/** More probes than this in flight say that nothing is answered; further ones wait. */
const MOST_IN_FLIGHT = 1000;
/** How often is looked whether load is still sent. */
const LOOK_EVERY_MS = 50;

/** The probe's requests as a plan, to the targets of the load and for as long as nobody ends it. */
export const planOfProbe = (plan: Plan, { ratePerSecond, inputTokens, outputTokens }: ProbePlan): Plan => ({
  ...plan,
  arrivals: { kind: 'poisson', ratePerSecond },
  workload: {
    kind: 'synthetic',
    inputTokens: { kind: 'fixed', value: inputTokens },
    outputTokens: { kind: 'fixed', value: outputTokens },
  },
  stop: {},
  maxInFlight: MOST_IN_FLIGHT,
  seed: hash32(plan.seed, 'probe'),
  // What is asked of the load is not asked of the probe.
  cancel: undefined,
  retries: undefined,
  probe: undefined,
  tokenizer: undefined,
  goodput: undefined,
});

/** A probe on its thread. */
export class Probe {
  readonly #plan: Plan;
  readonly #crew: ThreadCrew;
  #looking: NodeJS.Timeout | undefined;
  #measureFromMs = 0;

  constructor(plan: Plan, probe: ProbePlan, { headers, security }: Pick<ThreadTask, 'headers' | 'security'>) {
    this.#plan = planOfProbe(plan, probe);
    const board = createBoard(1, plan.targets.length);
    const shard = { index: 0, count: 1 };
    this.#crew = new ThreadCrew([
      { plan: this.#plan, shard, headers, security, board, threadIndex: 0, requestLog: undefined },
    ]);
  }

  ready(): Promise<void> {
    return this.#crew.ready();
  }

  /**
   * Begins at an instant of the clock.
   *
   * @param isOver - whether no load is sent any more, which ends the probe
   */
  begin(startMs: number, isOver: () => boolean): void {
    this.#measureFromMs = startMs + this.#plan.warmupMs;
    this.#crew.begin(startMs);
    this.#looking = setInterval(() => {
      if (!isOver()) return;
      clearInterval(this.#looking);
      this.#crew.finish();
    }, LOOK_EVERY_MS);
  }

  /** Ends it at once. */
  stop(): void {
    this.#crew.stop();
  }

  /** What was measured, per target, once it has ended; the load must have ended before. */
  async results(): Promise<TargetOutcome[]> {
    clearInterval(this.#looking);
    this.#crew.finish();
    const [result] = await this.#crew.results();
    return this.#plan.targets.map((target, i) =>
      new Recorder(result!.recorders[i]).outcome(target, this.#measureFromMs),
    );
  }

  async close(): Promise<void> {
    clearInterval(this.#looking);
    await this.#crew.close();
  }
}
