import * as fc from '../support/fast-check.js';
import { describe, expect, it } from 'vitest';
import { countWeights, expertsHit, kvBytesPerToken } from '../../src/simulator/architectures/architecture.js';
import { ARCHITECTURES } from '../../src/simulator/architectures/catalogue.js';
import type { CostModel, StepBatch } from '../../src/simulator/cluster/cost.js';
import { createCostModel } from '../../src/simulator/cluster/cost-model.js';
import { findGpu, GPU_NAMES } from '../../src/simulator/hardware/catalogue.js';
import {
  type Kernels,
  type KvType,
  MXFP4_BYTES,
  WEIGHT_BYTES,
  type WeightType,
} from '../../src/simulator/hardware/gpu.js';

/** Configurations that cover dense, mixture of experts, latent, windowed and recurrent models, and every split. */
const MODELS: readonly (readonly [string, CostModel])[] = [
  ['dense', createCostModel({ architecture: 'llama-3.1-8b', gpu: 'h100' })],
  ['dense, tp 4', createCostModel({ architecture: 'llama-3.3-70b', gpu: 'a100', tensorParallel: 4 })],
  [
    'dense, tp 2, pp 4',
    createCostModel({ architecture: 'llama-3.3-70b', gpu: 'l40s', tensorParallel: 2, pipelineParallel: 4 }),
  ],
  ['experts', createCostModel({ architecture: 'qwen3-30b-a3b', gpu: 'h200', weightType: 'fp8' })],
  [
    'experts, latent, data parallel',
    createCostModel({
      architecture: 'deepseek-v3',
      gpu: 'b200',
      tensorParallel: 8,
      expertParallel: 8,
      attentionDataParallel: true,
      weightType: 'fp4',
      kvType: 'fp8',
    }),
  ],
  [
    'sparse latent, tp 8',
    createCostModel({ architecture: 'glm-5', gpu: 'b200', tensorParallel: 8, weightType: 'fp8' }),
  ],
  [
    'windows',
    createCostModel({ architecture: 'gpt-oss-120b', gpu: 'h100', weightType: 'fp4', tensorParallel: 2 }),
  ],
  [
    'recurrent layers',
    createCostModel({ architecture: 'qwen3.5-397b-a17b', gpu: 'h200', tensorParallel: 8, weightType: 'fp8' }),
  ],
  [
    'table',
    createCostModel({
      architecture: 'llama-2-7b',
      gpu: 'h100',
      kind: 'table',
      tables: { layer: { at: [1, 64, 512, 4096], ms: [0.13, 0.12, 0.4, 2.6] } },
    }),
  ],
  ['polynomial', createCostModel({ architecture: 'llama-3.1-8b', gpu: 'h100', kind: 'polynomial' })],
];

const model = fc.constantFrom(...MODELS);
const chunk = fc.record({
  newTokens: fc.integer({ min: 1, max: 4096 }),
  contextTokens: fc.integer({ min: 0, max: 100_000 }),
});
const batch: fc.Arbitrary<StepBatch> = fc
  .record({
    prefills: fc.array(chunk, { maxLength: 4 }),
    decodeSequences: fc.integer({ min: 0, max: 512 }),
    context: fc.integer({ min: 1, max: 20_000 }),
    perSequence: fc.integer({ min: 1, max: 4 }),
  })
  .map(({ prefills, decodeSequences, context, perSequence }) => ({
    prefills,
    decodeSequences,
    decodeTokens: decodeSequences * perSequence,
    decodeContextTokens: decodeSequences * context,
  }));

/** Rounding of sums of floating-point numbers. */
const SLACK = 1 + 1e-9;

