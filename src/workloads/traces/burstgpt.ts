/**
 * BurstGPT's traces: CSV with `Timestamp` (seconds since the first), `Request tokens` and `Response tokens` among other
 * columns; the header names them, in any order.
 *
 * @see https://github.com/HPMLL/BurstGPT
 */
import type { TraceBuilder } from './columns.js';
import { splitCsv } from './csv.js';
import {
  INPUT_BOUNDS,
  OUTPUT_BOUNDS,
  type Refuse,
  type RowParser,
  problemOf,
  show,
  tokenCell,
} from './row-parser.js';

const COLUMNS = ['Timestamp', 'Request tokens', 'Response tokens'] as const;

/** Where the columns are in a header; undefined if the line is not the header of such a trace. */
export function burstColumns(header: string): readonly number[] | undefined {
  const names = (splitCsv(header) ?? []).map((name) => name.trim().toLowerCase());
  const found = COLUMNS.map((name) => names.indexOf(name.toLowerCase()));
  return found.includes(-1) ? undefined : found;
}

/** Parses header and rows of a BurstGPT trace into `builder`. */
export function burstParser(builder: TraceBuilder, refuse: Refuse): RowParser {
  let columns: readonly number[] | undefined;

  return {
    parse: (text, line) => {
      if (!columns) {
        columns =
          burstColumns(text) ??
          refuse(line, undefined, `must be a header with ${COLUMNS.join(', ')}, not ${show(text)}`);
        return;
      }
      const cells = splitCsv(text) ?? refuse(line, undefined, `has an open quote: ${show(text)}`);
      const [stamp, input, output] = columns.map((at) => cells[at]);
      const seconds = /^\s*\d{1,12}(\.\d{1,12})?\s*$/.test(stamp ?? '') ? Number(stamp) : undefined;
      builder.add(
        line,
        (seconds ?? refuse(line, COLUMNS[0], problemOf(stamp, 'seconds, 0 or more'))) * 1000,
        tokenCell(refuse, input, { line, field: COLUMNS[1], bounds: INPUT_BOUNDS }),
        tokenCell(refuse, output, { line, field: COLUMNS[2], bounds: OUTPUT_BOUNDS }),
        [],
      );
    },
  };
}
