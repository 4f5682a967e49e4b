/** `fakeai bench` from outside: output, results, gates and exit codes. */
import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { CARRIED_OUT, runCli, startCli, startCliServer, temporaryFolder } from '../support/cli.js';
import { parseRunFile } from '../support/run-schema.js';

const QUICK = [
  'bench',
  '--latency',
  'instant',
  '--requests',
  '40',
  '--concurrency',
  '4',
  '--input-tokens',
  '20',
];
const folder = temporaryFolder();
afterAll(folder.remove);

describe('the embedded simulator', () => {
  it('is measured when no target is named', async () => {
    const { exitCode, stdout, stderr } = await runCli(QUICK);
    expect(CARRIED_OUT, stderr).toContain(exitCode);
    expect(stdout).toMatch(/TTFT/);
    expect(stdout).toMatch(/simulator/);
  });

  it('gives one JSON document on stdout with --json, and the same one in the file', async () => {
    const path = folder.file('run.json');
    const { exitCode, stdout } = await runCli([
      ...QUICK,
      '--json',
      '--output',
      `json=${path}`,
      '--output-tokens',
      '10',
    ]);
    expect(CARRIED_OUT).toContain(exitCode);
    const run = parseRunFile(stdout);
    expect(JSON.parse(readFileSync(path, 'utf8'))).toEqual(run);
    const [target] = run.targets;
    expect(target!.counters).toMatchObject({
      sent: 40,
      completed: 40,
      failed: 0,
      outputTokens: 400,
      withoutUsage: 0,
    });
    expect(target!.metrics.ttft).toMatchObject({ unit: 'ms', count: 40, p99: null });
    expect(target!.metrics.ttft!.p50).toBeGreaterThan(0);
    expect(target!.metrics.itl!.count).toBe(40 * 9);
    expect(target!.metrics.response_time).toBeUndefined();
  });

  it('takes as long as --ttft and --itl say', async () => {
    const args = [
      'bench',
      '--requests',
      '12',
      '--concurrency',
      '12',
      '--output-tokens',
      '11',
      '--input-tokens',
      '5',
      '--json',
    ];
    const { stdout } = await runCli([
      ...args,
      '--latency',
      'fixed',
      '--ttft',
      '60ms',
      '--itl',
      '10ms',
      '--jitter',
      '0',
    ]);
    const { metrics } = parseRunFile(stdout).targets[0]!;
    expect(metrics.ttft!.min).toBeGreaterThanOrEqual(59);
    // How much later is a matter of the machine; after a late first token the others are nearer to each other.
    expect(metrics.itl!.max).toBeGreaterThan(9);
    expect(metrics.e2e!.min).toBeGreaterThanOrEqual(159);
  });

  it('sends at a rate, with response times from the intended instants', async () => {
    const args = [
      'bench',
      '--latency',
      'instant',
      '--rate',
      '100',
      '--arrivals',
      'constant',
      '--duration',
      '1s',
      '--json',
    ];
    const { exitCode, stdout } = await runCli([...args, '--input-tokens', '20', '--output-tokens', '5']);
    expect(CARRIED_OUT).toContain(exitCode);
    const { counters, metrics } = parseRunFile(stdout).targets[0]!;
    expect(counters.sent).toBe(100);
    expect(metrics.lateness!.count).toBe(100);
    expect(metrics.response_time!.mean).toBeGreaterThanOrEqual(metrics.e2e!.mean!);
  });

  it('does without TTFT when nothing is streamed', async () => {
    const { stdout } = await runCli([...QUICK, '--no-streaming', '--json']);
    const { metrics, counters } = parseRunFile(stdout).targets[0]!;
    expect(counters.completed).toBe(40);
    expect(metrics.ttft).toBeUndefined();
    expect(metrics.e2e!.count).toBe(40);
  });
});

