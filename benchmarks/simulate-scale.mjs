#!/usr/bin/env node
/**
 * Whether a simulated request costs the same in a fleet of any size: CPU per request from 1 to 256 replicas, with the same
 * traffic on each replica, as a ratio to the smallest fleet. Every fleet gets as many requests, so that its code has been
 * compiled for the same share of them: a small fleet gets them over a longer time.
 *
 * Usage: node benchmarks/simulate-scale.mjs [--policies round-robin,kv] [--requests 51200] [--repeat 3] [--svg FILE]
 *
 * Needs a build (`npx tsc -p tsconfig.build.json`). CPU time, not wall time; the best of the repetitions counts.
 */
import { writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { Cluster } from '../dist/simulator/cluster/cluster.js';
import { lineChart } from '../scripts/experiments/lib/line-chart.mjs';
import { costOf, poisson } from '../scripts/experiments/lib/simulate.mjs';

const { values } = parseArgs({
  options: {
    policies: { type: 'string', default: 'round-robin,least-loaded,kv,adaptive' },
    requests: { type: 'string', default: '51200' },
    repeat: { type: 'string', default: '3' },
    svg: { type: 'string' },
  },
});
const count = Number(values.requests);
const sizes = [1, 4, 16, 64, 256];
const policies = values.policies.split(',');

function cpuUsPerRequest(replicas, policy) {
  const requests = poisson({
    rateRps: 8 * replicas,
    count,
    promptTokens: 1000,
    outputTokens: 200,
    sharedShare: 0.5,
  });
  const before = process.cpuUsage();
  const cluster = new Cluster({
    replicas,
    cost: costOf(),
    seed: 1,
    // As in `fakeai simulate`.
    meterRequests: false,
    router: { policy: { policy } },
    sink: { onFirstScheduled() {}, onTokens() {}, onTokenRun() {}, onFinish() {}, onReject() {} },
  });
  for (const request of requests) cluster.submit(request, request.arrivalMs);
  cluster.advance(Infinity);
  const { user, system } = process.cpuUsage(before);
  return (user + system) / requests.length;
}

const best = (replicas, policy) =>
  Math.min(...Array.from({ length: Number(values.repeat) }, () => cpuUsPerRequest(replicas, policy)));

for (const policy of policies) cpuUsPerRequest(16, policy); // compiles
const rows = sizes.map((replicas) => [replicas, ...policies.map((policy) => best(replicas, policy))]);
process.stdout.write(`${['replicas', ...policies].join('\t')}\tCPU µs per request\n`);
for (const row of rows)
  process.stdout.write(`${row.map((cell) => Number(cell.toPrecision(3))).join('\t')}\n`);
const largest = rows.at(-1);
policies.forEach((policy, i) =>
  process.stdout.write(
    `${policy}: ${(largest[i + 1] / rows[0][i + 1]).toFixed(2)} times as much on ${largest[0]} replicas as on 1\n`,
  ),
);
if (values.svg) {
  const series = policies.map((name, i) => ({
    name,
    values: rows.map((row) => row[i + 1] / rows[0][i + 1]),
  }));
  const chart = {
    title: 'CPU per simulated request, relative to one replica',
    x: { label: 'replicas', values: sizes, scale: 'log' },
    panels: [{ label: 'times as much', series }],
  };
  writeFileSync(values.svg, lineChart(chart));
}
