/**
 * How far the cost model is from what was measured. Pure: it is handed the simulator and the tables, so that the
 * benchmark (built files) and the tests (sources) report the same figures.
 */
import { capturedSizes, KV_SHARES, offlineThroughput, trtllmLimits } from './offline-throughput.mjs';

const parseCsv = (text) => {
  const [header, ...lines] = text.trim().split('\n');
  const names = header.trim().split(',');
  return lines.map((line) => {
    const cells = line.trim().split(',');
    return Object.fromEntries(names.map((name, i) => [name, cells[i]]));
  });
};

export const median = (values) => {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
};
const mean = (values) => values.reduce((sum, value) => sum + value, 0) / values.length;
const percentile = (values, share) =>
  values.toSorted((a, b) => a - b)[Math.floor(share * (values.length - 1))];

/** Absolute relative errors as one row of a report. */
const summary = (label, errors, bias) => ({
  label,
  points: errors.length,
  medianError: median(errors),
  meanError: mean(errors),
  p90Error: percentile(errors, 0.9),
  ...(bias === undefined ? {} : { meanBias: mean(bias) }),
});

const group = (items, keyOf) => {
  const groups = new Map();
  for (const item of items) {
    const key = keyOf(item);
    groups.set(key, [...(groups.get(key) ?? []), item]);
  }
  return [...groups.entries()].toSorted(([a], [b]) => (a < b ? -1 : 1));
};

const MODELS = {
  'Llama-2-7b-hf': 'llama-2-7b',
  'Llama-2-70b-hf': 'llama-2-70b',
  'Meta-Llama-3-8B': 'llama-3.1-8b',
  'Meta-Llama-3-70B': 'llama-3.3-70b',
};
const ELEMENTWISE = ['mlp_act', 'attn_rope', 'input_layernorm', 'post_attention_layernorm', 'add'];

const totalOf = (list, index) => list.reduce((total, pair) => total + pair[index], 0);

/** Predicted and measured linear operations, row by row. */
const linearRows = (simulator, csv) =>
  parseCsv(csv).map((row) => {
    const setup = simulator.resolveCostSetup({
      architecture: MODELS[row.model],
      gpu: row.gpu,
      tensorParallel: Number(row.tensor_parallel),
    });
    const predicted = simulator.denseLayerMs(setup, Number(row.tokens));
    const elementwise = ELEMENTWISE.reduce((sum, name) => sum + Number(row[name]), 0);
    const operations = {
      'attention in': [predicted.attentionInMs, Number(row.attn_pre_proj)],
      'attention out': [predicted.attentionOutMs, Number(row.attn_post_proj)],
      up: [predicted.upMs, Number(row.mlp_up_proj)],
      down: [predicted.downMs, Number(row.mlp_down_proj)],
      elementwise: [predicted.elementwiseMs, elementwise],
    };
    const pairs = Object.values(operations);
    const gemms = pairs.slice(0, 4);
    return {
      gpu: row.gpu,
      model: row.model,
      tensorParallel: Number(row.tensor_parallel),
      tokens: Number(row.tokens),
      operations,
      gemms: [totalOf(gemms, 0), totalOf(gemms, 1)],
      layer: [totalOf(pairs, 0), totalOf(pairs, 1)],
    };
  });

const off = ([predicted, measured]) => predicted / measured - 1;

const errorsOf = (label, list, pick) =>
  summary(
    label,
    list.map((row) => Math.abs(off(pick(row)))),
    list.map((row) => off(pick(row))),
  );

/** Errors of the whole layer per GPU, and where they come from. */
export function linearAccuracy(simulator, csv) {
  const rows = linearRows(simulator, csv);
  return group(rows, (row) => row.gpu).map(([gpu, list]) => ({
    gpu,
    layer: errorsOf('layer', list, (row) => row.layer),
    matrixMultiplications: errorsOf('matrix multiplications', list, (row) => row.gemms),
    byModel: group(list, (row) => row.model).map(([model, part]) =>
      errorsOf(model, part, (row) => row.layer),
    ),
    bySplit: group(list, (row) => `tp${row.tensorParallel}`).map(([tp, part]) =>
      errorsOf(tp, part, (row) => row.layer),
    ),
    byTokens: group(list, (row) =>
      row.tokens <= 64 ? '1-64' : row.tokens <= 512 ? '65-512' : '513-4096',
    ).map(([range, part]) => errorsOf(range, part, (row) => row.layer)),
    byOperation: Object.keys(rows[0].operations).map((name) =>
      errorsOf(name, list, (row) => row.operations[name]),
    ),
  }));
}

