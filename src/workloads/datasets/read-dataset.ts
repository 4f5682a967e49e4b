/** Reads prompts from a file. */
import { FakeaiError } from '../../lib/errors.js';
import type { Dataset, DatasetFormat } from '../plan.js';
import { parseObject } from '../traces/mooncake.js';
import { refuser, show } from '../traces/row-parser.js';
import { DatasetBuilder } from './builder.js';
import { readRecords } from './records.js';
import { type CountTokens, formatOf, HOLDS_BODIES, ROW_PARSERS } from './rows.js';

export interface ReadDatasetOptions {
  /** Default `auto`: the first object decides. */
  format?: DatasetFormat | 'auto' | undefined;
  /** Read only so many rows, the first of the file. */
  limit?: number | undefined;
  /** Counts the tokens of prompts and of the answers that the file has. */
  countTokens: CountTokens;
}

/**
 * Reads and checks a whole dataset, before anything is sent: JSONL or one JSON list of objects.
 *
 * @param path - the file
 * @param options - format, limit, and how tokens are counted
 * @throws FakeaiError FAKEAI_FILE_UNREADABLE, FAKEAI_DATA_INVALID (with file, line and field) or FAKEAI_DATA_UNUSABLE
 */
export async function readDataset(path: string, options: ReadDatasetOptions): Promise<Dataset> {
  const { format: asked = 'auto', limit = Number.POSITIVE_INFINITY, countTokens } = options;
  const refuse = refuser(path, 'FAKEAI_DATA_INVALID');
  let format = asked === 'auto' ? undefined : asked;
  let builder: DatasetBuilder | undefined;

  const take = (text: string, line: number): void => {
    const row = parseObject(text) ?? refuse(line, undefined, `is not a JSON object: ${show(text)}`);
    format ??= formatOf(row) ?? refuse(line, undefined, 'has the members of no known format');
    builder ??= new DatasetBuilder({ path, format }, refuse);
    for (const turns of ROW_PARSERS[format](row, { line, refuse, count: countTokens }))
      if (builder.rows < limit) builder.add(line, turns);
  };

  for await (const { text, line } of readRecords(path, refuse)) {
    take(text, line);
    if (builder!.rows >= limit) break;
  }
  if (!builder || !format || builder.rows === 0)
    throw new FakeaiError('FAKEAI_DATA_UNUSABLE', { path, problem: 'has no requests' });
  return builder.finish(HOLDS_BODIES.has(format) ? 'bodies' : 'messages');
}
