/** Realtime calls over WebRTC: offers, events over the data channel, sound in both directions, control from elsewhere. */
import { afterEach, describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import { SPEECH_RATE, synthesize } from '../../src/simulator/speech/synthesize.js';
import { VOICES } from '../../src/simulator/speech/voices.js';
import { CallClient, type CallEvent } from '../support/call-client.js';
import { expectRealtimeEvents } from '../support/realtime-events.js';
import { startTestServer } from '../support/server.js';
import { useServer } from '../support/use-server.js';
import { expectError, fitsProperty, requestProperties } from '../support/spec.js';

const used = useServer({ model: [] });

const calls = new Set<CallClient>();
afterEach(async () => {
  await Promise.all([...calls].map((call) => call.close()));
  calls.clear();
});

const newCall = (payloadType?: number): CallClient => {
  const call = new CallClient(payloadType);
  calls.add(call);
  return call;
};

/** A call, made as the documentation's example for servers does it. */
async function open(session: object = {}, payloadType?: number): Promise<CallClient> {
  const call = newCall(payloadType);
  const form = new FormData();
  form.set('sdp', await call.offer());
  form.set('session', JSON.stringify({ type: 'realtime', model: 'gpt-realtime', ...session }));
  await call.accept(await fetch(`${used.server.url}/v1/realtime/calls`, { method: 'POST', body: form }));
  return call;
}

const ask = (text: string): object => ({
  type: 'conversation.item.create',
  item: { type: 'message', role: 'user', content: [{ type: 'input_text', text }] },
});
const TEXT_ONLY = { type: 'session.update', session: { type: 'realtime', output_modalities: ['text'] } };
const speech = (text: string): Int16Array => synthesize({ seed: 1, text, voice: VOICES[0]!, speed: 1 });
const silence = (seconds: number): Int16Array => new Int16Array(seconds * SPEECH_RATE);
const loudness = (samples: Int16Array): number =>
  Math.sqrt(samples.reduce((sum, sample) => sum + sample * sample, 0) / samples.length) / 32_768;

describe('a call', () => {
  it('carries the events of a session', async () => {
    const call = await open({ instructions: 'Be brief.' });
    expect(call.location).toMatch(/^\/v1\/realtime\/calls\/rtc_[0-9a-f]{32}$/);
    expect(await call.until('session.created')).toMatchObject({ session: { instructions: 'Be brief.' } });
    call.send(TEXT_ONLY, ask('Hello.'), { type: 'response.create' });
    expect(await call.until('response.done')).toMatchObject({ response: { status: 'completed' } });
    call.send({ type: 'nonsense', event_id: 'mine' });
    expect(await call.until('error')).toMatchObject({ error: { event_id: 'mine' } });
    expect(call.types.slice(0, 8)).toEqual([
      'session.created',
      'session.updated',
      'conversation.item.added',
      'conversation.item.done',
      'response.created',
      'rate_limits.updated',
      'response.output_item.added',
      'conversation.item.added',
    ]);
    expectRealtimeEvents(call.events);
  });

  it('hears speech on its track, transcribes it and answers', async () => {
    const call = await open({
      output_modalities: ['text'],
      audio: { input: { transcription: { model: 'whisper-1' } } },
    });
    const said = speech('Hello there, can you hear me?');
    await call.say(silence(0.6), said, silence(0.8));
    await call.until('response.done');
    const started = (await call.until('input_audio_buffer.speech_started'))['audio_start_ms'] as number;
    const stopped = (await call.until('input_audio_buffer.speech_stopped'))['audio_end_ms'] as number;
    expect(Math.abs(started - 400)).toBeLessThan(120);
    expect(Math.abs(stopped - started - 300 - 500 - (said.length / SPEECH_RATE - 0.2) * 1000)).toBeLessThan(
      500,
    );
    const { transcript } = await call.until('conversation.item.input_audio_transcription.completed');
    expect(String(transcript).length).toBeGreaterThan(5);
    expectRealtimeEvents(call.events);
  });

  it('speaks in real time, and says when it is heard', async () => {
    const call = await open({ max_output_tokens: 6 });
    call.send(ask('Speak to me.'), { type: 'response.create' });
    await call.until('output_audio_buffer.stopped');
    const [item] = (
      (await call.until('response.done'))['response'] as { output: { content: { transcript: string }[] }[] }
    ).output;
    const expectedS = speech(item!.content[0]!.transcript).length / SPEECH_RATE - 0.2;
    const loud = call.heard.filter(({ samples }) => loudness(samples) > 0.005);
    const heardS = (loud.at(-1)!.timestamp - loud[0]!.timestamp) / 48_000;
    expect(Math.abs(heardS - expectedS)).toBeLessThan(0.4);
    // As fast as it is spoken, not as it is made.
    expect((loud.at(-1)!.atMs - loud[0]!.atMs) / 1000).toBeGreaterThan(heardS * 0.7);
    const order = ['response.content_part.added', 'output_audio_buffer.started', 'response.done'];
    expect(call.types.filter((type) => order.includes(type)).toSorted()).toEqual(order.toSorted());
    expect(call.types.indexOf('output_audio_buffer.started')).toBeGreaterThan(
      call.types.indexOf('response.content_part.added'),
    );
    expect(call.types.at(-1)).toBe('output_audio_buffer.stopped');
    expect(call.types).not.toContain('response.output_audio.delta');
    expectRealtimeEvents(call.events);
  });

  it('falls silent when it is interrupted, and knows how much was heard', async () => {
    const call = await open();
    call.send(ask('Speak to me.'), { type: 'response.create' });
    await call.until('output_audio_buffer.started');
    const { item } = (await call.until('response.output_item.done')) as unknown as {
      item: { id: string; content: { transcript: string }[] };
    };
    await call.say(speech('Stop, please!'));
    const cleared = await call.until('output_audio_buffer.cleared');
    const truncated = await call.until('conversation.item.truncated');
    expect(truncated['item_id']).toBe(item.id);
    const whole = item.content[0]!.transcript;
    const spokenMs = (speech(whole).length / SPEECH_RATE) * 1000;
    expect(truncated['audio_end_ms']).toBeLessThan(spokenMs / 2);
    call.send({ type: 'conversation.item.retrieve', item_id: item.id });
    const kept = (await call.until('conversation.item.retrieved'))['item'] as typeof item;
    expect(whole.startsWith(kept.content[0]!.transcript)).toBe(true);
    expect(kept.content[0]!.transcript.length).toBeLessThan(whole.length / 2);
    const done = await call.until('response.done');
    expect(cleared['response_id']).toBe((done['response'] as { id: string }).id);
    expect(call.types).not.toContain('output_audio_buffer.stopped');
    expectRealtimeEvents(call.events);
  });

  it('falls silent when the client says so', async () => {
    const call = await open({ audio: { input: { turn_detection: null } } });
    call.send(ask('Speak to me.'), { type: 'response.create' });
    await call.until('output_audio_buffer.started');
    call.send({ type: 'output_audio_buffer.clear' });
    await call.until('output_audio_buffer.cleared');
    // The next one is heard again.
    call.send({ type: 'response.create', response: { max_output_tokens: 2 } });
    await call.until('output_audio_buffer.stopped');
    expect(call.types.filter((type) => type === 'output_audio_buffer.started')).toHaveLength(2);
    expectRealtimeEvents(call.events);
  });
});

describe('from elsewhere', () => {
  /** Opens so many WebSockets that some of them meet another thread than the call. */
  const MANY = 6;
  interface Member {
    socket: WebSocket;
    events: CallEvent[];
    until: (type: string) => Promise<Record<string, unknown>>;
  }

  const join = async (id: string): Promise<Member> => {
    const socket = new WebSocket(`${used.server.url.replace('http', 'ws')}/v1/realtime?call_id=${id}`);
    const events: CallEvent[] = [];
    let wake = (): void => {};
    socket.on('message', (data: Buffer) => {
      events.push(JSON.parse(data.toString()) as CallEvent);
      wake();
    });
    const until = async (type: string): Promise<Record<string, unknown>> => {
      for (;;) {
        const found = events.find((event) => event.type === type);
        if (found) return found;
        await new Promise<void>((resolve) => (wake = resolve));
      }
    };
    await until('session.created');
    return { socket, events, until };
  };

  it('others join a call, whichever thread they meet, and hear of everything', async () => {
    const call = await open();
    const members = await Promise.all(Array.from({ length: MANY }, () => join(call.id)));
    members[0]!.socket.send(JSON.stringify(TEXT_ONLY));
    for (const { until } of members) await until('session.updated');
    members[1]!.socket.send(JSON.stringify({ type: 'nonsense' }));
    await members[1]!.until('error');
    members.at(-1)!.socket.send(JSON.stringify(ask('Hello.')));
    call.send({ type: 'response.create' });
    for (const { until } of members) await until('response.done');
    await call.until('response.done');
    expectRealtimeEvents(members.flatMap(({ events }) => events));
    // What one does wrong is not told to others.
    expect(call.types).not.toContain('error');
    const closed = members.map(
      ({ socket }) => new Promise((resolve) => socket.once('close', (code) => resolve(code))),
    );
    await used.client.realtime.calls.hangup(call.id);
    expect(await Promise.all(closed)).toEqual(members.map(() => 1000));
    await call.closed;
  });

  it('calls are hung up once, and nothing else can be done to those over WebRTC', async () => {
    const call = await open();
    const url = `${used.server.url}/v1/realtime/calls/${call.id}`;
    const post = (path: string, body = ''): Promise<Response> =>
      fetch(`${url}/${path}`, { method: 'POST', body, headers: { connection: 'close' } });
    for (const [path, body] of [
      ['accept', '{"type":"realtime","model":"gpt-realtime"}'],
      ['refer', '{"target_uri":"tel:+14155550123"}'],
      ['reject', ''],
    ] as const)
      await expectError(await post(path, body), 400, { code: 'call_not_sip', param: 'call_id' });
    await expectError(await post('refer', '{}'), 400, { param: 'target_uri' });
    await expectError(await post('reject', '{"status_code":7}'), 400, { param: 'status_code' });
    expect((await post('hangup')).status).toBe(200);
    await call.closed;
    await expectError(await post('hangup'), 404, { param: 'call_id' });
    await expectError(await post('reject'), 404, { param: 'call_id' });
    const late = new WebSocket(`${used.server.url.replace('http', 'ws')}/v1/realtime?call_id=${call.id}`);
    const refusal = await new Promise<Error>((resolve) => late.once('error', resolve));
    expect(refusal.message).toContain('404');
  });

  it('ends with its client, and with its server', async () => {
    const own = await startTestServer({ model: [], threads: 1 });
    const offer = async (call: CallClient): Promise<void> =>
      call.accept(
        await fetch(`${own.url}/v1/realtime/calls?model=gpt-realtime`, {
          method: 'POST',
          headers: { 'content-type': 'application/sdp', connection: 'close' },
          body: await call.offer(),
        }),
      );
    const [first, second] = [newCall(), newCall()];
    await Promise.all([offer(first), offer(second)]);
    await expect.poll(async () => (await own.stats())[0]!.activeStreams).toBe(2);
    await first.close();
    calls.delete(first);
    await expect.poll(async () => (await own.stats())[0]!.activeStreams).toBe(1);
    await own.close();
    await second.closed;
  });
});

describe('the door of calls', () => {
  const post = async (body: string | FormData, type?: string, key?: string): Promise<Response> =>
    fetch(`${used.server.url}/v1/realtime/calls`, {
      method: 'POST',
      body,
      headers: {
        ...(type ? { 'content-type': type } : {}),
        ...(key ? { authorization: `Bearer ${key}` } : {}),
      },
    });

  it('takes the offer of a page that has a key for one session', async () => {
    const secret = await used.client.realtime.clientSecrets.create({
      session: {
        type: 'realtime',
        model: 'gpt-realtime',
        instructions: 'Be brief.',
        output_modalities: ['text'],
      },
    });
    const call = newCall();
    await call.accept(await post(await call.offer(), 'application/sdp', secret.value));
    expect(await call.until('session.created')).toMatchObject({
      session: { instructions: 'Be brief.', output_modalities: ['text'] },
    });
    await expectError(await post(await newCall().offer(), 'application/sdp', 'ek_none'), 401);
  });

  it('takes an offer at the path of old, with a model in the query', async () => {
    const call = newCall();
    await call.accept(
      await fetch(`${used.server.url}/v1/realtime?model=gpt-realtime`, {
        method: 'POST',
        headers: { 'content-type': 'application/sdp' },
        body: await call.offer(),
      }),
    );
    await call.until('session.created');
  });

  it('says what is wrong with an offer', async () => {
    const sdp = await newCall().offer();
    const form = (fields: Record<string, string>): FormData => {
      const result = new FormData();
      for (const [name, value] of Object.entries(fields)) result.set(name, value);
      return result;
    };
    await expectError(await post('v=0', 'application/sdp'), 400, { code: 'invalid_offer' });
    await expectError(await post(form({ sdp: 'v=0' })), 400, { code: 'invalid_offer', param: 'sdp' });
    await expectError(await post('{}', 'application/json'), 415);
    await expectError(await post(form({ session: '{}' })), 400, { param: 'sdp' });
    await expectError(await post(form({ sdp })), 400, { param: 'model' });
    const wrong = form({ sdp, session: '{"type":"realtime","model":"gpt-realtime","output_modalities":[]}' });
    await expectError(await post(wrong), 400, { param: 'output_modalities' });
    await expectError(await post(form({ sdp, session: '{"model":"gpt-realtime"}' })), 400, {
      param: 'session.type',
    });
    await expectError(await post(form({ sdp, session: '{"type":"realtime","model":"tts-1"}' })), 400, {
      param: 'model',
    });
    const noOpus = sdp.replaceAll('opus/48000', 'G722/8000');
    await expectError(
      await post(form({ sdp: noOpus, session: '{"type":"realtime","model":"gpt-realtime"}' })),
      400,
      {
        code: 'invalid_offer',
      },
    );
  });

  it('hold each member of their session against the specification', async () => {
    const offer = await newCall().offer();
    const session = { type: 'realtime', model: 'gpt-realtime' };
    const { properties } = requestProperties('accept-realtime-call');
    expect(properties.size).toBeGreaterThan(10);
    const wrong: string[] = [];
    for (const name of properties.keys())
      for (const value of [{ strange: [true] }, [{ strange: 1 }], 12.5, true]) {
        if (fitsProperty('accept-realtime-call', name, value)) continue;
        const form = new FormData();
        form.set('sdp', offer);
        form.set('session', JSON.stringify({ ...session, [name]: value }));
        const response = await fetch(`${used.server.url}/v1/realtime/calls`, { method: 'POST', body: form });
        const { error } = (await response.json()) as { error: { param: string | null } };
        if (response.status !== 400 || error.param?.split(/[.[]/).includes(name) !== true)
          wrong.push(`${name} = ${JSON.stringify(value)}: ${response.status} ${error.param}`);
      }
    expect(wrong).toEqual([]);
  });
});
