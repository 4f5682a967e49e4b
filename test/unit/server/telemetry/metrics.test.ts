import { WebSocket } from 'ws';
import { afterAll, beforeAll, describe, expect, it, test } from 'vitest';
import type { RunningServer } from '../../../../src/server/index.js';
import { parseExposition, sumOf, valueOf, type Family } from '../../../support/prometheus.js';
import { assemble, eventsOf, postChat, startTestServer } from '../../../support/server.js';

const chat = (over: object = {}): object => ({
  model: 'fakeai-1',
  messages: [{ role: 'user', content: 'Tell me about counters.' }],
  max_tokens: 20,
  ...over,
});

interface Usage {
  prompt_tokens: number;
  completion_tokens: number;
}

const scrape = async ({ url }: RunningServer, path = '/metrics'): Promise<Map<string, Family>> => {
  const response = await fetch(`${url}${path}`, { headers: { connection: 'close' } });
  expect(response.status).toBe(200);
  expect(response.headers.get('content-type')).toBe('text/plain; version=0.0.4; charset=utf-8');
  return parseExposition(await response.text());
};

const getJson = async <T>({ url }: RunningServer, path: string): Promise<T> =>
  (await (await fetch(`${url}${path}`)).json()) as T;

describe('counters of a server with several threads', () => {
  let server: RunningServer;
  const used = { answers: 0, prompt: 0, completion: 0 };

  beforeAll(async () => {
    server = await startTestServer({ threads: 2 });
    const whole = Array.from({ length: 20 }, async (_, i) => {
      const response = await postChat(server.url, chat({ max_tokens: 5 + i, n: 1 + (i % 3) }));
      return ((await response.json()) as { usage: Usage }).usage;
    });
    const streamed = Array.from({ length: 20 }, async (_, i) => {
      const body = chat({
        model: 'org/other:1',
        max_tokens: 10 + i,
        stream: true,
        stop: i % 2 === 0 ? [' the'] : undefined,
        stream_options: { include_usage: true },
      });
      return assemble(await (await postChat(server.url, body)).text()).usage as Usage;
    });
    for (const usage of await Promise.all([...whole, ...streamed])) {
      used.answers++;
      used.prompt += usage.prompt_tokens;
      used.completion += usage.completion_tokens;
    }
    await postChat(server.url, '{not json');
    await postChat(server.url, chat({ model: 'no-such-model' }));
    await fetch(`${server.url}/nowhere`);
  });

  afterAll(() => server.close());

  it('equal what the clients counted, whichever thread answers', async () => {
    for (let i = 0; i < 4; i++) {
      // oxlint-disable-next-line no-await-in-loop -- one connection after the other
      const families = await scrape(server);
      expect(sumOf(families, 'fakeai_answers_total')).toBe(used.answers);
      expect(sumOf(families, 'fakeai_prompt_tokens_total')).toBe(used.prompt);
      expect(sumOf(families, 'fakeai_completion_tokens_total')).toBe(used.completion);
      const route = { route: '/chat/completions', method: 'POST' };
      expect(valueOf(families, 'fakeai_http_requests_total', { ...route, status: '200' })).toBe(40);
      expect(valueOf(families, 'fakeai_http_requests_total', { ...route, status: '400' })).toBe(1);
      expect(valueOf(families, 'fakeai_http_requests_total', { ...route, status: '404' })).toBe(1);
      expect(valueOf(families, 'fakeai_http_requests_total', { route: 'none', status: '404' })).toBe(1);
      expect(
        valueOf(families, 'fakeai_generations_total', { model: 'org/other:1', outcome: 'completed' }),
      ).toBe(20);
      expect(sumOf(families, 'fakeai_time_to_first_token_seconds_count')).toBe(39 + 20);
      expect(sumOf(families, 'fakeai_generations_active')).toBe(0);
      expect(valueOf(families, 'fakeai_threads')).toBe(2);
    }
  });

  it('speak vLLM’s and Dynamo’s frontend’s language too, and say what is missing', async () => {
    const families = await scrape(server, '/metrics?dialect=vllm,dynamo');
    expect([...families.keys()].some((name) => name.startsWith('fakeai_'))).toBe(false);
    expect(sumOf(families, 'vllm:generation_tokens_total')).toBe(used.completion);
    expect(sumOf(families, 'dynamo_frontend_output_tokens_total')).toBe(used.completion);
    const handler = { handler: '/v1/chat/completions', method: 'POST' };
    expect(valueOf(families, 'http_requests_total', { ...handler, status: '2xx' })).toBe(40);
    expect(valueOf(families, 'http_requests_total', { ...handler, status: '4xx' })).toBe(2);
    expect(valueOf(families, 'http_request_duration_seconds_count', handler)).toBe(42);
    const handlers = families.get('http_requests_total')!.samples.map(({ labels }) => labels['handler']);
    expect(handlers).not.toContain('/v1/metrics');
    expect(families.has('vllm:kv_cache_usage_perc')).toBe(false);
    const text = await (await fetch(`${server.url}/dcgm/metrics`)).text();
    expect(text).toMatch(/^# no cluster is simulated.*--latency physics/);
    expect(await getJson(server, '/kv-cache-metrics')).toMatchObject({ available: false });
    expect(await getJson(server, '/dcgm/metrics/json')).toMatchObject({ available: false });
  });

  it('come as JSON and CSV with the same figures', async () => {
    const all = await getJson<{ models: Record<string, { completion_tokens: number }>; replicas: unknown }>(
      server,
      '/metrics?format=json',
    );
    const tokens = Object.values(all.models).reduce((sum, model) => sum + model.completion_tokens, 0);
    expect(tokens).toBe(used.completion);
    expect(all.replicas).toBeNull();
    expect(await getJson(server, '/metrics/by-model/org/other:1')).toMatchObject({ answers: 20 });
    expect((await fetch(`${server.url}/metrics/by-model/unheard-of`)).status).toBe(404);
    const csv = await (await fetch(`${server.url}/metrics/csv`)).text();
    expect(csv).toContain('route,POST /chat/completions,42,2,');
    expect(csv.split('\n')[0]!.split(',')).toHaveLength(csv.split('\n')[1]!.split(',').length);
  });

  it('rank and compare models', async () => {
    const ranks = await getJson<{ ranking: { rank: number; model: string; value: number }[] }>(
      server,
      '/metrics/ranking?metric=tokens&limit=1',
    );
    const totals = await getJson<Record<string, { prompt_tokens: number; completion_tokens: number }>>(
      server,
      '/metrics/by-model',
    );
    const tokens = Object.entries(totals).map(([model, each]) => ({
      model,
      value: each.prompt_tokens + each.completion_tokens,
    }));
    const most = tokens.reduce((a, b) => (b.value > a.value ? b : a));
    expect(ranks.ranking).toEqual([{ rank: 1, ...most }]);
    const other = tokens.find(({ model, value }) => model !== most.model && value < most.value)!;
    const compared = await getJson<{ models: { model: string }[]; better: Record<string, string> }>(
      server,
      `/metrics/compare?model1=${other.model}&model2=${most.model}`,
    );
    expect(compared.models.map(({ model }) => model)).toEqual([other.model, most.model]);
    expect(compared.better).toMatchObject({ tokens: most.model });
    expect((await fetch(`${server.url}/metrics/ranking?metric=cost`)).status).toBe(400);
    expect((await fetch(`${server.url}/metrics/compare?model1=unheard-of&model2=x`)).status).toBe(404);
    expect((await fetch(`${server.url}/metrics/compare`)).status).toBe(400);
  });

  it('are found where an earlier server had them, or said to be elsewhere', async () => {
    const perModel = await scrape(server, '/metrics/by-model/prometheus');
    expect(sumOf(perModel, 'fakeai_answers_total')).toBe(used.answers);
    expect(await getJson(server, '/ping')).toMatchObject({ status: 'ok' });
    for (const state of ['ready', 'live'])
      expect(await getJson(server, `/v1/health/${state}`)).toEqual({
        object: 'health.response',
        message: `Service is ${state}.`,
      });
    expect(await getJson(server, '/metrics/rate-limits')).toMatchObject({
      enabled: false,
      too_many_requests: 0,
    });
    for (const path of ['metrics/costs', 'metrics/rate-limits/tier', 'dashboard', 'dashboard/dynamo']) {
      // oxlint-disable-next-line no-await-in-loop -- a handful
      const response = await fetch(`${server.url}/${path}`);
      expect(response.status).toBe(501);
      expect(await response.text()).toContain('not_implemented');
    }
  });

  it('refuses dialects and intervals that there are none of', async () => {
    expect((await fetch(`${server.url}/metrics?dialect=klingon`)).status).toBe(400);
    expect((await fetch(`${server.url}/metrics/streaming?interval=1`)).status).toBe(400);
  });

  it('shows its health in detail', async () => {
    expect(await getJson(server, '/health/detailed')).toMatchObject({
      status: 'healthy',
      ready: true,
      threads: 2,
      error_rate_percentage: 0,
      replicas: null,
    });
  });
});

it('tells in /health of the streams of all threads', async () => {
  const server = await startTestServer({ threads: 2, latency: 'fixed', ttft: 1, itl: 60_000 });
  const leave = new AbortController();
  const body = JSON.stringify({
    model: 'fakeai-1',
    stream: true,
    messages: [{ role: 'user', content: 'Hi' }],
  });
  try {
    const ask = () =>
      fetch(`${server.url}/v1/chat/completions`, { method: 'POST', body, signal: leave.signal });
    await Promise.all(Array.from({ length: 9 }, ask));
    // Each of several connections may come to either thread.
    const seen = await Promise.all(Array.from({ length: 6 }, () => getJson(server, '/health')));
    expect(seen).toEqual(seen.map(() => expect.objectContaining({ status: 'ok', active_streams: 9 })));
  } finally {
    leave.abort();
    await server.close();
  }
});

describe('requests that generate nothing', () => {
  it('count with what their usage says', async () => {
    const server = await startTestServer({ threads: 1, model: ['text-embedding-3-small'] });
    const post = async (path: string, body: object): Promise<{ usage: Usage }> =>
      (await (
        await fetch(`${server.url}/v1${path}`, { method: 'POST', body: JSON.stringify(body) })
      ).json()) as { usage: Usage };
    try {
      const input = ['one text', 'and another'];
      const embedded = await post('/embeddings', { model: 'text-embedding-3-small', input });
      const families = await scrape(server);
      const of = { model: 'text-embedding-3-small' };
      expect(valueOf(families, 'fakeai_answers_total', of)).toBe(1);
      expect(valueOf(families, 'fakeai_prompt_tokens_total', of)).toBe(embedded.usage.prompt_tokens);
    } finally {
      await server.close();
    }
  });
});

describe('a server under way', () => {
  it('counts streams, clients that leave, and how late tokens came', async () => {
    const server = await startTestServer({ threads: 2, latency: 'fixed', ttft: 20, itl: 5, jitter: 0 });
    try {
      const leave = new AbortController();
      const body = chat({ max_tokens: 100_000, ignore_eos: true, stream: true });
      const response = await postChat(server.url, body, { signal: leave.signal });
      await response.body!.getReader().read();
      const during = await scrape(server);
      expect(sumOf(during, 'fakeai_generations_active')).toBe(1);
      expect(valueOf(during, 'fakeai_active_streams')).toBe(1);
      leave.abort();
      await expect
        .poll(async () => sumOf(await scrape(server), 'fakeai_generations_total', { outcome: 'cancelled' }))
        .toBe(1);
      await (await postChat(server.url, chat({ max_tokens: 10, ignore_eos: true, stream: true }))).text();
      const after = await scrape(server);
      expect(sumOf(after, 'fakeai_generations_active')).toBe(0);
      expect(sumOf(after, 'fakeai_http_requests_total', { status: '499' })).toBe(1);
      const lost = { endpoint: 'chat_completions', request_type: 'stream' };
      expect(
        sumOf(after, 'dynamo_frontend_requests_total', { ...lost, status: 'error', error_type: 'cancelled' }),
      ).toBe(1);
      expect(sumOf(after, 'dynamo_frontend_model_cancellation_total', lost)).toBe(1);
      expect(sumOf(after, 'dynamo_frontend_disconnected_clients')).toBe(1);
      // Tokens that fall due together are handed on together: on a busy machine that may be most of them.
      expect(valueOf(after, 'fakeai_pacing_error_seconds_count')).toBeGreaterThanOrEqual(2);
      expect(sumOf(after, 'fakeai_time_to_first_token_seconds_count')).toBe(2);
      expect(sumOf(after, 'fakeai_time_to_first_token_seconds_sum')).toBeGreaterThan(0.04);
      expect(sumOf(after, 'fakeai_inter_token_latency_seconds_count')).toBeGreaterThanOrEqual(1);
    } finally {
      await server.close();
    }
  });

  it('sends its figures over a WebSocket, those that the client asks for', async () => {
    const server = await startTestServer({ threads: 2 });
    const socket = new WebSocket(`${server.url.replace('http', 'ws')}/ws/metrics`);
    const seen: { type: string; metrics?: Record<string, number | null> | string[] | null }[] = [];
    socket.on('message', (data: Buffer) => seen.push(JSON.parse(data.toString()) as (typeof seen)[number]));
    const until = (found: (message: (typeof seen)[number]) => boolean): Promise<void> =>
      expect.poll(() => seen.some(found)).toBe(true);
    try {
      await until(({ type, metrics }) => type === 'metrics' && 'latency_p95' in metrics!);
      socket.send(JSON.stringify({ action: 'subscribe', metrics: ['tokens_per_second'], interval: 100 }));
      await until(({ type }) => type === 'subscribed');
      await (await postChat(server.url, chat({ ignore_eos: true }))).text();
      await until(
        ({ type, metrics }) =>
          type === 'metrics' &&
          Object.keys(metrics!).join() === 'tokens_per_second' &&
          (metrics as Record<string, number>)['tokens_per_second']! > 0,
      );
      socket.send('nonsense');
      await until(({ type }) => type === 'error');
      socket.send('{"action":"ping"}');
      await until(({ type }) => type === 'pong');
      expect((await fetch(`${server.url}/ws/metrics`)).status).toBe(426);
    } finally {
      socket.terminate();
      await server.close();
    }
  });

  it('streams its figures, those that were asked for', async () => {
    const server = await startTestServer({ threads: 2 });
    try {
      const url = `${server.url}/metrics/streaming?interval=100&metrics=requests_per_second,tokens_per_second,nonsense`;
      const reader = (await fetch(url)).body!.getReader();
      const decoder = new TextDecoder();
      let text = '';
      const events = async (count: number): Promise<{ metrics: Record<string, number | null> }[]> => {
        while (eventsOf(text).length < count) {
          // oxlint-disable-next-line no-await-in-loop -- one part after the other
          const { value } = await reader.read();
          text += decoder.decode(value);
        }
        return eventsOf(text).map((event) => JSON.parse(event) as { metrics: Record<string, number | null> });
      };
      const [first] = await events(1);
      expect(Object.keys(first!.metrics)).toEqual(['requests_per_second', 'tokens_per_second', 'nonsense']);
      expect(first!.metrics['nonsense']).toBeNull();
      await (await postChat(server.url, chat({ ignore_eos: true }))).text();
      await expect
        .poll(async () =>
          (await events(eventsOf(text).length + 1)).some(({ metrics }) => metrics['tokens_per_second']! > 0),
        )
        .toBe(true);
      await reader.cancel();
    } finally {
      await server.close();
    }
  });
});

test('requests beyond the rate limit are counted by route', async () => {
  const server = await startTestServer({ rateLimitRpm: 1 });
  try {
    const ask = { model: 'fakeai-1', messages: [{ role: 'user', content: 'hi' }], max_tokens: 2 };
    const statuses: number[] = [];
    for (let i = 0; i < 3; i++) {
      // oxlint-disable-next-line no-await-in-loop -- one after the other
      statuses.push((await postChat(server.url, ask)).status);
    }
    expect(statuses).toEqual([200, 429, 429]);
    expect(await getJson(server, '/metrics/rate-limits')).toMatchObject({
      enabled: true,
      requests_per_minute: 1,
      too_many_requests: 2,
      routes: { 'POST /chat/completions': 2 },
    });
  } finally {
    await server.close();
  }
});

test('Dynamo’s frontend tells requests by endpoint and by whether they are streamed', async () => {
  const server = await startTestServer({ model: ['fakeai-1', 'text-embedding-3-small'] });
  try {
    const post = async (path: string, body: object): Promise<void> => {
      const sent = JSON.stringify({ model: 'fakeai-1', ...body });
      const response = await fetch(`${server.url}/v1/${path}`, { method: 'POST', body: sent });
      expect([path, response.status]).toEqual([path, 200]);
      await response.text();
    };
    await post('chat/completions', chat({ n: 3 }));
    await post('chat/completions', chat({ n: 2, stream: true }));
    await post('completions', { prompt: ['a', 'b'], stream: true });
    await post('responses', { input: 'a' });
    await post('responses', { input: 'a', stream: true });
    await post('messages', { messages: [{ role: 'user', content: 'a' }], max_tokens: 5 });
    await post('embeddings', { model: 'text-embedding-3-small', input: 'a' });
    const families = await scrape(server, '/dynamo/metrics');
    const count = (endpoint: string, type: string): number =>
      valueOf(families, 'dynamo_frontend_requests_total', {
        endpoint,
        request_type: type,
        status: 'success',
      });
    expect(count('chat_completions', 'unary')).toBe(1);
    expect(count('chat_completions', 'stream')).toBe(1);
    expect(count('completions', 'stream')).toBe(1);
    expect(count('responses', 'unary')).toBe(1);
    expect(count('responses', 'stream')).toBe(1);
    expect(count('anthropic_messages', 'unary')).toBe(1);
    expect(count('embeddings', 'unary')).toBe(1);
  } finally {
    await server.close();
  }
});
