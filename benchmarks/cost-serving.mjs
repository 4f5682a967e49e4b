#!/usr/bin/env node
/**
 * How far the cost model is from the times per token of real servers.
 *
 * Usage: node benchmarks/cost-serving.mjs [--points] [--labs]
 *
 * `--labs`: servers of models that were never looked at while the cost model was made.
 *
 * Needs a build (`npx tsc -p tsconfig.build.json`).
 */
import { readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { findArchitecture } from '../dist/simulator/architectures/catalogue.js';
import * as costModel from '../dist/simulator/cluster/cost-model.js';
import { median } from './lib/cost-accuracy.mjs';
import { predictServed, readServed } from './lib/cost-serving.mjs';

const { values } = parseArgs({ options: { points: { type: 'boolean' }, labs: { type: 'boolean' } } });
const csv = readFileSync(
  new URL(`../test/fixtures/serving/${values.labs ? 'labs' : 'points'}.csv`, import.meta.url),
  'utf8',
);
const percent = (share) => `${(share * 100).toFixed(0)} %`;

const results = readServed(csv).map((point) => predictServed({ ...costModel, findArchitecture }, point));
if (values.points)
  for (const {
    model,
    gpu,
    engine,
    weights,
    tp,
    ep,
    inputTokens,
    concurrency,
    predicted,
    tpotMs,
    error,
  } of results)
    process.stdout.write(
      `${model} ${gpu} ${engine} ${weights} tp${tp} ep${ep} ${inputTokens} at ${concurrency}: ${predicted.toFixed(1)} against ${tpotMs} ms, ${percent(error)}\n`,
    );

const summary = (name, list) => {
  const errors = list.map(({ error }) => error);
  process.stdout.write(
    `${name.padEnd(40)} ${String(list.length).padStart(3)} points  median error ${percent(median(errors.map(Math.abs))).padStart(5)}  bias ${percent(median(errors)).padStart(6)}\n`,
  );
};
/** Object.groupBy is newer than Node 20. */
const groups = (key) => {
  const found = new Map();
  for (const result of results) found.set(key(result), [...(found.get(key(result)) ?? []), result]);
  return found;
};
const grouped = (key) => {
  for (const [name, list] of groups(key)) summary(name, list);
};
grouped(({ half, model, gpu, engine, weights }) => `${half}  ${model} ${gpu} ${engine} ${weights}`);
grouped(({ model }) => model);
if (values.labs) grouped(({ model, engine, tp }) => `${model} ${engine} tp${tp}`);
else grouped(({ half }) => (half === 'a' ? 'looked at' : 'looked at when the terms stood'));
summary('all', results);