describe('several targets', () => {
  it('are measured in one run, each with the whole workload', async () => {
    const a = await startCliServer(['--latency', 'instant']);
    const b = await startCliServer(['--latency', 'fixed', '--ttft', '40ms', '--itl', '1ms', '--jitter', '0']);
    const args = [
      'bench',
      '--target',
      `fast=${a.url}`,
      '--target',
      `slow=${b.url}/v1`,
      '--requests',
      '20',
      '--json',
    ];
    const { exitCode, stdout } = await runCli([...args, '--concurrency', '2', '--output-tokens', '5']);
    expect(CARRIED_OUT).toContain(exitCode);
    const run = parseRunFile(stdout);
    expect(run.targets.map((t) => [t.name, t.counters.completed])).toEqual([
      ['fast', 20],
      ['slow', 20],
    ]);
    expect(run.targets[0]!.metrics.ttft!.p50).toBeLessThan(run.targets[1]!.metrics.ttft!.p50!);
    expect(run.histograms.ttft!.moments.count).toBe(40);
    for (const cli of [a, b]) cli.process.kill('SIGTERM');
    await Promise.all([a.done, b.done]);
  });
});

describe('gates', () => {
  it('exit with 0 when they hold', async () => {
    const { exitCode, stdout } = await runCli([
      ...QUICK,
      '--slo',
      'ttft.p50 < 5s',
      '--slo',
      'error_rate <= 0%',
    ]);
    expect(CARRIED_OUT).toContain(exitCode);
    expect(stdout).toMatch(/ttft\.p50 < 5s/);
  });

  it('exit with 99 when one is missed, and write the results', async () => {
    const path = folder.file('missed.json');
    const { exitCode } = await runCli([...QUICK, '--slo', 'ttft.mean < 1us', '--output', `json=${path}`]);
    expect(exitCode).toBe(99);
    expect(parseRunFile(readFileSync(path, 'utf8')).slo).toMatchObject([
      { expression: 'ttft.mean < 1us', passed: false },
    ]);
  });

  it.each([
    ['tftt.p95 < 500ms', /ttft/],
    ['ttft.p95 <> 500ms', /--slo/],
    ['ttft.p95 < 500tokens', /unit|ms/],
  ])('refuse %s before any load', async (expression, said) => {
    const { exitCode, stdout, stderr } = await runCli([...QUICK, '--slo', expression]);
    expect(exitCode).toBe(2);
    expect(stdout).toBe('');
    expect(stderr).toMatch(said);
  });
});

describe('interruption', () => {
  it('writes what was measured and exits with 130', async () => {
    const path = folder.file('interrupted.json');
    const args = ['bench', '--duration', '60s', '--concurrency', '2', '--output-tokens', '5'];
    const server = await startCliServer(['--ttft', '5ms', '--itl', '1ms']);
    const cli = startCli([...args, '--url', server.url, '--output', `json=${path}`]);
    // A progress line shows that requests have been answered by then.
    await cli.seen('stderr', /[1-9]\d* (completed|ok|done)/);
    cli.process.kill('SIGINT');
    const { exitCode } = await cli.done;
    expect(exitCode).toBe(130);
    const run = parseRunFile(readFileSync(path, 'utf8'));
    expect(run.interrupted).toBe(true);
    expect(run.targets[0]!.counters.completed).toBeGreaterThan(0);
    server.process.kill('SIGTERM');
    await server.done;
  });
});

describe('a server that lives for one run', () => {
  // Answers, and says with which arguments it was started.
  const answer = "JSON.stringify({ choices: [{ index: 0, message: { content: 'a' } }], usage: {} })";
  const script = `
    const server = require('http').createServer((_, response) => response.end(${answer}));
    server.listen(Number(process.argv[2]), '127.0.0.1', () => console.log(process.argv.slice(1).join(' ')));`;

  it('is started with what stands after --, measured, and gone afterwards', async () => {
    const port = await freePort();
    const command = [process.execPath, '-e', script, '--', '--requests', String(port)];
    const flags = ['--on-port', String(port), '--model', 'm', '--requests', '3', '--no-streaming', '--json'];
    const { exitCode, stdout, stderr } = await runCli(['bench', ...flags, '--', ...command]);
    expect(CARRIED_OUT, stderr).toContain(exitCode);
    expect(parseRunFile(stdout).targets).toMatchObject([
      { url: `http://127.0.0.1:${port}`, counters: { completed: 3 } },
    ]);
    await expect(fetch(`http://127.0.0.1:${port}`)).rejects.toThrow();
  });

  it.each([
    [['--on-port', '1234'], /--on-port: has no command to start/],
    [['--', 'serve'], /-- serve: has no port/],
    [['--on-port', '1234', '--url', 'http://a', '--', 'serve'], /cannot be combined with --url/],
  ])('%j is refused', async (args, said) => {
    const { exitCode, stderr } = await runCli(['bench', ...args]);
    expect({ exitCode, stderr }).toEqual({ exitCode: 2, stderr: expect.stringMatching(said) as string });
  });
});

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}