describe('every cost model', () => {
  it('costs a finite, positive time that is always the same', () => {
    fc.assert(
      fc.property(model, batch, ([, cost], step) => {
        const ms = cost.stepMs(step);
        const empty = step.prefills.length === 0 && step.decodeSequences === 0;
        expect(Number.isFinite(ms)).toBe(true);
        expect(ms > 0).toBe(!empty);
        expect(ms).toBeLessThan(60_000);
        expect(cost.stepMs(step)).toBe(ms);
      }),
    );
  });

  it('never gets cheaper by one more prompt', () => {
    fc.assert(
      fc.property(model, batch, chunk, ([, cost], step, extra) => {
        const more = { ...step, prefills: [...step.prefills, extra] };
        expect(cost.stepMs(more) * SLACK).toBeGreaterThanOrEqual(cost.stepMs(step));
      }),
    );
  });

  it('never gets cheaper by more new tokens or more context of a prompt', () => {
    fc.assert(
      fc.property(
        model,
        batch,
        chunk,
        fc.nat(3000),
        fc.nat(3000),
        ([, cost], step, first, tokens, context) => {
          const larger = {
            newTokens: first.newTokens + tokens,
            contextTokens: first.contextTokens + context,
          };
          const before = { ...step, prefills: [...step.prefills, first] };
          const after = { ...step, prefills: [...step.prefills, larger] };
          expect(cost.stepMs(after) * SLACK).toBeGreaterThanOrEqual(cost.stepMs(before));
        },
      ),
    );
  });

  it('never gets cheaper by more context or more speculated tokens of running sequences', () => {
    fc.assert(
      fc.property(model, batch, fc.nat(100_000), fc.nat(512), ([, cost], step, context, tokens) => {
        if (step.decodeSequences === 0) return;
        const more = {
          ...step,
          decodeContextTokens: step.decodeContextTokens + context,
          decodeTokens: step.decodeTokens + tokens,
        };
        expect(cost.stepMs(more) * SLACK).toBeGreaterThanOrEqual(cost.stepMs(step));
      }),
    );
  });

  it('never gets cheaper by more sequences like those that run', () => {
    fc.assert(
      fc.property(model, batch, fc.integer({ min: 1, max: 64 }), ([, cost], step, extra) => {
        if (step.decodeSequences === 0) return;
        const growth = (step.decodeSequences + extra) / step.decodeSequences;
        const more = {
          ...step,
          decodeSequences: step.decodeSequences + extra,
          decodeTokens: step.decodeTokens * growth,
          decodeContextTokens: step.decodeContextTokens * growth,
        };
        expect(cost.stepMs(more) * SLACK).toBeGreaterThanOrEqual(cost.stepMs(step));
      }),
    );
  });

  it('reports shares between 0 and 1', () => {
    fc.assert(
      fc.property(model, batch, ([, cost], step) => {
        const { tensor, memory, interconnectBytes } = cost.activity(step, cost.stepMs(step));
        for (const share of [tensor, memory]) {
          expect(share).toBeGreaterThanOrEqual(0);
          expect(share).toBeLessThanOrEqual(1);
        }
        expect(interconnectBytes).toBeGreaterThanOrEqual(0);
        expect(Number.isFinite(interconnectBytes)).toBe(true);
      }),
    );
  });

  it('has fewer, larger blocks of the same memory', () => {
    fc.assert(
      fc.property(model, fc.integer({ min: 1, max: 256 }), ([, cost], tokens) => {
        expect(cost.kvBlocks(2 * tokens)).toBeLessThanOrEqual(cost.kvBlocks(tokens) / 2);
        expect(cost.kvBlocks(tokens)).toBeGreaterThan(0);
      }),
    );
  });
});

