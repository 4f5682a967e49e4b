/** Calls over SIP, as a server that takes them with the SDK does: told by a webhook, accepted, joined, referred, rejected. */
import { once } from 'node:events';
import OpenAI from 'openai';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { WebSocket } from 'ws';
import type { RunningServer } from '../../src/server/index.js';
import { startTestServer } from '../support/server.js';
import { type Receiver, startReceiver } from '../support/webhook-receiver.js';

const SECRET = 'a secret';
let receiver: Receiver;
let server: RunningServer;
let openai: OpenAI;

beforeAll(async () => {
  receiver = await startReceiver();
  server = await startTestServer({ webhook: [receiver.url], webhookSecret: SECRET, model: [] });
  openai = new OpenAI({
    baseURL: `${server.url}/v1`,
    apiKey: 'any',
    webhookSecret: SECRET,
    maxRetries: 0,
    // Each request can meet another thread.
    defaultHeaders: { connection: 'close' },
  });
});
afterAll(async () => {
  await server.close();
  receiver.close();
});

/** A call that comes in, as the webhook tells of it. */
async function incoming(): Promise<string> {
  receiver.received.length = 0;
  const body = JSON.stringify({ from: 'sip:ann@example.com', sip_headers: [{ name: 'X-Line', value: '7' }] });
  const rung = await fetch(`${server.url}/fakeai/realtime/calls`, { method: 'POST', body });
  expect(rung.status).toBe(201);
  const { call_id: id } = (await rung.json()) as { call_id: string };
  await expect.poll(() => receiver.received.length, { interval: 10 }).toBe(1);
  const [{ body: text, headers }] = receiver.received as [Receiver['received'][0]];
  const event = await openai.webhooks.unwrap(text, headers);
  expect(event).toMatchObject({ type: 'realtime.call.incoming', data: { call_id: id } });
  if (event.type !== 'realtime.call.incoming') throw new Error(event.type);
  expect(event.data.sip_headers).toEqual(
    expect.arrayContaining([
      { name: 'From', value: 'sip:ann@example.com' },
      { name: 'X-Line', value: '7' },
    ]),
  );
  return id;
}

const stateOf = async (id: string): Promise<unknown> =>
  (await fetch(`${server.url}/fakeai/realtime/calls/${id}`)).json();
const ACCEPT = { type: 'realtime', model: 'gpt-realtime', instructions: 'Be brief.' } as const;

/** Joins a call; gives its events as they come. */
async function join(id: string) {
  const socket = new WebSocket(`${server.url.replace('http', 'ws')}/v1/realtime?call_id=${id}`, {
    headers: { authorization: 'Bearer any' },
  });
  const events: { type: string; session?: { instructions?: string } }[] = [];
  socket.on('message', (data: Buffer) => events.push(JSON.parse(data.toString()) as (typeof events)[0]));
  await once(socket, 'open');
  const until = (type: string) =>
    expect.poll(() => events.map((event) => event.type), { interval: 10 }).toContain(type);
  return { socket, events, until, closed: once(socket, 'close') };
}

test('a call is accepted, talked to over a WebSocket, and hung up', async () => {
  const id = await incoming();
  expect(await stateOf(id)).toMatchObject({ call_id: id, status: 'ringing' });
  await openai.realtime.calls.accept(id, ACCEPT);
  expect(await stateOf(id)).toMatchObject({ status: 'in_progress' });
  const { socket, events, until, closed } = await join(id);
  await until('session.created');
  expect(events[0]!.session!.instructions).toBe('Be brief.');
  socket.send(JSON.stringify({ type: 'response.create' }));
  await until('response.done');
  await openai.realtime.calls.hangup(id);
  await closed;
  await expect.poll(() => stateOf(id), { interval: 10 }).toMatchObject({ status: 'ended' });
  await expect(openai.realtime.calls.accept(id, ACCEPT)).rejects.toMatchObject({
    status: 400,
    code: 'invalid_call_status',
  });
});

test('a call is referred to somebody else', async () => {
  const id = await incoming();
  await expect(openai.realtime.calls.refer(id, { target_uri: 'tel:+15550123' })).rejects.toMatchObject({
    status: 400,
  });
  await openai.realtime.calls.accept(id, ACCEPT);
  const { closed } = await join(id);
  await openai.realtime.calls.refer(id, { target_uri: 'tel:+15550123' });
  await closed;
  expect(await stateOf(id)).toMatchObject({ status: 'referred', target_uri: 'tel:+15550123' });
});

test('a call is rejected, or hung up before it is accepted', async () => {
  const rejected = await incoming();
  await openai.realtime.calls.reject(rejected, { status_code: 603 });
  expect(await stateOf(rejected)).toMatchObject({ status: 'rejected', status_code: 603 });
  await expect(openai.realtime.calls.reject(rejected)).rejects.toMatchObject({ status: 400 });
  const ended = await incoming();
  await openai.realtime.calls.hangup(ended);
  expect(await stateOf(ended)).toMatchObject({ status: 'ended' });
});

test('what is not there is not found, and what is said badly refused', async () => {
  await expect(openai.realtime.calls.accept('rtc_none', ACCEPT)).rejects.toMatchObject({ status: 404 });
  await expect(openai.realtime.calls.reject('rtc_none')).rejects.toMatchObject({ status: 404 });
  const id = await incoming();
  const unknown = openai.realtime.calls.accept(id, { type: 'realtime', model: 'nobody' });
  await expect(unknown).rejects.toMatchObject({ status: 404 });
  // It still rings.
  await openai.realtime.calls.accept(id, ACCEPT);
  await openai.realtime.calls.hangup(id);
});
