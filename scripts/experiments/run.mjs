#!/usr/bin/env node
/**
 * Runs experiments on the simulated engine and writes their pages to docs/experiments.
 *
 * Usage: node scripts/experiments/run.mjs [NAME …]
 *
 * Needs a build (`npm run build`). All of them take under a minute.
 */
import { execFileSync } from 'node:child_process';
import { writeExperiment, writeIndex } from './lib/write.mjs';
import { EXPERIMENTS } from './experiments.mjs';

const names = process.argv.slice(2);
const unknown = names.filter((name) => !EXPERIMENTS.some((experiment) => experiment.name === name));
if (unknown.length > 0) {
  const known = EXPERIMENTS.map(({ name }) => name).join(', ');
  process.stderr.write(`No experiment is called ${unknown.join(', ')}. There are: ${known}.\n`);
  process.exit(2);
}
for (const experiment of EXPERIMENTS) {
  if (names.length > 0 && !names.includes(experiment.name)) continue;
  const startedMs = performance.now();
  writeExperiment(experiment);
  process.stdout.write(`${experiment.name}: ${((performance.now() - startedMs) / 1000).toFixed(1)} s\n`);
}
writeIndex(EXPERIMENTS);
execFileSync('npx', ['prettier', '--write', '--log-level', 'warn', 'docs/experiments'], { stdio: 'inherit' });
