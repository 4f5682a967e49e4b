/**
 * Traces of one JSON object per line. Mooncake's has `timestamp` (ms), `input_length`, `output_length` (tokens) and
 * `hash_ids`, one per block of 512 tokens of the prompt, the last one for what is left. An id stands for its block and
 * all before it. Bailian's has seconds and blocks of 16 tokens; our own has `at_ms`, `input_tokens`, `output_tokens`.
 *
 * @see https://github.com/kvcache-ai/Mooncake (FAST25-release)
 * @see https://github.com/alibaba-edu/qwen-bailian-usagetraces-anon
 */
import { HASH_BLOCK_TOKENS, type TraceBuilder } from './columns.js';
import {
  INPUT_BOUNDS,
  OUTPUT_BOUNDS,
  type Refuse,
  type RowParser,
  type TokenBounds,
  problemOf,
  show,
  tokensProblem,
} from './row-parser.js';

const MAX_HASH_ID = 2 ** 32 - 1;
const NO_HASHES: readonly number[] = [];

const isWhole = (value: unknown, min: number, max: number): value is number =>
  typeof value === 'number' && Number.isInteger(value) && value >= min && value <= max;

const isHashId = (value: unknown): value is number => isWhole(value, 0, MAX_HASH_ID);
const areHashIds = (values: readonly unknown[]): values is readonly number[] => values.every(isHashId);

const isList = (value: unknown): value is readonly unknown[] => Array.isArray(value);

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** What the objects of a format look like. */
interface JsonFormat {
  format: 'mooncake' | 'bailian' | 'recorded';
  instant: string;
  /** Milliseconds in one unit of `instant`. */
  unitMs: number;
  input: string;
  output: string;
}

export const JSON_FORMATS: Record<JsonFormat['format'], JsonFormat> = {
  mooncake: {
    format: 'mooncake',
    instant: 'timestamp',
    unitMs: 1,
    input: 'input_length',
    output: 'output_length',
  },
  bailian: {
    format: 'bailian',
    instant: 'timestamp',
    unitMs: 1000,
    input: 'input_length',
    output: 'output_length',
  },
  recorded: {
    format: 'recorded',
    instant: 'at_ms',
    unitMs: 1,
    input: 'input_tokens',
    output: 'output_tokens',
  },
};

/** Parses the rows of a trace of JSON objects into `builder`. */
export const jsonParser =
  (format: JsonFormat) =>
  (builder: TraceBuilder, refuse: Refuse): RowParser =>
    rowsOf(format, builder, refuse);

function rowsOf(format: JsonFormat, builder: TraceBuilder, refuse: Refuse): RowParser {
  const blockTokens = HASH_BLOCK_TOKENS[format.format];

  const tokens = (row: Record<string, unknown>, field: string, line: number, bounds: TokenBounds): number => {
    const value = row[field];
    return isWhole(value, bounds.min, bounds.max) ? value : refuse(line, field, tokensProblem(value, bounds));
  };

  const instant = (row: Record<string, unknown>, line: number): number => {
    const value = row[format.instant];
    if (typeof value === 'number' && value >= 0 && value <= Number.MAX_SAFE_INTEGER / format.unitMs)
      return value * format.unitMs;
    const unit = format.unitMs === 1 ? 'milliseconds' : 'seconds';
    return refuse(line, format.instant, problemOf(value, `${unit}, 0 or more`));
  };

  const hashes = (row: Record<string, unknown>, line: number, inputTokens: number): readonly number[] => {
    const ids = row['hash_ids'];
    if (ids === undefined) return NO_HASHES;
    if (!isList(ids)) return refuse(line, 'hash_ids', problemOf(ids, 'a list of whole numbers'));
    const blocks = Math.ceil(inputTokens / blockTokens);
    // More ids than blocks means blocks of another size: replayed, the trace would share the wrong prefixes.
    if (ids.length > blocks) {
      const expected = `${inputTokens} tokens have ${blocks} ${blocks === 1 ? 'block' : 'blocks'} of ${blockTokens}`;
      return refuse(line, 'hash_ids', `has ${ids.length} ids, but ${expected}`);
    }
    if (areHashIds(ids)) return ids;
    const wrong: unknown = ids.find((id) => !isHashId(id));
    return refuse(line, 'hash_ids', `must hold whole numbers from 0 to ${MAX_HASH_ID}, not ${show(wrong)}`);
  };

  let first: Record<string, unknown> | undefined;
  /** A run with several targets sent each of them the same, and one of a series the next load after it. */
  const isOfFirst = (row: Record<string, unknown>): boolean => {
    first ??= row;
    return row['target'] === first['target'] && row['load'] === first['load'];
  };

  return {
    parse: (text, line) => {
      const row = parseObject(text) ?? refuse(line, undefined, `is not a JSON object: ${show(text)}`);
      // An attempt that was repeated is no request of its own.
      if (format.format === 'recorded' && (!isOfFirst(row) || row['outcome'] === 'repeated')) return;
      const inputTokens = tokens(row, format.input, line, INPUT_BOUNDS);
      // What came of a request that did not complete is not what was asked for.
      const cut = row['outcome'] !== undefined && row['outcome'] !== 'completed';
      const outputTokens = tokens(row, cut ? 'planned_output_tokens' : format.output, line, OUTPUT_BOUNDS);
      const session = format.format === 'recorded' ? row['index'] : undefined;
      builder.add(
        line,
        instant(row, line),
        inputTokens,
        outputTokens,
        hashes(row, line, inputTokens),
        typeof session === 'number' ? session : Number.NaN,
      );
    },
  };
}

/** The JSON object that a text is, if it is one. */
export function parseObject(text: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return isObject(value) ? value : undefined;
  } catch {
    return undefined;
  }
}
