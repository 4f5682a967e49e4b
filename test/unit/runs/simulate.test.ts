import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { decodeHistograms, readRunFile } from '../../../src/results/read-run-file.js';
import { runSimulation } from '../../../src/index.js';
import type { Clock } from '../../../src/lib/clock.js';
import type { Progress } from '../../../src/results/progress.js';
import { requestRecordSchema, type RequestRecord } from '../../../src/results/request-record.js';
import type { RunFile } from '../../../src/results/run-file.js';
import { parseOutputs } from '../../../src/runs/outputs.js';
import type { MeasuredCurve } from '../../../src/simulator/cluster/cost-options.js';
import type { RunHooks } from '../../../src/runs/run.js';
import { resolveSettings } from '../../../src/config/resolve.js';
import { runSimulateSettings } from '../../../src/runs/simulate.js';
import { readTrace } from '../../../src/workloads/traces/read-trace.js';

/** Each look at it is a second later. */
function hurryingClock(): Clock {
  let nowMs = 0;
  return { nowMs: () => (nowMs += 1000), wallMs: () => Date.UTC(2026, 0, 2, 3, 4, 5) };
}

async function simulated(simulate: object, hooks: RunHooks = {}) {
  const { settings } = await resolveSettings({ section: 'simulate', options: { simulate } });
  return runSimulateSettings(undefined, settings, hooks, hurryingClock());
}

