import { mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Distribution } from '../../../src/results/distribution.js';
import { parseRunFile, readRunFile } from '../../../src/results/read-run-file.js';
import type { RunFile } from '../../../src/results/run-file.js';
import { runFileJsonSchema } from '../../../src/results/run-schema.js';
import { parseSlo } from '../../../src/results/slo.js';
import { formatRunFile, writeRunFile } from '../../../src/results/write-run-file.js';
import { closedPlan, openPlan, runFile, runOutcome, targetOutcome } from '../../fixtures/run.js';

const committed = JSON.parse(readFileSync('schemas/run.schema.json', 'utf8')) as object;

describe('buildRunFile', () => {
  const outcome = runOutcome([
    targetOutcome({ name: 'a' }),
    targetOutcome({ name: 'b', completed: 50, failed: 3, ttftMs: 400 }),
  ]);
  const run = runFile({
    outcome,
    sloExpressions: [parseSlo('ttft.p95 < 300ms'), parseSlo('error_rate < 1%')],
  });
  const [a, b] = run.targets as [RunFile['targets'][number], RunFile['targets'][number]];

  test('has statistics per target, null below the sample floor', () => {
    expect(a.metrics.ttft).toMatchObject({ unit: 'ms', count: 500, p999: null });
    expect(a.metrics.ttft!.p50).toBeCloseTo(200, -1);
    expect(b.metrics.ttft).toMatchObject({ count: 50, p95: null, p99: null });
    expect(b.metrics.ttft!.p90).not.toBeNull();
  });

  test('divides by the measured time', () => {
    expect(a.rates.request_rate).toEqual({ unit: 'req/s', value: 50 });
    expect(a.rates.input_token_rate.value).toBe(27_500);
    expect(b.rates.error_rate.value).toBeCloseTo((3 / 53) * 100, 9);
    const empty = runFile({ outcome: runOutcome([{ ...targetOutcome({ completed: 0 }), measuredMs: 0 }]) })
      .targets[0]!;
    expect(empty.rates.request_rate.value).toBeNull();
    expect(empty.rates.error_rate.value).toBeNull();
    expect(empty.metrics).toEqual({});
  });

  test('merges the histograms of all targets', () => {
    const merged = new Distribution('ttft', run.histograms.ttft);
    expect(merged.count).toBe(550);
    expect(merged.statistic('max')).toBe(Math.max(a.metrics.ttft!.max!, b.metrics.ttft!.max!));
  });

  test('sorts errors by count', () => {
    const target = targetOutcome({ failed: 5 });
    target.errors = [
      { kind: 'timeout', count: 2, example: 'x' },
      { kind: 'http_429', count: 3, example: 'y' },
      { kind: 'dns', count: 0, example: '' },
    ];
    expect(runFile({ outcome: runOutcome([target]) }).targets[0]!.errors.map((e) => e.kind)).toEqual([
      'http_429',
      'timeout',
    ]);
  });

  test('evaluates each gate on each target', () => {
    expect(run.slo.map((s) => `${s.expression} ${s.target} ${s.passed}`)).toEqual([
      'ttft.p95 < 300ms a true',
      'ttft.p95 < 300ms b false',
      'error_rate < 1% a true',
      'error_rate < 1% b false',
    ]);
  });

  test('masks credentials in URLs and in the errors that repeat them', () => {
    const target = targetOutcome({ failed: 1 });
    target.url = 'https://user:hunter2hunter2@example.com/v1?api-key=abcdef123&version=2';
    target.errors = [{ kind: 'http_401', count: 1, example: 'bad key abcdef123 for user' }];
    const text = formatRunFile(runFile({ outcome: runOutcome([target]) }));
    expect(text).not.toMatch(/hunter2|abcdef123/);
    expect(text).toContain('version=2');
  });
});

