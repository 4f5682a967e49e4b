import { describe, expect, it } from 'vitest';
import { createCostModel } from '../../../../src/simulator/cluster/cost-model.js';
import { findGpu } from '../../../../src/simulator/hardware/catalogue.js';
import { describeGpu } from '../../../../src/simulator/hardware/custom.js';
import { allReduceMs, computeType, gemmMs } from '../../../../src/simulator/hardware/gpu.js';

const H100 = findGpu('h100')!;
const OWN = {
  name: 'acme-1',
  memoryBytes: 128e9,
  bandwidthBytesPerS: 5e12,
  flopsPerS: { bf16: 1200e12, fp8: 2400e12 },
  tdpW: 800,
  linkBytesPerS: 225e9,
};
const decodeMs = (gpu: object): number => gemmMs(describeGpu(gpu), 'bf16', 1, 8192, 8192);
const prefillMs = (gpu: object): number => gemmMs(describeGpu(gpu), 'bf16', 8192, 8192, 8192);

describe('a GPU that somebody describes', () => {
  it('has its own figures, and the kernels of the nearest generation', () => {
    const gpu = describeGpu(OWN);
    expect(gpu).toMatchObject({ ...OWN, linkDomain: 8, networkBytesPerS: 50e9, gemm: H100.gemm });
    expect(describeGpu({ ...OWN, flopsPerS: { bf16: 1e15, fp4: 4e15 } }).gemm.fp4).toEqual(
      findGpu('b200')!.gemm.fp4,
    );
    // A card of that generation without stacked memory.
    const card = { ...OWN, bandwidthBytesPerS: 1.8e12, flopsPerS: { bf16: 4e14, fp4: 16e14 } };
    expect(describeGpu(card).gemm.fp4).toEqual(findGpu('rtx-pro-6000')!.gemm.fp4);
    expect(describeGpu({ ...OWN, bandwidthBytesPerS: 1e12 }).gemm.fp8).toEqual(findGpu('l40s')!.gemm.fp8);
    expect(describeGpu({ ...OWN, flopsPerS: { bf16: 3e14 } }).gemm).toEqual(findGpu('a100')!.gemm);
  });

  it('like a known one without a change prices the same', () => {
    const price = (gpu: Parameters<typeof createCostModel>[0]['gpu']) => {
      const cost = createCostModel({ architecture: 'llama-3.1-8b', gpu, tensorParallel: 2 });
      return [cost.kvBlocks(16), cost.kvBytesPerToken];
    };
    const like = describeGpu({ name: 'again', like: 'h100' });
    expect(price(like)).toEqual(price('h100'));
    const { name: _, ...figures } = H100;
    expect(like).toMatchObject(figures);
  });

  it('runs the kernels of the engine that is asked for', () => {
    const ms = (gpu: object, kernels: 'vllm' | 'trtllm') =>
      createCostModel({
        architecture: 'llama-3.1-8b',
        gpu: describeGpu(gpu),
        weightType: 'fp8',
        kernels,
      }).stepMs({
        prefills: [{ newTokens: 4096, contextTokens: 0 }],
        decodeSequences: 0,
        decodeTokens: 0,
        decodeContextTokens: 0,
      });
    expect(ms(OWN, 'vllm')).toBeGreaterThan(1.05 * ms(OWN, 'trtllm'));
    // Unless its own were measured, whosever they are.
    const measured = { ...OWN, efficiency: { gemm: { fp8: { compute: 0.6 } } } };
    expect(ms(measured, 'vllm')).toBe(ms(measured, 'trtllm'));
    // And not with units that it does not have.
    const older = describeGpu({ ...OWN, like: 'b200', flopsPerS: { bf16: 1e15, fp8: 2e15 } });
    expect(Object.values(older.kernels!.vllm.experts!).map(({ computes }) => computes)).not.toContain('fp4');
    expect(older.kernels!.vllm.gemm!.fp4).toBeUndefined();
  });

  it('twice the bandwidth halves what is read, twice the peak what is computed, twice the link what is sent', () => {
    const double = {
      ...OWN,
      bandwidthBytesPerS: 10e12,
      flopsPerS: { bf16: 2400e12 },
      linkBytesPerS: 450e9,
    };
    expect(decodeMs(double) / decodeMs(OWN)).toBeLessThan(0.75);
    expect(prefillMs({ ...double, like: 'h100' }) / prefillMs(OWN)).toBeCloseTo(0.5, 1);
    const sent = (gpu: object) => allReduceMs(describeGpu(gpu).allReduce, 1e9, 8);
    expect(sent({ ...OWN, like: 'h100', linkBytesPerS: 450e9 }) / sent({ ...OWN, like: 'h100' })).toBeCloseTo(
      0.5,
    );
  });

  it('without units of a type computes it in bf16', () => {
    const gpu = describeGpu({ ...OWN, like: 'b200', flopsPerS: { bf16: 1e15 } });
    expect(computeType(gpu, 'fp8')).toBe('bf16');
    // Integers of 4 bits are unpacked to bf16 anyway.
    const { bf16, int4 } = findGpu('b200')!.experts;
    expect(gpu.experts).toEqual({ bf16, int4 });
    expect(gpu.blockFp8).toBeUndefined();
  });

  it('shares that were measured take the place of those that it is like', () => {
    const efficiency = {
      gemm: { bf16: { compute: 0.5 }, fp8: { launchUs: 3 } },
      experts: { bf16: { memory: 0.5 } },
      prefill: { bf16: { share: 0.4 } },
      decode: { fp8: { share: 0.3 } },
      allReduce: [{ workers: 2, latencyUs: 9, busBytesPerS: 1e11 }],
    };
    const gpu = describeGpu({ ...OWN, efficiency });
    expect(gpu.gemm.bf16).toEqual({ ...H100.gemm.bf16, compute: 0.5 });
    expect(gpu.gemm.fp8!.launchUs).toBe(3);
    expect(gpu.experts.bf16.memory).toBe(0.5);
    expect(gpu.attention.prefill.bf16.share).toBe(0.4);
    expect(gpu.attention.decode.fp8.share).toBe(0.3);
    // More multiprocessors, of which the peak tells, start more blocks at once.
    const { bf16 } = H100.attention.decode;
    const fewer = H100.flopsPerS.bf16 / gpu.flopsPerS.bf16;
    expect(gpu.attention.decode.bf16).toEqual({ ...bf16, blockNs: bf16.blockNs * fewer });
    expect(gpu.allReduce).toEqual([{ workers: 2, latencyUs: 9, busBytesPerS: 1e11, blend: 1 }]);
  });

  it.each([
    [{ name: undefined }, /name: /],
    [{ name: 'h100' }, /name: is that of a GPU that fakeai knows/],
    [{ memoryBytes: 80 }, /memoryBytes: is in bytes, such as 80e9/],
    [{ bandwidthBytesPerS: 3350 }, /bandwidthBytesPerS: is in units per second/],
    [{ flopsPerS: { bf16: 989 } }, /flopsPerS\.bf16: is in units per second/],
    [{ tdpW: undefined }, /tdpW: is missing/],
    [{ tdp: 700 }, /tdp/],
    [{ like: 'h1000' }, /like: is not a known GPU; those are a100/],
    [{ like: 'a100' }, /flopsPerS\.fp8: a100 has no fp8 units/],
    [{ efficiency: { gemm: { bf16: { compute: 74 } } } }, /efficiency\.gemm\.bf16\.compute: /],
    [{ efficiency: { gemm: { fp4: { compute: 0.7 } } } }, /efficiency\.gemm\.fp4: has no effect/],
  ])('%j is refused', (wrong, message) => {
    expect(() => describeGpu({ ...OWN, ...wrong })).toThrow(message);
  });
});
