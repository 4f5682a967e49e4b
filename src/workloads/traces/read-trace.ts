/** Reads a recorded workload from a file. */
import { FakeaiError } from '../../lib/errors.js';
import type { Trace } from '../plan.js';
import { azureParser } from './azure.js';
import { burstParser } from './burstgpt.js';
import { TraceBuilder } from './columns.js';
import { detectFormat, type TraceFormat } from './format.js';
import { readLines } from './lines.js';
import { JSON_FORMATS, jsonParser } from './mooncake.js';
import { type RowParser, refuser } from './row-parser.js';
import { dequantize, selectRows, type Selection } from './select.js';

export interface ReadTraceOptions {
  /** Default `auto`: the first line decides. */
  format?: TraceFormat | 'auto' | undefined;
  /** Read only so many rows, the first of the file. */
  limit?: number | undefined;
  /** Play only a part of what was read. */
  selection?: Selection | undefined;
  /** Spread instants that were recorded in whole steps; see {@link dequantize}. Before anything is cut. */
  dequantize?: { stepMs: number; seed: number } | undefined;
}

const PARSERS: Record<TraceFormat, (builder: TraceBuilder, refuse: ReturnType<typeof refuser>) => RowParser> =
  {
    mooncake: jsonParser(JSON_FORMATS.mooncake),
    bailian: jsonParser(JSON_FORMATS.bailian),
    recorded: jsonParser(JSON_FORMATS.recorded),
    azure: azureParser,
    burstgpt: burstParser,
  };

/**
 * Reads and checks a whole trace, before anything is sent. Rows are put in the order of their instants (recorders write
 * a row when a request ends, so files can be slightly out of order); rows of one instant keep the order of the file. The
 * earliest row is at 0. Blank lines are skipped.
 *
 * @param path - a trace of Mooncake, Bailian or our own (JSONL), of Azure or BurstGPT (CSV)
 * @param options - format, and what of it is played
 * @throws FakeaiError FAKEAI_FILE_UNREADABLE, FAKEAI_TRACE_INVALID (with file, line and field), FAKEAI_TRACE_EMPTY,
 *   FAKEAI_TRACE_FORMAT_UNKNOWN, FAKEAI_TRACE_TOO_LARGE, or FAKEAI_DATA_UNUSABLE
 */
export async function readTrace(path: string, options: ReadTraceOptions = {}): Promise<Trace> {
  const { dequantize: fine, selection = {} } = options;
  const whole = await readRows(path, options);
  return selectRows(fine ? dequantize(whole, fine.stepMs, fine.seed) : whole, selection);
}

async function readRows(path: string, options: ReadTraceOptions): Promise<Trace> {
  const { format = 'auto', limit = Number.POSITIVE_INFINITY } = options;
  let reading: { builder: TraceBuilder; parser: RowParser } | undefined;
  let line = 0;
  for await (const batch of readLines(path)) {
    for (const text of batch) {
      line++;
      if (text.trim() === '') continue;
      reading ??= open(path, format === 'auto' ? detect(path, text) : format);
      reading.parser.parse(text, line);
      if (reading.builder.rows >= limit) return reading.builder.finish();
    }
  }
  if (!reading) throw new FakeaiError('FAKEAI_TRACE_EMPTY', { path });
  return reading.builder.finish();
}

function open(path: string, format: TraceFormat): { builder: TraceBuilder; parser: RowParser } {
  const builder = new TraceBuilder({ path, format });
  return { builder, parser: PARSERS[format](builder, refuser(path)) };
}

function detect(path: string, firstLine: string): TraceFormat {
  const found = detectFormat(firstLine);
  if ('format' in found) return found.format;
  throw new FakeaiError('FAKEAI_TRACE_FORMAT_UNKNOWN', { path, problem: found.problem });
}
