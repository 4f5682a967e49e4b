import { describe, expect, it } from 'vitest';
import { type Exposition, expositionText } from '../../../../src/lib/exposition.js';
import { Cluster } from '../../../../src/simulator/cluster/cluster.js';
import { createCostModel } from '../../../../src/simulator/cluster/cost-model.js';
import { dcgmMetrics, fleetGpus } from '../../../../src/simulator/telemetry/dcgm.js';
import { dynamoMetrics } from '../../../../src/simulator/telemetry/dynamo.js';
import { engineMetrics } from '../../../../src/simulator/telemetry/engine.js';
import { kvCacheSummary, splitSummary } from '../../../../src/simulator/telemetry/cache-summary.js';
import { DCGM_FIELD_IDS } from '../../../../src/simulator/telemetry/dcgm-ids.js';
import { FIELDS } from '../../../../src/simulator/telemetry/dcgm-fields.js';
import { dynamoSummary } from '../../../../src/simulator/telemetry/summary.js';
import type { ModelCluster } from '../../../../src/simulator/telemetry/model-cluster.js';
import { vllmMetrics } from '../../../../src/simulator/telemetry/vllm.js';
import {
  blocks,
  createCluster,
  Recorder,
  request,
  workload,
  type TestOptions,
} from '../../../support/cluster.js';
import { parseExposition, sumOf, valueOf, type Family } from '../../../support/prometheus.js';

const model = 'llama "70b"';

const served = (cluster: Cluster): ModelCluster[] => [{ model, cluster: cluster.snapshot() }];
const h100 = createCostModel({ architecture: 'llama-3.1-8b', gpu: 'h100', tensorParallel: 2 });

function busyCluster(options: TestOptions = {}): { cluster: Cluster; recorder: Recorder } {
  const setup = createCluster({ replicas: 2, cost: h100, ...options });
  const shape = { seed: 5, requests: 60, gapMs: 20, promptTokens: 2000, outputTokens: 120, families: 4 };
  for (const each of workload(shape)) setup.cluster.submit(each, each.arrivalMs);
  return setup;
}

const textOf = (
  render: (out: Exposition, clusters: readonly ModelCluster[]) => void,
  clusters: readonly ModelCluster[],
): string => expositionText((out) => render(out, clusters));

const vllm = (cluster: Cluster): Map<string, Family> => parseExposition(textOf(vllmMetrics, served(cluster)));

