/**
 * A plan against a simulated fleet, in virtual time: the clock jumps from event to event. Stop rule, warm-up, sessions,
 * cancellation, timeout and grace mean what they mean in the load engine; there is no limit of requests in flight but the
 * fleet's own queues.
 */
import { createRandom } from '../../lib/random.js';
import { formatDurationMs } from '../../lib/duration.js';
import { Cluster } from '../../simulator/cluster/cluster.js';
import type { ClusterRequest } from '../../simulator/cluster/types.js';
import type { FleetOptions } from '../../simulator/fleet/cluster-options.js';
import { createOutlines, type OutlineLane, type RequestOutline } from '../../workloads/outlines.js';
import type { Plan } from '../../workloads/plan.js';
import { Collector } from './collector.js';
import { type FleetTotals, NO_TOTALS, totalsBetween, totalsOf } from './fleet-totals.js';
import { tenantSalt } from './tenant-salt.js';
import { sharedPrefixes, type WarmPrefix } from './warm-prefixes.js';
import { InstantQueue } from './instant-queue.js';
import type { VirtualFlight } from './virtual-flight.js';
import type { VirtualRecords } from './virtual-records.js';
import { createLoad, type LoadHost, type VirtualLoad } from './virtual-loads.js';

/** One run. {@link step} until it says that there is nothing left. */
export class VirtualRun implements LoadHost {
  readonly collector: Collector;
  readonly cluster: Cluster;
  readonly outlines: OutlineLane;
  readonly #load: VirtualLoad;
  readonly #coalescing: boolean;
  readonly #endMs: number;
  readonly #timeouts = new InstantQueue();
  readonly #cancellations = new InstantQueue();
  /** Measured requests that may still be sent. */
  #left: number;
  /** Requests launched so far, which number them. */
  #launched = 0;
  /** Sessions between two turns, or in flight with a turn to come. */
  #sessionsOpen = 0;
  #sending = true;
  #graceEndMs = Number.POSITIVE_INFINITY;
  #over = false;
  /** What the fleet had done when measuring began. */
  #before: FleetTotals = NO_TOTALS;
  #measuring = false;

  /**
   * @param fleet - without the length of hashes, which the plan decides
   * @param warmPrefixes - shared beginnings of prompts that are in all caches from the start
   * @param records - where requests are written down
   */
  constructor(
    readonly plan: Plan,
    fleet: (hashTokens: number | undefined) => FleetOptions,
    blockTokens: number,
    warmPrefixes = 0,
    records?: VirtualRecords,
  ) {
    this.collector = new Collector(
      (flight, outcome, atMs) => this.#landed(flight, outcome, atMs),
      `no complete answer within ${formatDurationMs(plan.timeoutMs)}`,
      plan,
      records,
    );
    this.outlines = createOutlines(plan, blockTokens);
    const options = fleet(this.outlines.hashTokens);
    this.#coalescing = options.router?.coalescing ?? false;
    // The report is made of what the clients saw; nobody asks this fleet for its metrics.
    this.cluster = new Cluster({ ...options, sink: this.collector, meterRequests: false });
    this.#warm(sharedPrefixes(plan, blockTokens, warmPrefixes));
    this.#left = plan.stop.requests ?? Number.POSITIVE_INFINITY;
    this.#endMs = plan.warmupMs + (plan.stop.durationMs ?? Number.POSITIVE_INFINITY);
    this.#load = createLoad(this);
    this.#load.begin();
  }