describe('a simulation', () => {
  test('is stamped with the time of the clock that it was handed', async () => {
    const run = await simulated({ requests: 5 });
    expect(run.startedAt).toBe('2026-01-02T03:04:05.000Z');
  });

  test('reports its progress, and results do not depend on who watches', async () => {
    const seen: Progress[] = [];
    let plans = 0;
    const load = { rate: 20, duration: '60s' };
    const watched = await simulated(load, {
      onPlan: () => plans++,
      onProgress: (progress) => seen.push(progress),
    });
    expect(plans).toBe(1);
    expect(seen.length).toBeGreaterThan(1);
    const instants = seen.map(({ elapsedMs }) => elapsedMs);
    expect(instants).toEqual(instants.toSorted((a, b) => a - b));
    const { sent, completed, failed, inFlight } = seen.at(-1)!.targets[0]!;
    expect(sent).toBe(completed + failed + inFlight);
    expect(await simulated(load)).toEqual(watched);
  });

  test('ends when it is told to, with what there is until then', async () => {
    const stop = new AbortController();
    const run = await simulated(
      { rate: 20, duration: '600s' },
      { signal: stop.signal, onProgress: () => stop.abort() },
    );
    const { sent, completed, incomplete } = run.targets[0]!.counters;
    expect(run.interrupted).toBe(true);
    expect(completed).toBeGreaterThan(0);
    expect(sent).toBe(completed + incomplete);
    expect(sent).toBeLessThan(12_000 * 0.9);
  });

  test.each([
    ['gpt-oss-120b', 'fp4'],
    ['deepseek-v3', 'fp8'],
    ['llama-3.3-70b', 'bf16'],
  ])('holds the weights of %s as they are published, in %s', async (model, type) => {
    const load = { model, gpu: 'b200', tp: 8, concurrency: 4, requests: 8, outputTokens: 8 };
    const published = await simulated(load);
    expect(published.plan.virtual?.weights).toBe(type);
    expect((await simulated({ ...load, weights: type })).targets[0]!.metrics).toEqual(
      published.targets[0]!.metrics,
    );
  });

  test('says in its own words what does not fit', async () => {
    const load = { model: 'deepseek-v3', weights: 'bf16', tp: 8, requests: 1 };
    await expect(simulated(load)).rejects.toThrow(/in bf16 .* does not fit into 8 × h100/);
    await expect(simulated({ model: 'llama-3.3-70b', ep: 2, requests: 1 })).rejects.toThrow(/no experts/);
  });

  test('begins with warm caches: of the prefixes that are used most, and of each tenant its own', async () => {
    const load = { requests: 200, concurrency: 1, inputTokens: 32, outputTokens: 2, systemTokens: 800 };
    const hitsOf = async (more: object): Promise<number> => {
      const { metrics, counters } = (await simulated({ ...load, ...more })).targets[0]!;
      return Math.round((metrics.cached_tokens?.mean ?? 0) * counters.completed);
    };
    // One replica computes the system prompt for the first request; a cache of each of four does so for each of them.
    expect(await hitsOf({ replicas: 4 })).toBe(196 * 800);
    expect(await hitsOf({ replicas: 4, warmPrefixes: 1 })).toBe(200 * 800);
    expect(await hitsOf({ tenants: 10 })).toBe(190 * 800);
    expect(await hitsOf({ tenants: 10, warmPrefixes: 3 })).toBe(193 * 800);
  });

  test('says what routers did, and which arm of a split was better', async () => {
    const { simulation, plan } = await simulated({
      rate: 8,
      duration: '120s',
      inputTokens: 300,
      outputTokens: 20,
      prefixPool: '64,4000',
      replicas: 8,
      abSplit: 'kv=1,random=1',
    });
    const [router] = simulation!.routers!;
    expect(plan.virtual!.router).toBe('ab kv=1,random=1');
    expect(router!.decisions).toHaveLength(8);
    const [kv, random] = router!.arms!;
    expect(kv!.requests + random!.requests).toBe(router!.decisions.reduce((sum, count) => sum + count, 0));
    expect(kv!.cachedShare).toBeGreaterThan(random!.cachedShare!);
    expect(random!.ttftDifferenceMs).toBeGreaterThan(0);
    expect(random!.significant).toBe(true);
    const all = kv!.requests + random!.requests;
    expect(kv).toMatchObject({ share: 0.5, shareOfRequests: kv!.requests / all, ended: kv!.requests });
  });

  test('counts every request in the arm of its session, also those that stay where they are', async () => {
    const { simulation } = await simulated({
      rate: 4,
      duration: '60s',
      inputTokens: 300,
      outputTokens: 20,
      turns: '4',
      turnDelay: '100ms',
      replicas: 4,
      abSplit: 'kv=3,random=1',
      sessionAffinity: 60_000,
    });
    const [router] = simulation!.routers!;
    const placed = router!.decisions.reduce((sum, count) => sum + count, 0);
    expect(router!.arms!.map(({ share }) => share)).toEqual([0.75, 0.25]);
    expect(router!.arms!.reduce((sum, { requests }) => sum + requests, 0)).toBe(placed);
    expect(router!.values['kv.kept']).toBeGreaterThan(0);
  });

  test('finds the highest load that the fleet bears, by rate and in flight', async () => {
    const fleet = { model: 'llama-3.1-8b', tp: 1, duration: '60s', inputTokens: 500, outputTokens: 100 };
    const rate = await simulated({ ...fleet, search: 'max rate where itl.p95 < 30ms and error_rate < 1%' });
    const { answer, nextFailing, points, subject } = rate.search!;
    expect(subject).toBe('rate');
    expect(answer).toBeGreaterThan(10);
    expect(nextFailing! - answer!).toBeLessThanOrEqual(0.05 * nextFailing!);
    for (const point of points) expect(point.passed).toBe(point.value <= answer!);
    expect(rate.plan.arrivals).toMatchObject({ kind: 'poisson', ratePerSecond: answer });
    const closed = await simulated({ ...fleet, search: 'max concurrency where itl.p50 < 12ms' });
    expect(closed.search).toMatchObject({ subject: 'concurrency' });
    expect(closed.targets[0]!.metrics.itl!.p50).toBeLessThan(12);
  });

  test('takes nothing longer than the context window of the model, unless it is told to', async () => {
    const outcome = async (more: object) =>
      (
        await simulated({
          model: 'llama-3.1-8b',
          tp: 2,
          requests: 1,
          inputTokens: 131_000,
          outputTokens: 100,
          ...more,
        })
      ).targets[0]!;
    expect((await outcome({})).errors).toMatchObject([{ kind: 'http_4xx', count: 1 }]);
    expect((await outcome({ maxModelLen: 200_000 })).counters.completed).toBe(1);
    expect((await outcome({ outputTokens: 72 })).counters.completed).toBe(1);
  });

  test('tells what the GPUs did: more work, more power, and fewer joules per token', async () => {
    const run = async (concurrency: number) =>
      (await simulated({ model: 'llama-3.1-8b', tp: 2, duration: '30s', concurrency })).simulation!;
    const [one, many] = [await run(1), await run(64)];
    expect(one.meanBatch).toBeGreaterThan(0.9);
    expect(one.meanBatch).toBeLessThanOrEqual(1);
    expect(many.meanBatch).toBeGreaterThan(30);
    expect(many.tensorPercent).toBeGreaterThan(5 * one.tensorPercent!);
    expect(many.meanPowerW).toBeGreaterThan(one.meanPowerW!);
    expect(many.meanPowerW).toBeLessThanOrEqual(700);
    expect(many.joulesPerToken).toBeLessThan(one.joulesPerToken! / 10);
    expect(one.energyKwh).toBeCloseTo((one.meanPowerW! * one.gpuHours) / 1000, 6);
  });

  test('in a search, an interruption gives no answer', async () => {
    const stop = new AbortController();
    const run = await simulated(
      { rate: 50, duration: '60s', search: 'min replicas where ttft.p50 < 1us' },
      { signal: stop.signal, onProgress: () => stop.abort() },
    );
    expect(run.interrupted).toBe(true);
    expect(run.search!.answer).toBeNull();
    expect(run.search!.points).toHaveLength(1);
  });

  test('keeps the run over time, and loses nothing of it', async () => {
    const run = await simulated({ rate: 5, duration: '30s', warmup: '5s', turns: 2, turnDelay: '2s' });
    const { timeSeries, counters, histograms } = run.targets[0]!;
    const sum = (values: readonly number[]): number => values.reduce((a, b) => a + b, 0);
    const { sent, completed, outputTokens, cachedTokens, itl, ttft, offered } = timeSeries!;
    expect(sum(sent)).toBe(counters.sent + counters.warmup);
    expect(sum(completed)).toBe(sum(sent));
    expect(sum(outputTokens)).toBe(128 * sum(completed));
    expect(sum(cachedTokens)).toBeGreaterThan(0);
    // Later turns have no instant of their own.
    expect(sum(offered)).toBeGreaterThan(sum(sent) * 0.4);
    expect(sum(offered)).toBeLessThan(sum(sent) * 0.6);
    const count = (columns: typeof itl): number => sum(columns.flatMap((column) => column?.counts ?? []));
    expect(count(ttft)).toBe(sum(completed));
    expect(count(itl)).toBe(127 * sum(completed));
    expect(count(itl)).toBeGreaterThan(histograms.itl!.moments.count);
  });

  test('plays sessions: each turn repeats the answers before it, and finds them in the cache', async () => {
    const load = { turns: 4, inputTokens: '160', outputTokens: '80', requests: 400, concurrency: 8 };
    const { targets } = await simulated({ ...load, replicas: 2, sessionAffinity: '10m' });
    const turns = targets[0]!.turns!;
    expect(turns.map(({ metrics }) => metrics.input_tokens!.mean)).toEqual([160, 400, 640, 880]);
    // The last token of an answer was never computed on, so its block is not full.
    expect(turns.map(({ metrics }) => metrics.cached_tokens!.mean)).toEqual([0, 224, 464, 704]);
    expect(turns[3]!.metrics.ttft!.mean! / turns[0]!.metrics.ttft!.mean!).toBeLessThan(1.5);
    const cold = await simulated({ ...load, replicas: 2, sessionAffinity: '10m', prefixCaching: false });
    expect(cold.targets[0]!.turns![3]!.metrics.ttft!.mean!).toBeGreaterThan(
      1.5 * turns[3]!.metrics.ttft!.mean!,
    );
  });

  test('lets the urgent pass, and only them', async () => {
    const load = { concurrency: 200, requests: 1000, maxNumSeqs: 16, outputTokens: '20' };
    const urgent = await simulated({ ...load, priorities: '0=9,-1=1', schedulingPolicy: 'priority' });
    const fair = await simulated(load);
    const below = (run: typeof urgent): number => {
      const { ttft } = decodeHistograms(run.targets[0]!.histograms);
      return ttft!.valueAtShare(0.08) / ttft!.valueAtShare(0.5);
    };
    expect(below(urgent)).toBeLessThan(0.5 * below(fair));
  });

  test('keeps the caches of tenants apart', async () => {
    const load = { concurrency: 4, requests: 60, systemTokens: 512, inputTokens: '32', outputTokens: '4' };
    const hits = async (tenants: number) =>
      (await simulated({ ...load, tenants })).simulation!.prefixHitPercent!;
    const [one, few, many] = [await hits(1), await hits(8), await hits(1000)];
    expect(one).toBeGreaterThan(80);
    expect(few).toBeLessThan(one);
    expect(many).toBeLessThan(20);
  });

  test('follows stages of requests in flight', async () => {
    const run = await simulated({ stages: '20s@2c,20s@10c', outputTokens: '20' });
    const { inFlightMs } = run.targets[0]!.timeSeries!;
    expect(Math.round(inFlightMs[10]! / 1000)).toBe(2);
    expect(Math.round(inFlightMs[30]! / 1000)).toBe(10);
  });

  test('never has more in flight than there are users', async () => {
    const run = await simulated({ users: 6, thinkTime: '500ms', requests: 300, outputTokens: '20' });
    const { inFlightMs, sent } = run.targets[0]!.timeSeries!;
    expect(Math.max(...inFlightMs) / 1000).toBeLessThanOrEqual(6.0001);
    expect(sent.reduce((a, b) => a + b)).toBe(300);
  });

  test('gives up what the plan cancels, which ends its session', async () => {
    const run = await simulated({
      cancelShare: 0.5,
      cancelAfter: '100ms',
      turns: 3,
      concurrency: 4,
      requests: 120,
    });
    const { sent, completed, cancelled, failed, incomplete } = run.targets[0]!.counters;
    expect(sent).toBe(120);
    expect(cancelled).toBeGreaterThan(40);
    expect(completed + cancelled! + incomplete).toBe(sent);
    expect(failed).toBe(0);
  });

  test('is there for programs', async () => {
    const run = await runSimulation({ concurrency: 4, requests: 20, gpu: 'h200', tp: 2 });
    expect(run.targets[0]!.counters.completed).toBe(20);
    await expect(runSimulation({ trace: 'x.jsonl', rate: 3 })).rejects.toThrow(/has no effect with a trace/);
  });
});

