/** One model server: its scheduler, its memory, and the step that it is computing. */

import type { KvCache } from './kv/kv-cache.js';
import { MediaCache } from './media-cache.js';
import type { ReplicaHost, ReplicaParts } from './replica-parts.js';
import { partOf } from './replica-row.js';
import { Scheduler } from './scheduler.js';
import type { AdmissionListener } from './scheduler-parts.js';
import type { Sequence } from './sequence.js';
import { StepRun } from './step-run.js';
import { WorkAccount } from './work-account.js';

/** Driven by the cluster: `onEvent` at the instant last given to `wake`. */
export class Replica implements AdmissionListener {
  readonly index: number;
  readonly kv: KvCache;
  readonly scheduler: Scheduler;
  readonly run: StepRun;
  readonly work: WorkAccount;
  readonly media = new MediaCache();
  up = true;
  /** Factor on the time of every step: slow hardware, thermal throttling. */
  slowness = 1;
  /** Sequences whose blocks are being filled from a lower tier or read by another replica. */
  readonly pinned = new Set<Sequence>();
  /** Idle, and about to plan at this instant. */
  #woken = false;

  constructor(
    readonly parts: ReplicaParts,
    readonly host: ReplicaHost,
  ) {
    this.index = parts.index;
    this.kv = parts.kv;
    this.run = new StepRun(partOf(parts.row, 'run'));
    this.work = new WorkAccount(parts.cost, this.run, parts.row);
    this.scheduler = new Scheduler(parts, this);
  }

  get stepping(): boolean {
    return this.run.steps > 0;
  }

  /** False when the queue is full. */
  enqueue(sequence: Sequence, nowMs: number, bounded: boolean): boolean {
    const { waiting, options, running } = this.scheduler;
    if (bounded && waiting.size >= options.maxQueue + this.scheduler.seats) return false;
    // Behind a blocked head or a full batch a newcomer changes nothing until the run ends by itself.
    const matters =
      options.policy === 'priority' || (waiting.size === 0 && running.length < options.maxNumSeqs);
    sequence.state = 'waiting';
    sequence.replica = this.index;
    if (sequence.queuedMs < 0) sequence.queuedMs = nowMs;
    // Where only decoding is done the prompt has been read.
    if (sequence.request.media && sequence.pool === 0) this.media.query(sequence.request.media);
    waiting.push(sequence);
    if (matters) this.interrupt(nowMs);
    // A replica that was woken plans at this instant: who is admitted then did not wait.
    if (!this.#woken) this.host.delivery.depth.look(this);
    if (options.kvPrefetch && this.up) this.#prefetchFor(sequence, nowMs);
    return true;
  }

  /** Loads ahead what a sequence needs that was queued and has to wait. */
  #prefetchFor(sequence: Sequence, nowMs: number): void {
    const { waiting, options, running, loads } = this.scheduler;
    const startsNow = !this.stepping && waiting.size === 1 && running.length < options.maxNumSeqs;
    if (!startsNow && !sequence.internal && sequence.remoteTokens === 0) loads?.aheadOf(sequence, nowMs);
  }

  /** Makes the replica plan anew as soon as the step in progress ends; at once when it is idle. */
  interrupt(nowMs: number): void {
    if (!this.up) return;
    const run = this.run;
    if (run.steps === 0) {
      this.#woken = true;
      this.host.wake(this.index, nowMs);
      return;
    }
    const current = Math.max(run.endedBefore(nowMs), run.delivered) + 1;
    if (current >= run.steps) return;
    run.steps = current;
    this.host.wake(this.index, run.endOf(current));
  }

  /** The step or run ends, or an idle replica is woken. */
  onEvent(nowMs: number): void {
    this.#woken = false;
    const run = this.run;
    if (run.steps > 0) {
      if (this.host.stepwise && run.delivered + 1 < run.steps) {
        this.#deliver(run.delivered + 1);
        this.host.wake(this.index, run.endOf(run.delivered + 1));
        return;
      }
      this.#commit(nowMs);
    }
    this.#begin(nowMs);
  }

