/** `fakeai simulate` from outside: the same files and exit codes as `bench`, and effects of the fleet on latencies. */
import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { afterAll, describe, expect, it } from 'vitest';
import type { RunFile } from '../../src/results/run-file.js';
import { runCli, temporaryFolder } from '../support/cli.js';
import { parseRunFile } from '../support/run-schema.js';

const folder = temporaryFolder();
afterAll(folder.remove);

const MOONCAKE = fileURLToPath(
  new URL('../../examples/traces/mooncake-conversation-200.jsonl', import.meta.url),
);
const rows = readFileSync(MOONCAKE, 'utf8')
  .trim()
  .split('\n')
  .map((line) => JSON.parse(line) as { timestamp: number; input_length: number; output_length: number });

async function simulated(...args: string[]): Promise<RunFile> {
  const { exitCode, stdout, stderr } = await runCli(['simulate', ...args, '--json', '--quiet']);
  expect(exitCode, stderr).toBe(0);
  return parseRunFile(stdout);
}

/** Faster than the trace was recorded, with time to drain: a load that one replica cannot carry at once. */
const LOADED = [MOONCAKE, '--speed', '4', '--timeout', '1h', '--grace', '1h'];
const ttftOf = (run: RunFile): number => run.targets[0]!.metrics.ttft!.p50!;

describe('a trace', () => {
  it('is played whole, with its own lengths, and says that time was virtual', async () => {
    const run = await simulated(MOONCAKE, '--replicas', '4', '--router', 'kv', '--grace', '1h');
    const { counters, metrics, measuredMs } = run.targets[0]!;
    expect(counters).toMatchObject({ sent: rows.length, completed: rows.length, failed: 0, incomplete: 0 });
    expect(counters.outputTokens).toBe(rows.reduce((sum, row) => sum + row.output_length, 0));
    expect(counters.inputTokens).toBe(rows.reduce((sum, row) => sum + row.input_length, 0));
    expect(measuredMs).toBeGreaterThan(rows.at(-1)!.timestamp - rows[0]!.timestamp);
    expect(metrics.itl!.count).toBe(counters.outputTokens - rows.length);
    expect(metrics.lateness).toBeUndefined();
    expect(metrics.ttfb).toBeUndefined();
    expect(run.plan.virtual).toMatchObject({ gpu: 'h100', tensorParallel: 4, replicas: 4, router: 'kv' });
    expect(run.verdict).toEqual({ state: 'valid', reasons: [] });
    expect(run.threads).toEqual([]);
    expect(run.simulation!.gpus).toBe(16);
    expect(run.simulation!.gpuHours).toBeCloseTo((16 * measuredMs) / 3.6e6, 9);
    expect(run.simulation!.dollars).toBeUndefined();
  });

  it('gives the same bytes for the same seed', async () => {
    const withSeed = (seed: string) =>
      simulated(...LOADED, '--replicas', '3', '--router', 'random', '--seed', seed);
    const [a, b, other] = [await withSeed('7'), await withSeed('7'), await withSeed('8')];
    const withoutTime = (run: RunFile) => JSON.stringify({ ...run, startedAt: '' });
    expect(withoutTime(a)).toBe(withoutTime(b));
    expect(JSON.stringify(a.histograms)).not.toBe(JSON.stringify(other.histograms));
  });

  it('is answered sooner by more replicas, and later without prefix caching', async () => {
    const one = await simulated(...LOADED, '--router', 'kv');
    const four = await simulated(...LOADED, '--router', 'kv', '--replicas', '4');
    const uncached = await simulated(...LOADED, '--router', 'kv', '--no-prefix-caching');
    expect(ttftOf(four)).toBeLessThan(ttftOf(one));
    expect(ttftOf(uncached)).toBeGreaterThan(ttftOf(one));
    expect(one.simulation!.prefixHitPercent).toBeGreaterThan(0);
    expect(uncached.simulation!.prefixHitPercent ?? 0).toBe(0);
  });

  it('fails requests whose answer takes longer than --timeout, and leaves out those cut by --grace', async () => {
    const run = await simulated(MOONCAKE, '--speed', '20', '--timeout', '8s', '--grace', '6s');
    const { counters, errors } = run.targets[0]!;
    expect(errors.map(({ kind }) => kind)).toEqual(['timeout']);
    expect(counters.failed).toBe(errors[0]!.count);
    expect(counters.incomplete).toBeGreaterThan(0);
    expect(counters.sent).toBe(counters.completed + counters.failed + counters.incomplete);
  });
});

