/**
 * The format of Azure's LLM inference traces: CSV with `TIMESTAMP` (UTC, 7 fractional digits), `ContextTokens` and
 * `GeneratedTokens`; the header names the columns, in any order and with others among them.
 *
 * @see https://github.com/Azure/AzurePublicDataset/blob/master/AzureLLMInferenceDataset2023.md
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

const COLUMNS = ['TIMESTAMP', 'ContextTokens', 'GeneratedTokens'] as const;

interface Positions {
  timestamp: number;
  context: number;
  generated: number;
}

/** Where the columns are in a header; undefined if the line is not the header of such a trace. */
export function azureColumns(header: string): Positions | undefined {
  const names = (splitCsv(header) ?? []).map((name) => name.trim().toLowerCase());
  const [timestamp = -1, context = -1, generated = -1] = COLUMNS.map((name) =>
    names.indexOf(name.toLowerCase()),
  );
  return Math.min(timestamp, context, generated) < 0 ? undefined : { timestamp, context, generated };
}

/** Parses header and rows of an Azure trace into `builder`. */
export function azureParser(builder: TraceBuilder, refuse: Refuse): RowParser {
  let columns: Positions | undefined;
  let originSeconds: number | undefined;

  return {
    parse: (text, line) => {
      if (!columns) {
        columns =
          azureColumns(text) ??
          refuse(line, undefined, `must be the header ${COLUMNS.join(',')}, not ${show(text)}`);
        return;
      }
      const cells = splitCsv(text) ?? refuse(line, undefined, `has an open quote: ${show(text)}`);
      const stamp = cells[columns.timestamp];
      const time =
        parseTimestamp(stamp ?? '') ??
        refuse(line, COLUMNS[0], problemOf(stamp, 'an instant such as 2023-11-16 18:17:03.9799600'));
      originSeconds ??= time.seconds;
      builder.add(
        line,
        // Apart, seconds and fraction keep all digits: as one number since 1970 the seventh would be lost.
        (time.seconds - originSeconds) * 1000 + time.fraction * 1000,
        tokenCell(refuse, cells[columns.context], { line, field: COLUMNS[1], bounds: INPUT_BOUNDS }),
        tokenCell(refuse, cells[columns.generated], { line, field: COLUMNS[2], bounds: OUTPUT_BOUNDS }),
        [],
      );
    },
  };
}

const TIMESTAMP =
  /^\s*(\d{4})-(\d\d)-(\d\d)[ T](\d\d):(\d\d):(\d\d)(?:\.(\d{1,12}))?\s*(?:Z|UTC|([+-])(\d\d):?(\d\d))?\s*$/;

/** An instant in UTC: whole seconds since 1970 and the fraction of a second; undefined if there is no such instant. */
function parseTimestamp(text: string): { seconds: number; fraction: number } | undefined {
  const match = TIMESTAMP.exec(text);
  if (!match) return undefined;
  const part = (index: number): number => Number(match[index] ?? 0);
  const [year, month, day, hour, minute, second] = [part(1), part(2), part(3), part(4), part(5), part(6)];
  if (year < 1970 || month < 1 || month > 12 || day < 1 || hour > 23 || minute > 59 || second > 59)
    return undefined;
  // Day 0 of the next month is the last of this one.
  if (day > 28 && day * DAY_MS > Date.UTC(year, month, 0) - Date.UTC(year, month - 1, 0)) return undefined;
  const offsetMinutes = (part(9) * 60 + part(10)) * (match[8] === '-' ? -1 : 1);
  return {
    seconds: Date.UTC(year, month - 1, day, hour, minute, second) / 1000 - offsetMinutes * 60,
    fraction: match[7] === undefined ? 0 : Number(`0.${match[7]}`),
  };
}

const DAY_MS = 86_400_000;
