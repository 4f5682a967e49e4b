/** The effects of the settings of `simulate` that describe the fleet. */
import { writeLines } from './runs.js';
import { type FleetSection, figuresRow, simulate, type VirtualLoad } from './virtual-runs.js';
import { fleetEngineRows } from './fleet-engine-rows.js';
import type { EffectRow } from './situations.js';

/** A model that fits on one GPU, whose cache is small: half a megabyte per token. */
const SMALL = { model: 'llama-2-7b', tp: 1 };
/** A mixture of experts, spread. */
const EXPERTS = { model: 'gpt-oss-120b', tp: 8 };
const BUSY = { concurrency: 32, requests: 64, inputTokens: 500, outputTokens: 20 };
const load = (beside: Record<string, unknown> = {}): VirtualLoad => ({ beside: { ...BUSY, ...beside } });

const BLOCKS = 10;
const PROMPTS = 30;

const reuse = (atMs: number, prompt: number): object => ({
  timestamp: atMs,
  input_length: BLOCKS * 512,
  output_length: 2,
  hash_ids: Array.from({ length: BLOCKS }, (_, block) => prompt * BLOCKS + block),
});

/** Prompts that come again, some more often than others, and more of them than a small cache holds; one after a pause. */
function reuseTrace(): string {
  const rows = Array.from({ length: 200 }, (_, i) => reuse(i * 500, (i * i + Math.floor(i / 7)) % PROMPTS));
  return writeLines('reuse.jsonl', [...rows, reuse(110_000, 0), reuse(600_000, 0)]);
}
const REUSE: VirtualLoad = { beside: { ...SMALL, timeout: '1h' }, trace: reuseTrace };

const hardwareRows = (section: FleetSection): EffectRow[] => [
  figuresRow('gpu', ['h100', 'h200', 'b200', 'a100'], load(), section),
  figuresRow('tp', [4, 1, 2, 8], load({ model: 'llama-3.1-8b' }), section),
  figuresRow('pp', [1, 2, 4, 8], load({ model: 'llama-3.1-8b' }), section),
  figuresRow('ep', [1, 2, 4, 8], load(EXPERTS), section),
  figuresRow('attentionDp', [false, true, false, true], load(EXPERTS), section),
  figuresRow('weights', ['auto', 'fp8', 'fp4', 'fp8'], load({ gpu: 'b200' }), section),
  figuresRow('kernels', ['both', 'vllm', 'trtllm', 'vllm'], load({ gpu: 'b200', weights: 'fp8' }), section),
  figuresRow('kvType', ['bf16', 'fp8', 'bf16', 'fp8'], load(), section),
];

const placementRows = (section: FleetSection): EffectRow[] => [
  figuresRow('replicas', [1, 2, 3, 4], load(), section),
  figuresRow(
    'router',
    ['round-robin', 'random', 'least-loaded', 'kv'],
    {
      beside: { ...SMALL, replicas: 3, speed: 8 },
      trace: reuseTrace,
    },
    section,
  ),
];

const engineRows = (section: FleetSection): EffectRow[] => [
  figuresRow('maxNumSeqs', [256, 2, 3, 4], load(), section),
  figuresRow('maxNumBatchedTokens', [8192, 256, 512, 1024], load(), section),
  {
    path: `${section}.maxQueue`,
    given: [2, '3', 4],
    // One is computed, so many wait, the others are refused.
    seen: [
      [20, undefined],
      [3, 'http_429'],
      [4, 'http_429'],
      [5, 'http_429'],
    ],
    observe: async (context) => {
      const atOnce = { concurrency: undefined, rate: 1e5, arrivals: 'constant', requests: 20 };
      const [target] = (await simulate(context, load({ ...atOnce, maxNumSeqs: 1 }), section)).targets;
      return [target!.counters.completed, target!.errors[0]?.kind];
    },
  },
  figuresRow(
    'blockTokens',
    [16, 512, 1024, 4096],
    load({ ...SMALL, concurrency: 128, requests: 256, outputTokens: 200 }),
    section,
  ),
  figuresRow('eviction', ['lru', 'lfu', 'ttl', 'lfu'], REUSE, section),
  {
    path: `${section}.prefixCaching`,
    given: [false, 'true', false],
    seen: [true, false, true, false],
    observe: async (context) =>
      ((await simulate(context, REUSE, section)).simulation!.prefixHitPercent ?? 0) > 0,
  },
];

const ownRows: EffectRow[] = [
  figuresRow('model', ['llama-3.3-70b', 'qwen3-8b', 'llama-3.1-8b', 'qwen3-32b'], load()),
  {
    path: 'simulate.gpuPrice',
    given: [2, '3', 4.5],
    seen: [undefined, 2, 3, 4.5],
    observe: async (context) => {
      const { dollars, gpuHours } = (await simulate(context, load())).simulation!;
      return dollars === undefined ? undefined : Number((dollars / gpuHours).toFixed(6));
    },
  },
  {
    path: 'simulate.search',
    given: [
      'min replicas where e2e.mean < 1000s',
      'min replicas where e2e.mean < 6s',
      'min replicas where e2e.mean < 2.6s',
    ],
    seen: [undefined, 1, 2, 4],
    // Requests are computed one by one: the fewer to a replica, the sooner.
    observe: async (context) =>
      (await simulate(context, load({ maxNumSeqs: 1, arrivals: 'constant' }))).search?.answer,
  },
  {
    path: 'simulate.searchPrecision',
    given: [0.5, '0.3', 0.5],
    // Two sequences at a time: with more in flight than that each waits for one.
    seen: [
      [7, 8],
      [4, 8],
      [6, 8],
      [4, 8],
    ],
    observe: async (context) => {
      const search = 'max concurrency where e2e.p50 < 11s';
      const beside = { ...BUSY, concurrency: undefined, maxNumSeqs: 2, outputTokens: 200, search };
      const { search: found } = await simulate(context, { beside });
      return [found!.answer, found!.nextFailing];
    },
  },
];

const sharedRows = (section: FleetSection): EffectRow[] => [
  ...hardwareRows(section),
  ...placementRows(section),
  ...engineRows(section),
  ...fleetEngineRows(section),
];

export const FLEET_ROWS: EffectRow[] = [...ownRows, ...sharedRows('simulate')];

/** The same of the server. */
export const SERVER_FLEET_ROWS: EffectRow[] = sharedRows('server');