describe('the load of settings', () => {
  it('is an open loop with --rate, measured after the warm-up', async () => {
    const run = await simulated(
      '--rate',
      '4',
      '--arrivals',
      'constant',
      '--duration',
      '30s',
      '--warmup',
      '5s',
    );
    const { counters, metrics } = run.targets[0]!;
    expect(counters).toMatchObject({ sent: 120, completed: 120, warmup: 20 });
    expect(metrics.response_time!.p50).toBe(metrics.e2e!.p50);
  });

  it('is a closed loop with --concurrency, whose latency grows with it', async () => {
    const few = await simulated('--concurrency', '2', '--requests', '100');
    const many = await simulated('--concurrency', '64', '--requests', '400');
    expect(few.targets[0]!.counters.completed).toBe(100);
    expect(few.targets[0]!.metrics.response_time).toBeUndefined();
    expect(many.targets[0]!.metrics.itl!.mean!).toBeGreaterThan(few.targets[0]!.metrics.itl!.mean!);
    expect(many.targets[0]!.rates.output_token_rate.value!).toBeGreaterThan(
      few.targets[0]!.rates.output_token_rate.value!,
    );
  });

  it('costs what the GPUs cost', async () => {
    const { simulation, targets } = await simulated(
      '--concurrency',
      '8',
      '--requests',
      '64',
      '--gpu-price',
      '3',
    );
    expect(simulation!.dollars).toBeCloseTo(simulation!.gpuHours * 3, 9);
    expect(simulation!.dollarsPerMillionTokens).toBeCloseTo(
      (simulation!.dollars! / targets[0]!.counters.outputTokens) * 1e6,
      6,
    );
  });

  it('is refused by a full queue as a server would, without an end of the closed loop', async () => {
    const { targets } = await simulated(
      '--concurrency',
      '8',
      '--requests',
      '200',
      '--max-num-seqs',
      '2',
      '--max-queue',
      '1',
    );
    expect(targets[0]!.errors.map(({ kind }) => kind)).toEqual(['http_429']);
    expect(targets[0]!.counters.completed).toBeGreaterThan(0);
  });

  it('engine limits have their effect', async () => {
    const load = ['--concurrency', '16', '--requests', '64', '--input-tokens', '4000'];
    const base = await simulated(...load);
    const small = await simulated(...load, '--max-num-seqs', '4');
    const chunked = await simulated(...load, '--max-num-batched-tokens', '512');
    const quantized = await simulated(...load, '--weights', 'fp8', '--kv-type', 'fp8');
    expect(ttftOf(small)).toBeGreaterThan(ttftOf(base));
    expect(chunked.targets[0]!.metrics.itl!.max!).toBeLessThan(base.targets[0]!.metrics.itl!.max!);
    expect(quantized.targets[0]!.metrics.itl!.mean!).toBeLessThan(base.targets[0]!.metrics.itl!.mean!);
  });
});

