/**
 * Counters against what clients saw and against one another, after a load in which everything happens that can happen to a request:
 * it is answered, cut by its client before or after the first token, refused, put back for want of blocks, lost with its replica.
 */
import OpenAI from 'openai';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import type { RunningServer } from '../../../../src/server/index.js';
import { parseExposition, sumOf, type Family } from '../../../support/prometheus.js';
import { eventsOf, postChat, startTestServer } from '../../../support/server.js';

const MODEL = 'llama-3.1-8b';
const SEQUENCES = 4;
/** As many as a replica computes: they may all come at once. */
const QUEUE = SEQUENCES;
const REPLICAS = 2;
/** What all replicas hold and let wait. */
const ROOM = REPLICAS * (SEQUENCES + QUEUE);
const TIME_SCALE = 4;
/** Of the clusters. Both replicas are down from here on, and their requests are lost. */
const CRASH_S = 40;
const DOWN_S = 6;

interface Usage {
  prompt_tokens: number;
  completion_tokens: number;
}

/** What the clients saw. */
const seen = {
  /** Complete answers and what their usage says; of the prompts, once for each choice. */
  answers: 0,
  choices: 0,
  prompt: 0,
  prompts: 0,
  completion: 0,
  /** Cut by the client before and after the first token, and broken by the server after it. */
  cutEarly: 0,
  cutLate: 0,
  broken: 0,
  /** Responses without their client: cancelled, and lost before they had a token. */
  cancelled: 0,
  failed: 0,
  statuses: new Map<number, number>(),
};
const statusOf = (status: number): number => seen.statuses.get(status) ?? 0;

let server: RunningServer;
/** When there were answers alone, and at the end. */
let healthy: Map<string, Family>;
let families: Map<string, Family>;
/** Of the usual prompt. */
let promptTokens = 0;

const ask = (max: number, more: object = {}): object => ({
  model: MODEL,
  messages: [{ role: 'user', content: 'What do you count, and what for?' }],
  max_tokens: max,
  min_tokens: max,
  ...more,
});

const scrape = async (): Promise<Map<string, Family>> =>
  parseExposition(await (await fetch(`${server.url}/metrics`, { headers: { connection: 'close' } })).text());

const until = (holds: (now: Map<string, Family>) => boolean): Promise<boolean> =>
  vi.waitUntil(async () => holds(await scrape()), { timeout: 30_000, interval: 50 });

const countStatus = (status: number): void => {
  seen.statuses.set(status, (seen.statuses.get(status) ?? 0) + 1);
};

/** A request to its end, whatever that is. */
async function complete(body: object): Promise<void> {
  const response = await postChat(server.url, { ...body, stream_options: streams(body) });
  countStatus(response.status);
  const text = await response.text();
  if (response.status !== 200) return;
  const events = streams(body) ? eventsOf(text) : [text];
  const documents = events
    .filter((event) => event !== '[DONE]')
    .map((event) => JSON.parse(event) as { usage?: Usage | null; error?: object; choices?: unknown[] });
  if (documents.some(({ error }) => error)) {
    seen.broken++;
    return;
  }
  const usage = documents.find((each) => each.usage)!.usage!;
  promptTokens ||= usage.prompt_tokens;
  seen.answers++;
  const choices = (body as { n?: number }).n ?? 1;
  seen.choices += choices;
  seen.prompt += usage.prompt_tokens;
  seen.prompts += choices * usage.prompt_tokens;
  seen.completion += usage.completion_tokens;
}

const streams = (body: { stream?: boolean }): object | undefined =>
  body.stream ? { include_usage: true } : undefined;

/** A stream that its client cuts after its first token. */
async function cutAfterFirst(body: object): Promise<void> {
  const leave = new AbortController();
  const response = await postChat(server.url, body, { signal: leave.signal });
  const reader = response.body!.pipeThrough(new TextDecoderStream()).getReader();
  for (let text = ''; !/"content":"[^"]/.test(text);) text += (await reader.read()).value ?? '';
  leave.abort();
  seen.cutLate++;
}

const active = (now: Map<string, Family>): number => sumOf(now, 'fakeai_generations_active');

/** Answered: in one piece and streamed, with several choices. */
async function answered(): Promise<void> {
  for (let i = 0; i < 3; i++) {
    // oxlint-disable-next-line no-await-in-loop -- what all replicas hold, again and again
    await Promise.all([
      complete(ask(8 + i)),
      complete(ask(10 + i, { stream: true })),
      complete(ask(6, { n: 2, stream: i % 2 === 0 })),
    ]);
  }
}

