/**
 * An offline run as trtllm-bench makes it: all requests are queued at once, all of the same lengths, and a step takes
 * every running sequence plus as many of the waiting prompts as the token budget leaves; prompts are not divided (trtllm-bench
 * leaves chunked prefill off). No eviction: a sequence is admitted when its whole length fits into the cache. Small on
 * purpose; the engine's scheduler is not involved.
 *
 * @param graphSizes - decoding batches that CUDA graphs were captured for: a step without prompts is padded up to the next
 */
export function offlineThroughput({
  cost,
  requests,
  inputTokens,
  outputTokens,
  maxSequences,
  maxTokens,
  /** Under data-parallel attention every rank has its sequences, its prompts and its share of the tokens of a step. */
  ranks = 1,
  kvTokens,
  graphSizes = [],
}) {
  const capacity = Math.max(1, Math.min(maxSequences, Math.floor(kvTokens / (inputTokens + outputTokens))));
  let waiting = requests;
  let generated = 0;
  let nowMs = 0;
  let steps = 0;
  let running = 0;
  /** Sum of the tokens that running sequences read. */
  let context = 0;
  /** Sequences that started together, oldest first: all are of one length, so they end together. */
  const cohorts = [];
  while (waiting > 0 || running > 0) {
    const prompts = Math.min(waiting, capacity - running, promptsPerStep(running));
    const rows = prompts > 0 ? running : padded(running, ranks, graphSizes);
    nowMs += cost.stepMs({
      prefills: Array.from({ length: prompts }, () => ({ newTokens: inputTokens, contextTokens: 0 })),
      decodeSequences: rows,
      decodeTokens: rows,
      decodeContextTokens: context + rows - running,
    });
    steps += 1;
    waiting -= prompts;
    generated += running + prompts;
    context += running;
    if (prompts > 0 && outputTokens > 1) {
      cohorts.push({ count: prompts, endStep: steps + outputTokens - 1 });
      running += prompts;
      context += prompts * (inputTokens + 1);
    }
    while (cohorts[0]?.endStep <= steps) {
      const { count } = cohorts.shift();
      running -= count;
      context -= count * (inputTokens + outputTokens);
    }
  }
  return { outputTokensPerS: (generated / nowMs) * 1e3, meanStepMs: nowMs / steps, capacity };

  /** Whole prompts that the budgets of all ranks hold beside what runs. */
  function promptsPerStep(sequences) {
    const budget = Math.max(0, (maxTokens - sequences) / ranks);
    return Math.max(sequences === 0 ? 1 : 0, ranks * Math.floor(budget / inputTokens));
  }
}

/** Sequences of a decoding step with those that fill up the graph, each rank's alike. */
function padded(sequences, ranks, graphSizes) {
  const own = Math.ceil(sequences / ranks);
  const size = graphSizes.find((captured) => captured >= own);
  return size === undefined ? sequences : Math.max(sequences, size * ranks);
}

/**
 * Batches that the published runs capture graphs for (`cuda_graph_config` of the perf overview); the largest is cut to the engine's
 * largest batch.
 */
const CAPTURED = [1, 2, 4, 8, 16, 32, 64, 128, 256, 384, 512, 1024, 2048, 4096, 8192];
export const capturedSizes = (maxSequences) => [
  ...CAPTURED.filter((size) => size < maxSequences),
  maxSequences,
];

/** Shares of the free memory for the cache: the runs were made with the default of .90 or with .95, whichever was faster. */
export const KV_SHARES = [0.9, 0.95];

const up = (value, step) => step * Math.ceil(value / step);

/**
 * What trtllm-bench chooses for max_batch_size and max_num_tokens when neither is given (calc_engine_setting), from
 * memory, weights and lengths.
 */
export function trtllmLimits({ memoryBytes, weightBytes, kvBytesPerToken, gpus, inputTokens, outputTokens }) {
  const cacheBytes = (memoryBytes * gpus - weightBytes) * 0.95;
  const batch = Math.min(cacheBytes / kvBytesPerToken / (inputTokens + outputTokens), 4096);
  const tokens = Math.min(batch * (1 + inputTokens / outputTokens), 32_768);
  const maxSequences = batch < 256 ? Math.max(64, up(batch, 32)) : up(batch, batch < 1024 ? 128 : 256);
  const chosen = tokens < 4096 ? Math.max(2048, up(tokens, 256)) : up(tokens, tokens < 8192 ? 512 : 1024);
  // Without chunked prefill a step must hold a whole prompt beside the largest batch.
  return { maxSequences, maxTokens: Math.max(chosen, inputTokens + maxSequences) };
}
