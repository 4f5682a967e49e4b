/**
 * All-reduce as NCCL does it outside CUDA graphs, fitted on Vidur's timings (MIT licence).
 *
 * `h100-dgx` is one node. `a100-dgx` is not: the source profiles each number of workers with one, two, four and eight
 * GPUs per node, and the medians mix those layouts, so most of its traffic crosses the network (10-40 GB/s where
 * NVLink reaches 200). It is kept because it was measured; the engine prices A100 nodes with NVLink figures.
 */
import type { AllReduceFit } from './gpu.js';

export const NCCL_FITS: Readonly<Record<'h100-dgx' | 'a100-dgx', readonly AllReduceFit[]>> = {
  'h100-dgx': [
    { workers: 2, latencyUs: 20, busBytesPerS: 300e9, blend: 1 },
    { workers: 4, latencyUs: 35, busBytesPerS: 320e9, blend: 1.5 },
    { workers: 8, latencyUs: 29, busBytesPerS: 350e9, blend: 1 },
  ],
  'a100-dgx': [
    { workers: 2, latencyUs: 86, busBytesPerS: 11e9, blend: 1.5 },
    { workers: 4, latencyUs: 77, busBytesPerS: 12e9, blend: 1.5 },
    { workers: 8, latencyUs: 149, busBytesPerS: 40e9, blend: 1 },
    { workers: 16, latencyUs: 158, busBytesPerS: 16e9, blend: 1 },
  ],
};