describe('vLLM metrics', () => {
  it('count what the clients of the cluster counted', () => {
    const { cluster, recorder } = busyCluster();
    cluster.advance(Infinity);
    const families = vllm(cluster);
    const seen = [...recorder.seen.values()];
    const gaps = seen.reduce((sum, { chunks }) => sum + chunks.length - 1, 0);
    expect(sumOf(families, 'vllm:request_success_total')).toBe(60);
    expect(sumOf(families, 'vllm:request_success_total', { finished_reason: 'length' })).toBe(60);
    expect(sumOf(families, 'vllm:generation_tokens_total')).toBe(
      seen.reduce((sum, { tokenMs }) => sum + tokenMs.length, 0),
    );
    expect(sumOf(families, 'vllm:prompt_tokens_total')).toBe(
      seen.reduce((sum, { finish }) => sum + finish!.usage.promptTokens, 0),
    );
    expect(sumOf(families, 'vllm:prefix_cache_hits_total')).toBe(
      seen.reduce((sum, { finish }) => sum + finish!.usage.cachedTokens, 0),
    );
    const cached = sumOf(families, 'vllm:prefix_cache_hits_total');
    const bySource = (source: string): number =>
      sumOf(families, 'vllm:prompt_tokens_by_source_total', { source });
    expect(sumOf(families, 'vllm:prompt_tokens_cached_total')).toBe(cached);
    expect(bySource('local_cache_hit')).toBe(cached);
    expect(bySource('local_compute') + cached).toBe(sumOf(families, 'vllm:prompt_tokens_total'));
    expect(sumOf(families, 'vllm:request_prefill_kv_computed_tokens_sum')).toBe(bySource('local_compute'));
    expect(sumOf(families, 'vllm:request_prefill_kv_computed_tokens_count')).toBe(60);
    expect(sumOf(families, 'vllm:engine_sleep_state', { sleep_state: 'awake' })).toBe(2);
    expect(sumOf(families, 'vllm:time_to_first_token_seconds_count')).toBe(60);
    expect(sumOf(families, 'vllm:inter_token_latency_seconds_count')).toBe(gaps);
    expect(sumOf(families, 'vllm:inter_token_latency_seconds_sum')).toBeCloseTo(
      seen.reduce((sum, { tokenMs }) => sum + tokenMs.at(-1)! - tokenMs[0]!, 0) / 1000,
      6,
    );
    expect(sumOf(families, 'vllm:e2e_request_latency_seconds_sum')).toBeCloseTo(
      sumOf(families, 'vllm:request_queue_time_seconds_sum') +
        sumOf(families, 'vllm:request_inference_time_seconds_sum'),
      6,
    );
    expect(sumOf(families, 'vllm:request_inference_time_seconds_sum')).toBeCloseTo(
      sumOf(families, 'vllm:request_prefill_time_seconds_sum') +
        sumOf(families, 'vllm:request_decode_time_seconds_sum'),
      6,
    );
  });

  it('has the same gaps whether tokens come step by step or in runs', () => {
    const texts = [false, true].map((runs) => {
      const { cluster } = busyCluster({ runs });
      cluster.advance(Infinity);
      return textOf(vllmMetrics, served(cluster));
    });
    const [steps, runs] = texts.map((text) => parseExposition(text));
    const buckets = (families: Map<string, Family>): number[] =>
      families
        .get('vllm:inter_token_latency_seconds')!
        .samples.filter(({ name }) => name.endsWith('_bucket'))
        .map(({ value }) => value);
    expect(buckets(runs!)).toEqual(buckets(steps!));
  });

  it('labels every series with the model and the engine', () => {
    const { cluster } = busyCluster();
    cluster.advance(300);
    for (const { name, samples } of vllm(cluster).values()) {
      if (name === 'vllm:cache_config_info') continue;
      for (const { labels } of samples) {
        expect(labels['model_name'], name).toBe(model);
        expect(['0', '1']).toContain(labels['engine']);
      }
    }
  });

  it('shows running, waiting and used blocks while the engine works, and none afterwards', () => {
    const { cluster } = busyCluster({ scheduler: { maxNumSeqs: 4 } });
    cluster.advance(600);
    const during = vllm(cluster);
    expect(sumOf(during, 'vllm:num_requests_running')).toBe(8);
    expect(sumOf(during, 'vllm:num_requests_waiting')).toBeGreaterThan(0);
    expect(sumOf(during, 'vllm:kv_cache_usage_perc')).toBeGreaterThan(0);
    cluster.advance(Infinity);
    const after = vllm(cluster);
    expect(sumOf(after, 'vllm:num_requests_running')).toBe(0);
    expect(sumOf(after, 'vllm:num_requests_waiting')).toBe(0);
    expect(sumOf(after, 'vllm:kv_cache_usage_perc')).toBe(0);
  });

  it('tells ends by themselves, by length and by the client apart', () => {
    const { cluster } = createCluster();
    cluster.submit(request(1, { maxTokens: 100 }), 0);
    cluster.submit(request(2, { maxTokens: 10 }), 0);
    cluster.submit(request(3, { outputTokens: 500 }), 0);
    cluster.advance(100);
    cluster.abort(3, 100);
    cluster.advance(Infinity);
    const families = vllm(cluster);
    for (const finished_reason of ['stop', 'length', 'abort']) {
      expect(valueOf(families, 'vllm:request_success_total', { finished_reason }), finished_reason).toBe(1);
    }
  });

  it('adds speculation where there is some, position by position', () => {
    const { cluster } = createCluster({ speculation: { method: 'eagle', acceptance: [0.9, 0.5] } });
    for (let id = 0; id < 20; id++) cluster.submit(request(id, { outputTokens: 50 }), 0);
    cluster.advance(Infinity);
    const families = vllm(cluster);
    const first = valueOf(families, 'vllm:spec_decode_num_accepted_tokens_per_pos_total', { position: '0' });
    const second = valueOf(families, 'vllm:spec_decode_num_accepted_tokens_per_pos_total', { position: '1' });
    expect(first + second).toBe(valueOf(families, 'vllm:spec_decode_num_accepted_tokens_total'));
    expect(second).toBeLessThan(first);
    expect(vllm(createCluster().cluster).has('vllm:spec_decode_num_drafts_total')).toBe(false);
  });

  it('has the bounds that dashboards for vLLM ask for', () => {
    const bounds = (name: string): string[] =>
      vllm(createCluster({ maxModelLen: 8192 }).cluster)
        .get(name)!
        .samples.map(({ labels }) => labels['le'])
        .filter((le) => le !== undefined);
    expect(bounds('vllm:time_to_first_token_seconds').slice(0, 12)).toEqual(
      '0.001 0.005 0.01 0.02 0.04 0.06 0.08 0.1 0.25 0.5 0.75 1.0'.split(' '),
    );
    expect(bounds('vllm:request_prompt_tokens').slice(-4)).toEqual(['1000.0', '2000.0', '5000.0', '+Inf']);
    expect(bounds('vllm:iteration_tokens_total').at(-2)).toBe('16384.0');
    expect(bounds('vllm:request_params_n')).toEqual(['1.0', '2.0', '5.0', '10.0', '20.0', '+Inf']);
  });
});

