/** The run over time: what was sent and answered, latencies, and what servers said meanwhile. */
import { LIVE_DISTRIBUTIONS, type LiveDistribution } from '../../progress.js';
import { METRICS } from '../../metrics.js';
import { pointsOf, type ServerMetrics } from '../../server-metrics.js';
import { TimeSeries, type EncodedTimeSeries } from '../../time-series.js';
import { hasValues, onOneAxis, type Chart, type ChartSeries } from './chart.js';

/** A target, or a target of one of two runs. */
export interface TimeSubject {
  name: string;
  color: number;
  dashed?: boolean;
  timeSeries: EncodedTimeSeries;
}

interface Figure {
  name: string;
  unit: string;
  value: (series: TimeSeries, bucket: number) => number | undefined;
}

const rate = (
  name: 'offered' | 'sent' | 'completed' | 'failed' | 'outputTokens',
  unit = 'req/s',
): Figure => ({
  name: name === 'outputTokens' ? 'output tokens' : name,
  unit,
  value: (series, bucket) => series.rate(name, bucket),
});
const IN_FLIGHT: Figure = {
  name: 'in flight',
  unit: 'requests',
  value: (series, bucket) => series.meanInFlight(bucket),
};
const quantile = (name: LiveDistribution, label: string, share: number): Figure => ({
  name: label,
  unit: 'ms',
  value: (series, bucket) => series.latency(name, bucket)?.quantileMs(share),
});

/** Charts of one target have a line per figure, those of several a line per target. */
export function timeCharts(subjects: readonly TimeSubject[], warmupMs: number): Chart[] {
  const loaded = subjects.map((subject) => ({ ...subject, series: new TimeSeries(subject.timeSeries) }));
  const open = loaded.some(({ timeSeries }) => timeSeries.offered.some((count) => count > 0));
  const anyFailed = loaded.some(({ timeSeries }) => timeSeries.failed.some((count) => count > 0));
  const [only, ...others] = loaded;
  if (!only) return [];
  const draw = (title: string, figures: readonly Figure[], main: Figure): Chart =>
    others.length === 0
      ? chartOf(
          title,
          warmupMs,
          figures.map((figure, color) => ({ ...only, ...figure, color, figure })),
        )
      : chartOf(
          figures.length === 1 ? title : `${title}: ${main.name}`,
          warmupMs,
          loaded.map((subject) => ({ ...subject, figure: main })),
        );
  return [
    draw(
      'Requests over time',
      [...(open ? [rate('offered')] : []), rate('sent'), rate('completed'), rate('failed')],
      rate('completed'),
    ),
    ...(others.length === 0 || !anyFailed ? [] : [draw('Requests over time', [], rate('failed'))]),
    draw('Requests in flight', [IN_FLIGHT], IN_FLIGHT),
    draw('Output tokens over time', [rate('outputTokens', 'tokens/s')], rate('outputTokens', 'tokens/s')),
    ...LIVE_DISTRIBUTIONS.map((name) =>
      draw(
        `${METRICS[name].title} over time`,
        [quantile(name, 'p50', 0.5), quantile(name, 'p95', 0.95), quantile(name, 'p99', 0.99)],
        quantile(name, 'p95', 0.95),
      ),
    ),
  ].filter(hasValues);
}

function chartOf(
  title: string,
  warmupMs: number,
  lines: readonly { name: string; color: number; dashed?: boolean; series: TimeSeries; figure: Figure }[],
): Chart {
  const { xs, values } = onOneAxis(lines.map(({ series, figure }) => pointsAt(series, figure)));
  return {
    title,
    scale: 'time',
    shape: 'line',
    xLabel: 'since the start',
    unit: lines[0]!.figure.unit,
    xs,
    series: lines.map(({ name, color, dashed }, i): ChartSeries => ({
      name,
      color,
      values: values[i]!,
      ...(dashed && { dashed }),
    })),
    ...(warmupMs > 0 && { shadedTo: warmupMs / 1000 }),
  };
}

/** A bucket's figure stands at its middle; a last bucket of which there is next to nothing is left out. */
function pointsAt(series: TimeSeries, { value }: Figure): { x: number; y: number }[] {
  return Array.from({ length: series.length }, (_, bucket) => bucket).flatMap((bucket) => {
    const coveredMs = series.coveredMs(bucket);
    const y = value(series, bucket);
    if (y === undefined || !Number.isFinite(y) || coveredMs < series.bucketMs / 4) return [];
    return [{ x: (bucket * series.bucketMs + coveredMs / 2) / 1000, y: Number(y.toPrecision(6)) }];
  });
}

/** More charts or lines than this are not looked at. */
const MOST_CHARTS = 40;
const MOST_LINES = 8;

/** A chart per metric of a page, a line per set of labels. */
export function serverMetricCharts(page: ServerMetrics, warmupMs: number): Chart[] {
  const names = [...new Set(page.series.map(({ name }) => name))].filter((name) => !name.endsWith('_info'));
  return names
    .map((name): Chart => {
      const shown = page.series.filter((series) => series.name === name).slice(0, MOST_LINES);
      const { xs, values } = onOneAxis(
        shown.map((series) =>
          pointsOf(page, series).map(({ atMs, value }) => ({ x: atMs / 1000, y: value })),
        ),
      );
      return {
        title: name,
        scale: 'time',
        shape: 'line',
        xLabel: 'since the start',
        unit: shown[0]!.type === 'counter' ? '/s' : '',
        xs,
        series: shown.map(({ labels }, i) => ({
          name: Object.values(labels).join(' ') || 'value',
          color: i,
          values: values[i]!,
        })),
        ...(warmupMs > 0 && { shadedTo: warmupMs / 1000 }),
      };
    })
    .filter((chart) => hasValues(chart) && chart.series.some(({ values }) => values.some((v) => v !== 0)))
    .slice(0, MOST_CHARTS);
}
