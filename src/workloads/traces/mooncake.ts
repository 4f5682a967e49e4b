/**
 * Mooncake's trace format: JSONL with `timestamp` (ms), `input_length`, `output_length` (tokens) and `hash_ids`, one per
 * block of 512 tokens of the prompt, the last one for what is left. An id stands for its block and all before it.
 *
 * @see https://github.com/kvcache-ai/Mooncake (FAST25-release)
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

/** Parses the rows of a Mooncake trace into `builder`. */
export function mooncakeParser(builder: TraceBuilder, refuse: Refuse): RowParser {
  const tokens = (row: Record<string, unknown>, field: string, line: number, bounds: TokenBounds): number => {
    const value = row[field];
    return isWhole(value, bounds.min, bounds.max) ? value : refuse(line, field, tokensProblem(value, bounds));
  };

  const instant = (row: Record<string, unknown>, line: number): number => {
    const value = row['timestamp'];
    if (typeof value === 'number' && value >= 0 && value <= Number.MAX_SAFE_INTEGER) return value;
    return refuse(line, 'timestamp', problemOf(value, 'milliseconds, 0 or more'));
  };

  const hashes = (row: Record<string, unknown>, line: number, inputTokens: number): readonly number[] => {
    const ids = row['hash_ids'];
    if (ids === undefined) return NO_HASHES;
    if (!isList(ids)) return refuse(line, 'hash_ids', problemOf(ids, 'a list of whole numbers'));
    const blocks = Math.ceil(inputTokens / HASH_BLOCK_TOKENS);
    // More ids than blocks means blocks of another size: replayed, the trace would share the wrong prefixes.
    if (ids.length > blocks) {
      const expected = `${inputTokens} tokens have ${blocks} ${blocks === 1 ? 'block' : 'blocks'} of ${HASH_BLOCK_TOKENS}`;
      return refuse(line, 'hash_ids', `has ${ids.length} ids, but ${expected}`);
    }
    if (areHashIds(ids)) return ids;
    const wrong: unknown = ids.find((id) => !isHashId(id));
    return refuse(line, 'hash_ids', `must hold whole numbers from 0 to ${MAX_HASH_ID}, not ${show(wrong)}`);
  };

  return {
    parse: (text, line) => {
      const row = parseObject(text) ?? refuse(line, undefined, `is not a JSON object: ${show(text)}`);
      const inputTokens = tokens(row, 'input_length', line, INPUT_BOUNDS);
      const outputTokens = tokens(row, 'output_length', line, OUTPUT_BOUNDS);
      builder.add(line, instant(row, line), inputTokens, outputTokens, hashes(row, line, inputTokens));
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