describe('vLLM metrics of what waits and what is cached', () => {
  it('tells requests that wait for room from those that wait for a lower tier', () => {
    const { cluster } = createCluster({
      cost: h100,
      cache: {
        totalBlocks: 64,
        tiers: [{ name: 'host', capacityBlocks: 500, gigabytesPerSecond: 0.01, latencyMs: 0 }],
      },
      scheduler: { maxNumSeqs: 1 },
    });
    const prompt = (id: number, n: number) =>
      request(id, { promptTokens: 641, outputTokens: 100, blockHashes: blocks(n * 1000, 40) });
    cluster.submit(prompt(1, 1), 0);
    cluster.submit(prompt(2, 2), 5000);
    cluster.advance(20_000);
    cluster.submit(prompt(3, 1), 20_000);
    for (const id of [4, 5, 6]) cluster.submit(prompt(id, id), 20_000);
    cluster.advance(20_050);
    const waiting = (reason: string): number =>
      valueOf(vllm(cluster), 'vllm:num_requests_waiting_by_reason', { reason });
    expect(waiting('deferred')).toBe(1);
    expect(waiting('capacity')).toBe(3);
    expect(valueOf(vllm(cluster), 'vllm:num_requests_waiting')).toBe(4);
  });

  it('counts last tokens that are computed again because all of the prompt was cached', () => {
    const { cluster } = createCluster({ cost: h100 });
    for (const [id, promptTokens] of [160, 161, 177].entries()) {
      cluster.submit(request(id, { promptTokens, outputTokens: 1, blockHashes: blocks(1, 11) }), id * 1000);
      cluster.advance((id + 1) * 1000);
    }
    // 160 tokens are ten blocks: the next prompt of 161 finds all but its last token, as does 177 only if 176 were cached.
    expect(valueOf(vllm(cluster), 'vllm:prompt_tokens_recomputed_total')).toBe(1);
  });

  it('counts the choices of a request once', () => {
    const { cluster } = createCluster();
    for (const [id, choices] of [3, 0, 0].entries()) cluster.submit(request(id, { choices }), 0);
    cluster.advance(Infinity);
    expect(valueOf(vllm(cluster), 'vllm:request_params_n_count')).toBe(1);
    expect(valueOf(vllm(cluster), 'vllm:request_params_n_sum')).toBe(3);
  });
});