describe('requests of a simulation, one by one', () => {
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'fakeai-simulated-requests-'));
  });
  afterAll(() => rm(folder, { recursive: true }));

  async function written(name: string, settings: object) {
    const path = join(folder, name);
    const run = await simulated({ ...settings, output: [`requests=${path}`] });
    const lines = (await readFile(path, 'utf8')).trimEnd().split('\n');
    const records: RequestRecord[] = lines.map((line) =>
      requestRecordSchema.strict().parse(JSON.parse(line)),
    );
    return { run, records, path };
  }

  const LOAD = { rate: 20, duration: '20s', warmup: '5s', outputTokens: 'uniform(1,200)', replicas: 3 };

  test('agree with the run file, which is the same without them', async () => {
    const { run, records } = await written('run.jsonl', LOAD);
    expect(await simulated(LOAD)).toEqual(run);
    const { counters, metrics } = run.targets[0]!;
    const measured = records.filter((record) => !record.warmup);
    expect(records.length - measured.length).toBe(counters.warmup);
    expect(measured).toHaveLength(counters.sent);
    const mean = (values: number[]) => values.reduce((a, b) => a + b, 0) / values.length;
    expect(mean(measured.map((r) => r.chunk_ms![0]! - r.at_ms))).toBeCloseTo(metrics.ttft!.mean!, 3);
    expect(mean(measured.map((r) => r.end_ms - r.at_ms))).toBeCloseTo(metrics.e2e!.mean!, 3);
    const gaps = measured.flatMap(({ chunk_ms: at = [] }) => at.slice(1).map((ms, i) => ms - at[i]!));
    expect(gaps).toHaveLength(metrics.itl!.count);
    expect(mean(gaps)).toBeCloseTo(metrics.itl!.mean!, 3);
    for (const record of records) {
      expect(record.chunk_ms).toHaveLength(record.output_tokens);
      expect(record.scheduled_ms).toBeGreaterThanOrEqual(record.at_ms);
      expect(record.intended_ms).toBe(record.at_ms);
    }
    expect(new Set(records.map(({ replica }) => replica))).toEqual(new Set([0, 1, 2]));
  });

  test('are told from the run file where that is wanted', async () => {
    const { path } = await written('report.jsonl', { requests: 1 });
    await expect(readRunFile(path)).rejects.toMatchObject({
      code: 'FAKEAI_RUN_FILE_INVALID',
      message: expect.stringMatching(/single requests of a run .*--output json=FILE wrote beside it/),
    });
  });

  test('are a trace of the same requests', async () => {
    const { records, path } = await written('trace.jsonl', LOAD);
    const { outputTokens, inputTokens } = await readTrace(path);
    const sent = records.toSorted((a, b) => a.at_ms - b.at_ms);
    expect([...outputTokens]).toEqual(sent.map((record) => record.output_tokens));
    expect([...inputTokens]).toEqual(sent.map((record) => record.input_tokens));
  });

  test('tell what became of those that did not complete', async () => {
    const { run, records } = await written('refused.jsonl', {
      ...LOAD,
      rate: 200,
      replicas: 1,
      maxNumSeqs: 8,
      maxQueue: 8,
      timeout: '3s',
      grace: '0s',
      cancelShare: 0.2,
      cancelAfter: '200ms',
      outputTokens: '100',
    });
    const { failed, cancelled = 0, incomplete, completed } = run.targets[0]!.counters;
    const measured = records.filter((record) => !record.warmup);
    const count = (outcome: RequestRecord['outcome']) =>
      measured.filter((record) => record.outcome === outcome).length;
    expect(Math.min(failed, cancelled, incomplete, completed)).toBeGreaterThan(0);
    expect(count('failed')).toBe(failed);
    expect(count('cancelled')).toBe(cancelled);
    expect(count('incomplete')).toBe(incomplete);
    expect(count('completed')).toBe(completed);
    const refused = measured.find(({ error }) => error === 'http_429');
    expect(refused).toMatchObject({ output_tokens: 0, message: expect.stringContaining('--max-queue') });
    expect(refused).not.toHaveProperty('replica');
  });

  test('name the load of a series that they were part of', async () => {
    const { records } = await written('sweep.jsonl', { sweep: 'rate=1,2', duration: '10s' });
    expect(new Set(records.map(({ load }) => load))).toEqual(new Set([0, 1]));
    const { run, records: searched } = await written('search.jsonl', {
      search: 'min replicas where ttft.p90 < 2s',
      rate: 5,
      duration: '20s',
    });
    expect(new Set(searched.map(({ load }) => load)).size).toBe(run.search!.points.length);
  });
});

