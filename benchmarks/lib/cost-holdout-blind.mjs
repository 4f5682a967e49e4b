/**
 * Published throughputs that were read only when every term of the cost model stood: mixtures of experts of TensorRT-LLM's overview for
 * release 1.0, and a GPU (RTX PRO 6000) whose kernels were fitted without them. Looked at once; nothing was changed after.
 *
 * Source: TensorRT-LLM 1.0, docs/source/performance/perf-overview.md (Apache-2.0), output tokens per second of all GPUs. The commands say
 * attention data-parallel for mixtures; those on several GPUs are taken so.
 */
const LENGTHS = [
  '128/128',
  '128/2048',
  '128/4096',
  '500/2000',
  '1000/1000',
  '1000/2000',
  '2048/128',
  '2048/2048',
  '5000/500',
  '20000/2000',
];
const REQUESTS = [30_000, 3000, 1500, 3000, 3000, 1500, 3000, 1500, 1500, 1000];

/** Model, GPU, GPUs of a replica, split, weights, measured by length. */
const TABLE = [
  ['llama-4-scout', 'b200', 1, 'tp', 'fp4', [25342, 14699, 8932, 11977, 10591, 9356, 3137, 7152, 2937, 1644]],
  ['llama-4-scout', 'gb200', 1, 'tp', 'fp4', [19954, 15238, 9556, 11795, 7738, 8581, 3295, 7464, 3107, 1767]],
  [
    'llama-4-scout',
    'h200',
    4,
    'dep',
    'fp8',
    [30354, 34316, 21332, 24630, 21636, 18499, 3699, 14949, 4605, 2105],
  ],
  [
    'llama-4-scout',
    'h100',
    4,
    'dep',
    'fp8',
    [undefined, 15130, 8603, 12399, 12129, 9838, 3253, 7972, 3342, undefined],
  ],
  [
    'qwen3-235b-a22b',
    'b200',
    8,
    'dep',
    'fp4',
    [63362, 66057, 39496, 57117, 42391, 34105, 7329, 26854, 8190, 4453],
  ],
  [
    'qwen3-235b-a22b',
    'h200',
    8,
    'dep',
    'fp8',
    [30429, 42821, 26852, 28026, 23789, 22061, 3331, 16672, 3623, 1876],
  ],
  [
    'qwen3-235b-a22b',
    'h100',
    8,
    'dep',
    'fp8',
    [undefined, 19658, 12447, 18351, 14898, 15136, undefined, 9924, 3225, undefined],
  ],
  [
    'qwen3-30b-a3b',
    'b200',
    1,
    'tp',
    'fp4',
    [39827, 37844, 24953, 27817, 25828, 22051, 6251, 17554, 6142, 2944],
  ],
  [
    'qwen3-30b-a3b',
    'gb200',
    1,
    'tp',
    'fp4',
    [24107, 31311, 26337, 20604, 17481, 17177, 6595, 14719, 5908, 3203],
  ],
  [
    'llama-4-maverick',
    'b200',
    8,
    'dep',
    'fp4',
    [124323, 112676, 68170, undefined, 79617, 63766, 18088, 52195, undefined, 12678],
  ],
  [
    'llama-4-maverick',
    'h200',
    8,
    'dep',
    'fp8',
    [63994, 40572, 24616, 37835, 31782, 34734, 7307, 20957, 8456, 4106],
  ],
  [
    'llama-3.3-70b',
    'rtx-pro-6000',
    1,
    'tp',
    'fp4',
    [3264, 2422, 1349, 1856, 1787, 1594, 393, 1074, 401, 142],
  ],
  [
    'qwen3-30b-a3b',
    'rtx-pro-6000',
    1,
    'tp',
    'fp4',
    [28011, 12540, 7491, 10695, 9910, 8378, 3257, 5908, 2530, 871],
  ],
];

/** All points, as those of `cost-holdout.mjs`: per GPU. */
export const BLIND = TABLE.flatMap(([model, gpu, gpus, split, weightType, measured]) =>
  LENGTHS.flatMap((lengths, i) => {
    const value = measured[i];
    if (value === undefined) return [];
    const [inputTokens, outputTokens] = lengths.split('/').map(Number);
    const run = { inputTokens, outputTokens, requests: REQUESTS[i], measured: value / gpus };
    return [{ model, gpu, gpus, split, weightType, ...run }];
  }),
);
