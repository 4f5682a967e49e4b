/** `fakeai server` from outside: start, answers, stop. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { runCli, startCli, startCliServer } from '../support/cli.js';

const ask = (url: string, body: object) =>
  fetch(`${url}/v1/chat/completions`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({
      model: 'fakeai-1',
      messages: [{ role: 'user', content: 'Tell me a story' }],
      ...body,
    }),
  });

const contentOf = async (response: Response): Promise<string> => {
  const body = (await response.json()) as { choices: { message: { content: string } }[] };
  return body.choices[0]!.message.content;
};

/** The text of a streamed answer. */
const streamedContentOf = async (response: Response): Promise<string> =>
  (await response.text())
    .split('\n\n')
    .filter((event) => event.startsWith('data: {'))
    .map((event) => JSON.parse(event.slice(6)) as { choices: { delta: { content?: string } }[] })
    .map((chunk) => chunk.choices[0]?.delta.content ?? '')
    .join('');

describe('fakeai server', () => {
  let server: Awaited<ReturnType<typeof startCliServer>>;
  beforeAll(async () => {
    server = await startCliServer([
      '--threads',
      '2',
      '--latency',
      'instant',
      '--model',
      'tiny',
      '--model',
      'fakeai-1',
    ]);
  });
  afterAll(async () => {
    server.process.kill('SIGTERM');
    expect((await server.done).exitCode).toBe(0);
  });

  it('prints a curl line that works', async () => {
    const [, line] = await server.seen('stdout', /(curl [^\n]+\\\n[^\n]+)\n/);
    const { execFileSync } = await import('node:child_process');
    const out = execFileSync('sh', ['-c', `${line} -s`], { encoding: 'utf8' });
    expect(out).toMatch(/^data: \{/);
    expect(out.trimEnd()).toMatch(/data: \[DONE\]$/);
  });

  it('lists its models and is healthy', async () => {
    const list = (await (await fetch(`${server.url}/v1/models`)).json()) as { data: { id: string }[] };
    expect(list.data.map((m) => m.id)).toEqual(['tiny', 'fakeai-1']);
    expect((await fetch(`${server.url}/v1/models/tiny`)).status).toBe(200);
    expect((await fetch(`${server.url}/v1/models/none`)).status).toBe(404);
    expect((await fetch(`${server.url}/health`)).status).toBe(200);
  });

  it('answers a taken port with exit code 1', async () => {
    const { exitCode, stderr } = await runCli(['server', '--port', new URL(server.url).port]);
    expect(exitCode).toBe(1);
    expect(stderr).toMatch(/already in use/);
  });
});

describe('the same seed', () => {
  it('gives the same bytes on every thread and after a restart, streamed or not; another seed gives others', async () => {
    const texts = new Set<string>();
    for (const seed of ['7', '7', '8']) {
      const server = await startCliServer(['--threads', '2', '--latency', 'instant', '--seed', seed]);
      for (let i = 0; i < 8; i++) {
        // A connection each, so that both threads answer.
        texts.add(`${seed} ${await contentOf(await ask(server.url, { max_tokens: 40 }))}`);
        texts.add(
          `${seed} ${await streamedContentOf(await ask(server.url, { max_tokens: 40, stream: true }))}`,
        );
      }
      server.process.kill('SIGTERM');
      await server.done;
    }
    expect(texts.size).toBe(2);
    expect(new Set([...texts].map((t) => t.slice(2))).size).toBe(2);
  });
});

describe('SIGTERM', () => {
  it('lets an open stream finish, then exits with 0', async () => {
    const server = await startCliServer(['--ttft', '50ms', '--itl', '10ms', '--jitter', '0']);
    const body = { stream: true, max_tokens: 40, min_tokens: 40, ignore_eos: true };
    const response = await ask(server.url, body);
    server.process.kill('SIGTERM');
    const text = await response.text();
    expect(text.trimEnd()).toMatch(/data: \[DONE\]$/);
    expect((await server.done).exitCode).toBe(0);
  });

  it('cuts what is still open after --drain', async () => {
    const server = await startCliServer(['--ttft', '10ms', '--itl', '1s', '--drain', '100ms']);
    const response = await ask(server.url, { stream: true, max_tokens: 60, min_tokens: 60 });
    server.process.kill('SIGTERM');
    await expect(response.text()).rejects.toThrow();
    expect((await server.done).exitCode).toBe(0);
  });
});

describe('bad input', () => {
  it.each([
    [['server', '--port', '70000'], 2, /--port.*65535/s],
    [['server', '--latency', 'slow'], 2, /--latency.*instant/s],
    [['server', '--host', 'no.such.host.invalid'], 1, /cannot listen/],
  ])('%j ends with %i', async (args, code, said) => {
    const { exitCode, stderr } = await startCli(args).done;
    expect(exitCode).toBe(code);
    expect(stderr).toMatch(said);
  });
});
