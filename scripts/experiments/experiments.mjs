/** All experiments, in the order of the index. */
import { chunked, disaggregation, speculation } from './engine.mjs';
import { preemption, prefetch, prefix } from './memory.mjs';
import { batch, knee, queue } from './queueing.mjs';

export const EXPERIMENTS = [
  knee,
  queue,
  batch,
  prefix,
  prefetch,
  chunked,
  preemption,
  speculation,
  disaggregation,
];
