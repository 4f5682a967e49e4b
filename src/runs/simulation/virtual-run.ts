/**
 * A plan against a simulated fleet, in virtual time: the clock jumps from event to event. Stop rule, warm-up, timeout and
 * grace mean what they mean in the load engine; there is no limit of requests in flight but the fleet's own queues.
 */
import { Cluster } from '../../simulator/cluster/cluster.js';
import type { ClusterSnapshot } from '../../simulator/cluster/snapshot.js';
import { formatDurationMs } from '../../lib/duration.js';
import { createOutlines, type OutlineLane, type RequestOutline } from '../../workloads/outlines.js';
import type { Plan } from '../../workloads/plan.js';
import { Collector } from './collector.js';
import type { FleetOptions } from '../../simulator/fleet/cluster-options.js';
import { InstantQueue } from './instant-queue.js';

/** A closed loop against a fleet that refuses everything would otherwise never get on. */
const PAUSE_AFTER_FAILURE_MS = 100;

/** Totals of the fleet; differences of two are what happened in between. */
export interface FleetTotals {
  busyMs: number;
  /** Integrals of the shares of peak over the busy time. */
  tensorMs: number;
  memoryMs: number;
  steps: number;
  decodeTokens: number;
  queriedTokens: number;
  hitTokens: number;
  preemptions: number;
  /** Of all GPUs. */
  energyMj: number;
}

const NOTHING: FleetTotals = {
  busyMs: 0,
  tensorMs: 0,
  memoryMs: 0,
  steps: 0,
  decodeTokens: 0,
  queriedTokens: 0,
  hitTokens: 0,
  preemptions: 0,
  energyMj: 0,
};

/** One run. {@link step} until it says that there is nothing left. */
export class VirtualRun {
  readonly collector: Collector;
  readonly cluster: Cluster;
  readonly #plan: Plan;
  readonly #outlines: OutlineLane;
  readonly #closed: boolean;
  readonly #endMs: number;
  /** Closed loops: when requests in flight ended and another one may leave. */
  readonly #free = new InstantQueue();
  readonly #paused = new InstantQueue();
  readonly #timeouts = new InstantQueue();
  #upcoming: RequestOutline | undefined;
  #left: number;
  #sending = true;
  #graceEndMs = Number.POSITIVE_INFINITY;
  #over = false;
  /** What the fleet had done when measuring began. */
  #before: FleetTotals = NOTHING;
  #measuring = false;

  constructor(plan: Plan, fleet: FleetOptions) {
    this.#plan = plan;
    this.collector = new Collector(
      (atMs, failed) => this.#landed(atMs, failed),
      `no complete answer within ${formatDurationMs(plan.timeoutMs)}`,
      plan.goodput,
    );
    this.cluster = new Cluster({ ...fleet, sink: this.collector });
    this.#outlines = createOutlines(plan);
    this.#left = plan.stop.requests ?? Number.POSITIVE_INFINITY;
    this.#endMs = plan.warmupMs + (plan.stop.durationMs ?? Number.POSITIVE_INFINITY);
    this.#closed = plan.arrivals.kind === 'closed';
    if (plan.arrivals.kind === 'closed') {
      for (let slot = 0; slot < plan.arrivals.concurrency; slot++) this.#free.push(0, slot);
    }
    this.#upcoming = this.#outlines.next();
  }

  /** Virtual milliseconds since the start. */
  get nowMs(): number {
    return this.cluster.nowMs;
  }

  get sending(): boolean {
    return this.#sending;
  }