describe('Dynamo metrics', () => {
  it('show what each worker has to do, what it is configured with, and what the router expected to be cached', () => {
    const { cluster } = busyCluster({ router: { policy: { policy: 'kv' } } });
    cluster.advance(500);
    const during = parseExposition(textOf(dynamoMetrics, served(cluster)));
    expect(sumOf(during, 'dynamo_frontend_worker_active_prefill_tokens')).toBeGreaterThan(0);
    cluster.advance(Infinity);
    const after = parseExposition(textOf(dynamoMetrics, served(cluster)));
    expect(sumOf(after, 'dynamo_frontend_worker_active_prefill_tokens')).toBe(0);
    expect(sumOf(after, 'dynamo_component_router_worker_registered')).toBe(2);
    expect(sumOf(after, 'dynamo_frontend_worker_last_input_sequence_tokens')).toBeGreaterThan(1000);
    expect(sumOf(after, 'dynamo_frontend_worker_last_time_to_first_token_seconds')).toBeGreaterThan(0);
    expect(valueOf(after, 'dynamo_frontend_model_max_num_seqs')).toBe(256);
    expect(valueOf(after, 'dynamo_frontend_model_kv_cache_block_size')).toBe(16);
    expect(valueOf(after, 'dynamo_frontend_model_total_kv_blocks')).toBe(h100.kvBlocks(16));
    expect(valueOf(after, 'dynamo_component_router_kv_hit_rate_count')).toBe(60);
    expect(valueOf(after, 'dynamo_component_router_kv_hit_rate_sum')).toBeGreaterThan(10);
    cluster.inject({ kind: 'crash', replica: 0, atMs: 0, downMs: 1000 });
    cluster.advance(cluster.nowMs + 100);
    const crashed = parseExposition(textOf(dynamoMetrics, served(cluster)));
    expect(sumOf(crashed, 'dynamo_component_router_worker_registered')).toBe(1);
  });
  it('agree with the same state in vLLM’s words', () => {
    const { cluster } = busyCluster();
    cluster.advance(Infinity);
    const dynamo = parseExposition(textOf(dynamoMetrics, served(cluster)));
    expect(sumOf(dynamo, 'dynamo_component_requests_total')).toBe(60);
    expect(valueOf(dynamo, 'dynamo_component_router_requests_total')).toBe(60);
    expect(valueOf(dynamo, 'dynamo_component_router_time_to_first_token_seconds_sum')).toBeCloseTo(
      sumOf(vllm(cluster), 'vllm:time_to_first_token_seconds_sum'),
      9,
    );
    expect(sumOf(dynamo, 'dynamo_component_kvstats_total_blocks')).toBe(2 * h100.kvBlocks(16));
    expect(dynamoSummary(served(cluster))).toMatchObject({
      summary: { total_requests: 60, successful_requests: 60, failed_requests: 0, active_requests: 0 },
      latency: { ttft: { count: 60 } },
    });
  });

  it('tells prefill workers from decode workers', () => {
    const { cluster } = busyCluster({ disaggregation: { prefillReplicas: 1 } });
    cluster.advance(Infinity);
    const dynamo = parseExposition(textOf(dynamoMetrics, served(cluster)));
    const requests = (dynamo_component: string): number =>
      valueOf(dynamo, 'dynamo_component_requests_total', { dynamo_component });
    expect(requests('prefill')).toBe(0);
    expect(requests('backend')).toBe(60);
  });

  it.each([
    { names: ['host'], offloaded: ['d2h'], onboarded: 'h2d' },
    { names: ['disk'], offloaded: ['d2d'], onboarded: 'd2d' },
    { names: ['host', 'disk'], offloaded: ['d2h', 'h2d'], onboarded: 'd2d' },
  ])('shows blocks that go down to $names and come back', ({ names, offloaded, onboarded }) => {
    const tier = (name: string) => ({
      name,
      capacityBlocks: name === names.at(-1) ? 200 : 1,
      gigabytesPerSecond: 20,
      latencyMs: 0,
    });
    const { cluster } = createCluster({
      cost: { ...h100, kvBlocks: () => 40 },
      cache: { tiers: names.map(tier) },
    });
    const prompt = (id: number, from: number): void =>
      cluster.submit(
        request(id, { promptTokens: 480, outputTokens: 1, blockHashes: blocks(from, 30) }),
        id * 1000,
      );
    prompt(0, 0);
    prompt(1, 1000);
    prompt(2, 0);
    cluster.advance(Infinity);
    const families = parseExposition(textOf(dynamoMetrics, served(cluster)));
    const moved = ['d2h', 'h2d', 'd2d'].filter((way) => valueOf(families, `kvbm_offload_blocks_${way}`) > 0);
    expect(moved).toEqual(offloaded);
    expect(valueOf(families, `kvbm_onboard_blocks_${onboarded}`)).toBeGreaterThan(0);
    const { tiers, kv, unitTokens } = cluster.snapshot().replicas[0]!;
    const loaded = tiers.reduce((sum, { loadedUnits }) => sum + loadedUnits, 0) * unitTokens;
    expect(valueOf(families, 'kvbm_matched_tokens')).toBe(loaded);
    const bytes = cluster.snapshot().replicas[0]!.kvBytesPerToken * loaded;
    expect(valueOf(vllm(cluster), 'vllm:kv_offload_load_bytes_total')).toBe(bytes);
    const asked = kv.queriedTokens - kv.hitTokens + loaded;
    const rates = ['host', 'disk'].map((name) => valueOf(families, `kvbm_${name}_cache_hit_rate`));
    expect(rates[0]! + rates[1]!).toBeCloseTo(loaded / asked, 9);
    expect(JSON.stringify(kvCacheSummary(served(cluster)))).toContain(`"name":"${names[0]}"`);
  });
});

