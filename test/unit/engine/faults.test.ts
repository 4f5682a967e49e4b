/** Everything that can go wrong at an endpoint, through the whole engine: each has its own kind, none stops the run. */
import { afterEach, describe, expect, it } from 'vitest';
import { discoverModel, runLoad } from '../../../src/engine/index.js';
import type { ErrorCount, RunOutcome } from '../../../src/results/outcome.js';
import type { Plan } from '../../../src/workloads/plan.js';
import { planOf } from './lane-bench.js';
import {
  completion,
  response,
  startScripted,
  STREAM_HEAD,
  textEvent,
  usageAndDone,
  type Script,
  type ScriptedServer,
} from './scripted-server.js';

let server: ScriptedServer | undefined;
afterEach(async () => {
  await server?.close();
  server = undefined;
});

const run = (url: string, over: Partial<Plan> = {}): Promise<RunOutcome> =>
  runLoad({
    plan: planOf({
      targets: [{ name: 't', url }],
      stop: { requests: 3 },
      streaming: true,
      timeoutMs: 10_000,
      graceMs: 10_000,
      ...over,
    }),
    threads: 1,
    headers: {},
  });

async function errorsOf(script: Script, over: Partial<Plan> = {}): Promise<ErrorCount[]> {
  server = await startScripted(script);
  const { targets } = await run(`http://127.0.0.1:${server.port}`, over);
  const [target] = targets;
  expect(target!.counters).toMatchObject({ sent: 3, completed: 0, failed: 3, incomplete: 0 });
  return target!.errors;
}

const refusal = JSON.stringify({ error: { message: 'Say the\nmagic word', type: 'x', code: null } });

describe('an endpoint that refuses', () => {
  it.each([
    ['301 Moved Permanently', 'http_3xx'],
    ['400 Bad Request', 'http_4xx'],
    ['401 Unauthorized', 'http_401'],
    ['403 Forbidden', 'http_403'],
    ['404 Not Found', 'http_404'],
    ['429 Too Many Requests', 'http_429'],
    ['500 Internal Server Error', 'http_5xx'],
    ['503 Service Unavailable', 'http_5xx'],
  ])('with %s is %s, in its own words', async (status, kind) => {
    const errors = await errorsOf((socket) => socket.write(response(status, 'application/json', refusal)));
    expect(errors).toEqual([{ kind, count: 3, example: `HTTP ${status.slice(0, 3)}: Say the magic word` }]);
  });

  it('says when to come back', async () => {
    const [error] = await errorsOf((socket) =>
      socket.write(response('429 Too Many Requests', 'application/json', refusal, 'retry-after: 20\r\n')),
    );
    expect(error!.example).toBe('HTTP 429 (retry-after: 20): Say the magic word');
  });

  it('may say anything else, shortened', async () => {
    const [error] = await errorsOf((socket) =>
      socket.write(response('502 Bad Gateway', 'text/html', `<html>${'x'.repeat(100_000)}</html>`)),
    );
    expect(error!.example).toMatch(/^HTTP 502: <html>x+…$/);
    expect(error!.example).toHaveLength(300);
  });
});

describe('an endpoint that answers something else', () => {
  it.each([true, false])('such as HTML (streaming %s)', async (streaming) => {
    const html = '<!doctype html><title>Log in</title>';
    const errors = await errorsOf((socket) => socket.write(response('200 OK', 'text/html', html)), {
      streaming,
    });
    expect(errors).toMatchObject([{ kind: 'not_json', count: 3 }]);
    expect(errors[0]!.example).toContain('text/html');
    expect(errors[0]!.example).toContain('Log in');
  });

  it('such as JSON that is no completion', async () => {
    const answer = '{"detail":"Try /v2"}';
    const errors = await errorsOf((socket) => socket.write(response('200 OK', 'application/json', answer)), {
      streaming: false,
    });
    expect(errors).toMatchObject([
      { kind: 'not_json', example: expect.stringContaining('Try /v2') as string },
    ]);
  });

  it('such as a whole completion when a stream was asked for', async () => {
    const errors = await errorsOf((socket) =>
      socket.write(response('200 OK', 'application/json', completion(1, 1))),
    );
    expect(errors).toMatchObject([
      { kind: 'not_json', example: expect.stringContaining('ignored "stream"') as string },
    ]);
  });

  it('such as another protocol', async () => {
    const errors = await errorsOf((socket) => socket.write('220 mail.example ESMTP\r\n'));
    expect(errors).toMatchObject([{ kind: 'invalid_http', count: 3 }]);
  });
});

