import { describe, expect, it } from 'vitest';
import { FakeaiError } from '../../../../src/lib/errors.js';
import type { StepBatch } from '../../../../src/simulator/cluster/cost.js';
import { createCostModel } from '../../../../src/simulator/cluster/cost-model.js';
import { findArchitecture } from '../../../../src/simulator/architectures/catalogue.js';
import { replicaWeightBytes } from '../../../../src/simulator/cluster/cost-memory.js';
import { type CostModelOptions, resolveCostSetup } from '../../../../src/simulator/cluster/cost-options.js';
import { costTablesOf } from '../../../../src/simulator/cluster/cost-table-of.js';
import { findGpu } from '../../../../src/simulator/hardware/catalogue.js';

const decode = (sequences: number, context: number): StepBatch => ({
  prefills: [],
  decodeSequences: sequences,
  decodeTokens: sequences,
  decodeContextTokens: sequences * context,
});
const prefill = (...chunks: [newTokens: number, contextTokens: number][]): StepBatch => ({
  prefills: chunks.map(([newTokens, contextTokens]) => ({ newTokens, contextTokens })),
  decodeSequences: 0,
  decodeTokens: 0,
  decodeContextTokens: 0,
});

const codeOf = (run: () => unknown): string | undefined => {
  try {
    run();
    return undefined;
  } catch (error) {
    return error instanceof FakeaiError ? error.code : String(error);
  }
};

const decodeMsOn = (gpu: string, weightType: 'bf16' | 'fp8'): number =>
  createCostModel({ architecture: 'llama-3.1-8b', gpu, weightType }).stepMs(decode(8, 1000));

const NO_HOST = { fixedMs: 0, perSequenceUs: 0 };

/** Routed experts of one layer, from a step's cost with and without them. */
const expertsMs = (options: CostModelOptions, tokens: number): number => {
  const setup = resolveCostSetup(options);
  const { experts, ...dense } = setup.architecture;
  if (experts === undefined) throw new Error('has no experts');
  const layers = dense.layers - dense.denseLayers;
  const { expertParallel: _, ...rest } = options;
  const withThem = createCostModel({ ...options, architecture: setup.architecture, host: NO_HOST });
  const without = createCostModel({
    ...rest,
    architecture: { ...dense, experts: { ...experts, count: 1, perToken: 1, intermediate: 1 } },
    host: NO_HOST,
  });
  return (withThem.stepMs(decode(tokens, 1)) - without.stepMs(decode(tokens, 1))) / layers;
};

/** What 16,384 tokens of one prompt cost more than as 16 prompts. */
const promptAttentionMs = (attention: { heads: number; kvHeads: number; headDim: number }): number => {
  const shape = findArchitecture('llama-3.1-8b');
  if (shape === undefined) throw new Error('llama-3.1-8b is in the catalogue');
  const cost = createCostModel({
    architecture: { ...shape, attention: { kind: 'gqa', ...attention } },
    gpu: 'h100',
    host: NO_HOST,
  });
  const pieces = Array.from({ length: 16 }, (): [number, number] => [1024, 0]);
  return cost.stepMs(prefill([16_384, 0])) - cost.stepMs(prefill(...pieces));
};

const kvBytesOn = (tensorParallel: number): number =>
  createCostModel({ architecture: 'qwen3-30b-a3b', gpu: 'h100', tensorParallel }).kvBytesPerToken;

const blocksAt = (utilization: number): number =>
  createCostModel({ architecture: 'llama-3.1-8b', gpu: 'h100', memory: { utilization } }).kvBlocks(16);

const TABLE_BASE = {
  architecture: 'llama-2-7b',
  gpu: 'h100',
  host: { fixedMs: 0, perSequenceUs: 0 },
} as const;

const LAYER_TABLE = { at: [1, 100, 200], ms: [1, 2, 4] };

const stepWithAllReduceMs = (ms: number): number =>
  createCostModel({
    ...TABLE_BASE,
    kind: 'table',
    tensorParallel: 2,
    tables: { layer: LAYER_TABLE, allReduce: { at: [1, 1e9], ms: [ms, ms] } },
  }).stepMs(decode(4, 10));