describe('the JSON Schema', () => {
  const validate = new Ajv2020({ strict: true, formats: { 'date-time': true } }).compile(committed);

  test('is committed as generated', () => {
    expect(committed).toEqual(runFileJsonSchema());
  });

  test.each<[string, RunFile]>([
    ['open loop', runFile({ sloExpressions: [parseSlo('ttft.p999 < 1s')] })],
    [
      'closed loop, several targets',
      runFile({
        plan: closedPlan,
        outcome: runOutcome([targetOutcome({ closed: true }), targetOutcome({ name: 'b', completed: 3 })]),
      }),
    ],
    ['nothing completed', runFile({ outcome: runOutcome([targetOutcome({ completed: 0, failed: 9 })]) })],
    [
      'interrupted',
      runFile({ outcome: { ...runOutcome(), interrupted: true, threads: [{ eventLoopDelayP99Ms: 1 }] } }),
    ],
    [
      'trace',
      runFile({
        plan: {
          ...openPlan,
          arrivals: { kind: 'trace', speed: 1 },
          workload: { kind: 'trace', path: 't.csv', format: 'azure', rows: 500, durationMs: 10_000 },
          stop: {},
        },
      }),
    ],
  ])('accepts what is produced: %s', (_, run) => {
    const written = JSON.parse(formatRunFile(run)) as unknown;
    expect(validate(written), JSON.stringify(validate.errors)).toBe(true);
    expect(parseRunFile(formatRunFile(run), 'run.json')).toEqual(written);
  });

  test('refuses what is not a run', () => {
    const run = runFile();
    expect(validate({ ...run, targets: [] })).toBe(false);
    expect(validate({ ...run, verdict: { state: 'fine', reasons: [] } })).toBe(false);
  });
});

const changed = (change: (run: Record<string, unknown>) => void): string => {
  const run = structuredClone(runFile()) as unknown as Record<string, unknown>;
  change(run);
  return JSON.stringify(run);
};

describe('reading and writing', () => {
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'fakeai-run-'));
  });
  afterAll(() => rm(folder, { recursive: true }));

  test('a written run reads back equal, and nothing else is left in the folder', async () => {
    const path = join(folder, 'run.json');
    await writeFile(path, 'old');
    const run = runFile();
    await writeRunFile(path, run);
    expect(await readRunFile(path)).toEqual(run);
    expect(await readdir(folder)).toEqual(['run.json']);
  });

  test.skipIf(process.platform === 'win32')(
    'a link keeps pointing at the file that is replaced',
    async () => {
      await writeFile(join(folder, 'real.json'), 'old');
      await symlink(join(folder, 'real.json'), join(folder, 'link.json'));
      await writeRunFile(join(folder, 'link.json'), runFile());
      expect(await readFile(join(folder, 'real.json'), 'utf8')).toContain('schemaVersion');
    },
  );

  test('what cannot be written or read says so', async () => {
    await expect(writeRunFile(join(folder, 'no/such/run.json'), runFile())).rejects.toMatchObject({
      code: 'FAKEAI_FILE_UNWRITABLE',
      exitCode: 1,
    });
    await expect(writeRunFile(folder, runFile())).rejects.toMatchObject({ code: 'FAKEAI_FILE_UNWRITABLE' });
    await expect(readRunFile(join(folder, 'none.json'))).rejects.toMatchObject({
      code: 'FAKEAI_FILE_UNREADABLE',
    });
  });

  test.each([
    ['not json', '{"schemaVersion": 1', /it is not JSON/],
    ['another document', '[1, 2]', /no schemaVersion/],
    ['null', 'null', /no schemaVersion/],
    [
      'a newer version',
      changed((run) => (run['schemaVersion'] = 7)),
      /schemaVersion is 7.*reads up to 1.*newer fakeai/,
    ],
    ['a missing part', changed((run) => delete run['verdict']), /verdict: /],
    [
      'a wrong value',
      changed((run) => ((run as unknown as RunFile).targets[0]!.metrics.ttft!.p50 = 'fast' as never)),
      /targets\[0\]\.metrics\.ttft\.p50: /,
    ],
    [
      'a broken histogram',
      changed((run) => ((run as unknown as RunFile).targets[0]!.histograms.ttft!.hdr = 'AAAA')),
      /targets\[0\]\.histograms\.ttft\.hdr: /,
    ],
    [
      'a histogram of other values',
      changed((run) => ((run as unknown as RunFile).histograms.ttft!.moments.count = 3)),
      /histograms\.ttft\.hdr: it holds 500 values/,
    ],
  ])('refuses %s and says where', (_, text, problem) => {
    expect(() => parseRunFile(text, 'x.json')).toThrow(
      expect.objectContaining({ code: 'FAKEAI_RUN_FILE_INVALID', message: expect.stringMatching(problem) }),
    );
  });
});
