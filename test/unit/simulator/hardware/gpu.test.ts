import { describe, expect, it } from 'vitest';
import { createCostModel } from '../../../../src/simulator/cluster/cost-model.js';
import { findGpu, GPU_NAMES } from '../../../../src/simulator/hardware/catalogue.js';
import { telemetryOf } from '../../../../src/simulator/hardware/gpu-telemetry.js';
import {
  allReduceMs,
  blend,
  gemmMs,
  type Gpu,
  gpuAllReduceMs,
  gpuExchangeMs,
  type WeightType,
} from '../../../../src/simulator/hardware/gpu.js';

const named = (name: string) => {
  const gpu = findGpu(name);
  if (gpu === undefined) throw new Error(`${name} is not in the catalogue`);
  return gpu;
};

describe('GPU figures', () => {
  it('has the GPUs that the project promises', () => {
    expect(GPU_NAMES).toEqual([
      'a100',
      'h100',
      'h200',
      'b200',
      'gb200',
      'l40s',
      'a40',
      'a100-40gb',
      'h100-pcie',
      'h20',
      'b300',
      'gb300',
      'l4',
      'rtx-pro-6000',
      'rtx-6000-ada',
      'a10',
      'a30',
      'mi300x',
      'mi325x',
      'mi355x',
    ]);
  });

  it.each(GPU_NAMES.map((name) => named(name)))('$name: units are sane', (gpu) => {
    expect(gpu.memoryBytes / 2 ** 30).toBeGreaterThanOrEqual(20);
    expect(gpu.memoryBytes / 2 ** 30).toBeLessThan(300);
    expect(gpu.bandwidthBytesPerS).toBeGreaterThanOrEqual(3e11);
    expect(gpu.bandwidthBytesPerS).toBeLessThan(1e13);
    for (const fit of Object.values(gpu.gemm)) {
      expect(fit.compute).toBeGreaterThan(0.3);
      expect(fit.compute).toBeLessThanOrEqual(1);
      expect(fit.memory).toBeGreaterThan(0.3);
      expect(fit.memory).toBeLessThanOrEqual(1);
    }
    expect(Object.keys(gpu.gemm)).toEqual(Object.keys(gpu.flopsPerS));
    for (const fit of Object.values(gpu.experts)) {
      expect(gpu.flopsPerS[fit.computes]).toBeDefined();
      // Marlin unpacks integers of 4 bits on Blackwell's units, which it was not written for.
      expect(fit.compute).toBeGreaterThan(0.14);
      expect(fit.compute).toBeLessThanOrEqual(1);
      expect(fit.memory).toBeGreaterThan(0.5);
      expect(fit.memory).toBeLessThanOrEqual(1);
    }
    expect(telemetryOf(gpu).product).toContain(gpu.vendor === 'amd' ? 'AMD Instinct' : 'NVIDIA');
  });

  it('finds a GPU by whatever a driver calls it', () => {
    expect(findGpu('NVIDIA H100 80GB HBM3')?.name).toBe('h100');
    expect(findGpu('A100-SXM4-80GB')?.name).toBe('a100');
    expect(findGpu('GB200')?.name).toBe('gb200');
    expect(findGpu('NVIDIA A100-SXM4-40GB')?.name).toBe('a100-40gb');
    expect(findGpu('NVIDIA H100 PCIe')?.name).toBe('h100-pcie');
    expect(findGpu('h100-sxm')?.name).toBe('h100');
    expect(findGpu('NVIDIA RTX PRO 6000 Blackwell Server Edition')?.name).toBe('rtx-pro-6000');
    expect(findGpu('NVIDIA RTX 6000 Ada Generation')?.name).toBe('rtx-6000-ada');
    expect(findGpu('AMD Instinct MI300X OAM')?.name).toBe('mi300x');
    expect(findGpu('NVIDIA A10')?.name).toBe('a10');
    expect(findGpu('RTX 4090')).toBeUndefined();
  });
});

