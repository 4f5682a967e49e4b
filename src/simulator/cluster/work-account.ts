/** What the steps of one replica add up to: totals of the engine, and the power and heat of its GPUs. */

import type { CostModel, StepBatch } from './cost.js';
import { GpuMeter, type GpuReading, type UnderWay } from '../hardware/gpu-meter.js';
import { ReplicaCounters } from './replica-counters.js';
import { partOf, type Row } from './replica-row.js';
import type { StepRun } from './step-run.js';

/** Places of the row's part about the steps begun last: shares of peak, and what one step moves between GPUs. */
const TENSOR = 0;
const MEMORY = 1;
const INTERCONNECT_BYTES = 2;

/** The activity and the load of the replica at hand, out of its row. */
const activity = { tensor: 0, memory: 0, interconnectBytes: 0 };
const load = { tensor: 0, memory: 0, linkBytesPerMs: 0 };

/** Keeps the account of a replica's runs of steps. */
export class WorkAccount {
  readonly counters: ReplicaCounters;
  readonly #cost: CostModel;
  readonly #run: StepRun;
  readonly #gpu: GpuMeter | undefined;
  readonly #memory: Float64Array;
  readonly #at: number;

  /**
   * @param run - that the replica computes, whichever it is
   * @param row - of the replica
   */
  constructor(cost: CostModel, run: StepRun, row: Row) {
    this.#cost = cost;
    this.#run = run;
    this.counters = new ReplicaCounters(partOf(row, 'counters'));
    this.#gpu = cost.hardware && new GpuMeter(cost.hardware.gpu, partOf(row, 'gpu'));
    const { memory, at } = partOf(row, 'activity');
    this.#memory = memory;
    this.#at = at;
  }

  /** Steps begin, the first of which takes so long. */
  begin(batch: StepBatch, firstMs: number): void {
    const { tensor, memory, interconnectBytes } = this.#cost.activity(batch, firstMs);
    this.#memory[this.#at + TENSOR] = tensor;
    this.#memory[this.#at + MEMORY] = memory;
    this.#memory[this.#at + INTERCONNECT_BYTES] = interconnectBytes;
  }

  /** Steps `from + 1 … to` of the run have been computed. */
  count(batch: StepBatch, from: number, to: number): void {
    const run = this.#run;
    const fromMs = run.endOf(from);
    const toMs = run.endOf(to);
    activity.tensor = this.#memory[this.#at + TENSOR]!;
    activity.memory = this.#memory[this.#at + MEMORY]!;
    activity.interconnectBytes = this.#memory[this.#at + INTERCONNECT_BYTES]!;
    this.counters.add(batch, to - from, toMs - fromMs, activity);
    if (!this.#gpu) return;
    const mean = this.#load();
    // Steps grow longer with the context and move as much as the first.
    mean.linkBytesPerMs *= ((to - from) * run.firstMs) / (toMs - fromMs);
    this.#gpu.work(fromMs, toMs, mean);
  }

  /** What the steps begun last ask of a GPU; of use until the next call. */
  #load(): typeof load {
    const gpus = this.#cost.hardware?.gpus ?? 1;
    load.tensor = this.#memory[this.#at + TENSOR]!;
    load.memory = this.#memory[this.#at + MEMORY]!;
    load.linkBytesPerMs = this.#memory[this.#at + INTERCONNECT_BYTES]! / gpus / this.#run.firstMs;
    return load;
  }

  /** Steps that are being computed and not counted yet. */
  #underWay(): UnderWay | undefined {
    const run = this.#run;
    return run.steps > 0 ? { sinceMs: run.endOf(run.delivered), load: this.#load() } : undefined;
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