  /** The most used last, so that they are the last to be evicted. */
  #warm(prefixes: readonly WarmPrefix[]): void {
    const hashTokens = this.outlines.hashTokens ?? 0;
    for (const { blockHashes, cacheSalt } of prefixes.toReversed()) {
      const request: Parameters<Cluster['preload']>[0] = {
        id: -1,
        arrivalMs: 0,
        promptTokens: blockHashes.length * hashTokens,
        blockHashes,
        ...(cacheSalt !== undefined && { cacheSalt }),
      };
      for (const { index } of this.cluster.replicas) this.cluster.preload(request, index);
    }
  }

  /** Virtual milliseconds since the start. */
  get nowMs(): number {
    return this.cluster.nowMs;
  }

  get sending(): boolean {
    return this.#sending;
  }

  get sessionsOpen(): boolean {
    return this.#sessionsOpen > 0;
  }

  /** Makes the next thing happen; false when there is nothing left. */
  step(): boolean {
    if (this.#over) return false;
    const loadMs = this.#sending ? this.#load.agenda.firstMs : Number.POSITIVE_INFINITY;
    const stopMs = this.#sending ? this.#endMs : Number.POSITIVE_INFINITY;
    const [cancelMs, timeoutMs] = [this.#cancellations.firstMs, this.#timeouts.firstMs];
    const dueMs = Math.min(loadMs, stopMs, cancelMs, timeoutMs, this.#graceEndMs);
    const eventMs = this.cluster.nextEventMs() ?? Number.POSITIVE_INFINITY;
    if (eventMs < dueMs) this.cluster.advance(eventMs);
    else if (dueMs === Number.POSITIVE_INFINITY) this.#end();
    else if (stopMs === dueMs) this.finishSending(stopMs);
    else if (loadMs === dueMs) this.#load.agenda.runFirst();
    else if (this.#graceEndMs === dueMs) this.#end();
    else if (cancelMs === dueMs) this.#cancel(cancelMs);
    else this.#timeOut(timeoutMs);
    if (!this.#sending && this.collector.inFlight === 0) this.#end();
    return !this.#over;
  }

  /** Ends the run here: requests in flight count as incomplete. */
  interrupt(): void {
    this.#end();
  }

  /** What the fleet did in the measured phase. */
  totals(): FleetTotals {
    return totalsBetween(this.#before, totalsOf(this.cluster.snapshot()));
  }

  mayLaunch(atMs: number): boolean {
    return atMs < this.#endMs && !(this.#measures(atMs) && this.#left === 0);
  }

  #measures(atMs: number): boolean {
    return atMs >= this.plan.warmupMs;
  }

  launch(request: RequestOutline, intendedMs: number, atMs: number): void {
    const measured = this.#measures(Number.isNaN(intendedMs) ? atMs : intendedMs);
    if (measured) this.#startMeasuring();
    if (measured) this.#left--;
    const id = this.#launched++;
    if (request.followUp) this.#sessionsOpen++;
    this.collector.launched(id, request, { intendedMs, sentMs: atMs, measured });
    this.#timeouts.push(atMs + this.plan.timeoutMs, id);
    if (this.#givesUp(request)) this.#cancellations.push(atMs + this.plan.cancel!.afterMs, id);
    this.cluster.submit(
      clusterRequest(id, request, atMs, this.#coalescing ? coalesceKeyOf(request, this.outlines) : undefined),
      atMs,
    );
  }

  #givesUp({ index, turn = 0 }: RequestOutline): boolean {
    const { cancel, seed } = this.plan;
    return cancel !== undefined && createRandom(seed, 'cancel', index, turn).next() < cancel.share;
  }

  #startMeasuring(): void {
    if (this.#measuring) return;
    this.#measuring = true;
    this.#before = totalsOf(this.cluster.snapshot());
  }

  finishSending(fromMs: number): void {
    if (!this.#sending) return;
    this.#sending = false;
    this.#graceEndMs = fromMs + this.plan.graceMs;
  }

  #timeOut(atMs: number): void {
    const id = this.#timeouts.shift();
    if (this.collector.isInFlight(id)) this.cluster.abort(id, atMs);
  }

  #cancel(atMs: number): void {
    const id = this.#cancellations.shift();
    if (!this.collector.isInFlight(id)) return;
    this.collector.cancelling(id);
    this.cluster.abort(id, atMs);
  }

  #landed({ request }: VirtualFlight, outcome: 'completed' | 'failed' | 'cancelled', atMs: number): void {
    const { followUp, index } = request;
    if (followUp && outcome === 'completed' && this.#sending && this.#left > 0) {
      this.#load.agenda.at(atMs + followUp.delayMs, (dueMs) => {
        this.#sessionsOpen--;
        this.#load.turnDue(followUp.request(), dueMs);
      });
      return;
    }
    if (followUp) this.#sessionsOpen--;
    if (this.#sending) this.#load.landed(index, outcome === 'failed', atMs);
  }

  #end(): void {
    if (this.#over) return;
    this.#over = true;
    this.#sending = false;
    this.collector.cut(this.nowMs);
  }
}

/** Requests whose prompts agree in hashes and lengths are taken to be equal; those without hashes are not. */
function coalesceKeyOf(
  { blockHashes, inputTokens, outputTokens, sender }: RequestOutline,
  { hashTokens = 1 }: OutlineLane,
): string | undefined {
  const blocks = Math.min(blockHashes.length, Math.floor(inputTokens / hashTokens));
  if (blocks === 0) return undefined;
  const hashes = Array.from({ length: blocks }, (_, i) => blockHashes[i]!).join();
  return `${sender?.tenant ?? ''}/${inputTokens}/${outputTokens}/${hashes}`;
}

type Writable<T> = { -readonly [K in keyof T]: T[K] };

/** As the cluster knows it. */
function clusterRequest(
  id: number,
  { index, turn, sender, inputTokens, outputTokens, blockHashes }: RequestOutline,
  arrivalMs: number,
  coalesceKey: string | undefined,
): ClusterRequest {
  const request: Writable<ClusterRequest> = {
    id,
    arrivalMs,
    promptTokens: inputTokens,
    outputTokens,
    blockHashes,
  };
  const cacheSalt = tenantSalt(sender);
  if (turn !== undefined) request.sessionId = String(index);
  if (cacheSalt !== undefined) request.cacheSalt = cacheSalt;
  if (sender?.priority !== undefined) request.priority = sender.priority;
  if (coalesceKey !== undefined) request.coalesceKey = coalesceKey;
  return request;
}
