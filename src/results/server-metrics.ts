/**
 * What a server said about itself while it was measured: metrics of a Prometheus page, read again and again.
 *
 * Bounded: {@link MOST_SERIES} series per page, further ones are counted and left out; {@link MOST_POINTS} readings, of
 * which every second one is dropped when there are more, as often as it takes.
 */
import * as z from 'zod';
import { METRIC_TYPES, sampleType, type MetricSample, type MetricsPage } from '../lib/prometheus-text.js';

export const MOST_SERIES = 256;
export const MOST_POINTS = 600;

const metricSeriesSchema = z
  .object({
    name: z.string(),
    type: z.enum(METRIC_TYPES).describe('untyped: the page did not say'),
    labels: z.record(z.string(), z.string()),
    values: z
      .array(z.number().nullable())
      .max(MOST_POINTS)
      .describe(
        'One per instant of atMs, as read (counters are not differences); null: absent or not a number',
      ),
  })
  .meta({ id: 'ServerMetricSeries' });

export const serverMetricsSchema = z
  .object({
    url: z.string(),
    readings: z.int().nonnegative().describe('How often the page was read'),
    failures: z.int().nonnegative().describe('How often it could not be read'),
    lastFailure: z.string().optional(),
    omitted: z.int().nonnegative().describe('Series beyond the most that are kept'),
    atMs: z
      .array(z.number())
      .max(MOST_POINTS)
      .describe('Since the start of the run; the reading before it is below 0'),
    series: z.array(metricSeriesSchema).max(MOST_SERIES),
  })
  .describe('Metrics of a server, read while it was measured (--server-metrics)')
  .meta({ id: 'ServerMetrics' });

export type ServerMetrics = z.output<typeof serverMetricsSchema>;
export type ServerMetricSeries = z.output<typeof metricSeriesSchema>;

/** Names of samples that are chosen: exactly, or by their beginning (`vllm:*`). Buckets of histograms only by name. */
export function chooser(patterns: readonly string[]): (name: string) => boolean {
  const exact = new Set(patterns.filter((pattern) => !pattern.endsWith('*')));
  const beginnings = patterns.filter((pattern) => pattern.endsWith('*')).map((p) => p.slice(0, -1));
  return (name) =>
    exact.has(name) ||
    (!/_(?:bucket|created)$/.test(name) && beginnings.some((beginning) => name.startsWith(beginning)));
}

/** Collects readings of one page. */
export class ServerMetricsLog {
  readonly #url: string;
  readonly #series = new Map<string, ServerMetricSeries>();
  readonly #omitted = new Set<string>();
  #atMs: number[] = [];
  /** Only every so many-th reading is kept. */
  #stride = 1;
  #readings = 0;
  #failures = 0;
  #lastFailure: string | undefined;

  constructor(url: string) {
    this.#url = url;
  }

  /** Adds a reading. */
  add(page: MetricsPage, atMs: number): void {
    const kept = this.#readings % this.#stride === 0;
    this.#readings++;
    if (!kept) return;
    if (this.#atMs.length === MOST_POINTS) this.#thinOut();
    const index = this.#atMs.push(atMs) - 1;
    for (const sample of page.samples) {
      const series = this.#seriesOf(sample, page);
      if (series) series.values[index] = Number.isFinite(sample.value) ? sample.value : null;
    }
  }

  failed(problem: string): void {
    this.#failures++;
    this.#lastFailure = problem;
  }

  /** @param startMs - when the run started, in the time of the readings */
  result(startMs: number): ServerMetrics {
    return {
      url: this.#url,
      readings: this.#readings,
      failures: this.#failures,
      ...(this.#lastFailure !== undefined && { lastFailure: this.#lastFailure }),
      omitted: this.#omitted.size,
      atMs: this.#atMs.map((atMs) => Math.round(atMs - startMs)),
      series: [...this.#series.values()].map((series) => ({
        ...series,
        values: this.#atMs.map((_, i) => series.values[i] ?? null),
      })),
    };
  }

  #seriesOf({ name, labels }: MetricSample, page: MetricsPage): ServerMetricSeries | undefined {
    const key = `${name}${JSON.stringify(Object.entries(labels).toSorted(([a], [b]) => (a < b ? -1 : 1)))}`;
    const known = this.#series.get(key);
    if (known) return known;
    if (this.#series.size >= MOST_SERIES) {
      // The same bound again: a page with ever new labels must not fill the memory either.
      if (this.#omitted.size < 100 * MOST_SERIES) this.#omitted.add(key);
      return undefined;
    }
    const series = { name, type: sampleType(page, name), labels: { ...labels }, values: [] };
    this.#series.set(key, series);
    return series;
  }

  #thinOut(): void {
    const second = <T>(values: readonly T[]): T[] => values.filter((_, i) => i % 2 === 0);
    const { length } = this.#atMs;
    this.#atMs = second(this.#atMs);
    for (const series of this.#series.values())
      series.values = second(Array.from({ length }, (_, i) => series.values[i] ?? null));
    this.#stride *= 2;
  }
}

/** A value of a series at an instant. */
export interface MetricPoint {
  atMs: number;
  value: number;
}

/** The values of a series that are there; of counters the rate per second since the reading before. */
export function pointsOf({ atMs }: ServerMetrics, { type, values }: ServerMetricSeries): MetricPoint[] {
  const points = values.flatMap((value, i) => (value === null ? [] : [{ atMs: atMs[i]!, value }]));
  if (type !== 'counter') return points;
  return points.slice(1).flatMap((point, i) => {
    const before = points[i]!;
    const seconds = (point.atMs - before.atMs) / 1000;
    // A counter that fell was reset by a restart: what it counted before is lost.
    const rise = point.value >= before.value ? point.value - before.value : point.value;
    return seconds > 0 ? [{ atMs: point.atMs, value: rise / seconds }] : [];
  });
}