describe('what bench and replay know is known here too', () => {
  it('stages, bursts, lengths from files', async () => {
    const stages = await simulated('--stages', '10s@2rps,10s@6rps', '--arrivals', 'constant');
    expect(stages.targets[0]!.counters.completed).toBe(80);
    const burst = await simulated('--burst', '30', '--output-tokens', '4');
    expect(burst.targets[0]!.counters.completed).toBe(30);
    expect(burst.targets[0]!.metrics.ttft!.max!).toBeGreaterThan(burst.targets[0]!.metrics.ttft!.min!);
    const path = folder.file('pairs.csv');
    writeFileSync(path, '100,7\n');
    const pairs = await simulated('--lengths', path, '--requests', '10');
    expect(pairs.targets[0]!.counters).toMatchObject({ inputTokens: 1000, outputTokens: 70 });
    const file = folder.file('lengths.txt');
    writeFileSync(file, '40\n');
    const single = await simulated('--input-tokens', `file:${file}`, '--requests', '10');
    expect(single.targets[0]!.counters.inputTokens).toBe(400);
  });

  it('parts of a trace', async () => {
    const run = await simulated(MOONCAKE, '--from', '10s', '--to', '40s', '--max-input-tokens', '20000');
    const first = rows[0]!.timestamp;
    const chosen = rows.filter(
      ({ timestamp, input_length }) =>
        timestamp - first >= 10_000 && timestamp - first < 40_000 && input_length <= 20_000,
    );
    expect(run.targets[0]!.counters.sent).toBe(chosen.length);
  });
});

describe('every setting of the fleet has its effect', () => {
  const LOAD = [MOONCAKE, '--speed', '2', '--timeout', '1h', '--grace', '1h'];
  const outcomeOf = ({ simulation, targets }: RunFile) => ({ simulation, metrics: targets[0]!.metrics });

  it.each([
    ['--eviction', 'lfu'],
    ['--block-tokens', '256'],
    ['--pp', '2'],
    ['--gpu', 'h200'],
    ['--model', 'qwen3-32b'],
    ['--kv-type', 'fp8'],
  ])('%s %s', async (...args) => {
    expect(outcomeOf(await simulated(...LOAD, ...args))).not.toEqual(outcomeOf(await simulated(...LOAD)));
  });

  it('--router spreads the requests of a trace in as many ways as there are policies', async () => {
    const policies = ['round-robin', 'random', 'least-loaded', 'kv', 'adaptive'];
    const outcomes = new Set<string>();
    for (const router of policies) {
      const run = await simulated(MOONCAKE, '--replicas', '3', '--router', router, '--grace', '1h');
      expect(run.targets[0]!.counters.completed).toBe(rows.length);
      outcomes.add(JSON.stringify(outcomeOf(run)));
    }
    expect(outcomes.size).toBe(policies.length);
  });

  it('--eviction ttl forgets what was not used for five minutes', async () => {
    const path = folder.file('ten-minutes-apart.jsonl');
    const row = { input_length: 2048, output_length: 4, hash_ids: [1, 2, 3, 4] };
    const [first, second] = [0, 600_000].map((timestamp) => JSON.stringify({ timestamp, ...row }));
    writeFileSync(path, `${first}\n${second}\n`);
    expect((await simulated(path, '--eviction', 'lru')).simulation!.prefixHitPercent).toBeGreaterThan(25);
    expect((await simulated(path, '--eviction', 'ttl')).simulation!.prefixHitPercent).toBe(0);
  });
});

describe('--search', () => {
  const LOAD = ['--rate', '30', '--duration', '20s'];

  it('finds the fewest replicas that pass, and gives the run of that fleet', async () => {
    const run = await simulated(
      ...LOAD,
      '--search',
      'min replicas where ttft.p99 < 300ms AND itl.p99 < 60ms',
    );
    const { answer, points } = run.search!;
    expect(answer).toBeGreaterThan(1);
    for (const { value, passed } of points) expect(passed).toBe(value >= answer!);
    expect(new Set(points.map(({ value }) => value)).size).toBe(points.length);
    expect(points.map(({ value }) => value)).toContain(answer! - 1);
    expect(run.plan.virtual!.replicas).toBe(answer);
    expect(run.slo.map(({ passed }) => passed)).toEqual([true, true]);
    const alone = await simulated(...LOAD, '--replicas', String(answer));
    expect(alone.histograms).toEqual(run.histograms);
  });

  it('ends with 99 and all points where no fleet passes', async () => {
    const { exitCode, stdout } = await runCli([
      'simulate',
      '--rate',
      '5',
      '--requests',
      '20',
      '--search',
      'min replicas where itl.p50 < 1us',
    ]);
    expect(exitCode).toBe(99);
    expect(stdout.replaceAll(/\s+/g, ' ')).toMatch(
      /✘ 1 replica .*No number of replicas meets itl\.p50 < 1us: it stays at 1\d\.\d ms/,
    );
    expect(stdout).not.toContain('✘ 2 replicas');
  });

  it('takes no fleet that fails requests, unless errors are gated', async () => {
    const load = ['--rate', '20', '--duration', '10s', '--timeout', '3s'];
    const strict = await simulated(...load, '--search', 'min replicas where e2e.p50 < 3s');
    const lenient = await simulated(
      ...load,
      '--search',
      'min replicas where e2e.p50 < 3s and error_rate < 101%',
    );
    expect(strict.targets[0]!.counters.failed).toBe(0);
    expect(lenient.targets[0]!.counters.failed).toBeGreaterThan(0);
    expect(lenient.search!.answer!).toBeLessThan(strict.search!.answer!);
  });
});

