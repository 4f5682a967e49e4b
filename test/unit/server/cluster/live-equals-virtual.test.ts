/** What the real clock adds: nothing, if nobody else wants the processor. The other half is live-against-virtual.test.ts. */
import { expect, it } from 'vitest';
import { serverSchema } from '../../../../src/config/schema.js';
import { createRandom } from '../../../../src/lib/random.js';
import { fleetsOf } from '../../../../src/server/generation/latency.js';
import { Cluster, fleetOptions } from '../../../../src/simulator/index.js';
import { Bench, type Heard } from '../../../support/live-bench.js';

const REQUESTS = 25;
const MEAN_GAP_MS = 30;
/** When the bench's clock begins. */
const START_MS = 1000;

/** As the clusters' thread has it. */
const MIN_TURN_MS = 0.2;

interface Ask {
  atMs: number;
  promptTokens: number;
  outputTokens: number;
  hashes: number[];
}

/** Of three conversations: prompts share more or less of what they begin with. */
function asks(): Ask[] {
  const random = createRandom(3, 'asks');
  let atMs = 0;
  return Array.from({ length: REQUESTS }, (_, id) => {
    atMs += MEAN_GAP_MS * random.exponential();
    const promptTokens = 300 + random.int(3000);
    const outputTokens = 4 + random.int(30);
    const shared = random.int(Math.floor(promptTokens / 16));
    const hashes = Array.from({ length: Math.floor((promptTokens + outputTokens) / 16) }, (__, i) =>
      i < shared ? (id % 3) * 10_000 + i : 1e6 * (id + 1) + i,
    );
    return { atMs, promptTokens, outputTokens, hashes };
  });
}

type Settings = Record<string, unknown>;

function onVirtualClock(settings: Settings, all: readonly Ask[]): number[][] {
  const options = serverSchema.parse({ model: ['llama-3.1-8b'], tp: 1, ...settings });
  const tokens = all.map((): number[] => []);
  const cluster = new Cluster({
    ...fleetOptions(fleetsOf(options)[0]!.fleet, { seed: 1 }),
    sink: {
      onFirstScheduled: () => {},
      onTokens: (id, count, atMs) => tokens[id]!.push(...Array.from({ length: count }, () => atMs)),
      onFinish: () => {},
      onReject: () => {},
    },
  });
  for (const [id, { atMs, hashes: blockHashes, ...sizes }] of all.entries())
    cluster.submit({ id, arrivalMs: atMs, blockHashes, ...sizes }, atMs);
  cluster.advance(Infinity);
  return tokens;
}

/** Each request is handed over when it comes, and time goes on as the clusters' thread would have it. */
async function onLiveClock(settings: Settings, all: readonly Ask[]): Promise<Heard[]> {
  const bench = new Bench({ model: ['llama-3.1-8b'], ...settings });
  const heard: Heard[] = [];
  let dueMs = Infinity;
  const turnMs = (): number => Math.max(MIN_TURN_MS, dueMs);
  const goTo = async (atMs: number): Promise<void> => {
    while (bench.nowMs + turnMs() < atMs) dueMs = await bench.go(turnMs());
    dueMs = await bench.go(Math.max(0, atMs - bench.nowMs));
  };
  for (const { atMs, hashes, promptTokens, outputTokens } of all) {
    await goTo(START_MS + atMs);
    const sizes = { promptTokens, outputTokens, maxTokens: outputTokens };
    heard.push(bench.start({ ...sizes, blockHashes: () => hashes }).heard);
    dueMs = await bench.go(0);
  }
  while (dueMs < Infinity) dueMs = await bench.go(turnMs());
  bench.close();
  return heard;
}

it.each<[string, Settings]>([
  ['one replica', {}],
  ['several, and the router looks for prefixes', { replicas: 3, router: 'kv' }],
  ['drafts of a small model', { replicas: 2, speculativeMethod: 'eagle' }],
  ['prompts computed apart', { replicas: 3, prefillReplicas: 1, router: 'least-loaded' }],
  ['little memory, and more below it', { gpuMemoryUtilization: 0.3, kvOffloadingSize: 4, kvPrefetch: true }],
])('gives every token at the very instant that it has in virtual time: %s', async (_, settings) => {
  const all = asks();
  const virtual = onVirtualClock(settings, all);
  const live = await onLiveClock(settings, all);
  for (const [i, { instantsMs, tokens }] of live.entries()) {
    expect(tokens).toBe(virtual[i]!.length);
    const instants = [...new Set(virtual[i])];
    expect(instantsMs).toHaveLength(instants.length);
    for (const [k, ms] of instantsMs.entries()) expect(ms - START_MS).toBeCloseTo(instants[k]!, 6);
  }
});
