/** Responses over WebSockets, by the openai SDK. */
import OpenAI from 'openai';
import type { ResponsesServerEvent } from 'openai/resources/responses/responses';
import { ResponsesWS } from 'openai/resources/responses/ws';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { RunningServer } from '../../src/server/index.js';
import { EventLog } from '../support/event-log.js';
import { startTestServer } from '../support/server.js';
import { expectError, expectSchema } from '../support/spec.js';

type Event = ResponsesServerEvent & {
  response?: OpenAI.Responses.Response;
  stream_id?: string;
  sequence_number?: number;
  status?: number;
  error?: Record<string, unknown>;
};
type Fields = Record<string, unknown>;

let server: RunningServer;
let slow: RunningServer;
beforeAll(async () => {
  server = await startTestServer({ threads: 1 });
  slow = await startTestServer({ threads: 1, latency: 'fixed', ttft: 0, itl: 60_000, jitter: 0 });
});
afterAll(() => Promise.all([server.close(), slow.close()]));

const open = new Set<ResponsesWS>();
afterEach(() => {
  for (const socket of open) socket.close();
  open.clear();
});

/** A connection, and every event of it, each held against the specification. */
class Connection extends EventLog<Event> {
  readonly #sdk: ResponsesWS;

  constructor(url = server.url) {
    super();
    this.#sdk = new ResponsesWS(new OpenAI({ baseURL: `${url}/v1`, apiKey: 'sk-test' }));
    open.add(this.#sdk);
    this.#sdk.on('event', (event) => {
      this.add(event as Event);
    });
    // Errors are events too.
    this.#sdk.on('error', () => {});
  }

  create(fields: Fields): void {
    this.#sdk.send({ type: 'response.create', model: 'fakeai-1', ...fields } as never);
  }

  raw(text: string): void {
    this.#sdk.sendRaw(text);
  }

  /** Waits for the nth event that is the last of its response, or an error. */
  over(count = 1): Promise<Event> {
    return this.until(/^(?:error|response\.(?:completed|incomplete))$/, count);
  }

  validate(): void {
    for (const event of this.events) {
      const schema = event.type === 'error' ? 'ResponseWsError' : 'ResponsesWebSocketStreamEvent';
      expectSchema('responses', schema, event);
    }
  }
}

const textOf = (event: Event): string => {
  const [item] = event.response!.output as OpenAI.Responses.ResponseOutputMessage[];
  return (item!.content[0] as OpenAI.Responses.ResponseOutputText).text;
};
const posted = async (body: Fields): Promise<OpenAI.Responses.Response> =>
  (await (
    await fetch(`${server.url}/v1/responses`, {
      method: 'POST',
      body: JSON.stringify({ model: 'fakeai-1', ...body }),
    })
  ).json()) as OpenAI.Responses.Response;

