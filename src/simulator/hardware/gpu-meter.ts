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

interface State {
  atMs: number;
  busy: number;
  tensor: number;
  memory: number;
  powerW: number;
  linkBytesPerMs: number;
  temperatureC: number;
  memoryRiseC: number;
  energyMj: number;
  linkBytes: number;
  powerThrottledMs: number;
  thermalThrottledMs: number;
}

/**
 * Exponential averages and a first-order thermal model, both in closed form over intervals of constant load. So the state
 * at an instant depends on the work up to it alone, not on when or how often somebody looks.
 */
export class GpuMeter {
  readonly #figures: GpuTelemetry;
  readonly #state: State;
  #thermalFactor = 1;

  constructor(readonly gpu: Gpu) {
    this.#figures = telemetryOf(gpu);
    const { idleW } = this.#figures;
    this.#state = {
      atMs: 0,
      busy: 0,
      tensor: 0,
      memory: 0,
      powerW: idleW,
      linkBytesPerMs: 0,
      temperatureC: INLET_C + (RISE_C * idleW) / gpu.tdpW,
      memoryRiseC: MEMORY_RISE_C.idle,
      energyMj: 0,
      linkBytes: 0,
      powerThrottledMs: 0,
      thermalThrottledMs: 0,
    };
  }

  /** From an instant on lowered clocks make steps so many times longer; 1 for healthy. */
  setThermalFactor(factor: number, atMs: number, underWay: UnderWay | undefined): void {
    this.settle(atMs, underWay);
    this.#thermalFactor = factor;
  }

  /** Everything up to an instant has happened, though the steps under way will not end. */
  settle(nowMs: number, underWay: UnderWay | undefined): void {
    this.#catchUp(this.#state, nowMs, underWay);
  }

  /** Steps were computed from one instant to another; since the last ones nothing was. */
  work(fromMs: number, toMs: number, load: GpuLoad): void {
    this.#pass(this.#state, fromMs, IDLE, false);
    this.#pass(this.#state, toMs, load, true);
  }

  /**
   * The state at an instant; looking does not change it.
   *
   * @param underWay - steps that {@link work} was not told of yet; undefined when idle
   */
  read(nowMs: number, underWay: UnderWay | undefined): GpuReading {
    const state = { ...this.#state };
    this.#catchUp(state, nowMs, underWay);
    const demand = underWay ? this.#demand(underWay.load) : 0;
    // Power goes with the cube of the clock, voltage included.
    const clockFactor = Math.cbrt(1 / Math.max(1, demand)) / this.#thermalFactor;
    const { busy, tensor, memory, powerW, energyMj, linkBytes, temperatureC } = state;
    return {
      busy,
      tensor,
      memory,
      powerW,
      energyMj,
      linkBytes,
      temperatureC,
      linkBytesPerS: state.linkBytesPerMs * 1000,
      powerThrottledMs: state.powerThrottledMs,
      thermalThrottledMs: state.thermalThrottledMs,
      memoryTemperatureC: temperatureC + state.memoryRiseC,
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

  #catchUp(state: State, nowMs: number, underWay: UnderWay | undefined): void {
    if (underWay) this.#pass(state, underWay.sinceMs, IDLE, false);
    this.#pass(state, nowMs, underWay?.load ?? IDLE, underWay !== undefined);
  }

  #pass(state: State, toMs: number, load: GpuLoad, busy: boolean): void {
    const elapsedMs = toMs - state.atMs;
    if (!(elapsedMs > 0)) return;
    state.atMs = toMs;
    const { tdpW } = this.gpu;
    const { idleW } = this.#figures;
    const demand = busy ? this.#demand(load) : 0;
    const powerW = idleW + (tdpW - idleW) * Math.min(1, demand);
    const throttled = busy && this.#thermalFactor > 1;
    const targetC = throttled ? SLOWDOWN_C : INLET_C + (RISE_C * powerW) / tdpW;
    const memoryRiseC = MEMORY_RISE_C.idle + (MEMORY_RISE_C.active - MEMORY_RISE_C.idle) * load.memory;
    const old = Math.exp(-elapsedMs / WINDOW_MS);
    const oldHeat = Math.exp(-elapsedMs / THERMAL_MS);
    state.busy = towards(state.busy, busy ? 1 : 0, old);
    state.tensor = towards(state.tensor, load.tensor, old);
    state.memory = towards(state.memory, load.memory, old);
    state.powerW = towards(state.powerW, powerW, old);
    state.linkBytesPerMs = towards(state.linkBytesPerMs, load.linkBytesPerMs, old);
    state.temperatureC = towards(state.temperatureC, targetC, oldHeat);
    state.memoryRiseC = towards(state.memoryRiseC, memoryRiseC, oldHeat);
    state.energyMj += powerW * elapsedMs;
    state.linkBytes += load.linkBytesPerMs * elapsedMs;
    if (demand > 1) state.powerThrottledMs += elapsedMs;
    if (throttled) state.thermalThrottledMs += elapsedMs;
  }
}

const towards = (from: number, to: number, old: number): number => to + (from - to) * old;
