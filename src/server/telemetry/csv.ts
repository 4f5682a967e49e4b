/** Routes and models as one table. */
import { countOf, meanOf, quantileOf, type HistogramData } from '../../lib/bucket-histogram.js';
import { mergeThreads, type ServerReport } from './report.js';

const HEAD = 'kind,name,count,errors,prompt_tokens,completion_tokens,mean_ms,p50_ms,p99_ms';

const cell = (text: string): string => (/[",\n\r]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text);

const ms = (seconds: number | undefined): string =>
  seconds === undefined ? '' : (seconds * 1000).toFixed(3);

const timing = (histogram: HistogramData): string[] => [
  ms(meanOf(histogram)),
  ms(quantileOf(histogram, 0.5)),
  ms(quantileOf(histogram, 0.99)),
];

/** One row per route and one per model; the durations of a model are those of its sequences. */
export function metricsCsv(report: ServerReport): string {
  const { routes, models } = mergeThreads(report);
  const rows = [HEAD];
  for (const [name, { statuses, durationS }] of routes) {
    let errors = 0;
    for (const [status, count] of Object.entries(statuses)) if (Number(status) >= 400) errors += count;
    rows.push(['route', cell(name), countOf(durationS), errors, '', '', ...timing(durationS)].join(','));
  }
  for (const [name, totals] of models) {
    const { completed, cancelled, ...failed } = totals.outcomes;
    const errors = Object.values(failed).reduce((sum, count) => sum + count, 0);
    const count = completed + cancelled + errors;
    const { promptTokens, completionTokens } = totals;
    const row = ['model', cell(name), count, errors, promptTokens, completionTokens];
    rows.push([...row, ...timing(totals.durationS)].join(','));
  }
  return `${rows.join('\n')}\n`;
}
