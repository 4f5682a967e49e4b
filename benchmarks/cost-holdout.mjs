#!/usr/bin/env node
/**
 * How far the cost model is from published throughputs that it was not fitted on.
 *
 * Usage: node benchmarks/cost-holdout.mjs [--model NAME] [--dense | --blind | --pcie] [--like GPU=OTHER]
 *
 * `--like h200=h100`: only points of the first, described by its data sheet and with the kernels of the second.
 *
 * Needs a build (`npx tsc -p tsconfig.build.json`).
 */
import { parseArgs } from 'node:util';
import * as costMemory from '../dist/simulator/cluster/cost-memory.js';
import * as costModel from '../dist/simulator/cluster/cost-model.js';
import * as costOptions from '../dist/simulator/cluster/cost-options.js';
import * as catalogue from '../dist/simulator/hardware/catalogue.js';
import * as custom from '../dist/simulator/hardware/custom.js';
import { median } from './lib/cost-accuracy.mjs';
import { HELD_OUT, predictHeldOut } from './lib/cost-holdout.mjs';
import { BLIND } from './lib/cost-holdout-blind.mjs';
import { DENSE_HELD_OUT } from './lib/cost-holdout-dense.mjs';
import { PCIE_HELD_OUT } from './lib/cost-holdout-pcie.mjs';
import { byDataSheet } from './lib/data-sheet-gpu.mjs';

const { values } = parseArgs({
  options: {
    model: { type: 'string' },
    dense: { type: 'boolean' },
    blind: { type: 'boolean' },
    pcie: { type: 'boolean' },
    like: { type: 'string' },
  },
});
const known = { ...costMemory, ...costModel, ...costOptions, ...catalogue, ...custom };
const [unknown, like] = values.like?.split('=') ?? [];
const simulator = like === undefined ? known : byDataSheet(known, unknown, like);
const set = values.blind ? BLIND : values.dense ? DENSE_HELD_OUT : values.pcie ? PCIE_HELD_OUT : HELD_OUT;
const points = set.filter(
  ({ model, gpu }) => (!values.model || model === values.model) && (!unknown || gpu === unknown),
);
const percent = (share) => `${(share * 100).toFixed(0)} %`;

const results = points.map((point) => {
  const result = predictHeldOut(simulator, point);
  const { model, gpu, gpus, stages, split, inputTokens, outputTokens, predicted, measured, error } = result;
  const layout = `${split}${gpus}${stages > 1 ? ` in ${stages} stages` : ''}`;
  process.stdout.write(
    `${model.padEnd(17)} ${gpu.padEnd(6)} ${layout}  ${`${inputTokens}/${outputTokens}`.padEnd(11)} ${predicted.toFixed(0).padStart(7)} against ${measured.toFixed(0).padStart(6)}  ${percent(error).padStart(6)}\n`,
  );
  return result;
});

const summaries = (key) => {
  for (const name of new Set(results.map((result) => result[key]))) {
    const errors = results.filter((result) => result[key] === name).map(({ error }) => error);
    line(name, errors);
  }
};
const line = (name, errors) =>
  process.stdout.write(
    `${String(name).padEnd(18)} ${String(errors.length).padStart(3)} points  median error ${percent(median(errors.map(Math.abs))).padStart(5)}  bias ${percent(median(errors)).padStart(6)}\n`,
  );
for (const key of ['model', 'gpu', 'split']) summaries(key);
line(
  'all',
  results.map(({ error }) => error),
);