const makeTable = (layer: { at: number[]; ms: number[] }) => () =>
  createCostModel({ ...TABLE_BASE, kind: 'table', tables: { layer } });

describe('the analytic cost model', () => {
  it('costs one decoded token about what streaming the weights costs', () => {
    const cost = createCostModel({ architecture: 'llama-3.1-8b', gpu: 'h100' });
    const weightsMs = (2 * 7.5e9) / 3.35e12 / 1e-3;
    const ms = cost.stepMs(decode(1, 100));
    expect(ms).toBeGreaterThan(weightsMs);
    expect(ms).toBeLessThan(2.2 * weightsMs);
  });

  it('costs a long prompt about what its FLOPs cost', () => {
    const cost = createCostModel({ architecture: 'llama-3.1-8b', gpu: 'h100' });
    const idealMs = (2 * 7.5e9 * 8192) / 989e12 / 1e-3;
    const ms = cost.stepMs(prefill([8192, 0]));
    expect(ms).toBeGreaterThan(idealMs);
    expect(ms).toBeLessThan(2 * idealMs);
  });

  it('hides the host behind the GPUs of a dense model, and waits for whichever takes longer', () => {
    const stepMs = (host: CostModelOptions['host'], architecture = 'llama-3.1-8b') =>
      createCostModel({ architecture, gpu: 'h100', ...(host && { host }) }).stepMs(decode(8, 1000));
    const gpuMs = stepMs(NO_HOST);
    expect(stepMs({ fixedMs: 1 })).toBe(gpuMs);
    expect(stepMs({ fixedMs: 50, perSequenceUs: 0 })).toBe(50);
    expect(stepMs({ fixedMs: 1, perSequenceUs: 0, overlapped: false })).toBeCloseTo(gpuMs + 1, 9);
  });

  it('lets mixtures wait for what the host does for each sequence, and for its launches where there are prompts', () => {
    const msOf = (host: NonNullable<CostModelOptions['host']>, batch: StepBatch): number =>
      createCostModel({ architecture: 'gpt-oss-20b', gpu: 'h100', host }).stepMs(batch);
    const running = decode(8, 1000);
    expect(msOf({ fixedMs: 1, perSequenceUs: 0 }, running)).toBe(msOf(NO_HOST, running));
    expect(msOf({ fixedMs: 0, perSequenceUs: 10 }, running) - msOf(NO_HOST, running)).toBeCloseTo(0.08, 9);
    const mixed = { ...running, prefills: [{ newTokens: 512, contextTokens: 0 }] };
    expect(msOf({ fixedMs: 1, perSequenceUs: 10 }, mixed) - msOf(NO_HOST, mixed)).toBeCloseTo(1.09, 9);
  });

  it('refuses data-parallel attention on one GPU, where it would change nothing', () => {
    const options = { architecture: 'qwen3-30b-a3b', gpu: 'h200', attentionDataParallel: true };
    expect(() => createCostModel(options)).toThrow(/attention-dp: divides the sequences among the GPUs/);
    expect(() => createCostModel({ ...options, tensorParallel: 2 })).not.toThrow();
  });

  it('deals prompts out to the ranks of data-parallel attention, the largest first', () => {
    const cost = createCostModel({
      architecture: 'qwen3-30b-a3b',
      gpu: 'h100',
      tensorParallel: 2,
      expertParallel: 2,
      attentionDataParallel: true,
    });
    const even = cost.stepMs(prefill([4096, 0], [4096, 0]));
    // 2,048 and 6,144 of 8,192 tokens on one rank, then half on each.
    expect(cost.stepMs(prefill([6144, 0], [2048, 0]))).toBeGreaterThan(1.1 * even);
    expect(cost.stepMs(prefill([4096, 0], [2048, 0], [2048, 0]))).toBeLessThan(1.02 * even);
  });

  it('costs nothing when there is nothing to do', () => {
    const cost = createCostModel({ architecture: 'llama-3.1-8b', gpu: 'h100' });
    expect(cost.stepMs(prefill())).toBe(0);
    expect(cost.activity(prefill(), 1)).toEqual({ tensor: 0, memory: 0, interconnectBytes: 0 });
  });

  it('prices attention of a prompt the same whether at once or in chunks', () => {
    const options = {
      architecture: 'llama-3.1-8b',
      gpu: 'h100',
      host: { fixedMs: 0, perSequenceUs: 0 },
    } as const;
    const cost = createCostModel(options);
    const whole = cost.stepMs(prefill([8192, 0]));
    const first = cost.stepMs(prefill([4096, 0]));
    const second = cost.stepMs(prefill([4096, 4096]));
    expect(first + second).toBeGreaterThan(whole);
    expect(first + second).toBeLessThan(1.1 * whole);
    expect(second).toBeGreaterThan(first);
  });

  it('prefers narrower weights where the GPU computes in them, and reads less where it does not', () => {
    expect(decodeMsOn('h100', 'fp8')).toBeLessThan(decodeMsOn('h100', 'bf16'));
    expect(decodeMsOn('a100', 'fp8')).toBeLessThan(decodeMsOn('a100', 'bf16'));
  });

  it('reports compute for prompts and bandwidth for decoding', () => {
    const cost = createCostModel({ architecture: 'llama-3.3-70b', gpu: 'h100', tensorParallel: 4 });
    const activity = (batch: StepBatch) => cost.activity(batch, cost.stepMs(batch));
    const prompt = activity(prefill([8192, 0]));
    const running = activity(decode(16, 1000));
    expect(prompt.tensor).toBeGreaterThan(0.5);
    expect(running.tensor).toBeLessThan(0.1);
    expect(running.memory).toBeGreaterThan(0.5);
    // 80 layers, two all-reduces of 16,384 bytes a token, 2·3 copies of each on the wires of four GPUs.
    expect(running.interconnectBytes).toBe(16 * 80 * 2 * 16384 * 6);
  });

  it('attends within the window of local layers only', () => {
    const cost = createCostModel({ architecture: 'gpt-oss-20b', gpu: 'h100', weightType: 'fp4' });
    const full = createCostModel({ architecture: 'qwen3-30b-a3b', gpu: 'h100' });
    const growth = (model: typeof cost): number =>
      model.stepMs(decode(32, 8000)) - model.stepMs(decode(32, 4000));
    // 12 of 24 layers grow, 2·8·64 scalars each.
    const bytes = 32 * 4000 * 12 * 2 * 8 * 64 * 2;
    const { share } = findGpu('h100')!.attention.decode.bf16;
    expect(growth(cost) / (bytes / (share * 3.35e12) / 1e-3)).toBeCloseTo(1, 1);
    expect(growth(full)).toBeGreaterThan(growth(cost));
  });

  it('charges every running sequence for its queries and partial sums, however short its context is', () => {
    const cost = createCostModel({ architecture: 'gpt-oss-20b', gpu: 'b200', weightType: 'fp4' });
    // Same tokens in the caches, eight times the sequences; a step's other costs are those of 4,096 tokens either way.
    const few = cost.stepMs({ ...decode(512, 4000), decodeTokens: 4096 });
    const many = cost.stepMs({ ...decode(4096, 500), decodeTokens: 4096 });
    const elementMs = (3584 * 24 * 64 * 64 * 8) / 7.7e12 / 1e-3;
    expect(many - few).toBeGreaterThan(elementMs);
  });

  it('starts a thread block for every key head of every sequence, which short sequences wait for', () => {
    const gpu = findGpu('h200')!;
    const without = { ...gpu, kernels: undefined! };
    const blockNs = (ns: number): typeof gpu => ({
      ...without,
      attention: {
        ...gpu.attention,
        decode: { ...gpu.attention.decode, bf16: { ...gpu.attention.decode.bf16, blockNs: ns } },
      },
    });
    const stepMs = (ns: number, tensorParallel: number, step: StepBatch): number =>
      createCostModel({ architecture: 'llama-3.1-8b', gpu: blockNs(ns), tensorParallel }).stepMs(step);
    const short = decode(1024, 64);
    // 32 layers, 8 key heads; two GPUs have half of the heads each.
    const blocksMs = (1024 * 8 * 32 * 1000) / 1e6;
    expect((stepMs(1000, 1, short) - stepMs(0, 1, short)) / blocksMs).toBeGreaterThan(0.9);
    expect((stepMs(1000, 2, short) - stepMs(0, 2, short)) / (blocksMs / 2)).toBeGreaterThan(0.9);
    // Blocks start while others stream: under long contexts they hardly show.
    const long = decode(64, 30_000);
    expect(stepMs(24, 1, long) / stepMs(0, 1, long)).toBeLessThan(1.01);
  });

  it('attends within the chunk of chunked layers, half of one on average beyond the first', () => {
    const windowed = findArchitecture('llama-4-scout')!;
    const sliding = { ...windowed, local: { ...windowed.local!, chunked: false } };
    const stepMs = (architecture: typeof windowed, step: StepBatch): number =>
      createCostModel({ architecture, gpu: 'b200', tensorParallel: 8, weightType: 'fp4' }).stepMs(step);
    const prompt = (newTokens: number, contextTokens: number): StepBatch => ({
      prefills: [{ newTokens, contextTokens }],
      decodeSequences: 0,
      decodeTokens: 0,
      decodeContextTokens: 0,
    });
    // Within the first chunk there is no difference.
    expect(stepMs(windowed, prompt(8000, 0))).toBeCloseTo(stepMs(sliding, prompt(8000, 0)), 9);
    expect(stepMs(windowed, decode(64, 8000))).toBeCloseTo(stepMs(sliding, decode(64, 8000)), 9);
    expect(stepMs(windowed, prompt(32_768, 0))).toBeLessThan(stepMs(sliding, prompt(32_768, 0)));
    expect(stepMs(windowed, decode(64, 30_000))).toBeLessThan(stepMs(sliding, decode(64, 30_000)));
    // A prompt costs the same whole and in pieces, but for what every kernel and step costs.
    const pieces = stepMs(windowed, prompt(8192, 8192)) - stepMs(windowed, prompt(8192, 0));
    expect(pieces).toBeGreaterThan(0);
    expect(pieces).toBeLessThan(0.2 * stepMs(windowed, prompt(8192, 0)));
  });

  it('gathers what block-scaled experts get in bf16, and has a host process for every rank', () => {
    const at = (gpus: number, sequences: number): number => {
      const cost = createCostModel({
        architecture: 'deepseek-v3',
        gpu: 'h200',
        tensorParallel: 8,
        expertParallel: 8,
        attentionDataParallel: true,
        host: { perSequenceUs: gpus },
      });
      return cost.stepMs(decode(sequences, 100));
    };
    expect(at(1000, 800) - at(0, 800)).toBeCloseTo(100, 6);
    const wire = (weightType: 'fp8' | 'bf16'): number =>
      createCostModel({
        architecture: 'deepseek-v3',
        gpu: { ...findGpu('b200')!, memoryBytes: 1e12 },
        tensorParallel: 8,
        expertParallel: 8,
        attentionDataParallel: true,
        weightType,
      }).activity(decode(800, 100), 100).interconnectBytes;
    expect(wire('fp8')).toBe(wire('bf16'));
  });

  it('makes exponentials as dear for narrow heads as for wide ones', () => {
    const narrow = promptAttentionMs({ heads: 32, kvHeads: 8, headDim: 64 });
    const wide = promptAttentionMs({ heads: 32, kvHeads: 8, headDim: 128 });
    expect(narrow / wide).toBeGreaterThan(0.55);
    expect(narrow / wide).toBeLessThan(0.85);
  });

  it('lets data-parallel attention hold each latent vector once', () => {
    const options = {
      architecture: 'deepseek-r1',
      gpu: 'h200',
      tensorParallel: 8,
      weightType: 'fp8',
    } as const;
    const tensor = createCostModel(options);
    const data = createCostModel({ ...options, expertParallel: 8, attentionDataParallel: true });
    expect(tensor.kvBytesPerToken).toBe(8 * 61 * 576 * 2);
    expect(data.kvBytesPerToken).toBe(61 * 576 * 2);
    // More, though eight ranks' tokens may all meet on one GPU, which has room for their visits.
    expect(data.kvBlocks(64)).toBeGreaterThan(3 * tensor.kvBlocks(64));
    expect(data.stepMs(decode(512, 4000))).toBeLessThan(tensor.stepMs(decode(512, 4000)));
  });
});

