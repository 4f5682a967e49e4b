/** Types of what the tests use of cost-holdout.mjs. */
import type { SimulatorParts } from './cost-accuracy.mjs';

export interface HeldOutPoint {
  model: string;
  gpu: string;
  gpus: number;
  /** Of a pipeline. Default 1. */
  stages?: number;
  split: 'tp' | 'dep';
  weightType: string;
  inputTokens: number;
  outputTokens: number;
  measured: number;
}

export const HELD_OUT: readonly HeldOutPoint[];
export function predictHeldOut(
  simulator: SimulatorParts,
  point: HeldOutPoint,
): HeldOutPoint & { predicted: number; error: number };
