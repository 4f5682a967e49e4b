/** The commands that look at a running server, against a real one. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { RunningServer } from '../../src/server/index.js';
import { runCli, startCli } from '../support/cli.js';
import { startObservedServer } from '../support/observed-server.js';
import { parseExposition } from '../support/prometheus.js';
import { postChat, startTestServer } from '../support/server.js';

let server: RunningServer;
beforeAll(async () => {
  server = await startTestServer();
  await (
    await postChat(server.url, { model: 'fakeai-1', messages: [{ role: 'user', content: 'Hi' }] })
  ).text();
});
afterAll(() => server.close());

const run = (...args: string[]): ReturnType<typeof runCli> => runCli([...args, '--url', server.url]);

describe('against a server', () => {
  it('status, metrics and cache-stats show what it did', async () => {
    const [status, table, prometheus, cache] = await Promise.all([
      run('status', '--json'),
      run('metrics'),
      run('metrics', '--format', 'prometheus'),
      run('cache-stats'),
    ]);
    expect(JSON.parse(status.stdout)).toMatchObject({ url: server.url, status: 'healthy', threads: 2 });
    expect(table.stdout).toMatch(/fakeai-1 +1 /);
    expect(parseExposition(prometheus.stdout).has('fakeai_answers_total')).toBe(true);
    expect(cache.stdout).toContain('No KV cache');
    for (const { exitCode, stderr } of [status, table, prometheus, cache])
      expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' });
  });

  it.each(['status', 'metrics', 'cache-stats'])(
    '%s --watch looks again until Ctrl-C, which is no failure',
    async (name) => {
      const look = name === 'metrics' ? ['--format', 'json'] : ['--json'];
      const cli = startCli([name, ...look, '--watch', '--interval', '100ms', '--url', server.url]);
      await cli.seen('stdout', /^(\{.*\}\n){2}/);
      cli.process.kill('SIGINT');
      const { exitCode, stdout, stderr } = await cli.done;
      expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' });
      for (const line of stdout.trimEnd().split('\n')) JSON.parse(line);
    },
  );

  it('--watch ends when nobody reads it any more', async () => {
    const cli = startCli(['status', '--json', '--watch', '--interval', '100ms', '--url', server.url]);
    await cli.seen('stdout', /^\{.*\}\n/);
    cli.process.stdout!.destroy();
    expect(await cli.done).toMatchObject({ exitCode: 0, stderr: '' });
  });

  it('an unhealthy one is a failure', async () => {
    const ill = await startObservedServer({
      '/health/detailed': { status: 'unhealthy', ready: true, error_rate_percentage: 50, replicas: null },
    });
    const { exitCode, stdout } = await runCli(['status', '--url', ill.url]);
    await ill.close();
    expect(exitCode).toBe(1);
    expect(stdout).toContain('unhealthy');
  });
});

describe('without a server', () => {
  it('says what to do', async () => {
    const { exitCode, stderr } = await runCli(['metrics', '--url', 'http://127.0.0.1:1']);
    expect(exitCode).toBe(1);
    expect(stderr).toMatch(
      /^error: cannot ask http:\/\/127\.0\.0\.1:1: .*\n {2}Start a server with 'fakeai server'/,
    );
  });

  it('tells a stranger apart', async () => {
    const stranger = await startObservedServer({ '/metrics/json': { hello: 'world' } });
    const { exitCode, stderr } = await runCli(['metrics', '--url', stranger.url]);
    await stranger.close();
    expect(exitCode).toBe(1);
    expect(stderr).toContain('does not answer as a fakeai server does');
  });
});

it('a word that has no place is told, and where an endpoint goes', async () => {
  const [url, word] = await Promise.all([
    runCli(['bench', 'http://127.0.0.1:8000/v1', '--requests', '1']),
    runCli(['status', 'now']),
  ]);
  expect(url).toMatchObject({ exitCode: 2, stdout: '' });
  expect(url.stderr).toContain(
    'no place for "http://127.0.0.1:8000/v1"\n  The endpoint is given as --url http://',
  );
  expect(word).toMatchObject({ exitCode: 2, stdout: '' });
  expect(word.stderr).toBe('error: fakeai status has no place for "now"\n  See: fakeai status --help\n');
});

it('help is shown by a word too, with its columns in line', async () => {
  const [byWord, byFlag, wrong] = await Promise.all([
    runCli(['help', 'report', 'merge']),
    runCli(['report', 'merge', '--help']),
    runCli(['help', 'sever']),
  ]);
  expect(byWord.exitCode).toBe(0);
  expect(byWord.stdout).toBe(byFlag.stdout);
  expect(wrong).toMatchObject({ exitCode: 2 });
  expect(wrong.stderr).toContain('"sever" is not a command of fakeai\n  Did you mean server?');
  const { stdout } = await runCli(['report', 'compare', '--help']);
  const flags = stdout.split('\n').filter((line) => /^ +(?:-\w, )?--\S+ {2}/.test(line));
  const columns = flags.slice(0, 4).map((line) => line.search(/(?<=\S {2,})\S/));
  expect(new Set(columns).size).toBe(1);
});