const errorsOfRows = (list) => list.map((row) => row.error);

/** Errors of all-reduces per system and number of workers. */
export function allReduceAccuracy(simulator, csv) {
  const systems = { a100_dgx: 'a100-dgx', h100_dgx: 'h100-dgx' };
  const rows = parseCsv(csv).map((row) => ({
    system: row.system,
    workers: Number(row.workers),
    error: Math.abs(
      simulator.allReduceMs(
        simulator.NCCL_FITS[systems[row.system]],
        Number(row.bytes),
        Number(row.workers),
      ) /
        Number(row.median_ms) -
        1,
    ),
  }));
  return group(rows, (row) => row.system).map(([system, list]) => ({
    system,
    all: summary(system, errorsOfRows(list)),
    byWorkers: group(list, (row) => String(row.workers).padStart(2)).map(([workers, part]) =>
      summary(`${workers.trim()} workers`, errorsOfRows(part)),
    ),
  }));
}

/** TensorRT-LLM performance overview, Llama-3.3-70B fp8: output tokens per second and GPU, two GPUs per replica. */
export const PUBLISHED = [
  { gpu: 'h200', inputTokens: 1000, outputTokens: 1000, requests: 3000, measured: 2587 },
  { gpu: 'h100', inputTokens: 1000, outputTokens: 1000, requests: 3000, measured: 2209 },
  { gpu: 'h200', inputTokens: 8192, outputTokens: 1024, requests: 1500, measured: 537 },
];

/** Of each GPU, beside weights and cache, in TensorRT-LLM (AIConfigurator: 3.5 GB and NCCL's 0.35 GB). */
const OTHER_BYTES = 3.85e9;

/**
 * Throughput of one published point: limits as trtllm-bench chooses them, fp8 cache, 95 % of the free memory.
 *
 * @param kernels - `trtllm`, or undefined for the fit of both engines
 */
export function predictThroughput(simulator, point, kernels) {
  const gpus = 2;
  const options = {
    architecture: 'llama-3.3-70b',
    gpu: point.gpu,
    tensorParallel: gpus,
    weightType: 'fp8',
    kvType: 'fp8',
    ...(kernels ? { kernels } : {}),
  };
  const cost = simulator.createCostModel(options);
  const setup = simulator.resolveCostSetup(options);
  const { inputTokens, outputTokens, requests } = point;
  const { memoryBytes } = setup.gpu;
  const limits = trtllmLimits({
    memoryBytes,
    weightBytes: setup.architecture.parameters.total,
    kvBytesPerToken: cost.kvBytesPerToken,
    gpus,
    inputTokens,
    outputTokens,
  });
  const freeBytes = gpus * (memoryBytes - OTHER_BYTES) - simulator.replicaWeightBytes(setup);
  const runs = KV_SHARES.map((share) =>
    offlineThroughput({
      cost,
      requests,
      inputTokens,
      outputTokens,
      ...limits,
      graphSizes: capturedSizes(limits.maxSequences),
      kvTokens: (share * freeBytes) / cost.kvBytesPerToken,
    }),
  );
  const run = runs.toSorted((a, b) => b.outputTokensPerS - a.outputTokensPerS)[0];
  const predicted = run.outputTokensPerS / gpus;
  return {
    ...point,
    kernels: kernels ?? 'both',
    ...limits,
    ...run,
    predicted,
    error: predicted / point.measured - 1,
  };
}

export const throughputAccuracy = (simulator) =>
  ['trtllm', undefined].flatMap((kernels) =>
    PUBLISHED.map((point) => predictThroughput(simulator, point, kernels)),
  );