describe('the costs of a simulation, as a table', () => {
  let path: string;
  beforeAll(async () => {
    path = join(await mkdtemp(join(tmpdir(), 'fakeai-costs-')), 'costs.json');
  });
  afterAll(() => rm(dirname(path), { recursive: true }));

  const LOAD = { rate: 6, duration: '20s', model: 'qwen3-32b', gpu: 'h200', tp: 2, weights: 'fp8' };
  const medians = ({ targets: [target] }: RunFile) => [target!.metrics.ttft!.p50!, target!.metrics.itl!.p50!];

  test('give what the formulas give, until somebody changes them', async () => {
    const analytic = await simulated({ ...LOAD, output: [`costs=${path}`] });
    const [ttft, itl] = medians(await simulated({ ...LOAD, costModel: 'table', costTable: path }));
    expect(ttft! / medians(analytic)[0]!).toBeCloseTo(1, 1.5);
    expect(itl! / medians(analytic)[1]!).toBeCloseTo(1, 1.5);
    const table = JSON.parse(await readFile(path, 'utf8')) as Record<'layer' | 'allReduce', MeasuredCurve>;
    const slower = { ...table, layer: { ...table.layer, ms: table.layer.ms.map((ms) => 2 * ms) } };
    await writeFile(path, JSON.stringify(slower));
    const [, twice] = medians(await simulated({ ...LOAD, costModel: 'table', costTable: path }));
    expect(twice!).toBeGreaterThan(1.4 * itl!);
  });

  test('are refused where no table can tell them, and where nothing is simulated', async () => {
    await expect(simulated({ model: 'gpt-oss-120b', output: [`costs=${path}`] })).rejects.toThrow(
      /mixture of experts/,
    );
    await expect(parseOutputs([`costs=${path}`])).rejects.toThrow(/not a kind of output here/);
  });
});
