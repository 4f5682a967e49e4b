/** Chooses what each engine step computes; the rules of vLLM V1. */

import type { KvCache } from './kv/kv-cache.js';
import { Pipeline } from './pipeline.js';
import type { AdmissionListener, SchedulerOptions, SchedulerParts } from './scheduler-parts.js';
import type { Sequence } from './sequence.js';
import type { Speculator } from './speculation.js';
import { StepBudget } from './step-budget.js';
import { StepPlan } from './step-plan.js';
import { TierLoads } from './tier-loads.js';
import { WaitingQueue, isBefore } from './waiting-queue.js';

/** The queues of one replica and the plan of its next step. */
export class Scheduler {
  readonly options: SchedulerOptions;
  readonly kv: KvCache;
  readonly speculator: Speculator;
  readonly running: Sequence[] = [];
  readonly waiting: WaitingQueue;
  /** From lower memories, if there are any. */
  readonly loads: TierLoads | undefined;
  /** The step planned last. */
  readonly step = new StepPlan();
  /** Of replicas with more than one stage. */
  readonly pipeline: Pipeline | undefined;
  preemptions = 0;
  /** Waiting sequences that already hold blocks. */
  readonly #holders = new Set<Sequence>();
  readonly #budget: StepBudget;
  /** Chunks of one prompt in a step, at most. */
  readonly #chunksPerStep: number;
  /** The last plan left some waiting. */
  #blocked = false;

  constructor(
    { scheduler: options, kv, speculator, tiers, cost }: SchedulerParts,
    readonly listener: AdmissionListener,
  ) {
    this.options = options;
    this.kv = kv;
    this.speculator = speculator;
    const { lanes = 1, stages = 1 } = cost;
    const tokens = options.maxNumBatchedTokens;
    if (stages > 1) this.pipeline = new Pipeline(stages, (tokens * lanes) / stages, options.chunkedPrefill);
    // Chunks of a prompt follow each other through a pipeline: all of it is room for one.
    const spanned = options.chunkedPrefill && lanes === stages ? stages : 1;
    this.#budget = new StepBudget(lanes / spanned, tokens * spanned);
    this.#chunksPerStep = spanned;
    this.loads = tiers && new TierLoads(kv, tiers, listener);
    this.waiting = new WaitingQueue(options.policy);
  }

  /** Plans the next step; returns the number of equal steps that can be run before planning again, 0 for nothing. */
  plan(nowMs: number): number {
    this.kv.expire(nowMs);
    const preempted = this.preemptions;
    this.#budget.reset();
    this.#continueRunning(nowMs);
    for (const sequence of this.running) {
      if (sequence.stepTokens > 0 && !sequence.decoding) {
        this.kv.register(sequence, sequence.computed + sequence.stepTokens, nowMs);
      }
    }
    if (preempted === this.preemptions || this.running.length === 0) {
      this.#admitWaiting(nowMs);
      if (this.running.length === 0 && this.#holders.size > 0) {
        this.#strip(nowMs);
        this.#admitWaiting(nowMs);
      }
    }
    this.#blocked = this.waiting.size > 0;
    const steps = this.step.describe(this.running, this.speculator, this.kv);
    const { pipeline } = this;
    if (!pipeline) return steps;
    pipeline.divide(this.running);
    this.step.batch.microbatches = pipeline.used;
    return pipeline.fills ? Math.min(steps, 1) : steps;
  }

  /** Places in the batch that are free for those who wait: they do, till the next step, but not for others to end. */
  get seats(): number {
    return this.#blocked ? 0 : Math.max(0, this.options.maxNumSeqs - this.running.length);
  }

