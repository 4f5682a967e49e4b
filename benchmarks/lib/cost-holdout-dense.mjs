/**
 * More published throughputs, of dense models. They showed which terms the cost model lacked (it was 10 % too slow); the figures of
 * those terms come from kernel measurements, and nothing is tuned to these points.
 *
 * Source: TensorRT-LLM 1.0, docs/source/performance/perf-overview.md (Apache-2.0), output tokens per second of all GPUs.
 */
const LENGTHS = [
  ['128/128', 30_000],
  ['128/2048', 3000],
  ['128/4096', 1500],
  ['500/2000', 3000],
  ['1000/1000', 3000],
  ['1000/2000', 1500],
  ['2048/128', 3000],
  ['2048/2048', 1500],
  ['5000/500', 1500],
  ['20000/2000', 1000],
];

/** Model, GPU, GPUs of a replica, weights, measured by length. */
const TABLE = [
  ['llama-3.1-8b', 'h200', 1, 'fp8', [27911, 26221, 18027, 20770, 17744, 16828, 3538, 12194, 3902, 1804]],
  ['llama-3.1-8b', 'h100', 1, 'fp8', [28312, 22714, 14325, 17660, 15220, 13899, 3450, 9305, 3459, 1351]],
  ['llama-3.3-70b', 'b200', 1, 'fp4', [11147, 9922, 6831, 7762, 7007, 6271, 1339, 4783, 1459, 665]],
  ['llama-3.3-70b', 'gb200', 1, 'fp4', [12189, 11309, 7849, 9028, 7326, 6513, 1450, 5646, 1602, 755]],
  ['llama-3.3-70b', 'h200', 1, 'fp8', [3803, 4336, 2872, 3666, 2909, 2994, 442, 2003, 566, 283]],
  ['llama-3.3-70b', 'h100', 2, 'fp8', [6378, 6651, 4199, 5222, 4205, 4146, 762, 3082, 898, 437]],
  ['llama-3.1-405b', 'b200', 4, 'fp4', [6281, 8020, 6345, 6244, 5209, 4933, 749, 4212, 1048, 672]],
  ['llama-3.1-405b', 'gb200', 4, 'fp4', [6740, 8151, 6608, 6540, 5389, 5135, 797, 4407, 1112, 739]],
  ['llama-3.1-405b', 'h200', 8, 'fp8', [3814, 5348, 4741, 4724, 3330, 3722, 456, 2948, 650, 505]],
  ['llama-3.1-405b', 'h100', 8, 'fp8', [3627, 4340, 3116, 3994, 2919, 2895, 453, 2296, 610, 345]],
];

/** All points, as those of `cost-holdout.mjs`: per GPU. */
export const DENSE_HELD_OUT = TABLE.flatMap(([model, gpu, gpus, weightType, measured]) =>
  measured.map((value, i) => {
    const [lengths, requests] = LENGTHS[i];
    const [inputTokens, outputTokens] = lengths.split('/').map(Number);
    const run = { inputTokens, outputTokens, requests, measured: value / gpus };
    return { model, gpu, gpus, split: 'tp', weightType, ...run };
  }),
);
