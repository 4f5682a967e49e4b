/** Streams of responses in the background that are still being made, read along on any thread. */
import OpenAI from 'openai';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { RunningServer } from '../../src/server/index.js';
import { startCliServer, temporaryFolder } from '../support/cli.js';
import { startTestServer } from '../support/server.js';
import { expectValid } from '../support/spec.js';

type Event = OpenAI.Responses.ResponseStreamEvent;

let server: RunningServer;
let client: OpenAI;
beforeAll(async () => {
  server = await startTestServer({ threads: 2, latency: 'fixed', ttft: 50, itl: 10, jitter: 0 });
  client = clientOf(server);
});
afterAll(() => server.close());

/** Each request has a connection of its own, so that any thread can get it. */
const clientOf = ({ url }: { url: string }): OpenAI =>
  new OpenAI({
    baseURL: `${url}/v1`,
    apiKey: 'x',
    maxRetries: 0,
    defaultHeaders: { connection: 'close' },
  });

interface Begun {
  id: string;
  /** What was read of the stream of the creation. */
  head: string;
  /** The rest of it. */
  rest: () => Promise<string>;
}

/** Begins a response with so many tokens, and reads the first events. */
async function begin(tokens: number, { url } = server): Promise<Begun> {
  const response = await fetch(`${url}/v1/responses`, {
    method: 'POST',
    headers: { connection: 'close' },
    body: JSON.stringify({
      model: 'fakeai-1',
      input: 'Hi',
      background: true,
      stream: true,
      max_output_tokens: tokens,
      ignore_eos: true,
    }),
  });
  const reader = response.body!.pipeThrough(new TextDecoderStream()).getReader();
  let head = '';
  while (!head.includes('\n\n')) head += (await reader.read()).value;
  const id = /"id":"(resp_\w+)"/.exec(head)![1]!;
  const rest = async (): Promise<string> => {
    let text = '';
    for (let part = await reader.read(); !part.done; part = await reader.read()) text += part.value;
    return text;
  };
  return { id, head, rest };
}

const framesOf = (text: string): string[] => text.split(/(?<=\n\n)/);

const replay = async (id: string, after?: number): Promise<string> => {
  const from = after === undefined ? '' : `&starting_after=${after}`;
  const response = await fetch(`${server.url}/v1/responses/${id}?stream=true${from}`, {
    headers: { connection: 'close' },
  });
  expect(response.status).toBe(200);
  return response.text();
};

const follow = (id: string, after = -1, from = client): Promise<AsyncIterable<Event>> =>
  from.responses.retrieve(id, { stream: true, starting_after: after });

const activeStreams = async (): Promise<number> =>
  ((await (await fetch(`${server.url}/metrics/json`)).json()) as { active_streams: number }).active_streams;

it('are the tail of the first stream, byte for byte, from every event on', async () => {
  const begun = await begin(30);
  // Some begin with the first event, others between the tokens, one behind the end.
  const early = Array.from({ length: 45 }, (_, after) => replay(begun.id, after - 1));
  const whole = begun.head + (await begun.rest());
  const frames = framesOf(whole);
  expect(frames.at(-1)).toMatch(/^event: response.incomplete\n/);
  expect(frames.length).toBeLessThan(early.length);
  for (const [after, tail] of (await Promise.all(early)).entries())
    expect(tail).toBe(frames.slice(after).join(''));
  // The same when it is over.
  expect(await replay(begun.id)).toBe(whole);
  expect(await replay(begun.id, 20)).toBe(frames.slice(21).join(''));
});

