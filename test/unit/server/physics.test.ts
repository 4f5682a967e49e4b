/** The simulated cluster behind the API, on real time: faster than that, so that tests are short. */
import { afterEach, describe, expect, it } from 'vitest';
import type { RunningServer, ServerOptions } from '../../../src/server/index.js';
import { chatBytes, RawClient } from '../../support/raw-client.js';
import { postChat, startTestServer } from '../../support/server.js';

const MODEL = 'llama-3.1-8b';
const FLEET: Partial<ServerOptions> = { latency: 'physics', model: [MODEL], tp: 1, timeScale: 5 };

let server: RunningServer | undefined;
afterEach(async () => {
  await server?.close();
  server = undefined;
});

const ask = (content: string, more: object = {}): object => ({
  model: MODEL,
  messages: [{ role: 'user', content }],
  max_tokens: 3,
  min_tokens: 3,
  ...more,
});

interface Answer {
  choices: { message: { content: string } }[];
  usage: { prompt_tokens: number; prompt_tokens_details: { cached_tokens: number } };
}

const answer = async (body: object): Promise<Answer> => {
  const response = await postChat(server!.url, body);
  expect(response.status).toBe(200);
  return (await response.json()) as Answer;
};

const words = (name: string, count: number): string =>
  Array.from({ length: count }, (_, i) => `${name}${i % 97}`).join(' ');