describe('the summary of the caches', () => {
  const speedup = (cluster: Cluster): unknown =>
    (kvCacheSummary(served(cluster)) as { cache_performance: { speedup_stats: unknown } }).cache_performance
      .speedup_stats;

  it('sets times to first tokens with hits beside those without', () => {
    const { cluster, recorder } = createCluster({ cost: h100 });
    const nothing = { avg_baseline_ttft_ms: null, avg_actual_ttft_ms: null, avg_speedup_ratio: null };
    expect(speedup(cluster)).toEqual({ ...nothing, avg_cache_hit_ratio: 0, total_speedup_records: 0 });
    const ask = (id: number, from: number): void =>
      cluster.submit(
        request(id, { promptTokens: 4800, outputTokens: 2, blockHashes: blocks(from, 300) }),
        id * 1000,
      );
    for (const [id, from] of [0, 5000, 0, 0].entries()) ask(id, from);
    cluster.advance(Infinity);
    const ttft = (id: number): number => recorder.of(id).tokenMs[0]! - id * 1000;
    const baseline = (ttft(0) + ttft(1)) / 2;
    const actual = (ttft(2) + ttft(3)) / 2;
    expect(baseline / actual).toBeGreaterThan(5);
    const stats = speedup(cluster) as Record<string, number>;
    expect(stats['avg_baseline_ttft_ms']).toBeCloseTo(baseline, 6);
    expect(stats['avg_actual_ttft_ms']).toBeCloseTo(actual, 6);
    expect(stats['avg_speedup_ratio']).toBeCloseTo(baseline / actual, 6);
    expect(stats['avg_cache_hit_ratio']).toBeCloseTo(4784 / 4800, 6);
    expect(stats['total_speedup_records']).toBe(2);
  });
});

describe('JSON', () => {
  interface Summary {
    cache_performance: { total_tokens_processed: number };
    smart_router: { policy: string; workers: object };
  }

  it('adds several models up, and tells their workers apart', () => {
    const { cluster } = busyCluster();
    cluster.advance(Infinity);
    const one = served(cluster);
    const both = [...one, { model: 'other', cluster: cluster.snapshot() }];
    const cache = (clusters: ModelCluster[]) => kvCacheSummary(clusters) as Summary;
    const tokens = (clusters: ModelCluster[]): number =>
      cache(clusters).cache_performance.total_tokens_processed;
    expect(tokens(one)).toBeGreaterThan(0);
    expect(tokens(both)).toBe(2 * tokens(one));
    expect(Object.keys(cache(one).smart_router.workers)).toEqual(['worker-0', 'worker-1']);
    expect(Object.keys(cache(both).smart_router.workers)).toContain('other/worker-1');
    expect(dynamoSummary(both)).toMatchObject({ summary: { successful_requests: 120, workers: 4 } });
  });

  it('counts the sequences of a batch, not the drafts that are verified in it', () => {
    const { cluster } = createCluster({
      cost: h100,
      speculation: { method: 'eagle', acceptance: [1, 1, 1] },
    });
    for (let id = 0; id < 4; id++) cluster.submit(request(id, { outputTokens: 40 }), 0);
    cluster.advance(Infinity);
    expect(dynamoSummary(served(cluster))).toMatchObject({ batch: { avg_size: 4 } });
  });

  it('has the deepest queue and the largest batch that there were', () => {
    const { cluster } = createCluster({ cost: h100, replicas: 2, scheduler: { maxNumSeqs: 3 } });
    cluster.submit(request(0, { outputTokens: 50 }), 0);
    cluster.advance(Infinity);
    // Whoever is admitted at once has not waited.
    expect(dynamoSummary(served(cluster))).toMatchObject({ queue: { max_depth: 0 }, batch: { max_size: 1 } });
    for (let id = 1; id < 12; id++) cluster.submit(request(id, { outputTokens: 50 }), cluster.nowMs);
    // Three run on each of two replicas, two of those that wait leave.
    const early = cluster.nowMs + 20;
    cluster.abort(11, early);
    cluster.abort(10, early);
    const { queue } = dynamoSummary(served(cluster)) as Record<string, Record<string, number>>;
    expect(queue).toMatchObject({ current_depth: 3, max_depth: 5 });
    cluster.advance(Infinity);
    expect(dynamoSummary(served(cluster))).toMatchObject({
      queue: { current_depth: 0, max_depth: 5 },
      batch: { current_size: 0, max_size: 3 },
    });
  });

  it('has the mean share of prompts that was in the cache', () => {
    const { cluster, recorder } = createCluster({ cost: h100 });
    const shared = { promptTokens: 1000, outputTokens: 5, blockHashes: blocks(0, 62) };
    for (let id = 0; id < 4; id++) {
      cluster.submit(request(id, id < 3 ? shared : { promptTokens: 100, outputTokens: 5 }), cluster.nowMs);
      cluster.advance(Infinity);
    }
    const shares = [...recorder.seen.values()].map(({ finish }) => {
      const { cachedTokens, promptTokens } = finish!.usage;
      return cachedTokens / promptTokens;
    });
    expect(shares[1]).toBeCloseTo(0.992, 3);
    const { cache } = dynamoSummary(served(cluster)) as Record<string, Record<string, number>>;
    expect(cache!['avg_overlap_score']).toBeCloseTo(shares.reduce((sum, share) => sum + share, 0) / 4, 9);
  });

  it('has how long the queue was, by the time that requests spent in it', () => {
    const { cluster } = createCluster({ cost: h100, scheduler: { maxNumSeqs: 1 } });
    for (let id = 0; id < 3; id++) cluster.submit(request(id, { outputTokens: 100 }), 0);
    cluster.advance(Infinity);
    const { queue, summary } = dynamoSummary(served(cluster)) as Record<string, Record<string, number>>;
    // Two wait during the first third, one during the second, none during the last.
    expect(queue!['avg_depth']).toBeCloseTo(1, 1);
    expect(queue!['max_depth']).toBe(2);
    expect(summary!['uptime_seconds']).toBeGreaterThan(0);
  });
});