describe('experts', () => {
  it('takes long to unpack 4-bit weights where the GPU has no units for them', () => {
    const h200 = expertsMs({ architecture: 'gpt-oss-120b', gpu: 'h200', weightType: 'fp4' }, 4096);
    const b200 = expertsMs({ architecture: 'gpt-oss-120b', gpu: 'b200', weightType: 'fp4' }, 4096);
    // Measured blocks of 4,096 tokens: 2.2 to 3.6 ms against 0.4 to 0.6 ms.
    expect(h200 / b200).toBeGreaterThan(3);
    expect(h200 / b200).toBeLessThan(9);
  });

  it('multiplies by block-scaled fp8 weights slower than by plain ones', () => {
    const shape = findArchitecture('deepseek-v3');
    if (shape === undefined) throw new Error('deepseek-v3 is in the catalogue');
    const gpu = { ...findGpu('h200')!, memoryBytes: 1e12 };
    const options = { gpu, weightType: 'fp8' } as const;
    const blocks = expertsMs({ ...options, architecture: shape }, 8192);
    const plain = expertsMs({ ...options, architecture: { ...shape, blockScaledFp8: false } }, 8192);
    // Measured with other widths: twice as long.
    expect(blocks).toBeGreaterThan(1.5 * plain);
    expect(blocks).toBeLessThan(3 * plain);
  });

  it('waits for the busiest group of experts, which is busier the fewer experts a group has', () => {
    const shape = findArchitecture('qwen3-235b-a22b');
    if (shape?.experts === undefined) throw new Error('qwen3-235b-a22b is in the catalogue');
    const { experts } = shape;
    const ms = (count: number, expertParallel: number): number =>
      expertsMs(
        {
          architecture: { ...shape, experts: { ...experts, count } },
          gpu: 'h200',
          weightType: 'fp8',
          tensorParallel: 8,
          expertParallel,
        },
        65_536,
      );
    // Two experts in a group instead of sixteen; without groups only the weights differ.
    expect(ms(16, 8) / ms(128, 8)).toBeGreaterThan(1.2);
    expect(ms(16, 1) / ms(128, 1)).toBeLessThan(1.05);
  });

  it('sends tokens to their experts in the type that these compute in', () => {
    const wire = (weightType: 'bf16' | 'fp8'): number =>
      createCostModel({
        architecture: 'qwen3-235b-a22b',
        gpu: 'h200',
        tensorParallel: 8,
        expertParallel: 8,
        attentionDataParallel: true,
        weightType,
      }).activity(decode(100, 10), 10).interconnectBytes;
    expect(wire('bf16')).toBe(100 * 94 * 7 * 4096 * 4);
    expect(wire('fp8')).toBe(100 * 94 * 7 * 4096 * 3);
  });
});

