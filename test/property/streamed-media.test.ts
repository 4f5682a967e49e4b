/** A stream of a run, of sound, of words that are heard and of pictures says what the whole answer says. */
import * as fc from '../support/fast-check.js';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { RunningServer } from '../../src/server/index.js';
import { formOf, World } from '../support/examples/world.js';
import { eventsOf, startTestServer } from '../support/server.js';

const RUNS = 6;

let server: RunningServer;
let world: World;
beforeAll(async () => {
  server = await startTestServer({ model: [], bodyLimit: 8 * 1024 * 1024 });
  world = new World(server.url);
});
afterAll(() => server.close());

interface Event {
  type: string;
  audio?: string;
  delta?: string;
  text?: string;
  b64_json?: string;
}

async function stream(path: string, body: object): Promise<{ name: string; data: unknown }[]> {
  const response = await fetch(`${server.url}/v1${path}`, {
    method: 'POST',
    ...(body instanceof FormData
      ? { body }
      : { body: JSON.stringify(body), headers: { 'content-type': 'application/json' } }),
  });
  const text = await response.text();
  expect(response.status, text).toBe(200);
  return eventsOf(text).map((event) => {
    const [, name = '', data = ''] = /^(?:event: ([^\n]*)\ndata: )?([^]*)$/.exec(event)!;
    return { name, data: data === '[DONE]' ? data : (JSON.parse(data) as unknown) };
  });
}
const eventsIn = async (path: string, body: object): Promise<Event[]> =>
  (await stream(path, body)).map(({ data }) => data as Event);

const words = fc.constantFrom('Hello there.', 'The quick brown fox. It jumps!', 'Größe 12, bitte.', 'One');

interface Message {
  content: { text: { value: string; annotations: unknown[] } }[];
  status: string;
}
interface Run {
  id: string;
  thread_id: string;
  status: string;
  usage: object | null;
  required_action: { submit_tool_outputs: { tool_calls: { function: object }[] } } | null;
}
const OVER = /^(completed|incomplete|requires_action|failed)$/;

it('runs of assistants', async () => {
  const { id: assistant_id } = await world.post('/assistants', { model: 'gpt-4o' });
  const schema = { type: 'object', properties: { city: { type: 'string' } }, required: ['city'] };
  const lookup = { type: 'function', function: { name: 'lookup', parameters: schema } };
  const asked = fc.record({
    content: words,
    limit: fc.option(fc.integer({ min: 256, max: 300 })),
    tool: fc.boolean(),
  });
  await fc.assert(
    fc.asyncProperty(asked, async ({ content, limit, tool }) => {
      const body = {
        assistant_id,
        thread: { messages: [{ role: 'user', content }] },
        ...(limit !== null && { max_completion_tokens: limit }),
        ...(tool && { tools: [lookup], tool_choice: { type: 'function', function: { name: 'lookup' } } }),
      };
      const begun = await world.post('/threads/runs', body);
      const path = `/threads/${String(begun['thread_id'])}`;
      const whole = (await world.until(`${path}/runs/${begun.id}`, (one) =>
        OVER.test(String(one['status'])),
      )) as unknown as Run;
      const messages = await world.get<{ data: Message[] }>(`${path}/messages?run_id=${begun.id}`);
      const events = await stream('/threads/runs', { ...body, stream: true });
      const last = events.findLast(({ name }) => /^thread\.run\.(?!step)/.test(name))!.data as Run;
      const calls = ({ required_action: action }: Run) =>
        action?.submit_tool_outputs.tool_calls.map(({ function: called }) => called);
      expect([last.status, last.usage, calls(last)]).toEqual([whole.status, whole.usage, calls(whole)]);
      const said = events
        .filter(({ name }) => name === 'thread.message.delta')
        .map(({ data }) => (data as { delta: { content: { text?: { value?: string } }[] } }).delta.content[0]!.text?.value ?? ''); // prettier-ignore
      expect(said.join('')).toBe(messages.data[0]?.content[0]?.text.value ?? '');
    }),
    { numRuns: RUNS },
  );
});

it('speech', async () => {
  const asked = fc.record({
    input: words,
    voice: fc.constantFrom('alloy', 'marin'),
    response_format: fc.constantFrom('mp3', 'wav', 'pcm', 'flac', 'opus', 'aac'),
    speed: fc.constantFrom(1, 1.5),
  });
  await fc.assert(
    fc.asyncProperty(asked, async (rest) => {
      const body = { model: 'gpt-4o-mini-tts', ...rest };
      const whole = Buffer.from(await world.bytes('/audio/speech', body));
      const events = await eventsIn('/audio/speech', { ...body, stream_format: 'sse' });
      const parts = events.flatMap(({ audio }) =>
        audio === undefined ? [] : [Buffer.from(audio, 'base64')],
      );
      expect(Buffer.concat(parts).equals(whole)).toBe(true);
    }),
    { numRuns: RUNS },
  );
});

it('transcriptions', async () => {
  await fc.assert(
    fc.asyncProperty(
      words,
      fc.constantFrom('gpt-4o-transcribe', 'gpt-4o-mini-transcribe'),
      async (input, model) => {
        const bytes = await world.bytes('/audio/speech', { model: 'tts-1', voice: 'alloy', input });
        const fields = { model, file: new File([bytes], 'a.mp3') };
        const { text } = await world.form<{ text: string }>('/audio/transcriptions', fields);
        const events = await eventsIn('/audio/transcriptions', formOf({ ...fields, stream: 'true' }));
        expect(events.flatMap(({ delta }) => delta ?? []).join('')).toBe(text);
        expect(events.at(-1)).toMatchObject({ type: 'transcript.text.done', text });
      },
    ),
    { numRuns: RUNS },
  );
});

it('pictures, at their end', async () => {
  const asked = fc.record({
    prompt: words,
    partial_images: fc.integer({ min: 0, max: 3 }),
    output_format: fc.constantFrom('jpeg', 'webp'),
  });
  await fc.assert(
    fc.asyncProperty(asked, async ({ partial_images, ...rest }) => {
      const body = { model: 'gpt-image-1-mini', quality: 'low', ...rest };
      const { data } = await world.post<{ data: [{ b64_json: string }] }>('/images/generations', body);
      const events = await eventsIn('/images/generations', { ...body, stream: true, partial_images });
      expect(events).toHaveLength(partial_images + 1);
      expect(events.at(-1)!.b64_json === data[0].b64_json).toBe(true);
    }),
    { numRuns: 3 },
  );
});
