/** Power, heat and activity of the GPUs of one replica, from the steps that its engine computes. */
import type { Gpu } from './gpu.js';
import { telemetryOf, type GpuTelemetry } from './gpu-telemetry.js';

/** What the GPUs do over an interval; shares of peak from 0 to 1. */
export interface GpuLoad {
  readonly tensor: number;
  readonly memory: number;
  /** Bytes that one GPU sends to its peers per millisecond; it receives as many. */
  readonly linkBytesPerMs: number;
}

/** One GPU of a replica at an instant: all of them work in step, so one stands for all. */
export interface GpuReading {
  /** Averages over the last second or so: shares of time or of peak, 0 to 1. */
  readonly busy: number;
  readonly tensor: number;
  readonly memory: number;
  readonly powerW: number;
  readonly linkBytesPerS: number;
  /** Totals since the start. */
  readonly energyMj: number;
  readonly linkBytes: number;
  readonly powerThrottledMs: number;
  readonly thermalThrottledMs: number;
  readonly temperatureC: number;
  readonly memoryTemperatureC: number;
  readonly smClockMhz: number;
  readonly memClockMhz: number;
  /** Held back now. */
  readonly powerThrottled: boolean;
  readonly thermalThrottled: boolean;
}

/**
 * Share of the range between idle and board power that a step draws: being awake, matrix units, memory. Prompts at some
 * 60 % of the tensor peak reach the limit, decoding at 75 % of the bandwidth draws about two thirds, as published power
 * studies of inference report. Assumptions, not fits.
 */
const DRAW = { awake: 0.25, tensor: 1.1, memory: 0.45 };
/** Averaging time of activity and power. */
const WINDOW_MS = 1000;
/** A heat sink follows its power with this delay. */
const THERMAL_MS = 30_000;
/** Air at the inlet, and how much hotter than it a GPU is at its power limit. */
const INLET_C = 30;
const RISE_C = 40;
/** Memory above the GPU's own temperature: always, and at full bandwidth. */
const MEMORY_RISE_C = { idle: 4, active: 14 };
/** A GPU whose cooling fails is held at this temperature by lowering its clock. */
const SLOWDOWN_C = 87;

const IDLE: GpuLoad = { tensor: 0, memory: 0, linkBytesPerMs: 0 };

/** Steps that are being computed. */
export interface UnderWay {
  readonly sinceMs: number;
  readonly load: GpuLoad;
}

/** Places of the numbers of the state. */
const AT_MS = 0;
const BUSY = 1;
const TENSOR = 2;
const MEMORY = 3;
const POWER_W = 4;
const LINK_BYTES_PER_MS = 5;
const TEMPERATURE_C = 6;
const MEMORY_RISE = 7;
const ENERGY_MJ = 8;
const LINK_BYTES = 9;
const POWER_THROTTLED_MS = 10;
const THERMAL_THROTTLED_MS = 11;
/** Numbers of a meter. */
const NUMBERS = 12;

/**
 * Exponential averages and a first-order thermal model, both in closed form over intervals of constant load. So the state
 * at an instant depends on the work up to it alone, not on when or how often somebody looks.
 */
export class GpuMeter {
  readonly #figures: GpuTelemetry;
  readonly #memory: Float64Array;
  readonly #at: number;
  #thermalFactor = 1;

  /** @param row - twelve numbers, from `memory[at]` on, that nobody else changes; all of them are 0 */
  constructor(
    readonly gpu: Gpu,
    { memory, at }: { memory: Float64Array; at: number } = { memory: new Float64Array(NUMBERS), at: 0 },
  ) {
    this.#figures = telemetryOf(gpu);
    this.#memory = memory;
    this.#at = at;
    const { idleW } = this.#figures;
    memory[at + POWER_W] = idleW;
    memory[at + TEMPERATURE_C] = INLET_C + (RISE_C * idleW) / gpu.tdpW;
    memory[at + MEMORY_RISE] = MEMORY_RISE_C.idle;
  }

  /** From an instant on lowered clocks make steps so many times longer; 1 for healthy. */
  setThermalFactor(factor: number, atMs: number, underWay: UnderWay | undefined): void {
    this.settle(atMs, underWay);
    this.#thermalFactor = factor;
  }

  /** Everything up to an instant has happened, though the steps under way will not end. */
  settle(nowMs: number, underWay: UnderWay | undefined): void {
    this.#catchUp(this.#memory, this.#at, nowMs, underWay);
  }