describe('whatever the model and the GPU', () => {
  const setup = fc
    .record({
      architecture: fc.constantFrom(...ARCHITECTURES),
      gpu: fc.constantFrom(...GPU_NAMES),
      gpus: fc.constantFrom(1, 2, 4, 8),
      weightType: fc.constantFrom<WeightType>('bf16', 'fp8', 'fp4'),
      kvType: fc.constantFrom<KvType>('bf16', 'fp8'),
      kernels: fc.constantFrom<Kernels | undefined>('vllm', 'trtllm', undefined),
    })
    .filter(({ architecture, gpus }) => architecture.attention.heads % gpus === 0);

  it('no step is faster than the weights and caches can be read, or the multiplications be done', () => {
    fc.assert(
      fc.property(setup, batch, ({ architecture, gpu: name, gpus, ...types }, step) => {
        // Whatever does not fit is refused; here everything does.
        const gpu = { ...findGpu(name)!, memoryBytes: 1e13 };
        const { kernels, ...stored } = types;
        const cost = createCostModel({
          architecture,
          gpu,
          tensorParallel: gpus,
          ...stored,
          ...(kernels && { kernels }),
        });
        const tokens = step.decodeTokens + step.prefills.reduce((sum, { newTokens }) => sum + newTokens, 0);
        if (tokens === 0) return;
        const weights = countWeights(architecture);
        const { experts } = architecture;
        const share = experts === undefined ? 0 : expertsHit(experts, tokens) / experts.count;
        const active = experts === undefined ? 0 : experts.perToken / experts.count;
        const matrices = weights.attention + weights.dense + weights.shared;
        // The narrowest that either could be stored in, and the highest peak that the GPU has.
        const bytes =
          (matrices + share * weights.routed) * Math.min(WEIGHT_BYTES[types.weightType], MXFP4_BYTES);
        const cached =
          kvBytesPerToken(architecture, types.kvType === 'fp8' ? 1 : 2) * step.decodeContextTokens;
        const flops = 2 * tokens * (matrices + active * weights.routed);
        const attended = architecture.local ? 0 : cached;
        const peak = Math.max(...Object.values(gpu.flopsPerS));
        const ms = cost.stepMs(step);
        expect(ms).toBeGreaterThan((1e3 * (bytes + attended)) / (gpus * gpu.bandwidthBytesPerS));
        expect(ms).toBeGreaterThan((1e3 * flops) / (gpus * peak));
        expect(
          cost.stepMs({ ...step, prefills: [...step.prefills, { newTokens: 64, contextTokens: 0 }] }),
        ).toBeGreaterThan(ms);
      }),
      { numRuns: 400 },
    );
  });
});