  /** Makes the next thing happen; false when there is nothing left. */
  step(): boolean {
    if (this.#over) return false;
    const sendMs = this.#sending ? this.#nextSendMs() : Number.POSITIVE_INFINITY;
    const stopMs = this.#sending ? this.#endMs : Number.POSITIVE_INFINITY;
    const dueMs = Math.min(sendMs, stopMs, this.#timeouts.firstMs, this.#graceEndMs);
    const eventMs = this.cluster.nextEventMs() ?? Number.POSITIVE_INFINITY;
    if (eventMs < dueMs) this.cluster.advance(eventMs);
    else if (dueMs === Number.POSITIVE_INFINITY) this.#end();
    else if (stopMs === dueMs) this.#finishSending(stopMs);
    else if (sendMs === dueMs) this.#sendAt(sendMs);
    else if (this.#graceEndMs === dueMs) this.#end();
    else this.#timeOut();
    if (!this.#sending && this.collector.inFlight === 0) this.#end();
    return !this.#over;
  }

  /** Ends the run here: requests in flight count as incomplete. */
  interrupt(): void {
    this.#end();
  }

  /** What the fleet did in the measured phase. */
  totals(): FleetTotals {
    const after = totalsOf(this.cluster.snapshot());
    const keys = Object.keys(after) as (keyof FleetTotals)[];
    return Object.fromEntries(
      keys.map((key) => [key, after[key] - this.#before[key]]),
    ) as unknown as FleetTotals;
  }

  #nextSendMs(): number {
    return this.#closed
      ? Math.min(this.#free.firstMs, this.#paused.firstMs)
      : (this.#upcoming?.intendedMs ?? this.nowMs);
  }

  #sendAt(atMs: number): void {
    if (this.#closed) (this.#free.firstMs === atMs ? this.#free : this.#paused).shift();
    const request = this.#upcoming;
    const measured = atMs >= this.#plan.warmupMs;
    if (!request || (measured && this.#left === 0)) return this.#finishSending(atMs);
    if (measured) this.#startMeasuring();
    if (measured) this.#left--;
    this.#upcoming = this.#outlines.next();
    this.collector.launched(request.index, request.intendedMs ?? Number.NaN, atMs, measured);
    this.#timeouts.push(atMs + this.#plan.timeoutMs, request.index);
    this.cluster.submit(
      {
        id: request.index,
        arrivalMs: atMs,
        promptTokens: request.inputTokens,
        outputTokens: request.outputTokens,
        blockHashes: request.blockHashes,
        ...(request.blockHashes.length > 0 && { coalesceKey: coalesceKeyOf(request) }),
      },
      atMs,
    );
  }

  #startMeasuring(): void {
    if (this.#measuring) return;
    this.#measuring = true;
    this.#before = totalsOf(this.cluster.snapshot());
  }

  #finishSending(fromMs: number): void {
    this.#sending = false;
    this.#graceEndMs = fromMs + this.#plan.graceMs;
  }

  #timeOut(): void {
    const atMs = this.#timeouts.firstMs;
    const id = this.#timeouts.shift();
    if (this.collector.isInFlight(id)) this.cluster.abort(id, atMs);
  }

  #landed(atMs: number, failed: boolean): void {
    if (!this.#closed) return;
    if (failed) this.#paused.push(atMs + PAUSE_AFTER_FAILURE_MS, 0);
    else this.#free.push(atMs, 0);
  }

  #end(): void {
    this.#over = true;
    this.#sending = false;
    this.collector.cut();
  }
}

/** Requests of a trace that agree in hashes and lengths are taken to be equal. */
const coalesceKeyOf = ({ blockHashes, inputTokens, outputTokens }: RequestOutline): string =>
  `${inputTokens}/${outputTokens}/${blockHashes.join()}`;

function totalsOf({ replicas }: ClusterSnapshot): FleetTotals {
  const totals: FleetTotals = { ...NOTHING };
  for (const { counters, kv, preemptions, gpu, hardware } of replicas) {
    totals.busyMs += counters.busyMs;
    totals.tensorMs += counters.tensorMs;
    totals.memoryMs += counters.memoryMs;
    totals.steps += counters.steps;
    totals.decodeTokens += counters.decodeTokens;
    totals.queriedTokens += kv.queriedTokens;
    totals.hitTokens += kv.hitTokens;
    totals.preemptions += preemptions;
    totals.energyMj += (gpu?.energyMj ?? 0) * (hardware?.gpus ?? 0);
  }
  return totals;
}
