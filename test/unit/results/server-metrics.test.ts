import { describe, expect, it } from 'vitest';
import { parsePrometheusText } from '../../../src/lib/prometheus-text.js';
import {
  chooser,
  MOST_POINTS,
  MOST_SERIES,
  pointsOf,
  serverMetricsSchema,
  ServerMetricsLog,
} from '../../../src/results/server-metrics.js';
import { renderTextReport } from '../../../src/results/text-report.js';
import { runFile } from '../../fixtures/run.js';

const page = (text: string) => parsePrometheusText(text);

describe('ServerMetricsLog', () => {
  it('keeps a value per reading, and tells counters as rates', () => {
    const log = new ServerMetricsLog('http://x/metrics');
    const read = (running: string, total: number, atMs: number): void =>
      log.add(page(`# TYPE t_total counter\nrunning ${running}\nt_total{a="1"} ${total}\n`), atMs);
    read('1', 100, 900);
    read('NaN', 300, 2000);
    // The server was started anew.
    read('3', 50, 3000);
    const result = log.result(1000);
    expect(serverMetricsSchema.parse(result)).toEqual(result);
    expect(result.atMs).toEqual([-100, 1000, 2000]);
    const [running, total] = result.series;
    expect(running!.values).toEqual([1, null, 3]);
    expect(pointsOf(result, total!).map(({ atMs, value }) => [atMs, Math.round(value)])).toEqual([
      [1000, 182],
      [2000, 50],
    ]);
  });

  it('is bounded in series and in readings', () => {
    const log = new ServerMetricsLog('http://x/metrics');
    const many = Array.from({ length: MOST_SERIES + 44 }, (_, i) => `m{i="${i}"} ${i}`).join('\n');
    for (let i = 0; i < 3 * MOST_POINTS; i++) log.add(page(i === 0 ? many : `m{i="7"} ${i}`), i);
    const result = log.result(0);
    expect(result).toMatchObject({ omitted: 44, readings: 3 * MOST_POINTS });
    expect(result.series).toHaveLength(MOST_SERIES);
    expect(result.atMs.length).toBeLessThanOrEqual(MOST_POINTS);
    // Evenly spread over the whole time, and each value still beside its instant.
    expect(result.atMs.slice(0, 3)).toEqual([0, 4, 8]);
    expect(result.atMs.at(-1)).toBeGreaterThan(3 * MOST_POINTS - 8);
    expect(result.series[7]!.values.slice(1)).toEqual(result.atMs.slice(1));
  });
});

it('chooses by name or beginning, buckets of histograms by name only', () => {
  const chosen = chooser(['vllm:*', 'exact', 'own_bucket']);
  const names = ['vllm:a', 'vllm:a_sum', 'vllm:a_bucket', 'vllm:a_created', 'exact', 'exact2', 'own_bucket'];
  expect(names.filter(chosen)).toEqual(['vllm:a', 'vllm:a_sum', 'exact', 'own_bucket']);
});

it('is summed up in the report, what matters most first, of the measured time alone', () => {
  const log = new ServerMetricsLog('http://gpu/metrics');
  for (const [atMs, running, usage] of [
    [0, 99, 0.99],
    [3000, 4, 0.25],
    [4000, 8, 0.75],
  ]) {
    log.add(
      page(`other 5\nvllm:num_requests_running ${running}\nvllm:kv_cache_usage_perc{gpu="0"} ${usage}`),
      atMs!,
    );
  }
  log.failed('HTTP 503');
  const text = renderTextReport(runFile({ serverMetrics: [log.result(0)] }));
  const rows = text.split('\n').filter((row) => /^(vllm|other|\d+ of)/.test(row));
  expect(rows.map((row) => row.split(/\s{2,}/))).toEqual([
    ['vllm:kv_cache_usage_perc', '0.250', '0.500', '0.750', '0.750'],
    ['vllm:num_requests_running', '4.00', '6.00', '8.00', '8.00'],
    ['other', '5.00', '5.00', '5.00', '5.00'],
    ['1 of 4 readings failed: HTTP 503'],
  ]);
});