describe('kernels', () => {
  it('blends two times into something between their maximum and their sum', () => {
    for (const p of [1, 1.5, 2, 3, 5]) {
      const blended = blend(3, 4, p);
      expect(blended).toBeGreaterThan(4);
      expect(blended).toBeLessThanOrEqual(7);
      expect(blended).toBeCloseTo((3 ** p + 4 ** p) ** (1 / p), 12);
    }
  });

  it('computes in bf16 where the GPU has no narrower type', () => {
    const largeMs = (gpu: Gpu, type: WeightType) => gemmMs(gpu, type, 65_536, 8192, 8192);
    const a100 = named('a100');
    expect(largeMs(a100, 'fp8') / largeMs(a100, 'bf16')).toBeCloseTo(1, 2);
    const h100 = named('h100');
    expect(largeMs(h100, 'fp8')).toBeLessThan(0.7 * largeMs(h100, 'bf16'));
    expect(largeMs(h100, 'fp4') / largeMs(h100, 'bf16')).toBeCloseTo(1, 2);
  });

  it('reaches more of the peak with large matrices, whose last wave of tiles is a smaller part', () => {
    const h100 = named('h100');
    const { compute } = h100.gemm.fp8!;
    const shareOf = (width: number) =>
      (2 * 4096 * width * width) / (gemmMs(h100, 'fp8', 4096, width, width) * 1e-3 * h100.flopsPerS.fp8!);
    const shares = [1024, 2048, 4096, 16_384].map(shareOf);
    expect(shares).toEqual(shares.toSorted((a, b) => a - b));
    expect(shares[0]).toBeLessThan(0.55 * compute);
    expect(shares[3]).toBeGreaterThan(0.9 * compute);
    expect(shares[3]).toBeLessThan(compute);
  });

  it('gathers and scatters as NCCL measured: 12 µs of nothing, two thirds of the link for much', () => {
    const gpu = named('h200');
    expect(gpuExchangeMs(gpu, 1e6, 1)).toBe(0);
    expect(gpuExchangeMs(gpu, 0, 8)).toBe(0);
    expect(gpuExchangeMs(gpu, 4096, 8) / 0.011).toBeCloseTo(1, 0);
    // 64 and 256 MiB: 206 and 726 µs.
    expect(gpuExchangeMs(gpu, 64 * 2 ** 20, 8) / 0.206).toBeCloseTo(1, 1);
    expect(gpuExchangeMs(gpu, 256 * 2 ** 20, 8) / 0.726).toBeCloseTo(1, 1);
    expect(gpuExchangeMs(gpu, 1e9, 16)).toBeGreaterThan(5 * gpuExchangeMs(gpu, 1e9, 8));
  });

  it('costs nothing to reduce over one GPU, and more over more', () => {
    const gpu = named('h100');
    expect(gpuAllReduceMs(gpu, 1e6, 1)).toBe(0);
    const times = [2, 4, 8, 16, 32].map((workers) => gpuAllReduceMs(gpu, 1e6, workers));
    expect(times).toEqual(times.toSorted((a, b) => a - b));
    expect(allReduceMs(gpu.allReduce, 0, 8)).toBe(0);
  });

  it('reads small messages at once and larger ones in two shots, as engines measured on eight H100', () => {
    const us = (kib: number): number => gpuAllReduceMs(named('h100'), kib * 1024, 8) * 1e3;
    // vLLM 0.24 and TensorRT-LLM 1.3 in CUDA graphs: both within a fifth.
    for (const [kib, measured] of [
      [8, 5.1],
      [64, 6.4],
      [128, 7.9],
      [256, 10.8],
      [512, 12],
      [1024, 15],
      [4096, 30.8],
      [16_384, 92.4],
    ] as const)
      expect(Math.abs(us(kib) / measured - 1)).toBeLessThan(0.2);
  });

  it('takes the kernels of an engine where they were measured', () => {
    const ms = (kernels: 'vllm' | 'trtllm'): number =>
      createCostModel({ architecture: 'qwen3-30b-a3b', gpu: 'b200', weightType: 'fp4', kernels }).stepMs({
        prefills: [{ newTokens: 8192, contextTokens: 0 }],
        decodeSequences: 0,
        decodeTokens: 0,
        decodeContextTokens: 0,
      });
    // FlashInfer's blocks of experts took .50 ms where CUTLASS' took .82, in each of 48 layers.
    expect((ms('trtllm') - ms('vllm')) / (48 * 0.32)).toBeGreaterThan(0.7);
  });

  it('crosses nodes at the speed of the network', () => {
    const gpu = named('h100');
    const wireMs = (1e9 / 8 / gpu.networkBytesPerS) * 1e3;
    expect(gpuAllReduceMs(gpu, 1e9, 16)).toBeGreaterThan(gpuAllReduceMs(gpu, 1e9, 8) + wireMs);
    // An NVL72 rack is one domain.
    const rack = named('gb200');
    expect(gpuAllReduceMs(rack, 1e9, 16)).toBeLessThan(gpuAllReduceMs(gpu, 1e9, 16));
  });
});