describe('a stream that goes wrong', () => {
  it.each([
    ['cut by the server', 'truncated', (s) => s.end('5\r\nda'), true],
    ['cut by a reset', 'truncated', (s) => s.resetAndDestroy(), true],
    ['without [DONE]', 'no_done', (s) => s.end(), false],
    ['with half an event at its end', 'no_done', (s) => s.end('data: {"id":'), false],
    [
      'with an event that is not JSON',
      'malformed_sse',
      (s) => s.end('data: {"id":}\n\ndata: oops\n\ndata: [DONE]\n\n'),
      false,
    ],
    [
      'with an error in it',
      'stream_error',
      (s) => s.end('data: {"error":{"message":"GPU on fire"}}\n\n'),
      false,
    ],
    [
      "with vLLM's error in it",
      'stream_error',
      (s) => s.end('data: {"object":"error","message":"GPU on fire"}\n\n'),
      false,
    ],
  ] as [string, string, (socket: Parameters<Script>[0]) => void, boolean][])(
    '%s is %s',
    async (_, kind, end, chunked) => {
      const event = textEvent('Hello');
      const head = chunked
        ? STREAM_HEAD.replace('connection: close', 'transfer-encoding: chunked')
        : STREAM_HEAD;
      const first = chunked ? `${event.length.toString(16)}\r\n${event}\r\n` : event;
      const errors = await errorsOf((socket) => {
        socket.write(head + first, () => end(socket));
      });
      expect(errors).toMatchObject([{ kind, count: 3 }]);
      if (kind === 'stream_error') expect(errors[0]!.example).toBe('GPU on fire');
    },
  );

  it('with a first event that is not a completion chunk is malformed or an error, never a success', async () => {
    const errors = await errorsOf((socket) => socket.end(`${STREAM_HEAD}data: [1]\n\ndata: [DONE]\n\n`));
    expect(errors).toMatchObject([{ kind: 'malformed_sse' }]);
  });

  it('is complete at [DONE], however the connection ends', async () => {
    server = await startScripted((socket) => {
      const head = STREAM_HEAD.replace('connection: close', 'transfer-encoding: chunked');
      const body = textEvent('Hi') + usageAndDone(4, 1);
      socket.write(`${head}${body.length.toString(16)}\r\n${body}\r\n`, () => socket.end());
    });
    const { targets } = await run(`http://127.0.0.1:${server.port}`);
    expect(targets[0]!.counters).toMatchObject({ completed: 3, failed: 0, inputTokens: 12, outputTokens: 3 });
    expect(targets[0]!.errors).toEqual([]);
  });
});

describe('an endpoint that does not answer', () => {
  it('at all is a timeout', async () => {
    const errors = await errorsOf(() => {}, { timeoutMs: 60 });
    expect(errors).toEqual([{ kind: 'timeout', count: 3, example: 'no answer within 60 ms' }]);
  });

  it('to the end is a timeout that says how far it came', async () => {
    const errors = await errorsOf((socket) => socket.write(STREAM_HEAD + textEvent('Hi')), { timeoutMs: 60 });
    expect(errors).toMatchObject([{ kind: 'timeout', count: 3 }]);
    expect(errors[0]!.example).toMatch(/^no complete answer within 60 ms; \d+ bytes and 1 text events came$/);
  });

  it('and hangs up is a reset', async () => {
    const errors = await errorsOf((socket) => socket.end());
    expect(errors).toMatchObject([{ kind: 'connection_reset', count: 3 }]);
  });

  it('is not there', async () => {
    server = await startScripted(() => {});
    const { port } = server;
    await server.close();
    server = undefined;
    const { targets } = await run(`http://127.0.0.1:${port}`);
    expect(targets[0]!.errors).toMatchObject([{ kind: 'connect_refused', count: 3 }]);
  });

  it('has no address', async () => {
    const { targets } = await run('http://no-such-host.invalid');
    expect(targets[0]!.errors).toMatchObject([{ kind: 'dns', count: 3 }]);
  });

  it('has a certificate that nobody vouches for', async () => {
    server = await startScripted((socket) => socket.end(), { tls: true });
    const { targets } = await run(`https://localhost:${server.port}`);
    expect(targets[0]!.errors).toMatchObject([{ kind: 'tls', count: 3 }]);
    expect(targets[0]!.errors[0]!.example).toContain('self-signed');
  });
});

describe('failures among successes', () => {
  it('are counted by kind, the most frequent first, beside what succeeded', async () => {
    server = await startScripted((socket, { total }) => {
      if (total % 4 === 0) socket.write(response('500 Oops', 'text/plain', ''));
      else if (total % 8 === 1) socket.write(response('429 Slow', 'text/plain', ''));
      else {
        const body = textEvent('a') + textEvent('b') + usageAndDone(5, 2);
        socket.write(response('200 OK', 'text/event-stream', body));
      }
    });
    const { targets } = await run(`http://127.0.0.1:${server.port}`, { stop: { requests: 80 } });
    expect(targets[0]!.counters).toMatchObject({ sent: 80, completed: 50, failed: 30, outputTokens: 100 });
    expect(targets[0]!.errors.map(({ kind, count }) => [kind, count])).toEqual([
      ['http_5xx', 20],
      ['http_429', 10],
    ]);
  });
});

describe('asking for the model', () => {
  it('takes the first that is listed', async () => {
    server = await startScripted((socket) =>
      socket.write(
        response('200 OK', 'application/json', '{"object":"list","data":[{"id":"m-1"},{"id":"m-2"}]}'),
      ),
    );
    expect(await discoverModel(`http://127.0.0.1:${server.port}/v1/`, { authorization: 'Bearer k' })).toBe(
      'm-1',
    );
    expect(server.requests[0]).toMatch(/^GET \/v1\/models HTTP\/1\.1\r\n/);
    expect(server.requests[0]).toContain('authorization: Bearer k\r\n');
  });

  it.each([
    ['401 Unauthorized', refusal, 'http_401: HTTP 401: Say the magic word'],
    ['200 OK', '<html>', 'not_json'],
    ['200 OK', '{"data":[]}', 'not_json'],
  ])('says why it got none: %s %s', async (status, body, problem) => {
    server = await startScripted((socket) => socket.write(response(status, 'application/json', body)));
    await expect(discoverModel(`http://127.0.0.1:${server.port}`, {})).rejects.toMatchObject({
      code: 'FAKEAI_NO_MODEL',
      message: expect.stringContaining(problem) as string,
    });
  });

  it('does not wait for ever', async () => {
    server = await startScripted(() => {});
    await expect(discoverModel(`http://127.0.0.1:${server.port}`, {}, 50)).rejects.toMatchObject({
      message: expect.stringContaining('timeout') as string,
    });
  });
});