it('are padded as whoever reads them asks, during and after', async () => {
  const pads = (text: string): string[] => text.match(/"obfuscation":"/g) ?? [];
  const begun = await begin(20);
  const read = async (include: boolean): Promise<string> =>
    (await fetch(`${server.url}/v1/responses/${begun.id}?stream=true&include_obfuscation=${include}`)).text();
  const early = await Promise.all([read(true), read(false)]);
  const whole = begun.head + (await begun.rest());
  for (const [padded, bare] of [early, [await read(true), await read(false)]] as const) {
    expect(bare).toBe(whole);
    expect(pads(padded)).toHaveLength(whole.match(/^event: \S+\.delta$/gm)!.length);
    expect(padded.replaceAll(/,"obfuscation":"\w*"/g, '')).toBe(whole);
  }
});

it('come while the answer is made', async () => {
  const { id, rest } = await begin(4000);
  const first = rest();
  const streams = await Promise.all(Array.from({ length: 4 }, () => follow(id)));
  // Each tells events before the end, which is 40 s away; those of the creation and of all others end when it is cancelled.
  await Promise.all(
    streams.map(async (stream, i) => {
      const numbers: number[] = [];
      for await (const event of stream) {
        expectValid('createResponse', event, 'event');
        numbers.push(event.sequence_number);
        expect(event.type).not.toMatch(/completed|incomplete|failed/);
        if (i === 0 && numbers.length === 20)
          expect(await client.responses.cancel(id)).toMatchObject({ status: 'cancelled' });
      }
      expect(numbers).toEqual(numbers.map((_, at) => at));
      expect(numbers.length).toBeGreaterThan(0);
    }),
  );
  expect(await first).not.toMatch(/event: response.(completed|incomplete|failed)/);
  expect((await client.responses.retrieve(id)).status).toBe('cancelled');
  await expect(follow(id)).rejects.toMatchObject({
    status: 400,
    message: expect.stringContaining('was cancelled'),
  });
});

it('go on from where a reader left', async () => {
  const { id, rest } = await begin(60);
  const first = rest();
  const seen: Event[] = [];
  for (let again = true; again;) {
    const stream = await follow(id, seen.length - 1);
    let here = 0;
    again = false;
    for await (const event of stream) {
      seen.push(event);
      again = ++here === 15;
      // The client goes; nobody follows for it any more.
      if (again) break;
    }
  }
  await first;
  expect(seen.map((event) => event.sequence_number)).toEqual(seen.map((_, i) => i));
  const last = seen.at(-1) as OpenAI.Responses.ResponseIncompleteEvent;
  expect(last.type).toBe('response.incomplete');
  const text = seen.flatMap((event) => (event.type === 'response.output_text.delta' ? [event.delta] : []));
  expect(last.response.output[0]).toMatchObject({ content: [{ text: text.join('') }] });
  await expect.poll(activeStreams).toBe(0);
});

it('end when the response is deleted, and are refused without the stream of a creation', async () => {
  const { id } = await begin(4000);
  const stream = await follow(id, 2);
  let deleted = false;
  for await (const event of stream) {
    expect(event.sequence_number).toBeGreaterThan(2);
    if (!deleted) await client.responses.delete(id);
    deleted = true;
  }
  expect(deleted).toBe(true);
  const silent = await client.responses.create({ model: 'fakeai-1', input: 'Hi', background: true });
  await expect(follow(silent.id)).rejects.toMatchObject({ status: 400, param: 'stream' });
  await client.responses.cancel(silent.id);
});

it('end with the server', async () => {
  const slow = await startTestServer({ drain: 0, latency: 'fixed', ttft: 0, itl: 60_000, jitter: 0 });
  const { id, rest } = await begin(16, slow);
  const first = rest().catch(() => 'cut');
  const streams = await Promise.all(Array.from({ length: 4 }, () => follow(id, -1, clientOf(slow))));
  let following = streams.length;
  const ends = streams.map(async (stream) => {
    let begun = false;
    try {
      for await (const _event of stream) {
        if (!begun && --following === 0) void slow.close();
        begun = true;
      }
    } catch {
      // Cut.
    }
    return begun;
  });
  expect(await Promise.all(ends)).toEqual(streams.map(() => true));
  await first;
  await slow.close();
});

it('are read along in another process with the same data', async () => {
  const folder = temporaryFolder();
  const maker = await startTestServer({ data: folder.path, latency: 'fixed', ttft: 0, itl: 50, jitter: 0 });
  const other = await startCliServer(['--data', folder.path, '--threads', '1']);
  try {
    const { id, head, rest } = await begin(4000, maker);
    const whole = rest().then((text) => head + text);
    let text = '';
    for await (const event of await follow(id, -1, clientOf(other))) {
      if (event.type !== 'response.output_text.delta') continue;
      if (text === '') await clientOf(maker).responses.cancel(id);
      text += event.delta;
    }
    expect(text).not.toBe('');
    const told = [...(await whole).matchAll(/output_text\.delta\ndata: (.*)\n/g)];
    const deltas = told.map(([, data]) => (JSON.parse(data!) as { delta: string }).delta);
    expect(deltas.join('').slice(0, text.length)).toBe(text);
  } finally {
    other.process.kill('SIGTERM');
    await Promise.all([maker.close(), other.done]);
    folder.remove();
  }
}, 30_000);