describe('an A/B split', () => {
  it('shows the share that each arm got, and times that add up to those of the engine', () => {
    const { cluster } = busyCluster({
      router: {
        policy: {
          policy: 'ab',
          arms: [
            { name: 'kv', share: 3, router: { policy: 'kv' } },
            { name: 'random', share: 1, router: { policy: 'random' } },
          ],
        },
      },
    });
    const families = (): Map<string, Family> => parseExposition(textOf(engineMetrics, served(cluster)));
    cluster.abort(58, cluster.nowMs);
    cluster.advance(Infinity);
    const arm = (name: string, of: string): number =>
      valueOf(families(), `fakeai_router_arm_${name}`, { arm: of });
    const both = (name: string): number => arm(name, 'kv') + arm(name, 'random');
    expect([arm('share', 'kv'), arm('share', 'random')]).toEqual([0.75, 0.25]);
    expect(both('requests_total')).toBe(60);
    expect(arm('requests_total', 'random')).toBeGreaterThan(0);
    expect([both('ended_total'), both('failed_total'), both('first_tokens_total')]).toEqual([59, 0, 59]);
    expect(both('time_to_first_token_seconds_total')).toBeCloseTo(
      sumOf(vllm(cluster), 'vllm:time_to_first_token_seconds_sum'),
      9,
    );
    const [split] = splitSummary(served(cluster)) as { arms: Record<string, number>[] }[];
    expect(split!.arms.map(({ share_of_requests: got }) => got)).toEqual(
      ['kv', 'random'].map((name) => arm('requests_total', name) / 60),
    );
  });

  it('leaves no families behind where there is none', () => {
    const { cluster } = busyCluster();
    expect(textOf(engineMetrics, served(cluster))).not.toContain('router_arm');
    expect(splitSummary(served(cluster))).toEqual([]);
  });
});

