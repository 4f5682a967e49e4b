import { describe, expect, it } from 'vitest';
import { findGpu, GPU_NAMES } from '../../../../src/simulator/hardware/catalogue.js';
import { telemetryOf } from '../../../../src/simulator/hardware/gpu-telemetry.js';
import { allReduceMs, blend, gemmMs, gpuAllReduceMs } from '../../../../src/simulator/hardware/gpu.js';

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
      expect(fit.compute).toBeGreaterThan(0.2);
      expect(fit.compute).toBeLessThanOrEqual(1);
      expect(fit.memory).toBeGreaterThan(0.6);
      expect(fit.memory).toBeLessThanOrEqual(1);
    }
    expect(telemetryOf(gpu).product).toContain('NVIDIA');
  });

  it('finds a GPU by whatever a driver calls it', () => {
    expect(findGpu('NVIDIA H100 80GB HBM3')?.name).toBe('h100');
    expect(findGpu('A100-SXM4-80GB')?.name).toBe('a100');
    expect(findGpu('GB200')?.name).toBe('gb200');
    expect(findGpu('NVIDIA A100-SXM4-40GB')?.name).toBe('a100-40gb');
    expect(findGpu('NVIDIA H100 PCIe')?.name).toBe('h100-pcie');
    expect(findGpu('h100-sxm')?.name).toBe('h100');
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
    const a100 = named('a100');
    expect(gemmMs(a100, 'fp8', 1e12, 1e6)).toBe(gemmMs(a100, 'bf16', 1e12, 1e6));
    const h100 = named('h100');
    expect(gemmMs(h100, 'fp8', 1e13, 1e6)).toBeLessThan(gemmMs(h100, 'bf16', 1e13, 1e6));
    expect(gemmMs(h100, 'fp4', 1e13, 1e6)).toBe(gemmMs(h100, 'bf16', 1e13, 1e6));
  });

  it('costs nothing to reduce over one GPU, and more over more', () => {
    const gpu = named('h100');
    expect(gpuAllReduceMs(gpu, 1e6, 1)).toBe(0);
    const times = [2, 4, 8, 16, 32].map((workers) => gpuAllReduceMs(gpu, 1e6, workers));
    expect(times).toEqual(times.toSorted((a, b) => a - b));
    expect(allReduceMs(gpu.allReduce, 0, 8)).toBe(0);
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
