import { createContext, runInContext } from 'node:vm';
import { describe, expect, test } from 'vitest';
import { parsePrometheusText } from '../../../../src/lib/prometheus-text.js';
import { compareRuns, judgeRules, pairTargets } from '../../../../src/results/compare/compare.js';
import { parseChangeRule } from '../../../../src/results/compare/rule.js';
import { comparisonHtml } from '../../../../src/results/exporters/html/comparison-page.js';
import { toHtml } from '../../../../src/results/exporters/html/run-page.js';
import type { RunFile } from '../../../../src/results/run-file.js';
import { ServerMetricsLog } from '../../../../src/results/server-metrics.js';
import { parseSlo } from '../../../../src/results/slo.js';
import { runFile, runOutcome, targetOutcome } from '../../../fixtures/run.js';
import { drawnCharts, scriptsOf, type DrawnChart } from '../../../support/html-page.js';

const NASTY = `</script><script>alert(1)</script><b>"a" & 'b'</b>`;

const run = (() => {
  const slow = targetOutcome({ name: 'slow', failed: 80, ttftMs: 900 });
  slow.errors[0]!.example = NASTY;
  const log = new ServerMetricsLog('http://gpu/metrics');
  for (let second = 0; second < 12; second++)
    log.add(parsePrometheusText(`kv{name="</script>"} 0.${second}\nkv{name="b"} 0.5`), second * 1000);
  const outcome = runOutcome([targetOutcome({ name: 'fast' }), slow]);
  const sloExpressions = ['ttft.p95 < 500ms', 'error_rate<1%'].map(parseSlo);
  return runFile({ outcome, sloExpressions, serverMetrics: [log.result(0)] });
})();

const compared = (base: RunFile, other: RunFile): string => {
  const pairs = pairTargets(base, other);
  return comparisonHtml({
    base: { path: 'base.json', run: base },
    new: { path: NASTY, run: other },
    waived: ['seed'],
    figures: compareRuns(pairs),
    rules: judgeRules([parseChangeRule('ttft.p50 > +10%')], pairs),
  });
};

/** Whether a browser could draw it: as many values as there are x, which rise, and no value that is no number. */
function expectSound({ title, data, options }: DrawnChart): void {
  const [xs, ...series] = data;
  expect(xs, title).toEqual([...new Set(xs)].sort((a, b) => a! - b!));
  expect(options.series, title).toHaveLength(data.length);
  for (const values of series) {
    expect(values, title).toHaveLength(xs!.length);
    for (const value of values) expect(value === null || Number.isFinite(value), title).toBe(true);
  }
  for (const axis of options.axes) {
    const [low, high] = [xs![0]!, xs!.at(-1)!];
    const labels = axis.values({}, axis.splits?.({}, 0, low, high) ?? [low, high]);
    for (const label of labels) expect(label, title).not.toMatch(/NaN|undefined|Infinity/);
  }
}