describe('--latency physics', () => {
  it('serves fine-tuned models on the fleet of their base, with caches of their own', async () => {
    server = await startTestServer({ ...FLEET, latency: 'auto', model: ['gpt-4o', MODEL] });
    const content = words('word', 400);
    const tuned = { model: `ft:${MODEL}:acme:mine:abc` };
    const cached = async (more: object): Promise<number> =>
      (await answer(ask(content, more))).usage.prompt_tokens_details.cached_tokens;
    expect(await cached({})).toBe(0);
    expect(await cached(tuned)).toBe(0);
    expect(await cached(tuned)).toBeGreaterThan(400);
    const metrics = await (
      await fetch(`${server.url}/vllm/metrics`, { headers: { connection: 'close' } })
    ).text();
    expect(metrics).toContain(`finished_reason="length"} 3\n`);
    expect(metrics).toContain(`model_name="${MODEL}"`);
  });

  it('finds the prefix of earlier requests whichever thread they came to, and their answers', async () => {
    server = await startTestServer({ ...FLEET, replicas: 2, router: 'kv' });
    const content = words('word', 400);
    const first = await answer(ask(content, { max_tokens: 64, min_tokens: 64 }));
    expect(first.usage.prompt_tokens_details.cached_tokens).toBe(0);
    const tokens = first.usage.prompt_tokens;
    for (let i = 0; i < 6; i++) {
      const { usage } = await answer(ask(content));
      expect(usage.prompt_tokens_details.cached_tokens).toBe(Math.floor((tokens - 1) / 16) * 16);
    }
    const turn = await answer({
      ...ask(''),
      messages: [
        { role: 'user', content },
        { role: 'assistant', content: first.choices[0]!.message.content },
        { role: 'user', content: 'Go on.' },
      ],
    });
    // Of the answer all blocks are found but the last ones, which were not full or not computed.
    expect(turn.usage.prompt_tokens_details.cached_tokens).toBeGreaterThan(tokens + 64 - 33);
    const other = await answer(ask(words('other', 400)));
    expect(other.usage.prompt_tokens_details.cached_tokens).toBe(0);
  });

  it('waits for the busiest group of experts with --ep', async () => {
    const itlMs = async (ep: number): Promise<number> => {
      const model = 'mixtral-8x7b';
      server = await startTestServer({ ...FLEET, model: [model], tp: 8, ep });
      await answer(ask('hello', { model, max_tokens: 40, min_tokens: 40 }));
      const init = { headers: { connection: 'close' } };
      const metrics = await (await fetch(`${server.url}/vllm/metrics`, init)).text();
      const value = (name: string): number =>
        Number(new RegExp(`^vllm:inter_token_latency_seconds_${name}\\{.*\\} (.+)$`, 'm').exec(metrics)?.[1]);
      await server.close();
      expect(value('count')).toBe(39);
      return (value('sum') / value('count')) * 1e3;
    };
    // A token visits two of eight experts: two groups read one whole, in place of an eighth of both on every GPU.
    const [one, eight] = [await itlMs(1), await itlMs(8)];
    expect(one).toBeGreaterThan(3);
    expect(eight / one).toBeGreaterThan(1.3);
    expect(eight / one).toBeLessThan(2.5);
  });

  it('says the same as without physics, streamed or not', async () => {
    server = await startTestServer(FLEET);
    const body = ask('hi', { max_tokens: 20, min_tokens: 20, stop: ['e'], stream: true });
    const streamed = await (await postChat(server.url, body)).text();
    const whole = await answer({ ...body, stream: false });
    await server.close();
    server = await startTestServer({ ...FLEET, latency: 'instant' });
    const instant = await answer({ ...body, stream: false });
    expect(whole.choices).toEqual(instant.choices);
    const pieces = [...streamed.matchAll(/"content":"([^"]*)"/g)].map(([, piece]) => piece).join('');
    expect(pieces).toBe(whole.choices[0]!.message.content);
  });

  it('tells its state in the metrics, as one cluster for all models', async () => {
    server = await startTestServer({ ...FLEET, model: [MODEL, 'qwen3-8b'], replicas: 2 });
    await answer(ask('hi'));
    const metrics = await (await fetch(`${server.url}/vllm/metrics`)).text();
    const values = [...metrics.matchAll(/^vllm:generation_tokens_total\{(.*)\} (\d+)/gm)];
    expect(
      values.map(([, labels, value]) => [/model_name="([^"]*)"/.exec(labels!)![1], Number(value)]),
    ).toEqual([
      [MODEL, 3],
      [MODEL, 0],
      ['qwen3-8b', 0],
      ['qwen3-8b', 0],
    ]);
  });

  it('refuses with 429 what the queue has no room for, before anything is written', async () => {
    server = await startTestServer({ ...FLEET, maxNumSeqs: 1, maxQueue: 1 });
    const long = ask('hi', { max_tokens: 100_000, min_tokens: 100_000, stream: true });
    const clients = await Promise.all(Array.from({ length: 5 }, () => RawClient.to(server!.url)));
    for (const { socket } of clients) socket.write(chatBytes(long, 'Connection: close\r\n'));
    const heads = await Promise.all(
      clients.map((client) => client.until((text) => text.includes('\r\n\r\n'))),
    );
    const refused = heads.filter((head) => head.startsWith('HTTP/1.1 429'));
    expect(refused.length).toBeGreaterThanOrEqual(3);
    expect(refused[0]).toMatch(/\r\nretry-after: \d+\r\nretry-after-ms: \d+\r\n/);
    expect(refused[0]).toContain('"code":"engine_overloaded"');
    expect(heads.filter((head) => head.startsWith('HTTP/1.1 200')).length).toBe(5 - refused.length);
    for (const { socket } of clients) socket.destroy();
  });

  it('frees the place of a client that goes', async () => {
    server = await startTestServer({ ...FLEET, maxNumSeqs: 1, maxQueue: 1 });
    const clients = await Promise.all([RawClient.to(server.url), RawClient.to(server.url)]);
    for (const [i, { socket }] of clients.entries()) {
      socket.write(chatBytes(ask('hi', { max_tokens: 100_000, min_tokens: 100_000, stream: true })));
      // One is computed, one waits.
      await clients[i]!.until((text) => text.includes(i === 0 ? '"content":"' : 'HTTP/1.1 200'));
    }
    expect((await postChat(server.url, ask('hi'))).status).toBe(429);
    for (const { socket } of clients) socket.destroy();
    await expect.poll(async () => (await postChat(server!.url, ask('hi'))).status).toBe(200);
  });

  it('refuses with 400 what no replica can hold', async () => {
    server = await startTestServer({ ...FLEET, model: ['llama-2-7b'], latency: 'auto' });
    const body = { ...ask('hi', { max_tokens: 131_072, min_tokens: 131_072 }), model: 'llama-2-7b' };
    const response = await postChat(server.url, { ...body, stream: true });
    expect(response.status).toBe(400);
    expect(await response.json()).toMatchObject({ error: { code: 'context_length_exceeded' } });
  });

  it('is refused for a model without known figures, and for a fleet that cannot be', async () => {
    for (const model of [[], ['text-embedding-3-small']]) {
      await expect(startTestServer({ ...FLEET, model })).rejects.toMatchObject({
        code: 'FAKEAI_SETTING_INVALID',
      });
    }
    await expect(startTestServer({ ...FLEET, gpu: 'h1000' })).rejects.toMatchObject({
      code: 'FAKEAI_SETTING_INVALID',
    });
  });

  it('is what models with a known architecture get by default; others have a fixed pace', async () => {
    server = await startTestServer({
      ...FLEET,
      latency: 'auto',
      model: [MODEL, 'fakeai-1'],
      ttft: 0,
      itl: 0,
    });
    const content = words('word', 400);
    for (const model of [MODEL, 'fakeai-1']) await answer({ ...ask(content), model });
    const cached = async (model: string): Promise<number> =>
      (await answer({ ...ask(content), model })).usage.prompt_tokens_details.cached_tokens;
    expect(await cached(MODEL)).toBeGreaterThan(0);
    expect(await cached('fakeai-1')).toBe(0);
  });
});
