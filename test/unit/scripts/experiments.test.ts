/** The experiments of docs/experiments have the shapes that their pages claim, at reduced sizes. */
import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { EXPERIMENTS, type Row } from '../../../scripts/experiments/experiments.mjs';
import { renderExperiment } from '../../../scripts/experiments/lib/write.mjs';
import { lineChart } from '../../../scripts/experiments/lib/line-chart.mjs';

const run = (name: string, sizes: Record<string, number | number[]>): Row[] => {
  const experiment = EXPERIMENTS.find((each) => each.name === name)!;
  const rows = experiment.run(sizes);
  for (const row of rows)
    expect(Object.keys(row)).toEqual(expect.arrayContaining(Object.keys(experiment.columns)));
  const chart = lineChart({ title: experiment.title, ...experiment.chart(rows) });
  expect(chart).toMatch(/^<svg [^]*<\/svg>\n$/);
  expect(chart).not.toContain('NaN');
  return rows;
};

const column = (rows: readonly Row[], key: string): number[] => rows.map((row) => row[key]!);

/** Each value at least `factor` times the one before. */
const rises = (values: readonly number[], factor = 1): void => {
  for (let i = 1; i < values.length; i++)
    expect(values[i], String(values)).toBeGreaterThanOrEqual(values[i - 1]! * factor);
};

describe('the documented experiments', () => {
  it('each have a page and a plot', () => {
    const files = readdirSync(new URL('../../../docs/experiments/', import.meta.url));
    for (const { name } of EXPERIMENTS)
      expect(files).toEqual(expect.arrayContaining([`${name}.md`, `${name}.svg`]));
  });

  // Whatever changes the engine or its costs shows in these two, which are quick.
  it.each(['itl-with-batch', 'prefix-hits'])('%s says what the engine says today', (name) => {
    const { page, plot } = renderExperiment(EXPERIMENTS.find((each) => each.name === name)!);
    const read = (file: string): string =>
      readFileSync(new URL(`../../../docs/experiments/${file}`, import.meta.url), 'utf8');
    const bare = (text: string): string => text.replaceAll(/[ -]*\|[ -]*/g, '|').replaceAll(/-+:/g, '');
    const todo = 'the pages are old: node scripts/experiments/run.mjs writes them anew';
    expect(bare(read(`${name}.md`)), todo).toBe(bare(page));
    expect(read(`${name}.svg`), todo).toBe(plot);
  });

  it('throughput follows the load up to the knee and stays there, latency takes over', () => {
    const rows = run('throughput-latency-knee', { count: 400, rates: [4, 12, 24, 48, 96] });
    const tokens = column(rows, 'tokensPerSecond');
    expect(tokens[1]! / tokens[0]!).toBeGreaterThan(2.5);
    expect(tokens[4]! / tokens[3]!).toBeLessThan(1.1);
    rises(column(rows, 'ttftP50'));
    expect(rows[4]!['ttftP50']! / rows[0]!['ttftP50']!).toBeGreaterThan(20);
  });

  it('TTFT rises with the queue, not with the prefill', () => {
    const rows = run('ttft-under-queueing', { count: 300, rates: [4, 10, 14, 18] });
    rises(column(rows, 'ttftMs'));
    rises(column(rows, 'queueMs'));
    const prefill = column(rows, 'prefillMs');
    expect(Math.max(...prefill) / Math.min(...prefill)).toBeLessThan(1.5);
    expect(rows[3]!['queueMs']! / rows[3]!['ttftMs']!).toBeGreaterThan(0.9);
  });

  it('ITL and throughput rise with the batch, the memory gives way to the matrix units', () => {
    const rows = run('itl-with-batch', { sizes: [1, 8, 64, 512] });
    rises(column(rows, 'itlMs'));
    rises(column(rows, 'tokensPerSecond'), 1.5);
    rises(column(rows, 'tensorShare'), 2);
    expect(rows[1]!['itlMs']! / rows[0]!['itlMs']!).toBeLessThan(1.1);
  });

  it('prefix hits cut TTFT nearly in proportion', () => {
    const rows = run('prefix-hits', { count: 60, shares: [0, 0.5, 0.9] });
    rises(column(rows, 'savedPercent'));
    expect(rows[2]!['savedPercent']).toBeGreaterThan(70);
    expect(rows[2]!['savedPercent']).toBeLessThan(rows[2]!['cachedPercent']!);
  });

  it('loading ahead of the turn saves a little while there is room, and costs nothing when there is none', () => {
    const rows = run('prefetch', { count: 300, rates: [2, 6, 14] });
    for (const row of rows.slice(0, 2)) {
      expect(row['aheadPercent']).toBeGreaterThan(60);
      expect(row['ttftEarly']! / row['ttftLate']!).toBeLessThan(0.97);
    }
    expect(rows[2]!['ttftEarly']! / rows[2]!['ttftLate']!).toBeLessThan(1.01);
  });

  it('larger chunks: sooner first token of the long prompt, longer stalls of the others', () => {
    const rows = run('chunked-prefill', { prompts: 3, budgets: [256, 2048, 16_384] });
    rises(column(rows, 'longTtft').toReversed());
    rises(column(rows, 'longest'), 3);
  });

  it('fewer blocks: preemption, work done twice, longer waits', () => {
    const rows = run('preemption', { count: 120, sizes: [6000, 1600, 800] });
    expect(rows[0]!['preemptions']).toBe(0);
    expect(rows[1]!['preemptions']).toBeGreaterThan(10);
    expect(rows[1]!['recomputed']).toBeGreaterThan(1.1);
    rises(column(rows, 'e2eP50'), 1.1);
  });

  it('speculation pays two to five times where it is accepted, nothing where it is not, less in company', () => {
    const rows = run('speculation', { outputTokens: 100, acceptances: [0, 0.6, 0.95], large: 128 });
    const [none, some, much] = rows;
    rises(column(rows, 'alone'));
    expect(none!['alone']).toBeLessThan(1);
    expect(some!['alone']).toBeGreaterThan(1.5);
    expect(much!['alone']).toBeGreaterThan(3.5);
    expect(much!['alone']).toBeLessThan(much!['expected']!);
    for (const row of rows) expect(row['batch256']).toBeLessThan(row['alone']!);
    expect(none!['ngram']).toBeCloseTo(1, 1);
  });

  it('disaggregation keeps ITL low under load and pays with TTFT', () => {
    const rows = run('disaggregation', { count: 200, rates: [8, 20] });
    for (const row of rows) expect(row['apartItl']! * 3).toBeLessThan(row['togetherItl']!);
    expect(rows[1]!['apartTtft']).toBeGreaterThan(rows[1]!['togetherTtft']!);
  });
});