describe('GPU metrics', () => {
  it('have the numbers that DCGM knows them by', () => {
    expect(Object.keys(DCGM_FIELD_IDS).toSorted()).toEqual(FIELDS.map(({ name }) => name).toSorted());
    expect(new Set(Object.values(DCGM_FIELD_IDS)).size).toBe(FIELDS.length);
  });

  const gpu = (cluster: Cluster, name: string, index = '0'): number =>
    valueOf(parseExposition(textOf(dcgmMetrics, served(cluster))), name, { gpu: index });

  it('says nothing of GPUs that DCGM does not watch, while the engine has its metrics', () => {
    const cost = createCostModel({ architecture: 'llama-3.1-8b', gpu: 'mi300x' });
    const { cluster } = busyCluster({ cost });
    cluster.advance(500);
    expect(
      [...parseExposition(textOf(dcgmMetrics, served(cluster))).values()].flatMap((f) => f.samples),
    ).toEqual([]);
    expect(vllm(cluster).size).toBeGreaterThan(10);
  });

  it('names each GPU of each replica as dcgm-exporter does, the same at every start', () => {
    const { cluster } = busyCluster();
    const families = parseExposition(textOf(dcgmMetrics, served(cluster)));
    const { samples } = families.get('DCGM_FI_DEV_GPU_UTIL')!;
    expect(samples).toHaveLength(4);
    expect(Object.keys(samples[3]!.labels)).toEqual([
      'gpu',
      'UUID',
      'pci_bus_id',
      'device',
      'modelName',
      'Hostname',
      'hostname',
      'DCGM_FI_DRIVER_VERSION',
    ]);
    expect(samples[3]!.labels).toMatchObject({
      gpu: '3',
      device: 'nvidia3',
      modelName: 'NVIDIA H100 80GB HBM3',
      pci_bus_id: '00000000:5D:00.0',
    });
    expect(samples[0]!.labels['UUID']).toMatch(/^GPU-[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/);
    expect(new Set(fleetGpus(served(cluster)).map(({ uuid }) => uuid)).size).toBe(4);
    expect(fleetGpus(served(cluster))[2]!.uuid).toBe(fleetGpus(served(busyCluster().cluster))[2]!.uuid);
  });

  it('idles, works and cools down again', () => {
    const { cluster } = createCluster({ cost: h100 });
    cluster.advance(1000);
    expect(gpu(cluster, 'DCGM_FI_DEV_GPU_UTIL')).toBe(0);
    expect(gpu(cluster, 'DCGM_FI_DEV_POWER_USAGE')).toBe(115);
    const cold = gpu(cluster, 'DCGM_FI_DEV_GPU_TEMP');
    for (let id = 0; id < 200; id++) {
      cluster.submit(request(id, { promptTokens: 1000, outputTokens: 6000 }), 1000);
    }
    cluster.advance(60_000);
    expect(gpu(cluster, 'DCGM_FI_DEV_GPU_UTIL')).toBe(100);
    expect(gpu(cluster, 'DCGM_FI_DEV_POWER_USAGE')).toBeGreaterThan(300);
    expect(gpu(cluster, 'DCGM_FI_DEV_POWER_USAGE')).toBeLessThanOrEqual(700);
    const warm = gpu(cluster, 'DCGM_FI_DEV_GPU_TEMP');
    expect(warm).toBeGreaterThan(cold + 10);
    expect(gpu(cluster, 'DCGM_FI_DEV_NVLINK_BANDWIDTH_TOTAL')).toBeGreaterThan(0);
    cluster.advance(Infinity);
    cluster.advance(cluster.nowMs + 300_000);
    expect(gpu(cluster, 'DCGM_FI_DEV_GPU_UTIL')).toBe(0);
    expect(gpu(cluster, 'DCGM_FI_DEV_GPU_TEMP')).toBe(cold);
  });

  it('shows matrix units at work for prompts and memory at work for answers', () => {
    const during = (promptTokens: number, outputTokens: number): [tensor: number, memory: number] => {
      const { cluster } = createCluster({ cost: h100 });
      for (let id = 0; id < 64; id++) cluster.submit(request(id, { promptTokens, outputTokens }), 0);
      cluster.advance(3000);
      return [gpu(cluster, 'DCGM_FI_PROF_PIPE_TENSOR_ACTIVE'), gpu(cluster, 'DCGM_FI_PROF_DRAM_ACTIVE')];
    };
    const [prefillTensor, prefillMemory] = during(30_000, 1);
    const [decodeTensor, decodeMemory] = during(16, 4000);
    expect(prefillTensor).toBeGreaterThan(0.4);
    expect(prefillTensor).toBeGreaterThan(3 * decodeTensor);
    expect(decodeMemory).toBeGreaterThan(0.3);
    expect(decodeMemory).toBeGreaterThan(2 * prefillMemory);
  });

  it('shows what crosses the bus while it does, and not afterwards', () => {
    const { cluster } = createCluster({
      cost: createCostModel({ architecture: 'llama-3.1-8b', gpu: 'h100' }),
      cache: {
        totalBlocks: 64,
        tiers: [{ name: 'host', capacityBlocks: 500, gigabytesPerSecond: 0.01, latencyMs: 0 }],
      },
    });
    const prompt = (id: number, n: number) =>
      request(id, { promptTokens: 641, outputTokens: 1, blockHashes: blocks(n * 1000, 40) });
    const rates = (): [sent: number, received: number] => {
      const families = parseExposition(textOf(dcgmMetrics, served(cluster)));
      return [sumOf(families, 'DCGM_FI_PROF_PCIE_TX_BYTES'), sumOf(families, 'DCGM_FI_PROF_PCIE_RX_BYTES')];
    };
    cluster.submit(prompt(1, 1), 0);
    cluster.advance(5000);
    expect(rates()).toEqual([0, 0]);
    cluster.submit(prompt(2, 2), 5000);
    cluster.advance(5100);
    // Keys and values that made room went down; nothing came up.
    expect(rates()[0]).toBeGreaterThan(0);
    expect(rates()[1]).toBe(0);
    cluster.submit(prompt(3, 1), 60_000);
    cluster.advance(63_000);
    // A load of about 40 MB at 10 MB/s: after three seconds the average has nearly reached it, headers on top.
    expect(rates()[1] / 10e6 / (280 / 256)).toBeCloseTo(1 - Math.exp(-3), 2);
    cluster.advance(Infinity);
    cluster.advance(120_000);
    expect(rates()[1]).toBeLessThan(1000);
  });

  it('reads the same whoever looked before', () => {
    const run = (looks: number): string => {
      const { cluster } = busyCluster();
      for (let i = 1; i <= looks; i++) {
        cluster.advance((i * 2000) / looks);
        textOf(dcgmMetrics, served(cluster));
      }
      cluster.advance(2000);
      return textOf(dcgmMetrics, served(cluster));
    };
    const values = (text: string): number[] =>
      [...parseExposition(text).values()].flatMap(({ samples }) => samples.map(({ value }) => value));
    const often = values(run(50));
    values(run(0)).forEach((value, i) => expect(often[i]).toBeCloseTo(value, 3));
  });

  it('lowers clocks and heats up when cooling fails, and counts the time', () => {
    const { cluster } = createCluster({
      cost: h100,
      failures: [{ kind: 'thermal', replica: 0, atMs: 0, durationMs: 1e9, factor: 1.5 }],
    });
    for (let id = 0; id < 100; id++) cluster.submit(request(id, { outputTokens: 60_000 }), 0);
    cluster.advance(200_000);
    expect(gpu(cluster, 'DCGM_FI_DEV_SM_CLOCK')).toBe(1320);
    expect(gpu(cluster, 'DCGM_FI_DEV_GPU_TEMP')).toBe(87);
    expect(gpu(cluster, 'DCGM_FI_DEV_THERMAL_VIOLATION') / 1e6).toBeCloseTo(200_000, -2);
    expect(gpu(cluster, 'DCGM_FI_DEV_CLOCK_THROTTLE_REASONS') & 0x20).toBe(0x20);
  });

  it('reports XID errors, and that a dead process holds no memory', () => {
    const { cluster } = createCluster({
      cost: h100,
      failures: [{ kind: 'xid', replica: 0, atMs: 500, code: 48, downMs: 1e6 }],
    });
    expect(gpu(cluster, 'DCGM_FI_DEV_FB_USED')).toBe(73_728);
    cluster.advance(1000);
    expect(gpu(cluster, 'DCGM_FI_DEV_XID_ERRORS')).toBe(48);
    expect(textOf(dcgmMetrics, served(cluster))).toContain('err_code="48",err_msg="Double Bit ECC Error"');
    expect(gpu(cluster, 'DCGM_FI_DEV_ECC_DBE_VOL_TOTAL')).toBe(1);
    // The other GPU of the replica stops with it and has nothing to report.
    expect(gpu(cluster, 'DCGM_FI_DEV_XID_ERRORS', '1')).toBe(0);
    expect(gpu(cluster, 'DCGM_FI_DEV_FB_USED', '1')).toBe(0);
    expect(fleetGpus(served(cluster)).map(({ fields }) => fields['DCGM_FI_DEV_XID_ERRORS'])).toEqual([48, 0]);
    expect(gpu(cluster, 'DCGM_FI_DEV_FB_USED')).toBe(0);
  });

  it('spends its energy as power over time', () => {
    const { cluster } = createCluster({ cost: h100 });
    cluster.advance(10_000);
    expect(gpu(cluster, 'DCGM_FI_DEV_TOTAL_ENERGY_CONSUMPTION')).toBe(115 * 10_000);
  });

  it('are none where the hardware is not known', () => {
    expect(textOf(dcgmMetrics, served(createCluster().cluster))).toBe('');
  });
});

describe('several models', () => {
  it('stand side by side without a series twice, and GPUs are numbered through', () => {
    const { cluster } = busyCluster();
    cluster.advance(Infinity);
    const both = [...served(cluster), { model: 'other', cluster: cluster.snapshot() }];
    for (const render of [vllmMetrics, dynamoMetrics, engineMetrics, dcgmMetrics]) {
      expect(parseExposition(textOf(render, both)).size).toBe(
        parseExposition(textOf(render, served(cluster))).size,
      );
    }
    expect(fleetGpus(both).map(({ index }) => index)).toEqual([0, 1, 2, 3, 4, 5, 6, 7]);
  });
});

describe('own metrics of the cluster', () => {
  it('parse, and count placements and outcomes', () => {
    const { cluster } = busyCluster({ scheduler: { maxQueue: 1, maxNumSeqs: 2 } });
    cluster.advance(Infinity);
    const families = parseExposition(textOf(engineMetrics, served(cluster)));
    const outcome = (name: string): number =>
      valueOf(families, 'fakeai_engine_requests_total', { outcome: name });
    expect(outcome('submitted')).toBe(60);
    expect(outcome('queue_full')).toBeGreaterThan(0);
    expect(outcome('completed') + outcome('queue_full')).toBe(60);
    expect(sumOf(families, 'fakeai_router_decisions_total')).toBeGreaterThanOrEqual(outcome('completed'));
  });
});
