#!/usr/bin/env node
/**
 * How fast the simulated cluster runs a trace in virtual time.
 *
 * Usage: node benchmarks/simulate-mooncake.mjs TRACE.jsonl [--replicas 1,4,16,64,256] [--policy kv] [--load constant]
 *   [--model llama-3.3-70b] [--gpu h100] [--tp 4] [--hash-tokens 512]
 *
 * TRACE has Mooncake's format: `timestamp` (ms), `input_length`, `output_length`, `hash_ids` (512 tokens each). With
 * `--load constant` the trace is repeated so that each replica gets the same traffic whatever their number, which is
 * what "cost per request does not depend on the fleet" means; without it the one trace is spread over the fleet.
 *
 * Needs a build (`npx tsc -p tsconfig.build.json`). Each size runs in its own process, so that the memory is its own.
 */
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { createCostModel } from '../dist/simulator/cluster/cost-model.js';
import { Cluster } from '../dist/simulator/cluster/cluster.js';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    replicas: { type: 'string', default: '1,4,16,64,256' },
    policy: { type: 'string', default: 'kv' },
    load: { type: 'string', default: 'trace' },
    model: { type: 'string', default: 'llama-3.3-70b' },
    gpu: { type: 'string', default: 'h100' },
    tp: { type: 'string', default: '4' },
    'hash-tokens': { type: 'string', default: '512' },
    one: { type: 'boolean', default: false },
  },
});
const [trace] = positionals;
if (!trace) {
  process.stderr.write('Give the path of a trace in the Mooncake format.\n');
  process.exit(2);
}

const cost = createCostModel({
  architecture: values.model,
  gpu: values.gpu,
  tensorParallel: Number(values.tp),
});

/** Counts tokens and the time between them. */
function createSink() {
  const totals = { tokens: 0, finished: 0, rejected: 0, cached: 0, gapMs: 0, lastMs: 0 };
  return {
    totals,
    onFirstScheduled() {},
    onTokens(_id, count) {
      totals.tokens += count;
    },
    onTokenRun(ids, from, to, times) {
      totals.tokens += ids.length * (to - from);
      totals.gapMs += ids.length * (times.endOf(to) - times.endOf(from));
    },
    onFinish(_id, _reason, atMs, usage) {
      totals.finished++;
      totals.cached += usage.cachedTokens;
      totals.lastMs = atMs;
    },
    onReject() {
      totals.rejected++;
    },
  };
}

const hashTokens = Number(values['hash-tokens']);

/** Hashes of full blocks; the trace's own stand for 512 tokens each, the last for a block that the prompt does not fill. */
function hashesOf({ hash_ids: ids, input_length: tokens }) {
  const parts = 512 / hashTokens;
  const count = Math.min(ids.length * parts, Math.floor(tokens / hashTokens));
  return Array.from({ length: count }, (_, i) => ids[Math.floor(i / parts)] * parts + (i % parts));
}

function readTrace(copies) {
  const rows = readFileSync(trace, 'utf8')
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line));
  const requests = [];
  for (let copy = 0; copy < copies; copy++) {
    for (const row of rows) {
      requests.push({
        id: requests.length,
        arrivalMs: row.timestamp + copy * 7,
        promptTokens: row.input_length,
        outputTokens: row.output_length,
        blockHashes: hashesOf(row),
        cacheSalt: copy,
      });
    }
  }
  return requests.sort((a, b) => a.arrivalMs - b.arrivalMs);
}

function measure(replicas) {
  const requests = readTrace(values.load === 'constant' ? Math.max(1, Math.round(replicas / 16)) : 1);
  const sink = createSink();
  const startedMs = performance.now();
  const cpuBefore = process.cpuUsage();
  const cluster = new Cluster({
    replicas,
    cost,
    seed: 1,
    // As in `fakeai simulate`.
    meterRequests: false,
    sink,
    cache: { hashTokens },
    router: { policy: { policy: values.policy } },
    scheduler: { maxQueue: 100_000 },
  });
  for (const request of requests) cluster.submit(request, request.arrivalMs);
  cluster.advance(Infinity);
  const seconds = (performance.now() - startedMs) / 1000;
  const cpu = process.cpuUsage(cpuBefore);
  const cpuSeconds = (cpu.user + cpu.system) / 1e6;
  const { tokens, finished, rejected, cached, lastMs } = sink.totals;
  return {
    replicas,
    requests: requests.length,
    finished,
    rejected,
    tokens,
    cachedTokens: cached,
    virtualSeconds: Math.round(lastMs / 1000),
    seconds,
    // Of all threads of the process, the garbage collector's included; what other programs do does not change it.
    cpuSeconds,
    requestsPerCpuSecond: Math.round(requests.length / cpuSeconds),
    microsecondsPerRequest: (cpuSeconds * 1e6) / requests.length,
    maxRssMb: Math.round(process.resourceUsage().maxRSS / 1024),
  };
}

if (values.one) {
  process.stdout.write(`${JSON.stringify(measure(Number(values.replicas)))}\n`);
} else {
  const rows = values.replicas.split(',').map((replicas) => {
    const args = [fileURLToPath(import.meta.url), trace, '--one', '--replicas', replicas];
    args.push('--policy', values.policy, '--load', values.load);
    args.push('--model', values.model, '--gpu', values.gpu, '--tp', values.tp);
    args.push('--hash-tokens', values['hash-tokens']);
    return JSON.parse(execFileSync(process.execPath, args, { encoding: 'utf8' }));
  });
  const head = [
    'replicas',
    'requests',
    'tokens',
    'cached tokens',
    'seconds',
    'CPU s',
    'requests/CPU s',
    'CPU µs/request',
    'MB',
    'virtual s',
  ];
  process.stdout.write(`${head.join('\t')}\n`);
  for (const row of rows) {
    const cells = [
      row.replicas,
      row.requests,
      row.tokens,
      row.cachedTokens,
      row.seconds.toFixed(2),
      row.cpuSeconds.toFixed(2),
    ];
    cells.push(
      row.requestsPerCpuSecond,
      row.microsecondsPerRequest.toFixed(0),
      row.maxRssMb,
      row.virtualSeconds,
    );
    process.stdout.write(`${cells.join('\t')}\n`);
  }
}