describe('every model of the catalogue on every GPU', () => {
  const running = (sequences: number, context: number): StepBatch => ({
    prefills: [],
    decodeSequences: sequences,
    decodeTokens: sequences,
    decodeContextTokens: sequences * context,
  });
  const prompt = (newTokens: number): StepBatch => ({
    ...running(0, 0),
    prefills: [{ newTokens, contextTokens: 0 }],
  });
  const options = fc
    .record({
      architecture: fc.constantFrom(...ARCHITECTURES),
      gpu: fc.constantFrom(...GPU_NAMES),
      tensorParallel: fc.constantFrom(1, 2, 4, 8),
      weightType: fc.constantFrom<WeightType>('bf16', 'fp8', 'fp4'),
      kvType: fc.constantFrom<KvType>('bf16', 'fp8'),
    })
    .filter(({ architecture, tensorParallel }) => architecture.attention.heads % tensorParallel === 0);

  const built = (given: Parameters<typeof createCostModel>[0]): CostModel | undefined => {
    try {
      return createCostModel(given);
    } catch (error) {
      expect(error).toMatchObject({ code: 'FAKEAI_SETTING_INVALID' });
      expect((error as Error).message).toMatch(/does not fit into \d+ × /);
      return undefined;
    }
  };

  it('takes plausible times that grow with the load, or says that it does not fit', () => {
    fc.assert(
      fc.property(options, (given) => {
        const cost = built(given);
        if (cost === undefined) return;
        const ms = [running(1, 500), running(64, 500), running(64, 4000), prompt(1000), prompt(8000)].map(
          (step) => cost.stepMs(step),
        );
        const [one, many, long, first, longer] = ms as [number, number, number, number, number];
        expect(one).toBeGreaterThan(0.5);
        expect(one).toBeLessThan(400);
        expect(many).toBeGreaterThanOrEqual(one);
        // A small model on eight GPUs waits for its host either way.
        expect(long).toBeGreaterThanOrEqual(many);
        expect(first).toBeGreaterThan(one / 2);
        expect(first).toBeLessThan(20_000);
        expect(longer).toBeGreaterThan(first);
        expect(longer).toBeLessThan(16 * first);
      }),
      { numRuns: 200 },
    );
  });

  it('has more room on more GPUs, and is slowed down only by what they tell each other', () => {
    fc.assert(
      fc.property(options, (given) => {
        const { tensorParallel: gpus, architecture } = given;
        if (gpus === 8 || architecture.attention.heads % (2 * gpus) !== 0) return;
        const [fewer, more] = [built(given), built({ ...given, tensorParallel: 2 * gpus })];
        if (fewer === undefined) return;
        expect(more!.kvBlocks(16)).toBeGreaterThan(fewer.kvBlocks(16));
        const messages = { rampUs: 0, workers: [] };
        const gpu = { ...findGpu(given.gpu)!, allReduce: [], exchange: messages };
        const silent = createCostModel({ ...given, gpu, tensorParallel: 2 * gpus });
        for (const step of [running(1, 500), running(64, 4000), prompt(8000)])
          expect(silent.stepMs(step)).toBeLessThanOrEqual(fewer.stepMs(step) * SLACK);
      }),
      { numRuns: 200 },
    );
  });
});

describe('parallelism', () => {
  it('makes large steps faster with every doubling of the GPUs', () => {
    const costs = [2, 4, 8].map((tensorParallel) =>
      createCostModel({ architecture: 'llama-3.3-70b', gpu: 'h200', tensorParallel, weightType: 'fp8' }),
    );
    fc.assert(
      fc.property(fc.integer({ min: 512, max: 8192 }), fc.nat(30_000), (newTokens, contextTokens) => {
        const times = costs.map((cost) =>
          cost.stepMs({
            prefills: [{ newTokens, contextTokens }],
            decodeSequences: 0,
            decodeTokens: 0,
            decodeContextTokens: 0,
          }),
        );
        expect(times).toEqual(times.toSorted((a, b) => b - a));
      }),
    );
  });
});

describe('memory of pipelines', () => {
  it('is never busier than experts of each microbatch make it', () => {
    const cost = createCostModel({
      architecture: 'qwen3.5-397b-a17b',
      gpu: 'a100',
      pipelineParallel: 4,
      weightType: 'fp4',
      kvType: 'fp8',
    });
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 512 }), (sequences) => {
        const step = {
          prefills: [],
          decodeSequences: sequences,
          decodeTokens: sequences,
          decodeContextTokens: 1000 * sequences,
        };
        expect(cost.activity(step, cost.stepMs(step)).memory).toBeLessThan(0.98);
      }),
    );
  });
});

describe('experts', () => {
  it('are never more than there are, nor fewer than one token visits', () => {
    const mixtures = ARCHITECTURES.filter((architecture) => architecture.experts !== undefined);
    fc.assert(
      fc.property(
        fc.constantFrom(...mixtures),
        fc.integer({ min: 1, max: 100_000 }),
        (architecture, tokens) => {
          const { experts } = architecture;
          if (experts === undefined) return;
          const hit = expertsHit(experts, tokens);
          expect(hit).toBeLessThanOrEqual(experts.count);
          expect(hit * SLACK).toBeGreaterThanOrEqual(experts.perToken);
          expect(hit).toBeLessThanOrEqual(tokens * experts.perToken * SLACK);
          expect(countWeights(architecture).routed).toBeGreaterThan(0);
        },
      ),
    );
  });
});