  #admitWaiting(nowMs: number): void {
    const budget = this.#budget;
    while (budget.room > 0 && this.running.length < this.options.maxNumSeqs) {
      const head = this.waiting.peek();
      const taken = head ? this.#admit(head, budget.room, nowMs) : -1;
      if (taken < 0) break;
      budget.take(taken);
    }
  }

  /** Waiting sequences give back what they loaded: before a running one is preempted, or when nobody could start. */
  #strip(nowMs: number): void {
    for (const sequence of this.#holders) {
      this.kv.release(sequence, nowMs);
      sequence.computed = 0;
    }
    this.#holders.clear();
  }

  /** What a sequence waited for is in the cache; it is next in the queue. */
  resume(sequence: Sequence): void {
    sequence.state = 'waiting';
    this.waiting.putBack(sequence);
  }

  /** The units of a sequence have arrived from a lower tier; it is next in the queue. */
  loaded(sequence: Sequence, units: number, nowMs: number): void {
    this.kv.register(sequence, units * this.kv.options.hashTokens, nowMs);
    sequence.computed = units * this.kv.options.hashTokens;
    sequence.state = 'waiting';
    this.#holders.add(sequence);
    this.waiting.putBack(sequence);
  }

  /** Counts out a sequence that ended while waiting. */
  forget(sequence: Sequence, nowMs: number): void {
    this.#holders.delete(sequence);
    this.loads?.unclaim(sequence);
    this.kv.release(sequence, nowMs);
    this.waiting.forget();
  }

  /** Removes every sequence, in the order of service. */
  drain(): Sequence[] {
    this.#holders.clear();
    this.#blocked = false;
    this.pipeline?.divide([]);
    return [...this.running.splice(0), ...this.waiting.drain()];
  }

  /** Gives running sequences their tokens, in order. */
  #continueRunning(nowMs: number): void {
    const budget = this.#budget;
    for (const sequence of this.running) sequence.stepTokens = 0;
    for (let i = 0; i < this.running.length && budget.room > 0; i++) {
      const sequence = this.running[i]!;
      const tokens = this.#want(sequence, budget.room);
      if (tokens === 0) continue;
      let refund = 0;
      while (!this.kv.grow(sequence, this.#extent(sequence, tokens), nowMs)) {
        if (this.#holders.size > 0) {
          this.#strip(nowMs);
          continue;
        }
        const victim = this.#victim();
        const place = this.running.lastIndexOf(victim);
        refund += victim.stepTokens;
        this.#preempt(victim, place, nowMs);
        if (place <= i) i--;
        if (victim === sequence) break;
      }
      if (refund > 0) budget.refund(refund);
      if (sequence.state !== 'running') continue;
      sequence.stepTokens = tokens;
      budget.take(tokens);
    }
  }

  #want(sequence: Sequence, budget: number): number {
    if (sequence.decoding) {
      const drafts = this.speculator.applies(sequence) ? this.speculator.draft(sequence) : 0;
      sequence.stepDrafts = Math.min(drafts, budget - 1);
      return 1 + sequence.stepDrafts;
    }
    sequence.stepDrafts = 0;
    return this.#chunk(sequence, sequence.computed, budget);
  }

  /** Tokens of a prompt from `start` on that fit into the step; 0 when it must wait. */
  #chunk(sequence: Sequence, start: number, budget: number): number {
    const { longPrefillTokenThreshold: threshold, chunkedPrefill } = this.options;
    const rest = sequence.target - start;
    if (!chunkedPrefill) return rest <= budget ? rest : 0;
    const tokens = Math.min(rest, budget, threshold > 0 ? threshold * this.#chunksPerStep : rest);
    return this.kv.states?.alignedTokens(start, tokens, sequence.target) ?? tokens;
  }

  #extent(sequence: Sequence, tokens: number): number {
    return Math.min(sequence.computed + tokens, sequence.promptTokens + sequence.outputTokens);
  }

  #victim(): Sequence {
    let victim = this.running.at(-1)!;
    if (this.options.policy === 'priority') {
      for (const other of this.running) if (isBefore(victim, other)) victim = other;
    }
    return victim;
  }

  /** Preemption by recompute: all blocks are given back, what was cached may be found again. */
  #preempt(victim: Sequence, place: number, nowMs: number): void {
    this.running.splice(place, 1);
    this.kv.release(victim, nowMs);
    victim.computed = 0;
    victim.remoteTokens = 0;
    victim.loadTried = false;
    victim.stepTokens = 0;
    victim.preemptions++;
    this.preemptions++;
    victim.state = 'waiting';
    this.waiting.putBack(victim);
  }

  /** Admits the head of the queue; returns the tokens it takes, or -1 when it has to wait. */
  #admit(sequence: Sequence, budget: number, nowMs: number): number {
    const { kv } = this;
    const { hashTokens, blockTokens } = kv.options;
    const fresh = sequence.heldBlocks === 0;
    let start = sequence.computed;
    let hits = 0;
    if (fresh) {
      // The last token is always computed, for there is no logit without it; a remote prefill has computed all before.
      const known = sequence.remoteTokens || sequence.target - 1;
      const limit = Math.min(sequence.units, Math.floor(known / hashTokens));
      hits = sequence.remoteTokens
        ? kv.match(sequence.keys, limit, nowMs)
        : kv.matchResumable(sequence.keys, limit, nowMs);
      if (this.loads && !sequence.loadTried && sequence.remoteTokens === 0) {
        if (sequence.prefetch?.state === 'loading') return this.#awaitPrefetch(sequence, sequence.prefetch);
        const below = this.loads.match(sequence, hits, limit);
        if (below > 0) return this.#load(sequence, hits, below, nowMs) ? 0 : -1;
      }
      start = sequence.remoteTokens || hits * hashTokens;
    }
    const tokens = this.#chunk(sequence, start, budget);
    if (tokens === 0) return -1;
    const blocks =
      Math.ceil((start + tokens) / blockTokens) - (fresh ? hits * kv.unitBlocks : sequence.heldBlocks);
    if (blocks > kv.available - (fresh ? kv.matchedIdle * kv.unitBlocks : 0)) return -1;
    if (fresh) kv.acquire(sequence, nowMs);
    sequence.computed = start;
    kv.grow(sequence, start + tokens, nowMs);
    kv.register(sequence, start + tokens, nowMs);
    this.waiting.shift();
    this.#enter(sequence, tokens, nowMs);
    return tokens;
  }

  /** Its blocks are on their way already: others go before it until they are there. */
  #awaitPrefetch(sequence: Sequence, prefetch: Sequence): number {
    this.waiting.shift();
    sequence.state = 'loading';
    prefetch.waiter = sequence;
    this.listener.loading(sequence);
    return 0;
  }

  #enter(sequence: Sequence, tokens: number, nowMs: number): void {
    this.#holders.delete(sequence);
    this.loads?.unclaim(sequence);
    sequence.state = 'running';
    sequence.lane = -1;
    sequence.stepTokens = tokens;
    sequence.stepDrafts = 0;
    this.running.push(sequence);
    if (sequence.cachedTokens < 0) {
      sequence.cachedTokens = Math.min(sequence.computed, sequence.request.promptTokens - 1);
      if (!sequence.internal) this.kv.queried(sequence.request.promptTokens, sequence.cachedTokens);
    }
    if (sequence.firstScheduledMs < 0) {
      sequence.firstScheduledMs = nowMs;
      this.listener.firstScheduled(sequence, nowMs);
    }
  }

  #load(sequence: Sequence, hits: number, below: number, nowMs: number): boolean {
    if (!this.loads!.start(sequence, hits, below, nowMs)) return false;
    this.waiting.shift();
    return true;
  }
}
