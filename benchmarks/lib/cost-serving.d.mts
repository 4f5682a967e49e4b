/** Types of what the tests use of cost-serving.mjs. */
import type { SimulatorParts } from './cost-accuracy.mjs';

export interface ServedPoint {
  half: 'a' | 'b' | 'labs';
  model: string;
  gpu: string;
  engine: 'vllm' | 'sglang' | 'trtllm';
  weights: string;
  tp: number;
  ep: number;
  inputTokens: number;
  outputTokens: number;
  concurrency: number;
  tpotMs: number;
}

export function readServed(csv: string): readonly ServedPoint[];
export function predictServed(
  simulator: SimulatorParts,
  point: ServedPoint,
): ServedPoint & { predicted: number; error: number };
