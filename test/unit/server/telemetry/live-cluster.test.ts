import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import type { RunningServer } from '../../../../src/server/index.js';
import { parseExposition, sumOf, valueOf, type Family } from '../../../support/prometheus.js';
import { assemble, postChat, startTestServer } from '../../../support/server.js';

const MODEL = 'llama-3.1-8b';
/** The same words again and again, so that the cache has something to find. */
const SYSTEM = 'You are a patient teacher of physics who answers in short and simple sentences. '.repeat(40);

interface Usage {
  prompt_tokens: number;
  completion_tokens: number;
  prompt_tokens_details?: { cached_tokens: number };
}

describe('telemetry of simulated clusters', () => {
  let server: RunningServer;
  const used = { answers: 0, prompt: 0, cached: 0, hits: 0, completion: 0 };

  beforeAll(async () => {
    server = await startTestServer({
      threads: 2,
      model: [MODEL, 'fakeai-1'],
      latency: 'auto',
      ttft: 1,
      itl: 1,
      gpu: 'h100',
      tp: 2,
      replicas: 2,
      router: 'kv',
      timeScale: 20,
    });
    const ask = async (i: number): Promise<void> => {
      const messages = [
        { role: 'system', content: SYSTEM },
        { role: 'user', content: `Question ${i}` },
      ];
      const body = { model: MODEL, messages, max_tokens: 20 + i, stream: i % 2 === 0 };
      const response = await postChat(server.url, {
        ...body,
        stream_options: body.stream ? { include_usage: true } : undefined,
      });
      const usage = (
        body.stream
          ? assemble(await response.text()).usage
          : ((await response.json()) as { usage: unknown }).usage
      ) as Usage;
      used.answers++;
      used.prompt += usage.prompt_tokens;
      used.completion += usage.completion_tokens;
      const cached = usage.prompt_tokens_details?.cached_tokens ?? 0;
      used.cached += cached;
      if (cached > 0) used.hits++;
    };
    await ask(0);
    await Promise.all(Array.from({ length: 24 }, (_, i) => ask(i + 1)));
    await (
      await postChat(server.url, {
        model: 'fakeai-1',
        messages: [{ role: 'user', content: 'Hi' }],
        max_tokens: 3,
      })
    ).text();
  });

  afterAll(() => server.close());

  const scrape = async (path: string): Promise<Map<string, Family>> =>
    parseExposition(await (await fetch(`${server.url}${path}`, { headers: { connection: 'close' } })).text());

  it('agree in all dialects with each other and with what clients counted', async () => {
    const all = await scrape('/metrics');
    const model = { model: MODEL };
    expect(valueOf(all, 'fakeai_answers_total', model)).toBe(25);
    expect(valueOf(all, 'fakeai_completion_tokens_total', model)).toBe(used.completion);
    expect(sumOf(all, 'vllm:generation_tokens_total')).toBe(used.completion);
    expect(valueOf(all, 'fakeai_prompt_tokens_total', model)).toBe(used.prompt);
    expect(sumOf(all, 'vllm:prompt_tokens_total')).toBe(used.prompt);
    expect(used.cached).toBeGreaterThan(0);
    expect(valueOf(all, 'fakeai_cached_prompt_tokens_total', model)).toBe(used.cached);
    expect(sumOf(all, 'vllm:prefix_cache_hits_total')).toBe(used.cached);
    expect(sumOf(all, 'fakeai_kv_hit_tokens_total')).toBe(used.cached);
    expect(sumOf(all, 'vllm:request_success_total')).toBe(25);
    expect(sumOf(all, 'dynamo_component_requests_total')).toBe(25);
    expect(sumOf(all, 'dynamo_component_router_requests_total')).toBe(25);
    expect(sumOf(all, 'fakeai_router_decisions_total')).toBe(25);
    expect(sumOf(all, 'vllm:time_to_first_token_seconds_count')).toBe(25);
    expect(all.get('DCGM_FI_DEV_POWER_USAGE')!.samples).toHaveLength(4);
    expect(sumOf(all, 'DCGM_FI_DEV_TOTAL_ENERGY_CONSUMPTION')).toBeGreaterThan(0);
  });

  it('come in one dialect at a time too', async () => {
    const only = async (path: string, prefix: RegExp): Promise<void> => {
      for (const name of (await scrape(path)).keys()) expect(name).toMatch(prefix);
    };
    await only('/vllm/metrics', /^(vllm:|http_)/);
    await only('/dcgm/metrics', /^DCGM_FI_/);
    await only('/dynamo/metrics', /^(dynamo_|kvbm_)/);
  });

  it('name the fine-tuned models that are at work, as vLLM names adapters', async () => {
    expect((await scrape('/vllm/metrics')).has('vllm:lora_requests_info')).toBe(false);
    const tuned = `ft:${MODEL}:acme:mine:abc`;
    const leave = new AbortController();
    const messages = [{ role: 'user', content: 'Go on for long' }];
    const body = { model: tuned, messages, max_tokens: 100_000, ignore_eos: true, stream: true };
    const response = await postChat(server.url, body, { signal: leave.signal });
    const reader = response.body!.pipeThrough(new TextDecoderStream()).getReader();
    for (let text = ''; !/"content":"[^"]/.test(text);) text += (await reader.read()).value ?? '';
    const adapters = async (): Promise<Family['samples'][number]> =>
      (await scrape('/vllm/metrics')).get('vllm:lora_requests_info')!.samples[0]!;
    const { labels, value } = await adapters();
    const nobody = { max_lora: '256', waiting_lora_adapters: '', model_name: MODEL };
    expect(labels).toEqual({ ...nobody, running_lora_adapters: tuned });
    expect(Math.abs(value - Date.now() / 1000)).toBeLessThan(60);
    leave.abort();
    await expect
      .poll(async () => (await adapters()).labels)
      .toEqual({ ...nobody, running_lora_adapters: '' });
  });

  it('come as JSON under their own and their older names', async () => {
    const json = async (path: string): Promise<Record<string, unknown>> =>
      (await (await fetch(`${server.url}${path}`)).json()) as Record<string, unknown>;
    const cache = await json('/kv-cache-metrics');
    expect(cache).toMatchObject({
      available: true,
      model: MODEL,
      cache_performance: {
        cached_tokens_reused: used.cached,
        endpoint_stats: {
          chat_completions: {
            hits: used.hits,
            misses: used.answers - used.hits,
            hit_rate: used.hits / used.answers,
            prompt_tokens: used.prompt,
            cached_tokens: used.cached,
          },
        },
        speedup_stats: { total_speedup_records: used.hits },
      },
    });
    expect(Object.keys(await json('/cache-stats'))).toEqual(Object.keys(cache));
    expect(await json('/kv-cache/metrics')).toMatchObject({ available: true });
    expect(await json('/dynamo/metrics/json')).toMatchObject({ summary: { successful_requests: 25 } });
    expect((await json('/dcgm/metrics/json'))['gpus'] as unknown[]).toHaveLength(4);
    expect(await json('/metrics/json')).toMatchObject({
      replicas: [{ model: MODEL, up: true }, { up: true }],
    });
    expect(await json('/health/detailed')).toMatchObject({ status: 'healthy', replicas: { up: 2, down: 0 } });
  });
});

