#!/usr/bin/env node
/**
 * What a scrape costs: CPU of the whole server process, all dialects, beside an idle server.
 *
 * Usage: node benchmarks/metrics-scrape.mjs [--replicas 16] [--scrapes 200] [--rate 10] [--seconds 60] [--only-load]
 *
 * Figures as shares of one core at the rate: rendering the dialects of a simulated fleet that has served requests, a real
 * server of two threads being scraped (HTTP, messages between threads, merging, rendering), and the same with simulated
 * fleets of one model and of four, four replicas each, where the client is a process of its own and only the server counts.
 * With `wrk` installed a further one: what a server under full load loses to scrapes (all dialects, a simulated fleet of four
 * replicas): CPU of the server per scrape beyond what its requests take, and requests per second and per CPU second, each with a
 * confidence interval. A scrape that follows others at once finds its code and data in the caches, so that figures of another
 * rate are not those of this one.
 *
 * Needs a build (`npx tsc -p tsconfig.build.json`).
 */
import { readdirSync, readFileSync } from 'node:fs';
import { connect } from 'node:net';
import { parseArgs } from 'node:util';
import { setTimeout } from 'node:timers/promises';
import { postScript, startLoad, startProcess } from './server-lib.mjs';
import { startServer } from '../dist/server/index.js';
import { Exposition } from '../dist/lib/exposition.js';
import { createRandom } from '../dist/lib/random.js';
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
    seconds: { type: 'string', default: '60' },
    'only-load': { type: 'boolean', default: false },
  },
});
const replicas = Number(values.replicas);
const scrapes = Number(values.scrapes);
const rate = Number(values.rate);
/** Of a window under load; a multiple of the time between two scrapes, so that each window has as many. */
const WINDOW_MS = 300;
/** From the beginning of a window to its measurement. */
const SETTLE_MS = 100;
const WARM_UP_WINDOWS = 8;
/** Scrapes before that, and the time between two: the compiler takes thousands of them to be through, which at the rate are minutes. */
const WARM_UP_SCRAPES = 2000;
const WARM_UP_GAP_MS = 5;
/** Of the most and the least, so many are left out of a mean: windows in which something else had the machine. */
const TRIMMED_SHARE = 0.1;

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

/** Reads pages at the rate while it is on; what it reads it does not look at. */
class Scraper {
  #socket;
  #timer;
  scrapes = 0;

  constructor(url) {
    const { hostname, port } = new URL(url);
    const onread = { buffer: Buffer.allocUnsafeSlow(256 * 1024), callback: () => true };
    this.#socket = connect({ port: Number(port), host: hostname, onread });
  }

  /** @param gapMs - between two scrapes */
  start(gapMs = 1000 / rate) {
    const read = () => {
      this.scrapes++;
      this.#socket.write('GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n');
    };
    this.#timer = setInterval(read, gapMs);
  }

