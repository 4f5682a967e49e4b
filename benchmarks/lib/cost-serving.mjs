/**
 * Measured times per output token of servers under a closed loop (`test/fixtures/serving`), and what the cost model says of them.
 * No parameter was fitted on them.
 */

/** Tokens that a step may compute: vLLM's and TensorRT-LLM's default on these GPUs, SGLang's chunk of a prompt. */
const STEP_TOKENS = { vllm: 8192, trtllm: 8192, sglang: 16_384 };
/** Lengths are drawn from four fifths of what is asked for to the whole, but for those of `labs.csv`, which are all alike. */
const SHORTEST = 0.8;
/** Requests per place in the loop. */
const ROUNDS = 4;

/** @param csv - text of points.csv */
export function readServed(csv) {
  const [names, ...rows] = csv
    .trim()
    .split(/\r?\n/)
    .map((line) => line.split(','));
  const texts = new Set(['half', 'model', 'gpu', 'engine', 'weights']);
  return rows.map((row) =>
    Object.fromEntries(row.map((value, i) => [names[i], texts.has(names[i]) ? value : Number(value)])),
  );
}

/** gpt-oss keeps its cache in bf16 on Hopper; other checkpoints for TensorRT-LLM in fp8. The other engines take bf16 by default. */
const kvTypeOf = ({ engine, model, gpu, weights }) =>
  engine === 'trtllm' && weights !== 'bf16' && !(model.startsWith('gpt-oss') && gpu.startsWith('h'))
    ? 'fp8'
    : 'bf16';

/** Predicts the median time per output token of one point. */
export function predictServed(simulator, point) {
  // Qwen's own fp8 checkpoints have a scale for each block.
  const blocks = point.weights === 'fp8-block';
  const cost = simulator.createCostModel({
    architecture: blocks ? { ...simulator.findArchitecture(point.model), blockScaledFp8: true } : point.model,
    gpu: point.gpu,
    tensorParallel: point.tp,
    expertParallel: point.ep,
    weightType: blocks ? 'fp8' : point.weights,
    kvType: kvTypeOf(point),
    // SGLang's kernels are mostly FlashInfer's, as vLLM's are.
    kernels: point.engine === 'trtllm' ? 'trtllm' : 'vllm',
  });
  const predicted = closedLoop(cost, point);
  return { ...point, predicted, error: predicted / point.tpotMs - 1 };
}

/** Median milliseconds per output token of requests that follow each other in so many places. */
function closedLoop(cost, { half, engine, concurrency, inputTokens, outputTokens }) {
  const draw = half === 'labs' ? () => 1 : drawn(outputTokens + concurrency);
  const kvTokens = cost.kvBlocks(16) * 16;
  const waiting = Array.from({ length: concurrency }, () => request());
  let left = concurrency * (ROUNDS - 1);
  let running = [];
  let held = 0;
  let nowMs = 0;
  const times = [];
  while (waiting.length > 0 || running.length > 0) {
    const prefills = admit();
    const decodeContextTokens = running.reduce((sum, { input, done }) => sum + input + done, 0);
    nowMs += cost.stepMs({
      prefills: prefills.map(({ newTokens, contextTokens }) => ({ newTokens, contextTokens })),
      decodeSequences: running.length,
      decodeTokens: running.length,
      decodeContextTokens,
    });
    for (const each of running) each.done += 1;
    for (const { one } of prefills.filter(({ one }) => one.computed === one.input)) {
      Object.assign(one, { firstMs: nowMs, done: 1 });
      running.push(one);
    }
    running = running.filter((one) => !ended(one));
  }
  return times.toSorted((a, b) => a - b)[Math.floor(times.length / 2)];

  function request() {
    return {
      input: Math.round(inputTokens * draw()),
      output: Math.round(outputTokens * draw()),
      computed: 0,
    };
  }

  /** Chunks of the prompts at the head of the queue, as far as the step and the cache have room. */
  function admit() {
    const chunks = [];
    let room = STEP_TOKENS[engine] - running.length;
    while (room > 0 && waiting.length > 0) {
      const one = waiting[0];
      if (one.computed === 0 && held + one.input + one.output > kvTokens && held > 0) break;
      if (one.computed === 0) held += one.input + one.output;
      const newTokens = Math.min(room, one.input - one.computed);
      chunks.push({ one, newTokens, contextTokens: one.computed });
      one.computed += newTokens;
      room -= newTokens;
      if (one.computed === one.input) waiting.shift();
    }
    return chunks;
  }

  function ended(one) {
    if (one.done < one.output) return false;
    times.push((nowMs - one.firstMs) / (one.output - 1));
    held -= one.input + one.output;
    if (left > 0) {
      left -= 1;
      waiting.push(request());
    }
    return true;
  }
}

/** Numbers from {@link SHORTEST} to 1, the same for the same seed. */
function drawn(seed) {
  let state = seed >>> 0;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return SHORTEST + (1 - SHORTEST) * (state / 2 ** 32);
  };
}
