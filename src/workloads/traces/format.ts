/** Which format a trace has, by its first line. */
import type { Trace } from '../plan.js';
import { azureColumns } from './azure.js';
import { burstColumns } from './burstgpt.js';
import { parseObject } from './mooncake.js';

export type TraceFormat = Trace['source']['format'];

/**
 * Looks at the first line of a trace that is not blank.
 *
 * @returns the format, or why it is none that can be read
 */
export function detectFormat(firstLine: string): { format: TraceFormat } | { problem: string } {
  if (firstLine.startsWith('\u001F')) return { problem: 'it looks compressed; unpack it first' };
  if (azureColumns(firstLine)) return { format: 'azure' };
  if (burstColumns(firstLine)) return { format: 'burstgpt' };
  if (!firstLine.trimStart().startsWith('{'))
    return {
      problem: 'the first line is neither a JSON object nor the header of an Azure or BurstGPT trace',
    };
  const row = parseObject(firstLine);
  // Its timestamps are seconds and its blocks have 16 tokens: read as Mooncake's it would be a different load.
  if (row && Object.hasOwn(row, 'parent_chat_id')) return { format: 'bailian' };
  if (row && Object.hasOwn(row, 'at_ms')) return { format: 'recorded' };
  // A broken first row is still a row: its parser says what is wrong with it.
  if (!row || ['timestamp', 'input_length', 'output_length'].some((key) => Object.hasOwn(row, key)))
    return { format: 'mooncake' };
  return { problem: 'the first row has none of timestamp, input_length and output_length' };
}
