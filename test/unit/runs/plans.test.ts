import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { resolveSettings } from '../../../src/config/resolve.js';
import { benchPlan, traceOptions } from '../../../src/runs/plans.js';
import { summarizePlan } from '../../../src/results/plan-summary.js';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'fakeai-plans-'));
  await writeFile(join(folder, 'pairs.csv'), '10,1\n20,2\n');
  await writeFile(join(folder, 'lengths.txt'), '5\n6\n');
  await writeFile(join(folder, 'chat.jsonl'), '{"messages":[{"role":"user","content":"hello there"}]}\n');
  await writeFile(join(folder, 'turns.jsonl'), '{"turns":[{"text":"one"},{"text":"two","delay":30}]}\n');
});
afterAll(() => rm(folder, { recursive: true }));

const RESOLVED = { targets: [{ name: 'one', url: 'http://h' }], model: 'm', headers: {}, security: {} };

const planOf = async (flags: Record<string, unknown>) => {
  const { settings } = await resolveSettings({ section: 'bench', flags, env: {}, cwd: folder });
  return summarizePlan((await benchPlan(settings))(RESOLVED));
};

describe('flags of bench become arrivals and a stop rule', () => {
  it.each([
    [{}, { kind: 'closed', concurrency: 8 }, { durationMs: 10_000 }],
    [{ rate: '5' }, { kind: 'poisson', ratePerSecond: 5 }, { durationMs: 10_000 }],
    [
      { rate: '5', arrivals: 'gamma', burstiness: '0.5', burst: '3', requests: '9' },
      { kind: 'gamma', ratePerSecond: 5, burstiness: 0.5, burst: 3 },
      { requests: 9 },
    ],
    [{ burst: '40' }, { kind: 'burst', requests: 40 }, { requests: 40 }],
    [
      { stages: '10s@5rps,20s@5->9rps', arrivals: 'constant', warmup: '4s' },
      {
        kind: 'stages',
        gaps: 'constant',
        stages: [
          { durationMs: 10_000, from: 5, to: 5 },
          { durationMs: 20_000, from: 5, to: 9 },
        ],
      },
      { durationMs: 26_000 },
    ],
    [
      { stages: '30s@8c,1m@8->32c', warmup: '10s' },
      {
        kind: 'closed',
        concurrency: 32,
        stages: [
          { durationMs: 30_000, from: 8, to: 8 },
          { durationMs: 60_000, from: 8, to: 32 },
        ],
      },
      { durationMs: 80_000 },
    ],
  ])('%j', async (flags, arrivals, stop) => {
    expect(await planOf(flags)).toMatchObject({ arrivals, stop });
  });

  it.each([
    [{ stages: '10s@5rps', warmup: '10s' }, '--warmup: takes as long as all --stages'],
    [
      { stages: '10s@5c', arrivals: 'constant' },
      '--arrivals: has no effect with --stages of requests in flight',
    ],
    [{ stages: '10s@5c,1s@2rps' }, '--stages: mixes rates'],
    [{ turns: '0' }, "--turns: '0' is not a number of turns from 1 to 1000"],
    [{ turns: 'uniform(1,1001)' }, "--turns: 'uniform(1,1001)' is not a number of turns"],
    [{ turns: '3', 'turn-delay': 'soon' }, "--turn-delay: 'soon' is not a time between turns"],
    [{ turns: '3', 'turn-delay': 'uniform(3s,1s)' }, '--turn-delay: '],
    [{ 'turn-delay': '1s' }, '--turn-delay: has no effect without --turns'],
    [{ 'dataset-turns': 'first' }, '--dataset-turns: has no effect without --dataset'],
    [{ 'cancel-after': '1s' }, '--cancel-after: has no effect without --cancel-share'],
    [{ dataset: 'chat.jsonl', turns: '3' }, 'cannot be combined with'],
    [{ stages: '10s@5rps', rate: '5' }, '--stages: cannot be combined with --rate'],
    [{ burst: '5', requests: '9' }, '--requests: has no effect with a single --burst'],
    [{ rate: '5', burstiness: '2' }, '--burstiness: has no effect without --arrivals gamma'],
  ])('%j is refused', async (flags, message) => {
    await expect(planOf(flags)).rejects.toThrow(message);
  });
});

it('a share of requests to cancel is part of the plan, unless it is none', async () => {
  expect(await planOf({ 'cancel-share': '0.25' })).toMatchObject({ cancel: { share: 0.25, afterMs: 500 } });
  expect(await planOf({ 'cancel-share': '1', 'cancel-after': '2s' })).toMatchObject({
    cancel: { share: 1, afterMs: 2000 },
  });
  expect(await planOf({ 'cancel-share': '0' })).not.toHaveProperty('cancel');
});

