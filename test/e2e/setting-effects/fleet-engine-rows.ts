/** The effects of what a fleet has beyond its hardware: engine, router, failures. Of a simulation, and of the server's clusters. */
import { writeLines } from './runs.js';
import { type FleetSection, figuresRow, type VirtualLoad } from './virtual-runs.js';
import type { EffectRow } from './situations.js';

/** A model that fits on one GPU, whose cache is small: half a megabyte per token. */
const SMALL = { model: 'llama-2-7b', tp: 1 };
const BUSY = { ...SMALL, concurrency: 16, requests: 32, inputTokens: 500, outputTokens: 10 };
const load = (beside: Record<string, unknown> = {}): VirtualLoad => ({ beside: { ...BUSY, ...beside } });

const BLOCKS = 10;

/** Prompts of ten blocks that come again; more of them than a small cache holds, and some at the same instant. */
function conversations(): string {
  const row = (atMs: number, prompt: number): object => ({
    timestamp: atMs,
    input_length: BLOCKS * 512,
    output_length: 4,
    hash_ids: Array.from({ length: BLOCKS }, (_, block) => prompt * BLOCKS + block),
  });
  const rows = Array.from({ length: 60 }, (_, i) => row(i * 400, (i * 7 + Math.floor(i / 5)) % 20));
  const twins = Array.from({ length: 6 }, (_, i) =>
    row(24_000 + Math.floor(i / 3) * 5000, 30 + Math.floor(i / 3)),
  );
  return writeLines('conversations.jsonl', [...rows, ...twins]);
}
const again = (beside: Record<string, unknown> = {}): VirtualLoad => ({
  beside: { ...SMALL, timeout: '1h', ...beside },
  trace: conversations,
});

const TABLE = { at: [1, 256, 8192], ms: [0.4, 0.5, 9] };
const tableFile = (factor: number): string =>
  writeLines(`table-${factor}.json`, [{ layer: { at: TABLE.at, ms: TABLE.ms.map((ms) => ms * factor) } }]);

const CRASHES = { replicas: 3, failure: ['crash:0@200ms+2s', 'crash:1@300ms+1s'] };
const SLOW = {
  replicas: 2,
  concurrency: 2,
  requests: 60,
  circuitBreakerOpen: '200ms',
  inputTokens: 'uniform(100,2000)',
  failure: ['slow:0@0s+1h*8'],
  circuitBreaker: 2,
  circuitBreakerTtft: '100ms',
};

const inMs = (ms: unknown): string => `${String(ms)}ms`;

const costRows = (section: FleetSection): EffectRow[] => [
  figuresRow(
    'costModel',
    ['analytic', 'polynomial', 'table', 'polynomial'],
    load({ costTable: tableFile(1) }),
    section,
  ),
  figuresRow(
    'costTable',
    [tableFile(1), tableFile(2), tableFile(3), tableFile(4)],
    load({ costModel: 'table', costTable: tableFile(1) }),
    section,
  ),
  figuresRow(
    'gpuMemoryUtilization',
    [0.9, 0.253, 0.273, 0.293],
    load({ requests: 48, concurrency: 48 }),
    section,
  ),
];

const schedulerRows = (section: FleetSection): EffectRow[] => [
  figuresRow('maxModelLen', [0, 300, 500, 700], load({ inputTokens: 'uniform(100,900)' }), section),
  figuresRow('chunkedPrefill', [true, false, true, false], load({ inputTokens: 3000 }), section),
  figuresRow('longPrefillTokenThreshold', [0, 128, 256, 512], load({ inputTokens: 3000 }), section),
  figuresRow('speculativeMethod', ['none', 'eagle', 'mtp', 'ngram'], load(), section),
  figuresRow('numSpeculativeTokens', [5, 1, 2, 3], load({ speculativeMethod: 'eagle' }), section),
  figuresRow('acceptanceRate', [undefined, 0.2, 0.5, 0.95], load({ speculativeMethod: 'eagle' }), section),
  figuresRow('prefillReplicas', [0, 1, 2, 3], load({ replicas: 4 }), section),
  figuresRow('kvTransferSpeed', [64, 1, 4, 16], load({ replicas: 2, prefillReplicas: 1 }), section),
];

