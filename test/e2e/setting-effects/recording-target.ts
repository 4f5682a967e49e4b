/** An endpoint that writes down what it is asked, and answers when it is told to. */
import { once } from 'node:events';
import { createServer, type IncomingHttpHeaders, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, beforeEach } from 'vitest';

export interface RecordedRequest {
  path: string;
  headers: IncomingHttpHeaders;
  body: {
    model: string;
    messages: { role: string; content: string }[];
    max_tokens: number;
    min_tokens?: number;
    stream?: boolean;
    input?: unknown;
    temperature?: number;
    own?: unknown;
    stream_format?: string;
  };
}

/** How long a request beyond the expected ones has for showing up: it was sent in the same turn as they were. */
const SETTLE_MS = 40;

const METRICS = `# TYPE vllm:num_requests_running gauge
vllm:num_requests_running{model_name="m"} 3
own_metric 1
`;
const USAGE = { prompt_tokens: 1, completion_tokens: 1, total_tokens: 2 };
const MODELS = JSON.stringify({ object: 'list', data: [{ id: 'listed', object: 'model' }] });

export class RecordingTarget {
  url = '';
  /** Chat requests, in the order in which they came. */
  requests: RecordedRequest[] = [];
  /** Most requests that were open at once. */
  mostInFlight = 0;
  /** How often its metrics were read. */
  metricsRead = 0;
  /** So many requests are refused before one is answered. */
  refusals = 0;
  /** When to answer; at once by default. */
  answerWhen: () => Promise<unknown> = () => Promise.resolve();
  /** Whether answers report usage. */
  usage = true;
  #inFlight = 0;
  #wake: () => void = () => {};
  readonly #onRead = new Set<() => void>();
  readonly #server = createServer((request, response) => void this.#serve(request, response));

  /** Requests that are open now. */
  get inFlight(): number {
    return this.#inFlight;
  }

  async start(): Promise<void> {
    this.#server.listen(0, '127.0.0.1');
    await once(this.#server, 'listening');
    this.url = `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections();
    this.#server.close();
    await once(this.#server, 'close');
  }

  reset(): void {
    this.requests = [];
    this.mostInFlight = 0;
    this.metricsRead = 0;
    this.#inFlight = 0;
    this.usage = true;
    this.refusals = 0;
    this.answerWhen = () => Promise.resolve();
  }

  /** Answers nothing until so many requests are open; if there are more, they have time to show. */
  holdUntil(count: number): void {
    const enough = new Promise<void>((resolve) => {
      this.#wake = () => {
        if (this.#inFlight >= count) resolve();
      };
    }).then(() => sleep(SETTLE_MS));
    this.answerWhen = () => enough;
  }

  /** Answers nothing until its metrics were read so often. */
  holdUntilRead(times: number): void {
    const enough = new Promise<void>((resolve) => {
      this.#onRead.add(() => {
        if (this.metricsRead >= times) resolve();
      });
    });
    this.answerWhen = () => enough;
  }

  holdForever(): void {
    this.answerWhen = () => new Promise(() => {});
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    if (request.url === '/metrics') {
      this.metricsRead++;
      for (const listener of this.#onRead) listener();
      response.end(METRICS);
      return;
    }
    if (request.method === 'GET') {
      response.setHeader('content-type', 'application/json').end(MODELS);
      return;
    }
    let text = '';
    for await (const bytes of request) text += String(bytes);
    const body = JSON.parse(text) as RecordedRequest['body'];
    this.requests.push({ path: request.url!, headers: request.headers, body });
    this.mostInFlight = Math.max(this.mostInFlight, ++this.#inFlight);
    this.#wake();
    await Promise.race([this.answerWhen(), once(response, 'close')]);
    this.#inFlight--;
    if (response.destroyed) return;
    if (this.refusals > 0) {
      this.refusals--;
      response.writeHead(503).end();
    } else answer(response, body.stream === true, this.usage);
  }
}

function answer(response: ServerResponse, stream: boolean, withUsage: boolean): void {
  const base = { id: 'x', model: 'm', created: 1 };
  if (!stream) {
    const choices = [{ index: 0, message: { role: 'assistant', content: 'a' }, finish_reason: 'length' }];
    const text = JSON.stringify({ ...base, object: 'chat.completion', choices, usage: USAGE });
    response.setHeader('content-type', 'application/json').end(text);
    return;
  }
  const event = (part: object): string =>
    `data: ${JSON.stringify({ ...base, object: 'chat.completion.chunk', ...part })}\n\n`;
  const first = event({ choices: [{ index: 0, delta: { content: 'a' }, finish_reason: null }] });
  const last = event({ choices: [{ index: 0, delta: {}, finish_reason: 'length' }] });
  response.setHeader('content-type', 'text/event-stream');
  const usage = withUsage ? event({ choices: [], usage: USAGE }) : '';
  response.end(`${first}${last}${usage}data: [DONE]\n\n`);
}

/** Call at the top of a test file: a target that runs while its tests do, and forgets between them. */
export function useRecordingTarget(target: RecordingTarget): void {
  beforeAll(() => target.start());
  beforeEach(() => target.reset());
  afterAll(() => target.stop());
}
