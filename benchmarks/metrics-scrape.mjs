#!/usr/bin/env node
/**
 * What a scrape costs: CPU of the whole server process, all dialects, beside an idle server.
 *
 * Usage: node benchmarks/metrics-scrape.mjs [--replicas 16] [--scrapes 200] [--rate 10]
 *
 * Two figures, each as a share of one core at 10 scrapes a second: rendering the dialects of a simulated fleet that has
 * served requests, and a real server of two threads being scraped (HTTP, messages between threads, merging, rendering).
 *
 * Needs a build (`npx tsc -p tsconfig.build.json`).
 */
import { parseArgs } from 'node:util';
import { setTimeout } from 'node:timers/promises';
import { startServer } from '../dist/server/index.js';
import { Cluster } from '../dist/simulator/cluster/cluster.js';
import { createCostModel } from '../dist/simulator/cluster/cost-model.js';
import { dcgmMetrics } from '../dist/simulator/telemetry/dcgm.js';
import { dynamoMetrics } from '../dist/simulator/telemetry/dynamo.js';
import { engineMetrics } from '../dist/simulator/telemetry/engine.js';
import { vllmMetrics } from '../dist/simulator/telemetry/vllm.js';

const { values } = parseArgs({
  options: {
    replicas: { type: 'string', default: '16' },
    scrapes: { type: 'string', default: '200' },
    rate: { type: 'string', default: '10' },
  },
});
const replicas = Number(values.replicas);
const scrapes = Number(values.scrapes);
const rate = Number(values.rate);

const cpuMs = (since) => {
  const { user, system } = process.cpuUsage(since);
  return (user + system) / 1000;
};

function fleetAtWork() {
  const cluster = new Cluster({
    replicas,
    cost: createCostModel({ architecture: 'llama-3.1-8b', gpu: 'h100' }),
    seed: 1,
    sink: { onFirstScheduled() {}, onTokens() {}, onTokenRun() {}, onFinish() {}, onReject() {} },
    router: { policy: { policy: 'kv' } },
  });
  for (let id = 0; id < 100 * replicas; id++) {
    const sizes = { promptTokens: 100 + (id % 900), outputTokens: 20 + (id % 300) };
    cluster.submit({ id, arrivalMs: id, blockHashes: [], ...sizes }, id);
  }
  return cluster;
}

function renderFleet() {
  const clusters = [{ model: 'llama-3.1-8b', cluster: fleetAtWork().snapshot() }];
  const render = () =>
    [vllmMetrics, dynamoMetrics, dcgmMetrics, engineMetrics].map((one) => one(clusters)).join('');
  const bytes = render().length;
  for (let i = 0; i < 50; i++) render();
  const before = process.cpuUsage();
  for (let i = 0; i < scrapes; i++) render();
  return { ms: cpuMs(before) / scrapes, bytes };
}

async function scrapeServer() {
  const server = await startServer({
    host: '127.0.0.1',
    port: 0,
    threads: 2,
    model: ['fakeai-1'],
    models: [],
    unknownModels: 'refuse',
    latency: 'instant',
    ttft: 0,
    itl: 0,
    jitter: 0,
    seed: 0,
    bodyLimit: 1e6,
    maxConnections: 100,
    drain: 1000,
  });
  const body = JSON.stringify({
    model: 'fakeai-1',
    messages: [{ role: 'user', content: 'Hi' }],
    max_tokens: 5,
  });
  for (let i = 0; i < 50; i++) {
    const init = { method: 'POST', headers: { connection: 'close' }, body };
    await (await fetch(`${server.url}/v1/chat/completions`, init)).text();
  }
  const idleMs = await during(async () => {});
  const scrapedMs = await during(async () => void (await (await fetch(`${server.url}/metrics`)).text()));
  await server.close();
  return (scrapedMs - idleMs) / scrapes;
}

/** CPU time of `scrapes` turns at the given rate; the client's own share is in it. */
async function during(turn) {
  for (let i = 0; i < 20; i++) await turn();
  const before = process.cpuUsage();
  for (let i = 0; i < scrapes; i++) {
    await turn();
    await setTimeout(1000 / rate);
  }
  return cpuMs(before);
}

const percent = (ms) => `${((ms * rate) / 10).toFixed(2)} % of a core at ${rate} Hz`;
const { ms, bytes } = renderFleet();
process.stdout.write(
  `rendering ${replicas} replicas, all dialects: ${ms.toFixed(2)} CPU ms (${Math.round(bytes / 1024)} KiB), ${percent(ms)}\n`,
);
const served = await scrapeServer();
process.stdout.write(
  `server of 2 threads, client included: ${served.toFixed(2)} CPU ms, ${percent(served)}\n`,
);