it('counts pictures that come again, whatever the protocol, once for all choices', async () => {
  const model = 'gemma-3-12b';
  const server = await startTestServer({ threads: 2, model: [model], latency: 'physics', timeScale: 50 });
  onTestFinished(() => server.close());
  const picture = (bytes: string): string => `data:image/png;base64,${Buffer.from(bytes).toString('base64')}`;
  const chat = (urls: string[], n = 1): object => {
    const content = urls.map((url) => ({ type: 'image_url', image_url: { url } }));
    return { model, messages: [{ role: 'user', content }], max_tokens: 2, n };
  };
  const post = async (path: string, body: object): Promise<void> => {
    const init = { method: 'POST', headers: { connection: 'close' }, body: JSON.stringify(body) };
    const response = await fetch(`${server.url}/v1${path}`, init);
    expect(response.status, await response.text()).toBe(200);
  };
  const counted = async (): Promise<number[]> => {
    const text = await (await fetch(`${server.url}/vllm/metrics`)).text();
    const families = parseExposition(text);
    return ['queries', 'hits'].map((what) => sumOf(families, `vllm:mm_cache_${what}_total`));
  };
  expect(await counted()).toEqual([0, 0]);
  await post('/chat/completions', chat([picture('one'), picture('two'), picture('one')], 2));
  expect(await counted()).toEqual([3, 1]);
  const source = { type: 'base64', media_type: 'image/png', data: Buffer.from('three').toString('base64') };
  const content = [
    { type: 'image', source },
    { type: 'image', source },
  ];
  await post('/messages', { model, max_tokens: 2, messages: [{ role: 'user', content }] });
  expect(await counted()).toEqual([5, 2]);
  const input = [
    { role: 'user', content: [{ type: 'input_image', image_url: picture('four'), detail: 'auto' }] },
  ];
  await post('/responses', { model, input, max_output_tokens: 16 });
  expect(await counted()).toEqual([6, 2]);
});