/** Cut after the first token and while they wait, by their client or by another request; others are refused, as there is no room. */
async function cut(openai: OpenAI): Promise<{ fallen: Promise<unknown> }> {
  await Promise.all(Array.from({ length: 3 }, () => cutAfterFirst(ask(3000, { stream: true }))));
  await until((now) => active(now) === 0);
  // These fall with the replicas, but not before there are too few blocks for all that they have said.
  const running = Array.from({ length: REPLICAS * SEQUENCES }, () => complete(ask(8000, { stream: true })));
  await until((now) => sumOf(now, 'vllm:num_requests_running') === running.length);
  const { id } = await openai.responses.create(ALONE);
  await until((now) => active(now) === running.length + 1);
  await openai.responses.cancel(id);
  seen.cancelled++;
  await until((now) => active(now) === running.length);
  const leave = new AbortController();
  const waiting = Array.from({ length: REPLICAS * QUEUE }, async () => {
    const response = await postChat(server.url, ask(5, { stream: true }), { signal: leave.signal });
    await response.text().catch(() => seen.cutEarly++);
  });
  await until((now) => active(now) === ROOM);
  await Promise.all(Array.from({ length: 5 }, (_, i) => complete(ask(5, { stream: i % 2 === 0 }))));
  leave.abort();
  await Promise.all(waiting);
  await until((now) => active(now) === running.length);
  return { fallen: Promise.all(running) };
}

/** Without a client that waits for it. */
const ALONE = { model: MODEL, input: 'Count on', background: true } as const;

beforeAll(async () => {
  server = await startTestServer({
    threads: 2,
    model: [MODEL],
    latency: 'physics',
    gpu: 'h100',
    tp: 1,
    gpuMemoryUtilization: 0.2196,
    replicas: REPLICAS,
    maxNumSeqs: SEQUENCES,
    maxQueue: QUEUE,
    onCrash: 'fail',
    failure: Array.from({ length: REPLICAS }, (_, i) => `crash:${i}@${CRASH_S}s+${DOWN_S}s`),
    timeScale: TIME_SCALE,
  });
  const openai = new OpenAI({ baseURL: `${server.url}/v1`, apiKey: 'x', maxRetries: 0 });
  await answered();
  // A stop sequence ends them where it ends the text, and its own tokens count.
  for (const stream of [true, false]) await complete(ask(1, { max_tokens: 30, stop: [' '], stream }));
  healthy = await scrape();
  await complete(ask(0, { messages: 'none' }));
  await complete(ask(5, { model: 'nobody' }));
  const { fallen } = await cut(openai);
  const { id } = await openai.responses.create(ALONE);
  await fallen;
  const state = async (): Promise<unknown> => (await openai.responses.retrieve(id)).status;
  await vi.waitUntil(async () => (await state()) === 'failed', { timeout: 30_000 });
  seen.failed++;
  await Promise.all(Array.from({ length: 2 }, () => complete(ask(5))));
  await until((now) => sumOf(now, 'fakeai_replica_up') === REPLICAS);
  await complete(ask(5));
  families = await scrape();
}, 60_000);

afterAll(() => server.close());

const total = (name: string, labels: Record<string, string> = {}): number => sumOf(families, name, labels);