describe('the page of a run', () => {
  const page = toHtml(run);
  const charts = drawnCharts(page);

  test('loads nothing, and runs nothing but its own two scripts', () => {
    expect(scriptsOf(page)).toHaveLength(2);
    expect(page).not.toMatch(/<link|<img|<iframe|@import|url\(|\ssrc=|\shref=|<[^>]+\son\w+=/i);
    expect(page).not.toContain('alert(1)</script>');
    expect(page).not.toContain('<b>"a"');
    expect(page).toContain('&lt;b&gt;');
  });

  test('shows verdict, gates, targets beside each other, errors, definitions and plan', () => {
    for (const said of [
      'degraded',
      '✘ missed',
      'Compared with fast',
      'http_429',
      'Definitions',
      '&quot;seed&quot;: 0',
    ])
      expect(page).toContain(said);
  });

  test('draws percentiles, time, histograms and server metrics, soundly', () => {
    const titles = charts.map(({ title }) => title);
    for (const title of [
      'TTFT by percentile, ms',
      'Requests over time: completed, req/s',
      'Requests over time: failed, req/s',
      'Requests in flight, requests',
      'TTFT over time: p95, ms',
      'ITL: share of gaps by latency, %',
      'kv',
    ]) {
      expect(titles).toContain(title);
    }
    for (const chart of charts) expectSound(chart);
  });

  test('curves end where samples do, and pass through the figures of the table', () => {
    const { data, options } = charts.find(({ title }) => title === 'TTFT by percentile, ms')!;
    expect(options.series.slice(1).map(({ label }) => label)).toEqual(['fast', 'slow']);
    const at95 = data[0]!.findIndex((nines) => Math.abs(nines! - -Math.log10(0.05)) < 1e-4);
    expect([data[1]![at95], data[2]![at95]]).toEqual(run.targets.map(({ metrics }) => metrics.ttft!.p95));
    // 500 requests say nothing about p99.9.
    expect(Math.max(...(data[0] as number[]))).toBeLessThan(3);
    expect(options.axes[0]!.values({}, [1, 2, 3])).toEqual(['p90', 'p99', 'p99.9']);
  });

  test('the shares of a histogram add up to all of them', () => {
    const { data } = charts.find(({ title }) => title.startsWith('End to end: share'))!;
    for (const shares of data.slice(1))
      expect(shares.reduce((sum: number, share) => sum + (share ?? 0), 0)).toBeCloseTo(100);
  });

  test('one target has a line per figure, and its warm-up is told apart', () => {
    const lines = drawnCharts(toHtml(runFile())).find(({ title }) => title === 'Requests over time, req/s')!;
    expect(lines.options.series.slice(1).map(({ label }) => label)).toEqual([
      'offered',
      'sent',
      'completed',
      'failed',
    ]);
    expect(lines.data[2]![3]).toBe(50);
  });

  test('a run of which next to nothing was measured is a page all the same', () => {
    const target = { ...targetOutcome({ completed: 0, failed: 3 }), series: undefined };
    const empty = toHtml(runFile({ outcome: runOutcome([target]) }));
    expect(empty).toContain('invalid');
    expect(drawnCharts(empty)).toEqual([]);
    for (const completed of [1, 2])
      for (const chart of drawnCharts(
        toHtml(runFile({ outcome: runOutcome([targetOutcome({ completed })]) })),
      ))
        expectSound(chart);
  });

  test('has the chart library in it, whole', () => {
    const context = createContext({
      window: { addEventListener: () => {}, dispatchEvent: () => {} },
      document: { createElement: () => ({}) },
      navigator: {},
      devicePixelRatio: 1,
      matchMedia: () => ({ addEventListener: () => {} }),
      CustomEvent: Event,
    });
    expect(runInContext(`${scriptsOf(page)[0]}; typeof uPlot`, context)).toBe('function');
  });
});

describe('the page of two runs', () => {
  const slower = runFile({ outcome: runOutcome([targetOutcome({ ttftMs: 300 })]) });
  const page = compared(runFile(), slower);
  const charts = drawnCharts(page);

  test('has figures with intervals, rules, what was waived, and nothing unescaped', () => {
    for (const said of ['✘ failed', 'ttft.p50 &gt; +10%', 'worse', 'Different by permission', 'base.json'])
      expect(page).toContain(said);
    expect(page).not.toContain('alert(1)</script>');
  });

  test('draws both runs in each chart, the base dashed', () => {
    expect(charts.length).toBeGreaterThan(8);
    for (const chart of charts) {
      expectSound(chart);
      const [, base, next] = chart.options.series;
      expect([base!.label, next!.label, base!.dash, next!.dash]).toEqual(['base', 'new', [6, 4], undefined]);
    }
  });

  test('pairs several targets by colour', () => {
    const [chart] = drawnCharts(compared(run, run));
    const strokes = chart!.options.series.slice(1).map(({ label, stroke }) => `${label} ${stroke}`);
    expect(strokes).toEqual([
      'fast (base) color-of--s0',
      'slow (base) color-of--s1',
      'fast (new) color-of--s0',
      'slow (new) color-of--s1',
    ]);
  });
});