describe('a run without a terminal', () => {
  it('prints no cursor codes, and nothing but errors on stderr with --quiet', async () => {
    const { stdout, stderr } = await runCli([...QUICK, '--quiet']);
    // oxlint-disable-next-line no-control-regex
    expect(stdout).not.toMatch(/\u001b/);
    expect(stderr).toBe('');
  });
});

describe('bad input', () => {
  it.each([
    [['bench', '--rate', '0'], /--rate.*above 0/s],
    [['bench', '--rate', '5', '--concurrency', '2'], /--concurrency/],
    [['bench', '--url', 'localhost:8000'], /--url.*http/s],
    [['bench', '--duration', 'soon'], /--duration.*30s/s],
    [['bench', '--input-tokens', 'normal(5)'], /--input-tokens/],
    [['bench', '--output', 'xml=x'], /xml.*json/s],
    [['bench', '--target', 'a=http://x', '--target', 'a=http://y'], /given twice/],
    [['bench', '--api-key-env', 'NO_SUCH_VARIABLE', '--url', 'http://127.0.0.1:9'], /NO_SUCH_VARIABLE/],
    [['bench', '--concurency', '3'], /--concurrency/],
    [['bench', '--timeout'], /--timeout/],
    [['bnch'], /bench/],
  ])('%j is a usage error', async (args, said) => {
    const { exitCode, stdout, stderr } = await runCli(args);
    expect({ exitCode, stdout }).toEqual({ exitCode: 2, stdout: '' });
    expect(stderr).toMatch(said);
    expect(stderr).not.toMatch(/\n\s+at /);
  });

  it('an output folder that does not exist is refused before any load', async () => {
    const path = folder.file('no/such/folder/run.json');
    const { exitCode, stdout, stderr } = await runCli([...QUICK, '--output', `json=${path}`]);
    expect({ exitCode, stdout }).toEqual({ exitCode: 1, stdout: '' });
    expect(stderr).toContain(path);
    expect(existsSync(path)).toBe(false);
  });

  it('an unreachable target ends with 1 and says why', async () => {
    const path = folder.file('unreachable.json');
    const args = [
      'bench',
      '--url',
      'http://127.0.0.1:9',
      '--model',
      'm',
      '--requests',
      '3',
      '--output',
      `json=${path}`,
    ];
    const { exitCode, stderr } = await runCli(args);
    expect(exitCode).toBe(1);
    expect(stderr).toMatch(/connect_refused/);
    expect(parseRunFile(readFileSync(path, 'utf8')).targets[0]!.errors).toMatchObject([
      { kind: 'connect_refused', count: 3 },
    ]);
  });
});

describe('settings from the environment and a file', () => {
  let port: string;
  let server: Awaited<ReturnType<typeof startCliServer>>;
  beforeAll(async () => {
    server = await startCliServer(['--latency', 'instant']);
    port = new URL(server.url).port;
  });
  afterAll(async () => {
    server.process.kill('SIGTERM');
    await server.done;
  });

  it('reach the run', async () => {
    const env = { FAKEAI_URL: `http://127.0.0.1:${port}`, FAKEAI_BENCH__REQUESTS: '7', FAKEAI_JSON: 'true' };
    const { stdout } = await runCli(['bench', '--concurrency', '1'], { env });
    expect(parseRunFile(stdout).targets[0]!.counters.sent).toBe(7);
  });
});