describe('a connection', () => {
  it('has the events of a stream, numbered for each response', async () => {
    const connection = new Connection();
    connection.create({ input: 'Tell me' });
    const done = await connection.over();
    const streamed = await posted({ input: 'Tell me' });
    expect(textOf(done)).toBe(textOf({ response: streamed } as Event));
    expect(connection.events.map(({ sequence_number: number }) => number)).toEqual(
      connection.events.map((_, i) => i),
    );
    expect(connection.events.slice(0, 2).map(({ type }) => type)).toEqual([
      'response.created',
      'response.in_progress',
    ]);
    connection.create({ input: 'And more' });
    await connection.over(2);
    connection.validate();
    const kept = await fetch(`${server.url}/v1/responses/${done.response!.id}`);
    // It was kept before its first event was sent, perhaps in the second before.
    expect(await kept.json()).toEqual({ ...done.response, completed_at: expect.any(Number) as number });
  });

  it('goes on from its latest response though that is not stored, and from no earlier one', async () => {
    const connection = new Connection();
    connection.create({ input: 'My name is Ann.', store: false });
    const first = (await connection.over()).response!;
    connection.create({ input: 'Who am I?', store: false, previous_response_id: first.id });
    const second = (await connection.over(2)).response!;
    expect(second.previous_response_id).toBe(first.id);
    const { usage } = first;
    expect(second.usage!.input_tokens).toBeGreaterThan(usage!.input_tokens + usage!.output_tokens);
    connection.create({ input: 'And?', store: false, previous_response_id: first.id });
    expect(await connection.over(3)).toMatchObject({
      type: 'error',
      status: 400,
      error: { code: 'previous_response_not_found', param: 'previous_response_id' },
    });
    connection.create({ input: 'And?', store: false, previous_response_id: second.id });
    const third = (await connection.over(4)).response!;
    expect(third.usage!.input_tokens).toBeGreaterThan(second.usage!.input_tokens);
    // A turn that fails takes with it what it went on from.
    connection.create({ input: [{ type: 'smell' }], store: false, previous_response_id: third.id });
    expect((await connection.over(5)).type).toBe('error');
    connection.create({ input: 'And?', store: false, previous_response_id: third.id });
    expect((await connection.over(6)).error).toMatchObject({ code: 'previous_response_not_found' });
    connection.validate();
  });

  it('goes on from what is stored, on another connection too', async () => {
    const before = await posted({ input: 'My name is Ann.' });
    const connection = new Connection();
    connection.create({ input: 'Who am I?', previous_response_id: before.id });
    const after = await connection.over();
    expect(after.response!.usage!.input_tokens).toBeGreaterThan(before.usage!.total_tokens);
  });

  it('prepares without answering', async () => {
    const connection = new Connection();
    connection.create({ input: 'You will be asked.', generate: false, store: false });
    const warm = await connection.over();
    expect(connection.events.map(({ type }) => type)).toEqual([
      'response.created',
      'response.in_progress',
      'response.completed',
    ]);
    expect(warm.response).toMatchObject({ output: [], usage: { output_tokens: 0 } });
    connection.create({ input: 'Now.', previous_response_id: warm.response!.id, store: false });
    const asked = (await connection.over(2)).response!;
    expect(asked.usage!.input_tokens).toBeGreaterThan(warm.response!.usage!.input_tokens);
    connection.validate();
  });

  it('answers one after the other, but in lanes beside each other', async () => {
    const connection = new Connection(slow.url);
    connection.create({ input: 'a', stream_id: 'one' });
    connection.create({ input: 'b', stream_id: 'one' });
    connection.create({ input: 'c', stream_id: 'two' });
    connection.create({ input: 'd' });
    const begun = () =>
      connection.events.flatMap((event) => (event.type === 'response.created' ? [event.stream_id] : []));
    await expect.poll(() => begun().length).toBe(3);
    expect(begun()).toEqual(['one', 'two', undefined]);
    connection.validate();
    for (let i = 0; i < 64; i++) connection.create({ input: 'e', stream_id: 'one' });
    expect(await connection.over()).toMatchObject({ status: 429, stream_id: 'one' });
  });

  it.each([
    ['no JSON', '{', null, null],
    ['another type', '{"type":"response.cancel"}', 'type', 'invalid_value'],
    ['a bad lane', '{"type":"response.create","stream_id":"a b"}', 'stream_id', 'invalid_value'],
    ['no model', '{"type":"response.create","input":"x"}', 'model', 'missing_required_parameter'],
    [
      'work in the background',
      '{"type":"response.create","background":true}',
      'background',
      'unsupported_parameter',
    ],
    ['an unknown model', '{"type":"response.create","model":"none","input":"x"}', 'model', 'model_not_found'],
  ])('says what is wrong with %s, and goes on', async (_, text, param, code) => {
    const connection = new Connection();
    connection.raw(text);
    expect((await connection.over()).error).toMatchObject({ param, code });
    connection.create({ input: 'x' });
    expect((await connection.over(2)).type).toBe('response.completed');
    connection.validate();
  });

  it('is counted by the limits of its key, message by message', async () => {
    const limited = await startTestServer({ threads: 1, rateLimitRpm: 1 });
    const connection = new Connection(limited.url);
    connection.create({ input: 'a' });
    connection.create({ input: 'b' });
    await connection.over(1);
    expect(await connection.over(2)).toMatchObject({ status: 429, error: { code: 'rate_limit_exceeded' } });
    await limited.close();
  });

  it('needs a WebSocket', async () => {
    await expectError(await fetch(`${server.url}/v1/responses`), 426);
  });
});
