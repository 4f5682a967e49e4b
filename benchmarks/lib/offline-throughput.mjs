/**
 * An offline run as trtllm-bench makes it: all requests are queued at once, all of the same lengths, and a step takes
 * every running sequence plus as much of the waiting prompts as the token budget leaves. No eviction: a sequence is
 * admitted when its whole length fits into the cache. Small on purpose; the engine's scheduler is not involved.
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
}) {
  const capacity = Math.max(1, Math.min(maxSequences, Math.floor(kvTokens / (inputTokens + outputTokens))));
  let waiting = requests;
  let generated = 0;
  let nowMs = 0;
  let steps = 0;
  /** Prompts under way (tokens done) and running sequences (tokens generated), both in order of arrival. */
  let prefilling = [];
  let running = [];
  while (waiting > 0 || prefilling.length > 0 || running.length > 0) {
    while (waiting > 0 && prefilling.length + running.length < capacity) {
      prefilling.push(0);
      waiting -= 1;
    }
    const budgets = Array.from({ length: ranks }, () => Math.max(0, (maxTokens - running.length) / ranks));
    const prefills = [];
    const next = [];
    let finishedPrompts = 0;
    for (const done of prefilling) {
      const rank = budgets.indexOf(Math.max(...budgets));
      const newTokens = Math.min(inputTokens - done, Math.floor(budgets[rank]));
      budgets[rank] -= newTokens;
      if (newTokens > 0) prefills.push({ newTokens, contextTokens: done });
      if (done + newTokens === inputTokens) finishedPrompts += 1;
      else next.push(done + newTokens);
    }
    let context = 0;
    for (const tokens of running) context += inputTokens + tokens;
    nowMs += cost.stepMs({
      prefills,
      decodeSequences: running.length,
      decodeTokens: running.length,
      decodeContextTokens: context,
    });
    generated += running.length + finishedPrompts;
    running = running.map((tokens) => tokens + 1).filter((tokens) => tokens < outputTokens);
    for (let i = 0; i < finishedPrompts; i += 1) if (outputTokens > 1) running.push(1);
    prefilling = next;
    steps += 1;
  }
  return { outputTokensPerS: (generated / nowMs) * 1e3, meanStepMs: nowMs / steps, capacity };
}

const up = (value, step) => step * Math.ceil(value / step);

/**
 * What trtllm-bench chooses for max_batch_size and max_num_tokens when neither is given (calc_engine_setting), from
 * memory, weights and lengths.
 */
export function trtllmLimits({ memoryBytes, weightBytes, kvBytesPerToken, gpus, inputTokens, outputTokens }) {
  const cacheBytes = (memoryBytes * gpus - weightBytes) * 0.95;
  const batch = Math.min(cacheBytes / kvBytesPerToken / (inputTokens + outputTokens), 4096);
  const tokens = Math.min(batch * (1 + inputTokens / outputTokens), 32_768);
  return {
    maxSequences: batch < 256 ? Math.max(64, up(batch, 32)) : up(batch, batch < 1024 ? 128 : 256),
    maxTokens: tokens < 4096 ? Math.max(2048, up(tokens, 256)) : up(tokens, tokens < 8192 ? 512 : 1024),
  };
}
