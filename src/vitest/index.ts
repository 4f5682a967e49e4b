/**
 * A simulated server for tests with Vitest.
 *
 * @example
 * ```ts
 * import OpenAI from 'openai';
 * import { expect, it } from 'vitest';
 * import { useFakeai } from 'fakeai/vitest';
 *
 * const fakeai = useFakeai();
 *
 * it('tries again when it is told to wait', async () => {
 *   fakeai.answer('POST /v1/chat/completions', { status: 429, headers: { 'retry-after': '0' } });
 *   const client = new OpenAI({ baseURL: fakeai.baseUrl, apiKey: 'none' });
 *   await client.chat.completions.create({ model: 'gpt-4o', messages: [{ role: 'user', content: 'Hi' }] });
 *   expect(fakeai.requests).toHaveLength(2);
 *   fakeai.expectRequest('POST /v1/chat/completions', { model: 'gpt-4o' });
 * });
 * ```
 */
import { afterAll, beforeAll, beforeEach, expect } from 'vitest';
import { startServer, type RunningServer, type ServerOptions } from '../index.js';
import { Recorder, type CannedAnswer, type SeenRequest } from './recorder.js';

export type { CannedAnswer, SeenRequest } from './recorder.js';

/** A method and a path, such as `POST /v1/chat/completions`. */
export type RequestLine = `${'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'} /${string}`;

/** A server for the tests of one file; usable from the first test (or `beforeAll`) on. */
export interface Fakeai {
  /** Such as `http://127.0.0.1:43210`. */
  readonly url: string;
  /** The same with `/v1`: what OpenAI's SDK calls `baseURL`. */
  readonly baseUrl: string;
  /** What was asked since the test began, in order; at most the last 10,000. */
  readonly requests: readonly SeenRequest[];
  /**
   * Answers the next requests itself instead of the server.
   *
   * @param times - how many; default 1
   */
  answer(line: RequestLine, answer: CannedAnswer, times?: number): void;
  /**
   * Fails the test unless there was such a request.
   *
   * @param body - part of its body, as of `toMatchObject`
   * @returns the last one
   */
  expectRequest(line: RequestLine, body?: object): SeenRequest;
  /** Forgets requests and answers; done before each test by itself. */
  reset(): void;
}

/**
 * Starts a server before the tests of a file and stops it after them.
 *
 * @param options - settings of the server; answers without latency and on one thread unless they say otherwise
 */
export function useFakeai(options: ServerOptions = {}): Fakeai {
  let server: RunningServer | undefined;
  let recorder: Recorder | undefined;
  let url = '';
  beforeAll(async () => {
    server = await startServer({ latency: 'instant', threads: 1, port: 0, ...options });
    recorder = new Recorder(server.url);
    url = await recorder.open();
  });
  beforeEach(() => recorder?.reset());
  afterAll(async () => {
    await recorder?.close();
    await server?.close();
  });
  const started = (): Recorder => {
    if (!recorder) throw new Error('useFakeai: the server is there from the first test on, not before');
    return recorder;
  };
  return {
    get url() {
      started();
      return url;
    },
    get baseUrl() {
      started();
      return `${url}/v1`;
    },
    get requests() {
      return started().seen;
    },
    answer: (line, answer, times = 1) => started().expect(...splitLine(line), answer, times),
    expectRequest: (line, body) => lastOf(started().seen, line, body),
    reset: () => started().reset(),
  };
}

function splitLine(line: RequestLine): [method: string, path: string] {
  const at = line.indexOf(' ');
  return [line.slice(0, at), line.slice(at + 1)];
}

function lastOf(seen: readonly SeenRequest[], line: RequestLine, body: object | undefined): SeenRequest {
  const [method, path] = splitLine(line);
  const such = seen.filter((request) => request.method === method && request.path === path);
  const all = seen.map((request) => `${request.method} ${request.path}`);
  expect(such, `no ${line} among: ${all.join(', ') || 'no requests at all'}`).not.toEqual([]);
  if (body === undefined) return such.at(-1)!;
  const matching = such.filter((request) => matches(request.body, body));
  // Of several the last one says best what is different.
  if (matching.length === 0) expect(such.at(-1)!.body).toMatchObject(body);
  return matching.at(-1)!;
}

function matches(actual: unknown, part: object): boolean {
  try {
    expect(actual).toMatchObject(part);
    return true;
  } catch {
    return false;
  }
}