describe('memory', () => {
  it('stores mxfp4 experts with a scale per 32 weights', () => {
    const setup = resolveCostSetup({ architecture: 'gpt-oss-120b', gpu: 'h100', weightType: 'fp4' });
    const routed = 36 * 128 * 3 * 2880 * 2880;
    // The published checkpoint has 65.25 GB; with 3,072 of 2,880 columns vLLM logs 64.4 GiB.
    const filled = (routed * 0.53125 * (3072 - 2880)) / 2880;
    expect((replicaWeightBytes(setup) - filled) / 65.25e9).toBeGreaterThan(0.97);
    expect((replicaWeightBytes(setup) - filled) / 65.25e9).toBeLessThan(1.03);
    expect(replicaWeightBytes(setup) / 2 ** 30 / 64.4).toBeCloseTo(1, 2);
    expect(replicaWeightBytes(setup)).toBeGreaterThan(routed * 0.53125);
  });

  it('computes keys and values per token', () => {
    expect(createCostModel({ architecture: 'llama-3.1-8b', gpu: 'h100' }).kvBytesPerToken).toBe(131_072);
    const large = createCostModel({ architecture: 'llama-3.3-70b', gpu: 'h100', tensorParallel: 4 });
    expect(large.kvBytesPerToken).toBe(327_680);
  });

  it('leaves the GPU less weights, activations and the rest', () => {
    const cost = createCostModel({ architecture: 'llama-3.1-8b', gpu: 'h100' });
    const activations = 8192 * 2 * (4 * 4096 + 3 * 14_336) + 256 * 128_256 * 8;
    const bytes = (0.9 * 0.99 * 80 - 0.5) * 2 ** 30 - activations - 2 * 8.03e9;
    expect(cost.kvBlocks(16)).toBeCloseTo(bytes / (16 * 131_072), -2);
  });

  it('duplicates key heads when there are more GPUs', () => {
    expect(kvBytesOn(8)).toBe(2 * kvBytesOn(4));
  });

  it('grows with the share that the engine may use', () => {
    expect(blocksAt(0.95)).toBeGreaterThan(blocksAt(0.9));
  });
});

