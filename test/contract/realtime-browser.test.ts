/** Realtime sessions as pages open them: a browser's WebSocket has no headers, so the key is among the protocols that it offers. */
import OpenAI from 'openai';
import { OpenAIRealtimeWebSocket } from 'openai/realtime/websocket';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import { useServer } from '../support/use-server.js';

const used = useServer({ model: [], threads: 1, apiKey: ['sk-good'] });

/** As browsers and newer Node have it. */
const before = Object.getOwnPropertyDescriptor(globalThis, 'WebSocket');
beforeAll(
  () => void Object.defineProperty(globalThis, 'WebSocket', { value: WebSocket, configurable: true }),
);
afterAll(() => {
  if (before) Object.defineProperty(globalThis, 'WebSocket', before);
  else Reflect.deleteProperty(globalThis, 'WebSocket');
});

function opened(apiKey: string): OpenAIRealtimeWebSocket {
  const client = new OpenAI({ apiKey, baseURL: `${used.server.url}/v1`, dangerouslyAllowBrowser: true });
  const onURL = (url: URL): void => void (url.protocol = 'ws:');
  return new OpenAIRealtimeWebSocket({ model: 'gpt-realtime', dangerouslyAllowBrowser: true, onURL }, client);
}

it('the class of the SDK for browsers talks', async () => {
  const realtime = opened('sk-good');
  const text = await new Promise<string>((resolve, reject) => {
    realtime.on('error', reject);
    realtime.on('session.created', () => {
      realtime.send({ type: 'response.create', response: { output_modalities: ['text'], input: [] } });
    });
    realtime.on('response.output_text.done', (event) => resolve(event.text));
  });
  expect(text).not.toBe('');
  expect(realtime.socket.protocol).toBe('realtime');
  realtime.close();
});

/** How a handshake ends: the protocol that was agreed to, or the status. */
const shaken = (protocols: string[]): Promise<string> =>
  new Promise((resolve) => {
    const url = `${used.server.url.replace('http', 'ws')}/v1/realtime?model=gpt-realtime`;
    const socket = new WebSocket(url, protocols);
    socket.on('error', ({ message }) => resolve(message));
    socket.on('open', () => {
      resolve(socket.protocol);
      socket.close();
    });
  });

it.each([
  [['realtime', 'openai-insecure-api-key.sk-good', 'openai-beta.realtime-v1'], 'realtime'],
  [['openai-beta.realtime-v1', 'openai-insecure-api-key.sk-good', 'realtime'], 'realtime'],
  [['realtime', 'openai-insecure-api-key.sk-bad'], 'Unexpected server response: 401'],
  [['realtime'], 'Unexpected server response: 401'],
])('%j: %s', async (protocols, end) => {
  expect(await shaken(protocols)).toBe(end);
});
