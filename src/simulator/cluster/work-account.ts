/** What the steps of one replica add up to: totals of the engine, and the power and heat of its GPUs. */

import type { CostModel, StepActivity, StepBatch } from './cost.js';
import { GpuMeter, type GpuLoad, type GpuReading, type UnderWay } from '../hardware/gpu-meter.js';
import { ReplicaCounters } from './replica-counters.js';
import type { StepRun } from './step-run.js';

/** Keeps the account of a replica's runs of steps. */
export class WorkAccount {
  readonly counters = new ReplicaCounters();
  readonly #cost: CostModel;
  readonly #run: StepRun;
  readonly #gpu: GpuMeter | undefined;
  #activity: StepActivity = { tensor: 0, memory: 0, interconnectBytes: 0 };
  /** Of the steps begun last; written anew for each. */
  readonly #load: { -readonly [K in keyof GpuLoad]: GpuLoad[K] } = {
    tensor: 0,
    memory: 0,
    linkBytesPerMs: 0,
  };

  /** @param run - that the replica computes, whichever it is */
  constructor(cost: CostModel, run: StepRun) {
    this.#cost = cost;
    this.#run = run;
    this.#gpu = cost.hardware && new GpuMeter(cost.hardware.gpu);
  }

  /** Steps begin, the first of which takes so long. */
  begin(batch: StepBatch, firstMs: number): void {
    const gpus = this.#cost.hardware?.gpus ?? 1;
    this.#activity = this.#cost.activity(batch, firstMs);
    this.#load.tensor = this.#activity.tensor;
    this.#load.memory = this.#activity.memory;
    this.#load.linkBytesPerMs = this.#activity.interconnectBytes / gpus / firstMs;
  }

  /** Steps `from + 1 … to` of the run have been computed. */
  count(batch: StepBatch, from: number, to: number): void {
    const run = this.#run;
    const fromMs = run.endOf(from);
    const toMs = run.endOf(to);
    this.counters.add(batch, to - from, toMs - fromMs, this.#activity);
    this.#gpu?.work(fromMs, toMs, this.#load);
  }

  /** Steps that are being computed and not counted yet. */
  #underWay(): UnderWay | undefined {
    const run = this.#run;
    return run.steps > 0 ? { sinceMs: run.endOf(run.delivered), load: this.#load } : undefined;
  }

  /** What monitoring sees of the GPUs; undefined when the cost model does not say which they are. */
  readGpu(nowMs: number): GpuReading | undefined {
    return this.#gpu?.read(nowMs, this.#underWay());
  }

  /** The part of the replica's slowness that lowered clocks cause, from now on. */
  setThermalFactor(factor: number, nowMs: number): void {
    this.#gpu?.setThermalFactor(factor, nowMs, this.#underWay());
  }

  /** The steps under way are lost; the GPUs have worked on them up to now. */
  lose(nowMs: number): void {
    this.#gpu?.settle(nowMs, this.#underWay());
  }
}