describe('results', () => {
  it('are written and shown with the fleet, and a missed gate ends with 99', async () => {
    const path = folder.file('run.json');
    const { exitCode, stdout } = await runCli([
      'simulate',
      MOONCAKE,
      '--limit',
      '50',
      '--slo',
      'ttft.p50 < 1us',
      '--gpu-price',
      '2',
      '-o',
      `json=${path}`,
    ]);
    expect(exitCode).toBe(99);
    expect(stdout).toMatch(/1 replica of 4 × h100.*virtual/s);
    expect(stdout).toMatch(/GPU-hours/);
    expect(stdout).toMatch(/\$\/M out tok/);
    expect(parseRunFile(readFileSync(path, 'utf8')).slo[0]!.passed).toBe(false);
    const report = await runCli(['report', path]);
    expect(report.stdout).toBe(stdout);
  });

  it('a load that no replica can hold is a failure that says so', async () => {
    const { exitCode, stderr } = await runCli([
      'simulate',
      '--requests',
      '3',
      '--input-tokens',
      '9000000',
      '--quiet',
    ]);
    expect(exitCode).toBe(1);
    expect(stderr).toMatch(/longer than a replica takes: its KV cache/);
  });
});

describe('what cannot be simulated is refused', () => {
  it.each([
    [['--model', 'llama-3.3-7b'], /llama-3.3-7b.*Did you mean llama-3/s],
    [['--gpu', 'h10'], /"h10" is not a known GPU.*Did you mean h100/s],
    [['--tp', '3'], /64 attention heads/],
    [['--tp', '1'], /does not fit/],
    [['--router', 'fastest'], /--router: expected one of/],
    [['--speed', '2'], /--speed: has no effect without a trace/],
    [[MOONCAKE, '--rate', '2'], /--rate: has no effect with a trace/],
    [[MOONCAKE, '--block-tokens', '48'], /512 tokens/],
    [['--arrivals', 'constant'], /--arrivals: has no effect without --rate or --stages/],
    [['--search', 'fewest replicas'], /--search: 'fewest replicas' is not a search/],
    [['--search', 'min replicas where ttft < 1s'], /ttft is a distribution and needs a statistic/],
    [
      ['--search', 'min replicas where ttft.p50 < 1s', '--replicas', '2'],
      /--search: cannot be combined with --replicas/,
    ],
    [[MOONCAKE, '--search', 'max rate where ttft.p50 < 1s'], /'max rate where.*' is not a search/],
    [
      ['--search', 'max rate where ttft.p50 < 1s', '--concurrency', '4'],
      /--concurrency: cannot be combined with --search/,
    ],
    [['--search-precision', '0.1'], /--search-precision: has no effect without a --search of the load/],
    [['--replica', '2'], /Did you mean --replicas/],
  ])('%j', async (args, said) => {
    const { exitCode, stdout, stderr } = await runCli(['simulate', ...args]);
    expect({ exitCode, stdout }).toEqual({ exitCode: 2, stdout: '' });
    expect(stderr).toMatch(said);
  });
});
