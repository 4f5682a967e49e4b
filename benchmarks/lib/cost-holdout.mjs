/**
 * Published throughputs that no parameter was fitted on: other models, GPUs, weight types and lengths than those that
 * the cost model was made with. Nothing may be tuned to them; they say how far the model can be trusted elsewhere.
 *
 * Source: TensorRT-LLM, docs/source/developer-guide/perf-overview.md (Apache-2.0), output tokens per second per GPU.
 * `DEPn`: attention data-parallel and experts divided over n GPUs. Answers of 32,768 tokens are left out for their cost.
 */
import { capturedSizes, KV_SHARES, offlineThroughput, trtllmLimits } from './offline-throughput.mjs';

const LENGTHS = ['1000/1000', '1024/1024', '1024/8192', '8192/1024', '32768/1024'];
const REQUESTS = [3000, 3000, 1500, 1500, 1000];

/** Model, then a row per configuration: GPU, GPUs of a replica, `dep` or `tp`, weights, measured by length. */
const TABLE = {
  'llama-3.3-70b': [
    ['b200', 1, 'tp', 'fp4', [6920, 6842, 3242, 1362, 274]],
    ['gb200', 1, 'tp', 'fp4', [7769, 7751, 3805, 1491, 302]],
    // The first, second and fourth of the H200's and the first of the H100's were looked at while the model was made.
    ['h200', 2, 'tp', 'fp8', [undefined, undefined, 2009, undefined, 120]],
    ['h100', 2, 'tp', 'fp8', [undefined, undefined, undefined, 398, undefined]],
  ],
  'gpt-oss-120b': [
    ['b200', 2, 'dep', 'fp4', [25_943, 25_870, 17_289, 6111, 1392]],
    ['gb200', 1, 'tp', 'fp4', [27_198, 26_609, 14_800, 6835, 1645]],
    ['h200', 1, 'tp', 'fp4', [6868, 6798, 3543, 1828, 519]],
    ['h100', 4, 'dep', 'fp4', [4685, 4715, undefined, 1169, 333]],
  ],
  'gpt-oss-20b': [
    ['b200', 1, 'tp', 'fp4', [53_812, 53_491, 34_702, 11_904, 2645]],
    ['gb200', 1, 'tp', 'fp4', [55_823, 56_528, 38_100, 12_941, 2905]],
    ['h200', 1, 'tp', 'fp4', [13_858, 13_890, 12_743, 4015, 915]],
    ['h100', 1, 'tp', 'fp4', [11_557, 11_403, 8617, 3366, 785]],
  ],
  'qwen3-30b-a3b': [
    ['b200', 1, 'tp', 'fp4', [26_971, 26_611, 13_497, 5735, 1265]],
    ['gb200', 1, 'tp', 'fp4', [22_856, 22_201, 14_272, 6201, 1380]],
  ],
  'qwen3-235b-a22b': [
    ['b200', 4, 'dep', 'fp4', [5764, 5756, 3389, 1410, 319]],
    ['gb200', 4, 'dep', 'fp4', [6172, 5862, 3423, 1464, 333]],
    ['h200', 4, 'dep', 'fp8', [3288, 3268, 1417, 627, 134]],
    ['h100', 8, 'dep', 'fp8', [1932, 1935, 873, undefined, undefined]],
  ],
  'llama-4-maverick': [
    ['b200', 4, 'dep', 'fp4', [11_337, 11_227, 5174, 3279, 859]],
    ['gb200', 4, 'dep', 'fp4', [11_828, 11_905, 5508, 3444, 963]],
    ['h200', 8, 'dep', 'fp8', [4146, 4180, 1157, 1276, undefined]],
  ],
  'deepseek-r1': [
    ['b200', 4, 'dep', 'fp4', [6463, 6430, 3862, 1168, undefined]],
    ['gb200', 4, 'dep', 'fp4', [6939, 6924, 4379, 1192, undefined]],
    ['h200', 8, 'dep', 'fp8', [1627, 1620, 1218, undefined, undefined]],
  ],
};

/** All points. */
export const HELD_OUT = Object.entries(TABLE).flatMap(([model, rows]) =>
  rows.flatMap(([gpu, gpus, split, weightType, measured]) =>
    measured.flatMap((value, i) => {
      if (value === undefined) return [];
      const [inputTokens, outputTokens] = LENGTHS[i].split('/').map(Number);
      return [
        {
          model,
          gpu,
          gpus,
          split,
          weightType,
          inputTokens,
          outputTokens,
          requests: REQUESTS[i],
          measured: value,
        },
      ];
    }),
  ),
);

/** gpt-oss keeps its cache in bf16 on Hopper; all others in fp8, as their published checkpoints say. */
const kvTypeOf = ({ model, gpu }) => (model.startsWith('gpt-oss') && gpu.startsWith('h') ? 'bf16' : 'fp8');

/**
 * Predicts one point as trtllm-bench would have run it. Its limits are those of a rank under data-parallel attention, and of each of the
 * microbatches that are under way in a pipeline.
 */
export function predictHeldOut(simulator, point) {
  const { gpus, stages = 1, inputTokens, outputTokens, requests } = point;
  const shared = gpus / stages;
  const dep = point.split === 'dep' && shared > 1;
  const options = {
    architecture: point.model,
    gpu: point.gpu,
    tensorParallel: shared,
    pipelineParallel: stages,
    weightType: point.weightType,
    kvType: kvTypeOf(point),
    kernels: 'trtllm',
    ...(dep && { attentionDataParallel: true, expertParallel: shared }),
  };
  const cost = simulator.createCostModel(options);
  const setup = simulator.resolveCostSetup(options);
  const weightBytes = simulator.replicaWeightBytes(setup);
  const { memoryBytes } = setup.gpu;
  const ranks = stages * (dep ? shared : 1);
  const limits = trtllmLimits({
    memoryBytes,
    weightBytes,
    kvBytesPerToken: cost.kvBytesPerToken,
    gpus,
    inputTokens,
    outputTokens,
  });
  const tried = simulator.resolveCostSetup({
    ...options,
    memory: { batchedTokens: limits.maxTokens, reservedSequences: limits.maxSequences },
  }).memory;
  const otherBytes = tried.activationBytes + tried.otherBytes;
  const runs = KV_SHARES.map((share) =>
    offlineThroughput({
      cost,
      requests,
      inputTokens,
      outputTokens,
      maxSequences: limits.maxSequences * ranks,
      maxTokens: limits.maxTokens * ranks,
      ranks,
      graphSizes: capturedSizes(limits.maxSequences),
      kvTokens: (share * (gpus * (memoryBytes - otherBytes) - weightBytes)) / cost.kvBytesPerToken,
    }),
  );
  const predicted = Math.max(...runs.map((run) => run.outputTokensPerS)) / gpus;
  return { ...point, predicted, error: predicted / point.measured - 1 };
}