const cacheRows = (section: FleetSection): EffectRow[] => [
  figuresRow('cacheTtl', [300_000, 2000, 5000, 9000], again({ eviction: 'ttl' }), section, inMs),
  figuresRow('kvOffloadingSize', [0, 16, 24, 40], again({ gpuMemoryUtilization: 0.4 }), section),
  figuresRow(
    'kvDiskSize',
    [0, 8, 16, 32],
    again({ gpuMemoryUtilization: 0.4, kvOffloadingSize: 4 }),
    section,
  ),
];

const speedRows = (section: FleetSection): EffectRow[] => [
  figuresRow(
    'kvOffloadingSpeed',
    [20, 2, 5, 50],
    again({ gpuMemoryUtilization: 0.4, kvOffloadingSize: 40 }),
    section,
  ),
  figuresRow('kvDiskSpeed', [7, 1, 3, 14], again({ gpuMemoryUtilization: 0.4, kvDiskSize: 40 }), section),
];

const prefetchRow = (section: FleetSection): EffectRow =>
  figuresRow(
    'kvPrefetch',
    [false, true, false, true],
    again({ gpuMemoryUtilization: 0.4, kvOffloadingSize: 40, kvOffloadingSpeed: 2, maxNumSeqs: 1, speed: 4 }),
    section,
  );

const routerRows = (section: FleetSection): EffectRow[] => [
  figuresRow('routerTemperature', [0, 0.5, 2, 8], again({ replicas: 3, router: 'kv' }), section),
  figuresRow(
    'routerObjectives',
    [undefined, 'cost=1', 'throughput=1', 'latency=1'],
    again({ replicas: 3, router: 'adaptive', speed: 8, failure: ['slow:0@0s+1h*3'] }),
    section,
  ),
  figuresRow(
    'abSplit',
    [undefined, 'kv=1,random=1', 'least-loaded=1,random=3', 'kv=9,round-robin=1'],
    again({ replicas: 3, speed: 4 }),
    section,
  ),
  figuresRow('circuitBreaker', [0, 1, 3, 6], load({ ...SLOW, circuitBreaker: undefined }), section),
  figuresRow(
    'circuitBreakerOpen',
    [10_000, 100, 300, 900],
    load({ ...SLOW, circuitBreakerOpen: undefined, circuitBreaker: 1 }),
    section,
    inMs,
  ),
  figuresRow(
    'circuitBreakerTtft',
    [0, 100, 200, 260],
    load({ ...SLOW, circuitBreakerTtft: undefined }),
    section,
    inMs,
  ),
  figuresRow('batchingWindow', [0, 20, 50, 90], load({ rate: 50, concurrency: undefined }), section, inMs),
  figuresRow('batchingMax', [32, 2, 5, 7], load({ batchingWindow: '1s' }), section),
  figuresRow('coalescing', [false, true, false, true], again(), section),
];

const failureRows = (section: FleetSection): EffectRow[] => [
  figuresRow(
    'failure',
    [[], ['crash:0@200ms+1s'], ['slow:1@0s+1m*3'], ['thermal:0@0s+1m*1.5', 'xid79:1@100ms+1s']],
    load({ replicas: 2 }),
    section,
  ),
  figuresRow('onCrash', ['requeue', 'fail', 'requeue', 'fail'], load(CRASHES), section),
];

export const fleetEngineRows = (section: FleetSection): EffectRow[] => [
  ...costRows(section),
  ...schedulerRows(section),
  ...cacheRows(section),
  ...speedRows(section),
  prefetchRow(section),
  ...routerRows(section),
  ...failureRows(section),
];