  /** Steps were computed from one instant to another; since the last ones nothing was. */
  work(fromMs: number, toMs: number, load: GpuLoad): void {
    this.#pass(this.#memory, this.#at, fromMs, IDLE, false);
    this.#pass(this.#memory, this.#at, toMs, load, true);
  }

  /**
   * The state at an instant; looking does not change it.
   *
   * @param underWay - steps that {@link work} was not told of yet; undefined when idle
   */
  read(nowMs: number, underWay: UnderWay | undefined): GpuReading {
    const state = this.#memory.slice(this.#at, this.#at + NUMBERS);
    this.#catchUp(state, 0, nowMs, underWay);
    const demand = underWay ? this.#demand(underWay.load) : 0;
    // Power goes with the cube of the clock, voltage included.
    const clockFactor = Math.cbrt(1 / Math.max(1, demand)) / this.#thermalFactor;
    const temperatureC = state[TEMPERATURE_C]!;
    return {
      busy: state[BUSY]!,
      tensor: state[TENSOR]!,
      memory: state[MEMORY]!,
      powerW: state[POWER_W]!,
      energyMj: state[ENERGY_MJ]!,
      linkBytes: state[LINK_BYTES]!,
      temperatureC,
      linkBytesPerS: state[LINK_BYTES_PER_MS]! * 1000,
      powerThrottledMs: state[POWER_THROTTLED_MS]!,
      thermalThrottledMs: state[THERMAL_THROTTLED_MS]!,
      memoryTemperatureC: temperatureC + state[MEMORY_RISE]!,
      smClockMhz: this.#figures.smClockMhz * clockFactor,
      memClockMhz: this.#figures.memClockMhz,
      powerThrottled: demand > 1,
      thermalThrottled: this.#thermalFactor > 1,
    };
  }

  /** Share of the power range that a load asks for; above 1 the board's limit holds it back. */
  #demand(load: GpuLoad): number {
    return (DRAW.awake + DRAW.tensor * load.tensor + DRAW.memory * load.memory) / this.#thermalFactor;
  }

  #catchUp(state: Float64Array, at: number, nowMs: number, underWay: UnderWay | undefined): void {
    if (underWay) this.#pass(state, at, underWay.sinceMs, IDLE, false);
    this.#pass(state, at, nowMs, underWay?.load ?? IDLE, underWay !== undefined);
  }

  #pass(state: Float64Array, at: number, toMs: number, load: GpuLoad, busy: boolean): void {
    const elapsedMs = toMs - state[at + AT_MS]!;
    if (!(elapsedMs > 0)) return;
    state[at + AT_MS] = toMs;
    const { tdpW } = this.gpu;
    const { idleW } = this.#figures;
    const demand = busy ? this.#demand(load) : 0;
    const powerW = idleW + (tdpW - idleW) * Math.min(1, demand);
    const throttled = busy && this.#thermalFactor > 1;
    const targetC = throttled ? SLOWDOWN_C : INLET_C + (RISE_C * powerW) / tdpW;
    const memoryRiseC = MEMORY_RISE_C.idle + (MEMORY_RISE_C.active - MEMORY_RISE_C.idle) * load.memory;
    const old = Math.exp(-elapsedMs / WINDOW_MS);
    const oldHeat = Math.exp(-elapsedMs / THERMAL_MS);
    state[at + BUSY] = towards(state[at + BUSY]!, busy ? 1 : 0, old);
    state[at + TENSOR] = towards(state[at + TENSOR]!, load.tensor, old);
    state[at + MEMORY] = towards(state[at + MEMORY]!, load.memory, old);
    state[at + POWER_W] = towards(state[at + POWER_W]!, powerW, old);
    state[at + LINK_BYTES_PER_MS] = towards(state[at + LINK_BYTES_PER_MS]!, load.linkBytesPerMs, old);
    // Clocks are lowered at this temperature, not on the way to it.
    state[at + TEMPERATURE_C] = throttled ? targetC : towards(state[at + TEMPERATURE_C]!, targetC, oldHeat);
    state[at + MEMORY_RISE] = towards(state[at + MEMORY_RISE]!, memoryRiseC, oldHeat);
    state[at + ENERGY_MJ]! += powerW * elapsedMs;
    state[at + LINK_BYTES]! += load.linkBytesPerMs * elapsedMs;
    if (demand > 1) state[at + POWER_THROTTLED_MS]! += elapsedMs;
    if (throttled) state[at + THERMAL_THROTTLED_MS]! += elapsedMs;
  }
}

const towards = (from: number, to: number, old: number): number => to + (from - to) * old;