  stop() {
    clearInterval(this.#timer);
  }

  close() {
    this.#socket.destroy();
  }
}

/** CPU seconds of all threads of a process so far, by the scheduler's own count, which is exact to the nanosecond (Linux). */
function exactCpuSeconds(pid) {
  const tasks = readdirSync(`/proc/${pid}/task`);
  const nanoseconds = tasks.map((id) =>
    Number(readFileSync(`/proc/${pid}/task/${id}/schedstat`, 'latin1').split(' ')[0]),
  );
  return nanoseconds.reduce((sum, one) => sum + one, 0) / 1e9;
}

/** Requests answered per second, and per second of the server's CPU, while something goes on. */
async function measureWindow(server, scraper, scraped) {
  const read = async () => ({
    requests: (await server.ask('stats')).reduce((sum, { requests }) => sum + requests, 0) - scraper.scrapes,
    scrapes: scraper.scrapes,
    wallS: performance.now() / 1000,
    cpuS: exactCpuSeconds(server.pid),
  });
  if (scraped) scraper.start();
  await setTimeout(SETTLE_MS);
  const from = await read();
  await setTimeout(WINDOW_MS);
  const to = await read();
  scraper.stop();
  const requests = to.requests - from.requests;
  const cpuS = to.cpuS - from.cpuS;
  const scrapes = to.scrapes - from.scrapes;
  return { requests, cpuS, scrapes, wall: requests / (to.wallS - from.wallS), cpu: requests / cpuS };
}

/**
 * What a server under full load loses to scrapes: one load that never stops and short windows, scraped, alone, alone, scraped and the
 * other way round by turns, so that a drift of the machine cancels out. The loss is the trimmed mean of the rounds' differences
 * of logarithms, its interval a bootstrap over rounds.
 *
 * @returns of each round the scraped and the other windows
 */
async function underLoad() {
  const settings = { model: ['llama-3.1-8b'], replicas: 4, tp: 1, timeScale: 10_000 };
  const server = await startProcess('server-process.mjs', 2, 'physics', 20, JSON.stringify(settings));
  const messages = [{ role: 'user', content: 'Hi' }];
  const script = postScript(JSON.stringify({ model: 'llama-3.1-8b', messages, max_tokens: 5 }));
  const load = await startLoad(`${server.url}/v1/chat/completions`, script);
  const scraper = new Scraper(server.url);
  const rounds = [];
  try {
    scraper.start(WARM_UP_GAP_MS);
    await setTimeout(WARM_UP_SCRAPES * WARM_UP_GAP_MS);
    scraper.stop();
    for (let i = 0; i < WARM_UP_WINDOWS; i++) await measureWindow(server, scraper, i % 2 === 0);
    const endMs = performance.now() + 1000 * Number(values.seconds);
    for (let outer = true; performance.now() < endMs; outer = !outer) {
      const round = { scraped: [], alone: [] };
      for (const scraped of [outer, !outer, !outer, outer])
        round[scraped ? 'scraped' : 'alone'].push(await measureWindow(server, scraper, scraped));
      rounds.push(round);
    }
  } finally {
    scraper.close();
    load.kill();
    await server.stop();
  }
  return rounds;
}

/** Trimmed mean of figures of rounds, and the interval that holds it with 95 % (bootstrap over rounds). */
function estimate(figures) {
  const trimmed = Math.floor(TRIMMED_SHARE * figures.length);
  const meanOf = (all) => {
    const kept = all.toSorted((a, b) => a - b).slice(trimmed, all.length - trimmed);
    return kept.reduce((sum, one) => sum + one, 0) / kept.length;
  };
  const random = createRandom(2, 'bootstrap');
  const means = Array.from({ length: 4000 }, () =>
    meanOf(figures.map(() => figures[random.int(figures.length)])),
  ).toSorted((a, b) => a - b);
  return { mean: meanOf(figures), low: means[99], high: means[3899] };
}

/** What the scraped windows lose of a rate. */
function lossOf(rounds, key) {
  const logOf = (windows) => windows.reduce((sum, window) => sum + Math.log(window[key]), 0) / windows.length;
  const { mean, low, high } = estimate(rounds.map(({ scraped, alone }) => logOf(scraped) - logOf(alone)));
  const loss = (logarithm) => ((1 - Math.exp(logarithm)) * 100).toFixed(2);
  return `${loss(mean)} % (95 %: ${loss(high)} to ${loss(low)})`;
}

/** CPU of a scrape: what the scraped windows took beyond what their requests take in the others. */
function cpuOfScrapes(rounds) {
  const sum = (windows, key) => windows.reduce((all, window) => all + window[key], 0);
  const { mean, low, high } = estimate(
    rounds.map(({ scraped, alone }) => {
      const requestS = sum(alone, 'cpuS') / sum(alone, 'requests');
      return (1000 * (sum(scraped, 'cpuS') - requestS * sum(scraped, 'requests'))) / sum(scraped, 'scrapes');
    }),
  );
  return `${mean.toFixed(2)} CPU ms (95 %: ${low.toFixed(2)} to ${high.toFixed(2)})`;
}

const percent = (ms) => `${((ms * rate) / 10).toFixed(2)} % of a core at ${rate} Hz`;
if (!values['only-load']) {
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
}
try {
  const rounds = await underLoad();
  process.stdout.write(
    `under full load at ${rate} Hz, ${rounds.length} rounds of four windows: a scrape takes ${cpuOfScrapes(rounds)}; ` +
      `fewer requests per CPU second of the server by ` +
      `${lossOf(rounds, 'cpu')}, per second by ${lossOf(rounds, 'wall')}\n`,
  );
} catch (error) {
  if (error.code !== 'ENOENT') throw error;
  process.stdout.write(`under full load: not measured, as wrk is not installed\n`);
}