  /** Delivers the tokens of steps that have ended, without waiting for the end of the run. */
  settle(nowMs: number): void {
    if (this.scheduler.step.pure && this.run.steps > 0) this.#deliver(this.run.endedBefore(nowMs));
  }

  #begin(nowMs: number): void {
    const { batch } = this.scheduler.step;
    const steps = this.up ? this.scheduler.plan(nowMs) : 0;
    this.host.delivery.depth.look(this);
    if (steps === 0) {
      this.host.wake(this.index, Infinity);
      return;
    }
    const { cost } = this.parts;
    const { pipeline } = this.scheduler;
    const factor = this.slowness * this.parts.speculator.costFactor(this.scheduler.step.drafted);
    const first = (pipeline?.stepMs(cost, 0) ?? cost.stepMs(batch)) * factor;
    this.work.begin(batch, first);
    let last = first;
    if (steps > 1) {
      batch.decodeContextTokens += batch.decodeSequences * (steps - 1);
      last = (pipeline?.stepMs(cost, steps - 1) ?? cost.stepMs(batch)) * factor;
    }
    this.run.begin(nowMs, steps, first, last);
    this.host.wake(this.index, this.run.endOf(this.host.stepwise ? 1 : steps));
  }

  #deliver(to: number): void {
    const run = this.run;
    const from = run.delivered;
    if (to <= from) return;
    const { delivery } = this.host;
    const meters = delivery.metersOf(this.index);
    const sinceMs = run.endOf(from);
    const untilMs = run.endOf(to);
    let inStep = 0;
    let late = 0;
    for (const sequence of this.scheduler.running) {
      if (sequence.state !== 'running') continue;
      delivery.inRun(sequence, to - from);
      if (!meters) continue;
      // One that was held up before this run (handed over, preempted) has a longer first gap than the others.
      if (sequence.lastTokenMs === sinceMs) inStep++;
      else {
        late++;
        meters.gap(run.endOf(from + 1) - sequence.lastTokenMs);
      }
      sequence.lastTokenMs = untilMs;
    }
    delivery.run(from, to, run);
    meters?.run(run, from, to, inStep, late);
    this.work.count(this.scheduler.step.batch, from, to);
    run.delivered = to;
  }

  /** Sets the factor on the time of the steps to come, and the part of it that lowered clocks cause. */
  setSlowness(factor: number, thermalFactor: number, nowMs: number): void {
    this.slowness = factor;
    this.work.setThermalFactor(thermalFactor, nowMs);
    this.interrupt(nowMs);
  }

  /** Brings the sequences up to date at the end of a step or run. */
  #commit(nowMs: number): void {
    const { scheduler } = this;
    const run = this.run;
    const steps = run.steps;
    if (scheduler.step.pure) this.#deliver(steps);
    else this.work.count(scheduler.step.batch, 0, 1);
    run.steps = 0;
    let kept = 0;
    for (const sequence of scheduler.running) {
      if (sequence.state === 'running') {
        if (scheduler.step.pure) this.#advance(sequence, steps, nowMs);
        else if (sequence.stepTokens > 0) this.#apply(sequence, nowMs);
        if (!this.#leaves(sequence, nowMs)) scheduler.running[kept++] = sequence;
      } else this.kv.release(sequence, nowMs);
    }
    scheduler.running.length = kept;
  }

  #advance(sequence: Sequence, steps: number, nowMs: number): void {
    sequence.computed += steps;
    this.kv.states?.keepAll(sequence.keys, sequence.computed - steps, sequence.computed);
    this.kv.grow(sequence, sequence.computed, nowMs);
    this.kv.register(sequence, sequence.computed, nowMs);
  }

  /** The outcome of a step with prompts or drafts in it. */
  #apply(sequence: Sequence, nowMs: number): void {
    const { delivery } = this.host;
    if (sequence.decoding) {
      const tokens = 1 + this.parts.speculator.accept(sequence, sequence.stepDrafts);
      sequence.computed += tokens;
      this.kv.states?.keepAll(sequence.keys, sequence.computed - tokens, sequence.computed);
      this.kv.register(sequence, sequence.computed, nowMs);
      delivery.tokens(sequence, tokens, nowMs);
      return;
    }
    sequence.computed += sequence.stepTokens;
    this.kv.states?.keep(sequence.keys, sequence.computed);
    if (sequence.computed === sequence.target && sequence.remaining > 0) delivery.tokens(sequence, 1, nowMs);
  }

  /** Ends or hands over a sequence that is through here; true when it left the batch. */
  #leaves(sequence: Sequence, nowMs: number): boolean {
    if (sequence.remaining === 0 && sequence.computed >= sequence.promptTokens) {
      this.kv.release(sequence, nowMs);
      this.host.delivery.finish(sequence, 'completed', nowMs);
      return true;
    }
    if (!this.parts.prefillOnly || !sequence.decoding) return false;
    sequence.state = 'transferring';
    this.pinned.add(sequence);
    this.host.handOver(sequence, nowMs);
    return true;
  }

  /** Brings units of a prefix from lower tiers, without a request; returns how many: 0 for none, or no room. */
  prefetch(sequence: Sequence, nowMs: number): number {
    return this.up ? (this.scheduler.loads?.ahead(sequence, nowMs) ?? 0) : 0;
  }

  firstScheduled(sequence: Sequence, atMs: number): void {
    this.host.delivery.firstScheduled(sequence, atMs);
  }

  loading(sequence: Sequence): void {
    this.pinned.add(sequence);
  }

  loaded(sequence: Sequence, units: number, atMs: number): void {
    if (!this.pinned.delete(sequence)) return;
    this.kv.keepLastState(sequence, units * this.kv.options.hashTokens);
    if (sequence.state === 'loading' && !sequence.internal) this.scheduler.loaded(sequence, units, atMs);
    else {
      // Nobody waits for it (any more); what has arrived stays in the cache.
      this.kv.register(sequence, units * this.kv.options.hashTokens, atMs);
      this.kv.release(sequence, atMs);
      sequence.state = 'done';
      const { waiter } = sequence;
      if (waiter && this.pinned.delete(waiter) && waiter.state === 'loading') this.scheduler.resume(waiter);
    }
    this.interrupt(atMs);
  }

  /** The blocks of a sequence have been read by another replica. */
  handedOver(sequence: Sequence, nowMs: number): boolean {
    if (!this.pinned.delete(sequence)) return false;
    this.kv.release(sequence, nowMs);
    this.interrupt(nowMs);
    return true;
  }

  /** Takes a sequence out after it was marked as done; one in a step leaves the batch when the step ends. */
  drop(sequence: Sequence, was: Sequence['state'], nowMs: number): void {
    if (was === 'waiting') this.scheduler.forget(sequence, nowMs);
    else this.scheduler.loads?.unclaim(sequence);
    this.host.delivery.depth.look(this);
    this.interrupt(nowMs);
  }

  /** Loses memory and work; returns the sequences that were here, in the order of service. */
  crash(nowMs: number): Sequence[] {
    this.settle(nowMs);
    this.work.lose(nowMs);
    this.run.steps = 0;
    this.up = false;
    this.#woken = false;
    const lost = [...this.scheduler.drain(), ...this.pinned];
    this.pinned.clear();
    for (const sequence of lost) {
      this.scheduler.loads?.unclaim(sequence);
      this.kv.release(sequence, nowMs);
    }
    this.kv.clear(nowMs);
    this.parts.tiers?.clear(nowMs);
    this.media.clear();
    this.host.delivery.depth.look(this);
    this.host.wake(this.index, Infinity);
    return lost.filter((sequence) => sequence.state !== 'done');
  }
}
