import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import {
  allReduceAccuracy,
  linearAccuracy,
  median,
  throughputAccuracy,
} from '../../../../benchmarks/lib/cost-accuracy.mjs';
import { HELD_OUT, predictHeldOut } from '../../../../benchmarks/lib/cost-holdout.mjs';
import { BLIND } from '../../../../benchmarks/lib/cost-holdout-blind.mjs';
import { DENSE_HELD_OUT } from '../../../../benchmarks/lib/cost-holdout-dense.mjs';
import { PCIE_HELD_OUT } from '../../../../benchmarks/lib/cost-holdout-pcie.mjs';
import { byDataSheet } from '../../../../benchmarks/lib/data-sheet-gpu.mjs';
import { predictServed, readServed } from '../../../../benchmarks/lib/cost-serving.mjs';
import * as architectures from '../../../../src/simulator/architectures/catalogue.js';
import * as costLayers from '../../../../src/simulator/cluster/cost-layers.js';
import * as costMemory from '../../../../src/simulator/cluster/cost-memory.js';
import * as costModel from '../../../../src/simulator/cluster/cost-model.js';
import * as costOptions from '../../../../src/simulator/cluster/cost-options.js';
import * as catalogue from '../../../../src/simulator/hardware/catalogue.js';
import * as custom from '../../../../src/simulator/hardware/custom.js';
import * as gpu from '../../../../src/simulator/hardware/gpu.js';
import * as nccl from '../../../../src/simulator/hardware/nccl.js';

const simulator = {
  ...architectures,
  ...catalogue,
  ...custom,
  ...costLayers,
  ...costMemory,
  ...costModel,
  ...costOptions,
  ...gpu,
  ...nccl,
};
const fixture = (name: string): string =>
  readFileSync(new URL(`../../../fixtures/profiles/${name}`, import.meta.url), 'utf8');

describe('linear operations against measured kernels', () => {
  const report = linearAccuracy(simulator, fixture('linear-ops-median-ms.csv'));

  it('covers both GPUs of the table, all rows', () => {
    expect(report.map((row) => [row.gpu, row.layer.points])).toEqual([
      ['a100', 236],
      ['h100', 136],
    ]);
  });

  it.each(report)('$gpu: median error of a layer at most 7 %', ({ layer }) => {
    expect(layer.medianError).toBeLessThanOrEqual(0.07);
  });

  it.each(report.flatMap(({ gpu: name, byModel }) => byModel.map((row) => ({ name, ...row }))))(
    '$name: $label does as well with the parameters of its GPU',
    ({ medianError }) => {
      expect(medianError).toBeLessThanOrEqual(0.07);
    },
  );
});

describe('a GPU that is known by its data sheet alone', () => {
  const csv = fixture('linear-ops-median-ms.csv');
  it.each([
    ['a100', 'h100'],
    ['a100', 'a40'],
    ['h100', 'h200'],
    ['h100', 'b200'],
  ])('%s with the kernels of %s: median error of a layer at most 7 %', (name, like) => {
    const report = linearAccuracy(byDataSheet(simulator, name, like), csv);
    expect(report.find((row) => row.gpu === name)!.layer.medianError).toBeLessThanOrEqual(0.07);
  });

  it.each([
    ['h200', 'h100'],
    ['h100', 'h200'],
    ['b200', 'gb200'],
    ['gb200', 'b200'],
  ])('%s with the kernels of %s: published throughput of dense models within 15 %', (name, like) => {
    const parts = byDataSheet(simulator, name, like);
    const points = DENSE_HELD_OUT.filter(
      (point) => point.gpu === name && point.outputTokens <= 500 && point.inputTokens >= 2048,
    );
    expect(points.length).toBeGreaterThanOrEqual(4);
    for (const point of points)
      expect(Math.abs(predictHeldOut(parts, point).error)).toBeLessThanOrEqual(0.15);
  });
});

describe('all-reduces against measured NCCL', () => {
  const report = allReduceAccuracy(simulator, fixture('all-reduce-median-ms.csv'));

  it.each(report.flatMap(({ system, byWorkers }) => byWorkers.map((row) => ({ system, ...row }))))(
    '$system, $label: median error at most 20 %',
    ({ medianError }) => {
      expect(medianError).toBeLessThanOrEqual(0.2);
    },
  );
});

describe('published throughput that nothing was fitted on', () => {
  const dense = HELD_OUT.filter(
    ({ model, outputTokens }) => model === 'llama-3.3-70b' && outputTokens < 2000,
  );

  it.each(dense)('$gpu $inputTokens/$outputTokens of a dense model: within 15 %', (point) => {
    expect(Math.abs(predictHeldOut(simulator, point).error)).toBeLessThanOrEqual(0.15);
  });
});