describe('flags of bench become a workload', () => {
  it.each([
    [{ turns: '3' }, { kind: 'fixed', value: 3 }, { kind: 'fixed', value: 0 }],
    [
      { turns: '3', 'turn-delay': '250' },
      { kind: 'fixed', value: 3 },
      { kind: 'fixed', value: 250 },
    ],
    [
      { turns: 'uniform(2,8)', 'turn-delay': 'normal(2s, 500ms)' },
      { kind: 'uniform', min: 2, max: 8 },
      { kind: 'normal', mean: 2000, standardDeviation: 500 },
    ],
    [
      { turns: 'normal(4,2)', 'turn-delay': 'lognormal(1.5s,0.7)' },
      { kind: 'normal', mean: 4, standardDeviation: 2 },
      { kind: 'lognormal', median: 1500, sigma: 0.7 },
    ],
  ])('of sessions: %j', async (flags, turns, delayMs) => {
    expect((await planOf(flags)).workload).toMatchObject({ session: { turns, delayMs } });
  });

  it('of all turns of a dataset that has conversations, unless only the first are asked for', async () => {
    const sessions = async (flags: Record<string, string>) => (await planOf(flags)).workload;
    expect(await sessions({ dataset: join(folder, 'chat.jsonl') })).toMatchObject({ sessions: false });
    expect(await sessions({ dataset: join(folder, 'turns.jsonl') })).toMatchObject({ sessions: true });
    expect(await sessions({ dataset: join(folder, 'turns.jsonl'), 'dataset-turns': 'first' })).toMatchObject({
      sessions: false,
    });
  });

  it('of a single burst of sessions, which ends with the last of them', async () => {
    expect((await planOf({ burst: '4', turns: '2' })).stop).toEqual({});
  });

  it('of shared prompts, images and sound', async () => {
    const { workload } = await planOf({
      'system-tokens': '7',
      'prefix-pool': '3, 40',
      'prefix-hit-ratio': '0.25',
      'cache-bust': 'end',
      'prompt-pool': '12',
      images: '2',
      'image-size': '30x20',
      audio: '1',
      'audio-seconds': '1500ms',
    });
    expect(workload).toMatchObject({
      shape: {
        systemTokens: 7,
        prefixPool: { prefixes: 3, tokens: 40, hitRatio: 0.25 },
        cacheBust: 'end',
        pool: 12,
      },
      media: { images: 2, imageWidth: 30, imageHeight: 20, audio: 1, audioSeconds: 1.5 },
    });
  });

  it('of lengths from files', async () => {
    const pairs = join(folder, 'pairs.csv');
    expect((await planOf({ lengths: pairs })).workload).toMatchObject({
      inputTokens: { kind: 'empirical', path: pairs, rows: 2, paired: true },
      outputTokens: { kind: 'empirical', path: pairs, rows: 2, paired: true },
    });
    const path = join(folder, 'lengths.txt');
    expect((await planOf({ 'input-tokens': `file:${path}` })).workload).toMatchObject({
      inputTokens: { kind: 'empirical', path, rows: 2 },
      outputTokens: { kind: 'fixed', value: 128 },
    });
  });

  it('of a dataset', async () => {
    const path = join(folder, 'chat.jsonl');
    const { workload } = await planOf({ dataset: path, 'dataset-order': 'random', 'output-tokens': '9' });
    expect(workload).toEqual({
      kind: 'dataset',
      path,
      format: 'chat',
      rows: 1,
      order: 'random',
      sessions: false,
      outputTokens: { kind: 'fixed', value: 9 },
    });
  });

  it.each([
    [{ 'prefix-pool': '0,5' }, '--prefix-pool: takes 1 to'],
    [{ 'prefix-pool': 'many' }, '--prefix-pool: expected COUNT,TOKENS'],
    [{ 'prefix-hit-ratio': '0.5' }, '--prefix-hit-ratio: has no effect without --prefix-pool'],
    [{ audio: '1', 'audio-seconds': '0s' }, '--audio-seconds: must be above 0'],
    [{ 'image-size': '5x5' }, '--image-size: has no effect without --images'],
    [{ dataset: 'x', 'system-tokens': '5' }, '--dataset: cannot be combined with --system-tokens'],
    [{ dataset: 'x', 'cache-bust': 'end' }, '--cache-bust: has no effect with --dataset'],
    [{ 'dataset-order': 'random' }, '--dataset-order: has no effect without --dataset'],
  ])('%j is refused', async (flags, message) => {
    await expect(planOf(flags)).rejects.toThrow(message);
  });
});

it('flags of replay become a part of the trace', async () => {
  const { settings } = await resolveSettings({
    section: 'replay',
    flags: {
      from: '10s',
      to: '1m',
      'min-input-tokens': '2',
      'max-output-tokens': '9',
      dequantize: '1s',
      seed: '5',
      limit: '3',
      format: 'bailian',
    },
    env: {},
    cwd: folder,
  });
  expect(traceOptions(settings)).toEqual({
    format: 'bailian',
    limit: 3,
    selection: {
      fromMs: 10_000,
      toMs: 60_000,
      inputTokens: { min: 2 },
      outputTokens: { max: 9 },
    },
    dequantize: { stepMs: 1000, seed: 5 },
  });
});
