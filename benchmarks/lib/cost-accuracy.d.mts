/** Types of what the tests use of cost-accuracy.mjs. */
export interface ErrorSummary {
  label: string;
  points: number;
  medianError: number;
  meanError: number;
  p90Error: number;
}
export interface ThroughputPoint {
  gpu: string;
  inputTokens: number;
  outputTokens: number;
  kernels: string;
  measured: number;
  predicted: number;
  error: number;
}
/** The simulator's modules, merged into one object. */
export type SimulatorParts = Record<string, unknown>;
export function linearAccuracy(
  simulator: SimulatorParts,
  csv: string,
): { gpu: string; layer: ErrorSummary; byModel: ErrorSummary[] }[];
export function allReduceAccuracy(
  simulator: SimulatorParts,
  csv: string,
): { system: string; all: ErrorSummary; byWorkers: ErrorSummary[] }[];
export function throughputAccuracy(simulator: SimulatorParts): ThroughputPoint[];

/** The middle value; of an even number of values the mean of the two in the middle. */
export function median(values: readonly number[]): number;
