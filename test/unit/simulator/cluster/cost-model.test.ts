import { describe, expect, it } from 'vitest';
import { FakeaiError } from '../../../../src/lib/errors.js';
import type { StepBatch } from '../../../../src/simulator/cluster/cost.js';
import { createCostModel } from '../../../../src/simulator/cluster/cost-model.js';
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
    expect(growth(cost)).toBeCloseTo(bytes / (0.9 * 3.35e12) / 1e-3, 3);
    expect(growth(full)).toBeGreaterThan(growth(cost));
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
    expect(data.kvBlocks(64)).toBeGreaterThan(4 * tensor.kvBlocks(64));
    expect(data.stepMs(decode(512, 4000))).toBeLessThan(tensor.stepMs(decode(512, 4000)));
  });
});

describe('memory', () => {
  it('computes keys and values per token', () => {
    expect(createCostModel({ architecture: 'llama-3.1-8b', gpu: 'h100' }).kvBytesPerToken).toBe(131_072);
    const large = createCostModel({ architecture: 'llama-3.3-70b', gpu: 'h100', tensorParallel: 4 });
    expect(large.kvBytesPerToken).toBe(327_680);
  });

  it('leaves the GPU less weights, activations and the rest', () => {
    const cost = createCostModel({ architecture: 'llama-3.1-8b', gpu: 'h100' });
    const bytes = (0.9 * 80 - 5.5 - 0.15) * 2 ** 30 - 2 * 8.03e9;
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
    ['a model too large for the GPU', { architecture: 'llama-3.3-70b', gpu: 'h100' }],
  ])('%s is an error that names the setting', (_, options) => {
    expect(codeOf(() => createCostModel(options))).toBe('FAKEAI_SETTING_INVALID');
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
