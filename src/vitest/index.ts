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
import {
  FakeaiError,
  type FixtureInput,
  startServer,
  type RunningServer,
  type ServerOptions,
} from '../index.js';
import { Recorder, type CannedAnswer, type SeenRequest } from './recorder.js';

export type { FixtureInput } from '../index.js';
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
   * Says what a request that matches is answered with, in every protocol and as a stream too, until the test ends. The
   * first one that matches counts, before those of `fixtures`.
   *
   * @param match - as in a fixture; a text is a part of the latest message
   * @throws FakeaiError when one of them is wrong
   */
  reply(match: string | FixtureInput['match'], answer: FixtureInput['answer']): void;
  /**
   * Fails the test unless there was such a request.
   *
   * @param body - part of its body, as of `toMatchObject`
   * @returns the last one
   */
  expectRequest(line: RequestLine, body?: object): SeenRequest;
  /** Forgets requests, answers and replies; done before each test by itself. */
  reset(): void;
}

/** Settings of the server, and of the tests. */
export interface UseFakeaiOptions extends ServerOptions {
  /**
   * Sets `OPENAI_BASE_URL`, `OPENAI_API_KEY`, `ANTHROPIC_BASE_URL` and `ANTHROPIC_API_KEY` while the tests of the file run, so
   * that clients which are made without options ask the server. Default false.
   */
  env?: boolean;
}

/**
 * Starts a server before the tests of a file and stops it after them.
 *
 * @param options - answers without latency and on one thread unless they say otherwise
 */
export function useFakeai({ env = false, ...options }: UseFakeaiOptions = {}): Fakeai {
  let server: RunningServer | undefined;
  let recorder: Recorder | undefined;
  let url = '';
  let replies: FixtureInput[] = [];
  const setReplies = (next: FixtureInput[]): void => {
    const ready = server!.setFixtures(next);
    replies = next;
    recorder!.after(ready);
  };
  const reset = (): void => {
    recorder?.reset();
    if (replies.length > 0) setReplies([]);
  };
  let restoreEnv: (() => void) | undefined;
  beforeAll(async () => {
    server = await withHint(startServer({ latency: 'instant', threads: 1, port: 0, ...options }));
    recorder = new Recorder(server.url);
    url = await recorder.open();
    if (env) restoreEnv = setEnv(url, options.apiKey?.[0] ?? 'none');
  });
  beforeEach(reset);
  afterAll(async () => {
    restoreEnv?.();
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
    reply: (match, answer) => {
      started();
      setReplies([...replies, { match: typeof match === 'string' ? { contains: match } : match, answer }]);
    },
    expectRequest: (line, body) => lastOf(started().seen, line, body),
    reset: () => {
      started();
      reset();
    },
  };
}

/** What is wrong with the settings, and what to do: a test shows the message of an error alone. */
async function withHint<T>(starting: Promise<T>): Promise<T> {
  try {
    return await starting;
  } catch (error) {
    if (error instanceof FakeaiError && error.hint !== '') error.message += `\n${error.hint}`;
    throw error;
  }
}

/** @returns what sets the variables as they were */
function setEnv(url: string, apiKey: string): () => void {
  const values = {
    OPENAI_BASE_URL: `${url}/v1`,
    OPENAI_API_KEY: apiKey,
    ANTHROPIC_BASE_URL: url,
    ANTHROPIC_API_KEY: apiKey,
  };
  const before = Object.keys(values).map((name) => [name, process.env[name]] as const);
  Object.assign(process.env, values);
  return () => {
    for (const [name, value] of before) {
      if (value === undefined) delete process.env[name];
      else process.env[name] = value;
    }
  };
}

function splitLine(line: RequestLine): [method: string, path: string] {
  const [, method, path] = /^([A-Z]+) (\/\S*)$/.exec(line) ?? [];
  if (method !== undefined && path !== undefined) return [method, path];
  // Types say it too, but not every test is checked for them; no request would ever match.
  throw new TypeError(`"${line}" is no request line, such as "POST /v1/chat/completions"`);
}

function lastOf(seen: readonly SeenRequest[], line: RequestLine, body: object | undefined): SeenRequest {
  const [method, path] = splitLine(line);
  const such = seen.filter((request) => request.method === method && request.path === path);
  const all = seen.map((request) => `${request.method} ${request.path}`);
  if (such.length === 0) expect.fail(`no ${line} among: ${all.join(', ') || 'no requests at all'}`);
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
