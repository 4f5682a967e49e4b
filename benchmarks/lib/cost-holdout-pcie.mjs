/**
 * Published throughputs of GPUs that talk over PCIe (RTX PRO 6000): pipelines, data-parallel attention and one GPU. Read when every term of the
 * cost model stood. Long prompts on two stages were then 34 to 46 % too slow, because all microbatches of a step shared one budget of tokens,
 * where engines have one for each; nothing else was changed for them.
 *
 * Source: TensorRT-LLM, docs/source/developer-guide/perf-overview.md (Apache-2.0), output tokens per second per GPU.
 */
const REQUESTS = {
  '1000/1000': 3000,
  '1024/1024': 3000,
  '1024/8192': 1500,
  '8192/1024': 1500,
  '32768/1024': 1000,
};

/** Model, GPUs that share a layer, stages, split, measured by length. All in fp4. */
const TABLE = [
  ['llama-3.3-70b', 1, 1, 'tp', { '1000/1000': 1724, '1024/1024': 1708, '8192/1024': 296 }],
  ['llama-3.3-70b', 1, 2, 'tp', { '1000/1000': 1901, '1024/1024': 1887, '8192/1024': 327, '32768/1024': 67 }],
  [
    'qwen3-235b-a22b',
    2,
    2,
    'dep',
    { '1000/1000': 1731, '1024/1024': 1732, '1024/8192': 644, '32768/1024': 70 },
  ],
  ['qwen3-235b-a22b', 8, 1, 'dep', { '1000/1000': 969, '1024/1024': 963, '1024/8192': 711 }],
  ['qwen3-30b-a3b', 2, 1, 'dep', { '1000/1000': 8409, '1024/8192': 3577 }],
  ['qwen3-30b-a3b', 2, 2, 'dep', { '1000/1000': 7059, '1024/1024': 7019, '8192/1024': 1416 }],
  ['qwen3-30b-a3b', 8, 1, 'dep', { '1000/1000': 3985, '1024/8192': 2406, '32768/1024': 180 }],
  [
    'qwen3-30b-a3b',
    1,
    1,
    'tp',
    { '1000/1000': 9938, '1024/1024': 9755, '1024/8192': 3621, '8192/1024': 1914, '32768/1024': 374 },
  ],
];

/** All points, as those of `cost-holdout.mjs`. */
export const PCIE_HELD_OUT = TABLE.flatMap(([model, shared, stages, split, measured]) =>
  Object.entries(measured).map(([lengths, value]) => {
    const [inputTokens, outputTokens] = lengths.split('/').map(Number);
    return {
      model,
      gpu: 'rtx-pro-6000',
      gpus: shared * stages,
      stages,
      split,
      weightType: 'fp4',
      inputTokens,
      outputTokens,
      requests: REQUESTS[lengths],
      measured: value,
    };
  }),
);
