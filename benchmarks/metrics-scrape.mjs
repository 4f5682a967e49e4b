#!/usr/bin/env node
/**
 * What a scrape costs: CPU of the whole server process, all dialects, beside an idle server.
 *
 * Usage: node benchmarks/metrics-scrape.mjs [--replicas 16] [--scrapes 200] [--rate 10] [--rounds 8]
 *
 * Figures as shares of one core at the rate: rendering the dialects of a simulated fleet that has served requests, a real
 * server of two threads being scraped (HTTP, messages between threads, merging, rendering), and the same with simulated
 * fleets of one model and of four, four replicas each, where the client is a process of its own and only the server counts.
 * With `wrk` installed a third one: what a server under full load loses, in alternating segments with and without scrapes
 * (all dialects, a simulated fleet of four replicas), as requests per CPU second of the server.
 *
 * Needs a build (`npx tsc -p tsconfig.build.json`).
 */
import { spawn } from 'node:child_process';
import { parseArgs } from 'node:util';
import { setTimeout } from 'node:timers/promises';
import { load, median, postScript, startProcess } from './server-lib.mjs';
import { startServer } from '../dist/server/index.js';
import { Exposition } from '../dist/lib/exposition.js';
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
    rounds: { type: 'string', default: '8' },
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
  const dialects = [vllmMetrics, dynamoMetrics, dcgmMetrics, engineMetrics];
  const pages = dialects.map(() => new Exposition());
  const render = () =>
    dialects.reduce((bytes, one, i) => {
      one(pages[i].begin(), clusters);
      return bytes + pages[i].finish().length;
    }, 0);
  const bytes = render();
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

const MODELS = ['llama-3.1-8b', 'Llama-2-7b-chat-hf', 'Qwen3-8B', 'Qwen2.5-7B-Instruct'];

/** CPU of a server that simulates so many models, per scrape at ten times the rate; what it takes idle is not in it. */
async function scrapeFleets(models) {
  const settings = { model: MODELS.slice(0, models), replicas: 4, tp: 1, timeScale: 10_000 };
  const server = await startProcess('server-process.mjs', 2, 'physics', 20, JSON.stringify(settings));
  const scrape = async () => void (await (await fetch(`${server.url}/metrics`)).text());
  for (const model of settings.model) {
    const messages = [{ role: 'user', content: 'Hi' }];
    const body = JSON.stringify({ model, messages, max_tokens: 5 });
    for (let i = 0; i < 50; i++)
      await (await fetch(`${server.url}/v1/chat/completions`, { method: 'POST', body })).text();
  }
  // Long enough for the compiler to be through with it, as in a server that is scraped for minutes.
  for (let i = 0; i < 2000; i++) await scrape();
  const before = { wallMs: performance.now(), cpuS: server.cpuSeconds() };
  for (let i = 0; i < scrapes; i++) {
    await scrape();
    await setTimeout(100 / rate);
  }
  const cpuS = server.cpuSeconds() - before.cpuS;
  const idleFromS = server.cpuSeconds();
  await setTimeout(performance.now() - before.wallMs);
  const idleS = server.cpuSeconds() - idleFromS;
  await server.stop();
  return ((cpuS - idleS) * 1000) / scrapes;
}

/** Scrapes from a process of its own, so that its work is not the server's. */
function startScraper(url) {
  const script = `setInterval(async () => (await fetch(${JSON.stringify(`${url}/metrics`)})).text(), ${1000 / rate})`;
  return spawn(process.execPath, ['-e', script], { stdio: 'ignore' });
}

/** Share of the requests per CPU second that a server under full load loses to scrapes: the median of the rounds. */
async function underLoad() {
  const settings = { model: ['llama-3.1-8b'], replicas: 4, tp: 1, timeScale: 10_000 };
  const server = await startProcess('server-process.mjs', 2, 'physics', 20, JSON.stringify(settings));
  const script = postScript(
    JSON.stringify({
      model: 'llama-3.1-8b',
      messages: [{ role: 'user', content: 'Hi' }],
      max_tokens: 5,
    }),
  );
  const segment = () => load(server, '/v1/chat/completions', { script, seconds: 2 }).perCpuSecond;
  segment();
  const losses = [];
  for (let round = 0; round < Number(values.rounds); round++) {
    const alone = segment();
    const scraper = startScraper(server.url);
    await setTimeout(300);
    const scraped = segment();
    scraper.kill();
    losses.push(1 - scraped / alone);
  }
  await server.stop();
  return losses;
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
for (const models of [1, 4]) {
  const ms = await scrapeFleets(models);
  process.stdout.write(
    `server of 2 threads, ${models} × 4 replicas, its own CPU: ${ms.toFixed(2)} CPU ms, ${percent(ms)}\n`,
  );
}
try {
  const losses = await underLoad();
  const shares = losses.map((loss) => (loss * 100).toFixed(1)).join(' ');
  process.stdout.write(
    `under full load: ${(median(losses) * 100).toFixed(2)} % fewer requests per CPU second (rounds: ${shares})\n`,
  );
} catch (error) {
  process.stdout.write(`under full load: not measured (${error.message.split('\n')[0]})\n`);
}