describe('the table cost model', () => {
  it('takes the times of the analytic one when its curves are written into a table', () => {
    const options = {
      architecture: 'llama-3.3-70b',
      gpu: 'h100',
      tensorParallel: 4,
      weightType: 'fp8',
    } as const;
    const tables = costTablesOf(options);
    const analytic = createCostModel(options);
    const table = createCostModel({ ...options, kind: 'table', tables: JSON.parse(JSON.stringify(tables)) });
    expect(table.kvBlocks(16)).toBe(analytic.kvBlocks(16));
    for (const sequences of [1, 7, 50, 200, 333])
      for (const context of [100, 3000])
        for (const prompt of [0, 90, 1500, 6000]) {
          const prefills = prompt === 0 ? [] : [{ newTokens: prompt, contextTokens: 10 }];
          const step = { ...decode(sequences, context), prefills };
          expect(table.stepMs(step) / analytic.stepMs(step)).toBeGreaterThan(0.98);
          expect(table.stepMs(step) / analytic.stepMs(step)).toBeLessThan(1.02);
        }
  });

  it('takes the linear operations of every layer from the table', () => {
    const cost = createCostModel({ ...TABLE_BASE, kind: 'table', tables: { layer: LAYER_TABLE } });
    const twice = createCostModel({
      ...TABLE_BASE,
      kind: 'table',
      tables: { layer: { ...LAYER_TABLE, ms: [2, 4, 8] } },
    });
    expect(twice.stepMs(decode(150, 10)) - cost.stepMs(decode(150, 10))).toBeCloseTo(32 * 3, 9);
    expect(twice.stepMs(decode(1, 10)) - cost.stepMs(decode(1, 10))).toBeCloseTo(32 * 1, 9);
    // Beyond the last point the last slope goes on: 4 + 100·(2/100) = 6.
    expect(twice.stepMs(decode(300, 10)) - cost.stepMs(decode(300, 10))).toBeCloseTo(32 * 6, 9);
  });

  it('takes all-reduces from the table', () => {
    expect(stepWithAllReduceMs(2) - stepWithAllReduceMs(1)).toBeCloseTo(32 * 2, 9);
  });

  it('refuses what it cannot interpolate', () => {
    expect(codeOf(makeTable({ at: [1], ms: [1] }))).toBe('FAKEAI_SETTING_INVALID');
    expect(codeOf(makeTable({ at: [2, 1], ms: [1, 2] }))).toBe('FAKEAI_SETTING_INVALID');
    expect(codeOf(() => createCostModel({ ...TABLE_BASE, kind: 'table' }))).toBe('FAKEAI_SETTING_INVALID');
  });
});

