/** The seam between the scheduler and the cost models: what one engine step computes, and how long that takes. */

import type { Gpu } from '../hardware/gpu.js';

/** The work of one step of one replica. */
export interface StepBatch {
  /** Chunks of prompts: `newTokens` computed on top of `contextTokens` already in the KV cache. */
  prefills: readonly PrefillChunk[];
  /** Sequences that generate. */
  decodeSequences: number;
  /** Sum over these sequences of the tokens whose keys and values are read. */
  decodeContextTokens: number;
  /** Tokens computed for decoding: one per sequence, more with speculation. */
  decodeTokens: number;
  /** Microbatches that all this is divided among. Default: as many as the pipeline has stages. */
  microbatches?: number | undefined;
}

export interface PrefillChunk {
  newTokens: number;
  contextTokens: number;
}

/** Prices steps; pure, the same batch always costs the same. */
export interface CostModel {
  /** Milliseconds of one step, host overhead included. */
  stepMs(batch: StepBatch): number;
  /** Bytes of keys and values per token on one replica (all GPUs of it together). */
  readonly kvBytesPerToken: number;
  /** KV blocks of `blockTokens` tokens that fit into a replica's memory. */
  kvBlocks(blockTokens: number): number;
  /** Tokens between the places where the state of recurrent layers can be kept; none for models without such layers. */
  readonly stateTokens?: number;
  /** Data-parallel ranks × microbatches of the pipeline, each of which has its own share of a step. Default 1. */
  readonly lanes?: number;
  /** Stages of the pipeline. Default 1. */
  readonly stages?: number;
  /** Shares of peak that a step uses, for telemetry: 0 to 1. */
  activity(batch: StepBatch, stepMs: number): StepActivity;
  /** What the steps are computed on; a cost model without hardware has no GPU telemetry. */
  readonly hardware?: ReplicaHardware;
}

/** The GPUs of one replica. */
export interface ReplicaHardware {
  readonly gpu: Gpu;
  readonly gpus: number;
  /** Share of a GPU's memory that the engine takes when it starts. */
  readonly memoryUtilization: number;
}

export interface StepActivity {
  /** Matrix units busy. */
  tensor: number;
  /** Memory bandwidth used. */
  memory: number;
  /** Bytes moved between GPUs in the step. */
  interconnectBytes: number;
}