describe('published throughput of dense models of other sizes', () => {
  // The longer answers take longest to predict and say what these say.
  const points = DENSE_HELD_OUT.filter(
    ({ inputTokens, outputTokens }) => outputTokens <= 1000 && inputTokens > 128,
  );

  it.each(points)('$model on $gpus $gpu, $inputTokens/$outputTokens: within 15 %', (point) => {
    expect(Math.abs(predictHeldOut(simulator, point).error)).toBeLessThanOrEqual(0.15);
  });
});

describe('published throughput of pipelines and ranks that talk over PCIe', () => {
  const errors = PCIE_HELD_OUT.map((point) => Math.abs(predictHeldOut(simulator, point).error));

  it('has a median error of at most 5 %, and all points within 20 %', () => {
    expect(median(errors)).toBeLessThan(0.05);
    expect(Math.max(...errors)).toBeLessThan(0.2);
  });
});

describe('published throughput of mixtures of experts that nothing was fitted on', () => {
  const medianError = (points: typeof HELD_OUT): number =>
    median(points.map((point) => Math.abs(predictHeldOut(simulator, point).error)));
  const of = (points: typeof HELD_OUT, key: 'model' | 'gpu', name: string) =>
    points.filter((point) => point[key] === name);

  it.each([
    ['deepseek-r1', 0.08],
    ['qwen3-30b-a3b', 0.07],
    ['qwen3-235b-a22b', 0.13],
    ['llama-4-maverick', 0.16],
    ['gpt-oss-20b', 0.13],
    ['gpt-oss-120b', 0.11],
  ])('%s: median error at most %f', (model, limit) => {
    expect(medianError(of(HELD_OUT, 'model', model))).toBeLessThan(limit);
  });

  it.each([
    ['b200', 0.07],
    ['gb200', 0.11],
    ['h200', 0.16],
    ['h100', 0.22],
  ])('%s: median error at most %f', (gpu, limit) => {
    expect(medianError(of(HELD_OUT, 'gpu', gpu))).toBeLessThan(limit);
  });

  it.each([
    ['rtx-pro-6000', 0.06],
    ['b200', 0.12],
    ['h200', 0.11],
    ['h100', 0.33],
  ])('%s, of points that were read when the model stood: median error at most %f', (gpu, limit) => {
    expect(medianError(of(BLIND, 'gpu', gpu))).toBeLessThan(limit);
  });
});

describe('times per token of servers that nothing was fitted on', () => {
  const served = readServed(
    readFileSync(new URL('../../../fixtures/serving/points.csv', import.meta.url), 'utf8'),
  ).map((point) => predictServed(simulator, point));
  const medianError = (points: typeof served): number => median(points.map(({ error }) => Math.abs(error)));

  it.each([
    ['llama-3.3-70b', 0.07],
    ['gpt-oss-120b', 0.11],
    ['kimi-k2', 0.08],
    ['minimax-m2.5', 0.1],
    ['deepseek-r1', 0.13],
    ['glm-5', 0.15],
    ['qwen3.5-397b-a17b', 0.23],
  ])('%s: median error at most %f', (model, limit) => {
    expect(medianError(served.filter((point) => point.model === model))).toBeLessThan(limit);
  });

  it('does nearly as well where it was looked at last', () => {
    const half = (name: string): number => medianError(served.filter((point) => point.half === name));
    expect(half('a')).toBeLessThan(0.08);
    expect(half('b')).toBeLessThan(0.11);
  });
});

describe('times per token of servers of models that were never looked at', () => {
  const served = readServed(
    readFileSync(new URL('../../../fixtures/serving/labs.csv', import.meta.url), 'utf8'),
  ).map((point) => predictServed(simulator, point));

  it.each([
    ['llama-3.1-8b', 'trtllm', 0.11],
    ['qwen3-32b', 'trtllm', 0.07],
    ['qwen3-32b', 'vllm', 0.15],
  ])('%s on %s: median error at most %f', (model, engine, limit) => {
    const points = served.filter((point) => point.model === model && point.engine === engine);
    expect(points.length).toBeGreaterThanOrEqual(30);
    expect(median(points.map(({ error }) => Math.abs(error)))).toBeLessThan(limit);
  });
});

describe('published throughput', () => {
  it.each(throughputAccuracy(simulator))(
    '$gpu $inputTokens/$outputTokens with $kernels kernels: within 15 %',
    ({ error }) => {
      expect(Math.abs(error)).toBeLessThanOrEqual(0.15);
    },
  );
});