describe('after a load in which everything happens', () => {
  it('everything has happened', () => {
    const { statuses: _statuses, ...counts } = seen;
    for (const [what, count] of Object.entries(counts)) expect(count, what).toBeGreaterThan(0);
    for (const status of [200, 400, 404, 429, 503]) expect(statusOf(status), `${status}`).toBeGreaterThan(0);
    expect(total('vllm:num_preemptions_total')).toBeGreaterThan(0);
    expect(active(families)).toBe(0);
  });

  it('answers by status are those that clients got, and those that they did not wait for', () => {
    const chats = { route: '/chat/completions' };
    for (const [status, count] of seen.statuses)
      expect(total('fakeai_http_requests_total', { ...chats, status: String(status) })).toBe(count);
    expect(statusOf(200)).toBe(seen.answers + seen.broken);
    expect(total('fakeai_http_requests_total', { ...chats, status: '499' })).toBe(
      seen.cutEarly + seen.cutLate,
    );
    expect(total('fakeai_http_request_duration_seconds_count')).toBe(total('fakeai_http_requests_total'));
  });

  it('requests are either answered or lost, once', () => {
    const requests = (status: string, error_type: string): number =>
      total('dynamo_frontend_requests_total', { status, error_type });
    expect(total('fakeai_answers_total')).toBe(seen.answers);
    expect(requests('success', '')).toBe(seen.answers);
    expect(requests('error', 'cancelled')).toBe(seen.cutEarly + seen.cutLate + seen.cancelled);
    expect(requests('error', 'overload')).toBe(statusOf(429) + statusOf(503));
    expect(requests('error', 'internal')).toBe(seen.broken + seen.failed);
    expect(requests('error', 'validation')).toBe(0);
    expect(total('dynamo_frontend_model_cancellation_total')).toBe(requests('error', 'cancelled'));
    expect(total('dynamo_frontend_disconnected_clients')).toBe(requests('error', 'cancelled'));
    expect(total('dynamo_frontend_model_rejection_total')).toBe(requests('error', 'overload'));
  });

  it('sequences are those of the requests, for the server and for the engine', () => {
    const ended = (outcome: string): number => total('fakeai_generations_total', { outcome });
    const engine = (outcome: string): number => total('fakeai_engine_requests_total', { outcome });
    expect(ended('completed')).toBe(seen.choices);
    expect(ended('cancelled')).toBe(seen.cutEarly + seen.cutLate + seen.cancelled);
    expect(ended('queue_full')).toBe(statusOf(429));
    expect(ended('unavailable')).toBe(statusOf(503));
    expect(ended('replica_failed')).toBe(seen.broken + seen.failed);
    expect(total('fakeai_generation_duration_seconds_count')).toBe(total('fakeai_generations_total'));
    for (const [outcome, same] of [
      ['completed', 'completed'],
      ['aborted', 'cancelled'],
      ['failed', 'replica_failed'],
      ['queue_full', 'queue_full'],
      ['unavailable', 'unavailable'],
      ['context_too_long', 'context_too_long'],
    ] as const)
      expect(engine(outcome), outcome).toBe(ended(same));
    expect(2 * engine('submitted')).toBe(total('fakeai_engine_requests_total'));
  });

  it('workers have those that were placed and not refused', () => {
    const reason = (finished_reason: string): number =>
      total('vllm:request_success_total', { finished_reason });
    const engine = (outcome: string): number => total('fakeai_engine_requests_total', { outcome });
    expect(reason('stop') + reason('length')).toBe(engine('completed'));
    expect(reason('abort')).toBe(engine('aborted'));
    expect(reason('error')).toBe(engine('failed'));
    const ended = total('vllm:request_success_total');
    expect(total('dynamo_component_requests_total')).toBe(ended);
    expect(total('dynamo_component_errors_total')).toBe(engine('failed'));
    for (const histogram of [
      'e2e_request_latency_seconds',
      'request_prompt_tokens',
      'request_generation_tokens',
    ])
      expect(total(`vllm:${histogram}_count`), histogram).toBe(ended);
    expect(total('vllm:request_params_n_count')).toBe(ended - (seen.choices - seen.answers));
    const placed = ended + engine('queue_full');
    expect(total('fakeai_router_decisions_total')).toBe(placed);
    expect(total('dynamo_component_router_requests_total')).toBe(placed);
    expect(total('fakeai_router_failures_total')).toBe(engine('failed') + engine('queue_full'));
    expect(total('fakeai_router_unavailable_total')).toBe(engine('unavailable'));
    expect(total('fakeai_workload_class_requests_total')).toBe(engine('submitted'));
  });

  it('tokens of answers are those of their usage; workers have those of what was lost too', () => {
    for (const name of ['fakeai_completion_tokens_total', 'dynamo_frontend_output_tokens_total'])
      expect(total(name), name).toBe(seen.completion);
    expect(total('fakeai_prompt_tokens_total')).toBe(seen.prompt);
    const made = total('vllm:generation_tokens_total');
    // While nothing was lost they were the same.
    expect(sumOf(healthy, 'vllm:generation_tokens_total')).toBe(
      sumOf(healthy, 'fakeai_completion_tokens_total'),
    );
    expect(made).toBeGreaterThan(seen.completion);
    expect(total('vllm:request_generation_tokens_sum')).toBe(made);
    // A first token comes out of each prompt that was computed, and all others out of gaps; tokens of one step have one gap.
    const begun = seen.choices + seen.cutLate + seen.broken;
    expect(total('vllm:time_to_first_token_seconds_count')).toBe(begun);
    expect(total('fakeai_time_to_first_token_seconds_count')).toBe(begun);
    expect(total('vllm:inter_token_latency_seconds_count')).toBe(made - begun);
  });

  it('prompts count when they are through', () => {
    const lost = (seen.cutLate + seen.broken) * promptTokens;
    expect(total('vllm:prompt_tokens_total')).toBe(seen.prompts + lost);
    for (const name of ['vllm:prompt_tokens_by_source_total', 'fakeai_kv_queried_tokens_total'])
      expect(total(name), name).toBe(total('vllm:prompt_tokens_total'));
    expect(total('vllm:prefix_cache_queries_total')).toBe(total('fakeai_kv_queried_tokens_total'));
    expect(total('vllm:prefix_cache_hits_total')).toBe(total('fakeai_kv_hit_tokens_total'));
    expect(total('vllm:prompt_tokens_cached_total')).toBe(total('vllm:prefix_cache_hits_total'));
  });

  it('GPUs have drawn what their work takes, were held back no longer than it lasted, and did not fail', () => {
    const busyMs = 1000 * total('fakeai_replica_busy_seconds_total');
    const spentMj = total('DCGM_FI_DEV_TOTAL_ENERGY_CONSUMPTION');
    // An H100 draws 115 W when idle and 700 W at most, a quarter of the range between as soon as it computes.
    expect(spentMj).toBeGreaterThan(115 * REPLICAS * CRASH_S * 1000 + 0.25 * (700 - 115) * busyMs);
    expect(spentMj).toBeGreaterThan(sumOf(healthy, 'DCGM_FI_DEV_TOTAL_ENERGY_CONSUMPTION'));
    expect(total('DCGM_FI_DEV_POWER_VIOLATION') / 1e6).toBeLessThanOrEqual(busyMs);
    for (const name of ['THERMAL_VIOLATION', 'XID_ERRORS', 'ECC_DBE_VOL_TOTAL', 'NVLINK_BANDWIDTH_TOTAL'])
      expect(total(`DCGM_FI_DEV_${name}`), name).toBe(0);
  });
});
