/** Lengths from files: one per row, or pairs of input and output. */
import { FakeaiError } from '../lib/errors.js';
import { parseLength } from './lengths.js';
import type { LengthDistribution } from './plan.js';
import { Column, words } from './traces/column.js';
import { splitCsv } from './traces/csv.js';
import { readLines } from './traces/lines.js';
import { parseObject } from './traces/mooncake.js';
import { INPUT_BOUNDS, type Refuse, refuser, tokensProblem } from './traces/row-parser.js';

const MAX_ROWS = 5_000_000;
const FILE = /^\s*file:\s*(.+?)\s*$/;

/** Names of columns and fields, in the words of several tools. */
const INPUT_NAMES = ['input_tokens', 'input_length', 'isl', 'prompt_tokens', 'prompt_len', 'ContextTokens'];
const OUTPUT_NAMES = [
  'output_tokens',
  'output_length',
  'osl',
  'completion_tokens',
  'output_len',
  'GeneratedTokens',
];
const SINGLE_NAMES = ['length', 'tokens'];

type Cells = readonly unknown[];

/** Rows of a file: JSONL of numbers, lists or objects; one JSON list of those; CSV with or without a header. */
interface RowReader {
  /** The values of one row, as many as asked for; undefined for a header. */
  read(text: string, line: number): Cells | undefined;
}

const isList = (value: unknown): value is readonly unknown[] => Array.isArray(value);

function reader(names: readonly (readonly string[])[], refuse: Refuse): RowReader {
  let positions = names.map((_, i) => i);
  let first = true;

  const header = (cells: readonly string[]): boolean => {
    if (cells.some((cell) => /^\s*\d/.test(cell))) return false;
    const lower = cells.map((cell) => cell.trim().toLowerCase());
    const found = names.map((all) =>
      lower.findIndex((cell) => all.some((name) => name.toLowerCase() === cell)),
    );
    // A header that names nothing known is still one: the first columns count.
    if (!found.includes(-1)) positions = found;
    return true;
  };

  const fields = (row: Record<string, unknown>, line: number): Cells =>
    names.map((all) => {
      const name = all.find((each) => Object.hasOwn(row, each));
      return name === undefined ? refuse(line, all[0], 'is missing') : row[name];
    });

  return {
    read: (text, line) => {
      const isFirst = first;
      first = false;
      if (text.trimStart().startsWith('{')) {
        return fields(parseObject(text) ?? refuse(line, undefined, 'is not a JSON object'), line);
      }
      const cells =
        splitCsv(text.trim().replace(/^\[(.*)\]$/, '$1')) ?? refuse(line, undefined, 'has an open quote');
      if (isFirst && header(cells)) return undefined;
      return positions.map((at) => {
        const cell = cells[at]?.trim();
        return cell !== undefined && /^\d{1,9}$/.test(cell) ? Number(cell) : cell;
      });
    },
  };
}

/** One JSON list, over any number of lines, as the rows in it; undefined if the text is none. */
function jsonRows(text: string): readonly unknown[] | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return isList(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

/** A JSON list that is read as a whole may be so long. */
const MAX_JSON_CHARACTERS = 64 * 1024 * 1024;

async function readColumns(path: string, names: readonly (readonly string[])[]): Promise<Uint32Array[]> {
  const refuse = refuser(path, 'FAKEAI_DATA_INVALID');
  const columns = names.map(() => new Column(words));
  const rows = reader(names, refuse);
  let line = 0;
  let json: string[] | undefined;
  let jsonCharacters = 0;

  const add = (cells: Cells, at: number): void => {
    if (columns[0]!.length === MAX_ROWS) refuse(at, undefined, `is beyond ${MAX_ROWS} rows`);
    for (const [i, column] of columns.entries()) {
      const value = cells[i];
      if (typeof value !== 'number' || !Number.isInteger(value) || value < 1 || value > INPUT_BOUNDS.max)
        refuse(at, names[i]![0], tokensProblem(value, INPUT_BOUNDS));
      else column.push(value);
    }
  };

  for await (const batch of readLines(path, refuse)) {
    for (const text of batch) {
      line++;
      if (json) {
        jsonCharacters += text.length;
        if (jsonCharacters > MAX_JSON_CHARACTERS)
          refuse(line, undefined, `is beyond ${MAX_JSON_CHARACTERS} characters of a JSON list`);
        json.push(text);
      } else if (text.trim() === '') continue;
      // A list of its own per line is a row; a list that goes on, or that holds lists, is the whole file.
      else if (columns[0]!.length === 0 && /^\s*\[(?!\s*[\d\s,]*\]\s*$)/.test(text)) json = [text];
      else if (columns[0]!.length === 0 && names.length === 1 && text.trimStart().startsWith('['))
        json = [text];
      else {
        const cells = rows.read(text, line);
        if (cells) add(cells, line);
      }
    }
  }
  if (json) {
    const list = jsonRows(json.join('\n')) ?? refuse(line, undefined, 'does not end a JSON list');
    for (const [i, row] of list.entries()) {
      const object = typeof row === 'object' && row !== null && !isList(row);
      const cells = object ? rows.read(JSON.stringify(row), i + 1) : isList(row) ? row : [row];
      if (cells) add(cells, i + 1);
    }
  }
  if (columns[0]!.length === 0)
    throw new FakeaiError('FAKEAI_DATA_UNUSABLE', { path, problem: 'has no lengths' });
  return columns.map((column) => column.finish());
}

/**
 * Reads a length as `parseLength` does, or from a file: `file:PATH` with one length per row.
 *
 * @param text - the value
 * @param where - what to call the setting in an error, such as `--input-tokens`
 * @throws FakeaiError FAKEAI_SETTING_INVALID, FAKEAI_FILE_UNREADABLE, FAKEAI_DATA_INVALID (in a JSON list the line is
 *   the number of the entry), FAKEAI_DATA_UNUSABLE
 */
export async function readLength(text: string, where: string): Promise<LengthDistribution> {
  const path = FILE.exec(text)?.[1];
  if (path === undefined) return parseLength(text, where);
  const single = where.includes('output') ? OUTPUT_NAMES : INPUT_NAMES;
  const [values] = await readColumns(path, [[...SINGLE_NAMES, ...single]]);
  return { kind: 'empirical', path, values: values! };
}

/**
 * Reads pairs of input and output lengths. A request takes both from one row, so long prompts keep the answers that
 * they had.
 *
 * @throws as {@link readLength}
 */
export async function readLengthPairs(
  path: string,
): Promise<{ inputTokens: LengthDistribution; outputTokens: LengthDistribution }> {
  const [input, output] = await readColumns(path, [INPUT_NAMES, OUTPUT_NAMES]);
  return {
    inputTokens: { kind: 'empirical', path, values: input!, paired: true },
    outputTokens: { kind: 'empirical', path, values: output!, paired: true },
  };
}