describe('the polynomial cost model', () => {
  const base = { architecture: 'llama-3.1-8b', gpu: 'h100', kind: 'polynomial' } as const;

  it('is the formula of the mocker', () => {
    const cost = createCostModel(base);
    expect(cost.stepMs(prefill([1000, 0], [24, 500]))).toBeCloseTo(
      4.209989e-7 * 1024 ** 2 + 1.518344e-2 * 1024 + 16.50142,
      9,
    );
    const tokens = cost.kvBlocks(16) * 16;
    expect(cost.stepMs(decode(1, tokens / 2))).toBeCloseTo(-25.74 / 4 + 54.01 / 2 + 5.74, 6);
    expect(cost.stepMs(decode(1, 2 * tokens))).toBeCloseTo(-25.74 + 54.01 + 5.74, 6);
  });

  it('divides by the speed-ups', () => {
    const cost = createCostModel(base);
    const fast = createCostModel({ ...base, ratios: { speedup: 2, decodeSpeedup: 5 } });
    expect(fast.stepMs(prefill([64, 0]))).toBeCloseTo(cost.stepMs(prefill([64, 0])) / 2, 9);
    expect(fast.stepMs(decode(3, 100))).toBeCloseTo(cost.stepMs(decode(3, 100)) / 10, 9);
  });
});

