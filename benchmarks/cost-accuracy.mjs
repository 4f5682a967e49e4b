#!/usr/bin/env node
/**
 * Prints how far the cost model is from measured kernels and published throughput, and how long pricing a step takes.
 *
 *   npx tsc -p tsconfig.build.json && node benchmarks/cost-accuracy.mjs [--json]
 */
import { readFileSync } from 'node:fs';
import { allReduceAccuracy, linearAccuracy, median, throughputAccuracy } from './lib/cost-accuracy.mjs';

const built = (path) => import(new URL(`../dist/simulator/${path}`, import.meta.url).href);
const fixture = (name) => readFileSync(new URL(`../test/fixtures/profiles/${name}`, import.meta.url), 'utf8');

const simulator = {
  ...(await built('cluster/cost-model.js')),
  ...(await built('cluster/cost-options.js')),
  ...(await built('cluster/cost-layers.js')),
  ...(await built('cluster/cost-memory.js')),
  ...(await built('hardware/gpu.js')),
  ...(await built('hardware/nccl.js')),
};

/** Nanoseconds of one stepMs: decode batches whose sequences, and so token counts, change from step to step. */
function pricingNs() {
  const cost = simulator.createCostModel({ architecture: 'llama-3.3-70b', gpu: 'h100', tensorParallel: 4 });
  const batch = { prefills: [], decodeSequences: 0, decodeTokens: 0, decodeContextTokens: 0 };
  const rounds = [];
  let sum = 0;
  for (let round = 0; round < 9; round += 1) {
    const start = performance.now();
    for (let i = 0; i < 1_000_000; i += 1) {
      const sequences = 1 + (i & 255);
      batch.decodeSequences = sequences;
      batch.decodeTokens = sequences;
      batch.decodeContextTokens = sequences * 1000 + i;
      sum += cost.stepMs(batch);
    }
    // Milliseconds per million are nanoseconds each.
    rounds.push(performance.now() - start);
  }
  if (!Number.isFinite(sum)) throw new Error('a step cost no finite time');
  return median(rounds);
}

const report = {
  linear: linearAccuracy(simulator, fixture('linear-ops-median-ms.csv')),
  allReduce: allReduceAccuracy(simulator, fixture('all-reduce-median-ms.csv')),
  throughput: throughputAccuracy(simulator),
  stepNs: pricingNs(),
};

const print = (text) => process.stdout.write(`${text}\n`);
const percent = (share) => `${(share * 100).toFixed(1)} %`;
const line = (row) =>
  `  ${row.label.padEnd(24)} ${String(row.points).padStart(5)} points   median ${percent(row.medianError).padStart(7)}   mean ${percent(row.meanError).padStart(7)}   p90 ${percent(row.p90Error).padStart(7)}${row.meanBias === undefined ? '' : `   bias ${percent(row.meanBias).padStart(7)}`}`;

if (process.argv.includes('--json')) {
  print(JSON.stringify(report, null, 2));
} else {
  for (const gpu of report.linear) {
    print(`Linear operations of one layer, ${gpu.gpu}`);
    const rows = [
      gpu.layer,
      gpu.matrixMultiplications,
      ...gpu.byModel,
      ...gpu.bySplit,
      ...gpu.byTokens,
      ...gpu.byOperation,
    ];
    for (const row of rows) print(line(row));
  }
  for (const system of report.allReduce) {
    print(`All-reduce (NCCL), ${system.system}`);
    for (const row of [system.all, ...system.byWorkers]) print(line(row));
  }
  print('Published throughput, Llama-3.3-70B fp8, 2 GPUs, output tokens/s per GPU');
  for (const point of report.throughput)
    print(
      `  ${point.kernels.padEnd(6)} kernels, ${point.gpu} ${point.inputTokens}/${point.outputTokens}: ${point.predicted.toFixed(0)} against ${point.measured} (${percent(point.error)}); up to ${point.capacity} sequences, ${point.maxTokens} tokens a step, mean step ${point.meanStepMs.toFixed(1)} ms`,
    );
  print(`Pricing a decode step: ${report.stepNs.toFixed(0)} ns (limit 1000)`);
}
