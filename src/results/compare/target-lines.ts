/** The targets of one run beside its first one, for the report. */
import { truncate } from '../format.js';
import { BLANK, line, wrapWords, type Line } from '../lines.js';
import type { RunFile } from '../run-file.js';
import { changesTable } from './compare-text.js';
import { compareRuns, pairWithFirst, type ComparedFigure } from './compare.js';

/** What is shown of each target; all figures are in the HTML report and in `report compare`. */
const SHOWN: ReadonlySet<string> = new Set([
  'request_rate',
  'output_token_rate',
  'error_rate',
  'goodput',
  ...['response_time', 'ttft', 'itl', 'e2e'].flatMap((metric) => [
    `${metric}.p50`,
    `${metric}.p95`,
    `${metric}.p99`,
  ]),
]);

const FOOTNOTE =
  'Intervals of the change: at least 95 %, from order statistics; ~ no difference beyond chance. See docs/results.md.';

/** One table per target after the first; nothing where there is one. */
export function targetLines(run: RunFile, width: number): Line[] {
  const [first] = run.targets;
  const tables = pairWithFirst(run).map((pair) => {
    const figures = compareRuns([pair]).filter(
      ({ figure, base, new: other }) => SHOWN.has(figure) && base && other,
    );
    return tableOf(pair.name, first!.name, figures, width);
  });
  if (tables.length === 0) return [];
  return [
    ...tables.flatMap((table, i) => (i === 0 ? table : [BLANK, ...table])),
    ...wrapWords(FOOTNOTE, width).map((text) => line(text, 'dim')),
  ];
}

function tableOf(name: string, base: string, figures: readonly ComparedFigure[], width: number): Line[] {
  const room = Math.max(6, Math.floor((width - 50) / 2));
  const half = Math.max(6, Math.floor((width - 44) / 2));
  const heads = {
    figure: `${truncate(name, half)} against ${truncate(base, half)}`,
    base: truncate(base, room),
    other: truncate(name, room),
  };
  return changesTable(heads, figures, width);
}