describe('what cannot be built', () => {
  it.each([
    ['an unknown model', { architecture: 'gpt-99', gpu: 'h100' }],
    ['an unknown GPU', { architecture: 'llama-3.1-8b', gpu: 'tpu' }],
    [
      'a split that does not divide the heads',
      { architecture: 'llama-3.1-8b', gpu: 'h100', tensorParallel: 3 },
    ],
    ['half a GPU', { architecture: 'llama-3.1-8b', gpu: 'h100', tensorParallel: 0.5 }],
    ['more stages than layers', { architecture: 'llama-3.1-8b', gpu: 'h100', pipelineParallel: 33 }],
    [
      'experts of a dense model',
      { architecture: 'llama-3.1-8b', gpu: 'h100', tensorParallel: 2, expertParallel: 2 },
    ],
    [
      'more groups than experts',
      { architecture: 'mixtral-8x7b', gpu: 'h100', tensorParallel: 16, expertParallel: 16 },
    ],
    ['a model too large for the GPU', { architecture: 'llama-3.3-70b', gpu: 'h100' }],
  ])('%s is an error that names the setting', (_, options) => {
    expect(codeOf(() => createCostModel(options))).toBe('FAKEAI_SETTING_INVALID');
  });

  it.each([
    ['llama-3.3-70b', 'h100', 1, '--tp 2, or --weights fp4, or --gpu b200'],
    ['llama-3.1-405b', 'h100', 8, '--tp 16, or --weights fp8'],
    ['deepseek-r1', 'h100', 8, '--tp 16'],
  ])('says what %s on %s × %d would fit with', (architecture, gpu, tensorParallel, expected) => {
    const options = { architecture, gpu, tensorParallel };
    let hint: string | undefined;
    let problem = '';
    try {
      createCostModel(options);
    } catch (error) {
      ({ hint, message: problem } = error as FakeaiError);
    }
    expect(problem).toContain(architecture);
    expect(hint).toContain(expected);
    // Each of them alone.
    const changes = hint!.matchAll(/--(tp|weights|gpu|max-num-batched-tokens) ([\w-]+)/g);
    const names: Record<string, string> = { tp: 'tensorParallel', weights: 'weightType', gpu: 'gpu' };
    for (const [, flag, value] of changes) {
      const changed = flag === 'tp' ? Number(value) : value;
      const change =
        flag === 'max-num-batched-tokens'
          ? { memory: { batchedTokens: Number(value) } }
          : { [names[flag!]!]: changed };
      expect(createCostModel({ ...options, ...change }).kvBlocks(16)).toBeGreaterThan(0);
    }
  });

  it('takes a GPU and a model of one’s own', () => {
    const h100 = findGpu('NVIDIA H100-SXM5-80GB');
    if (h100 === undefined) throw new Error('h100 is in the catalogue');
    const slow = createCostModel({
      architecture: 'llama-3.1-8b',
      gpu: { ...h100, name: 'half', bandwidthBytesPerS: h100.bandwidthBytesPerS / 2 },
    });
    const fast = createCostModel({ architecture: 'llama-3.1-8b', gpu: h100 });
    expect(slow.stepMs(decode(4, 100))).toBeGreaterThan(1.5 * fast.stepMs(decode(4, 100)));
  });
});
