/** What becomes of the answers of a batch: lines of an output file and of an error file. */
import type { InternalAnswer } from '../../../routing/internal-request.js';
import type { Store } from '../../../store/store.js';
import { newId } from '../../../store/new-id.js';
import { type FileMaker, type FileRecord, makeFile } from '../files/file-records.js';
import type { BatchRecord, BatchUsage } from './batch-records.js';
import type { BatchRequest } from './read-input.js';
import { type BatchResult, RESULTS, resultId } from './results.js';

/** An answer as it is kept, and the tokens that it used. */
export interface KeptAnswer {
  result: BatchResult;
  usage: BatchUsage;
}

const NO_USAGE: BatchUsage = { inputTokens: 0, cachedTokens: 0, outputTokens: 0, reasoningTokens: 0 };

/** The line for an answer. */
export function keepAnswer(batch: BatchRecord, request: BatchRequest, answer: InternalAnswer): KeptAnswer {
  const failed = answer.status < 200 || answer.status > 299;
  const body = parse(answer.body);
  const requestId = /^x-request-id: *(\S+)/im.exec(answer.headers)?.[1] ?? '';
  const line = JSON.stringify({
    id: lineId(batch, request),
    custom_id: request.customId,
    response: { status_code: answer.status, request_id: requestId, body },
    error: null,
  });
  return { result: { line, failed }, usage: failed ? NO_USAGE : usageOf(body) };
}

/** The line for a request that was never made. */
export function lineOfUnmade(
  batch: BatchRecord,
  request: BatchRequest,
  code: string,
  message: string,
): string {
  const id = lineId(batch, request);
  return JSON.stringify({ id, custom_id: request.customId, response: null, error: { code, message } });
}

const lineId = ({ id }: BatchRecord, { index }: BatchRequest): string =>
  `batch_req_${id.slice('batch_'.length)}_${index}`;

function parse(body: Buffer): unknown {
  const text = body.toString('utf8');
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

/** Chat and responses name their tokens differently. */
function usageOf(body: unknown): BatchUsage {
  const usage = at(body, 'usage');
  const count = (...paths: string[][]): number => {
    const found = paths.map((path) => path.reduce(at, usage)).find((value) => typeof value === 'number');
    return found ?? 0;
  };
  return {
    inputTokens: count(['input_tokens'], ['prompt_tokens']),
    cachedTokens: count(
      ['input_tokens_details', 'cached_tokens'],
      ['prompt_tokens_details', 'cached_tokens'],
    ),
    outputTokens: count(['output_tokens'], ['completion_tokens']),
    reasoningTokens: count(
      ['output_tokens_details', 'reasoning_tokens'],
      ['completion_tokens_details', 'reasoning_tokens'],
    ),
  };
}

const at = (value: unknown, key: string): unknown =>
  typeof value === 'object' && value !== null ? (value as Record<string, unknown>)[key] : undefined;

export const addUsage = (a: BatchUsage, b: BatchUsage): BatchUsage => ({
  inputTokens: a.inputTokens + b.inputTokens,
  cachedTokens: a.cachedTokens + b.cachedTokens,
  outputTokens: a.outputTokens + b.outputTokens,
  reasoningTokens: a.reasoningTokens + b.reasoningTokens,
});

/** Bytes of lines that become a blob: what is in memory at a time. */
const BLOB_BYTES = 4 * 1024 * 1024;

/** A file that is written line by line. */
class LineFile {
  readonly #maker: FileMaker;
  readonly #blobs: string[] = [];
  #lines: string[] = [];
  #waiting = 0;
  #bytes = 0;

  constructor(maker: FileMaker) {
    this.#maker = maker;
  }

  async add(line: string): Promise<void> {
    this.#lines.push(line);
    this.#waiting += line.length;
    if (this.#waiting >= BLOB_BYTES) await this.#flush();
  }

  /** The file's record; undefined when it has no line. */
  async end(filename: string, lifeS: number | null): Promise<FileRecord | undefined> {
    if (this.#waiting > 0) await this.#flush();
    if (this.#blobs.length === 0) return undefined;
    return makeFile(this.#maker, { filename, purpose: 'batch_output', lifeS }, this.#blobs, this.#bytes);
  }

  async #flush(): Promise<void> {
    const bytes = Buffer.from(this.#lines.map((line) => `${line}\n`).join(''));
    const id = await newId(this.#maker, 'blob_');
    await (await this.#maker.store()).writeBlob(id, bytes);
    this.#blobs.push(id);
    this.#bytes += bytes.length;
    this.#lines = [];
    this.#waiting = 0;
  }
}

/**
 * Makes the output file and the error file, in the order of the input.
 *
 * @param unmade - code and message for requests without an answer
 * @returns records of files whose content is kept; they are still to be put
 */
export async function makeOutput(
  maker: FileMaker,
  store: Store,
  batch: BatchRecord,
  requests: readonly BatchRequest[],
  unmade: readonly [code: string, message: string],
): Promise<{ output: FileRecord | undefined; errors: FileRecord | undefined }> {
  const output = new LineFile(maker);
  const errors = new LineFile(maker);
  for (const request of requests) {
    const result = await store.get(RESULTS, resultId(batch.id, request.index));
    if (result) await (result.failed ? errors : output).add(result.line);
    else await errors.add(lineOfUnmade(batch, request, ...unmade));
  }
  return {
    output: await output.end(`${batch.id}_output.jsonl`, batch.outputLifeS),
    errors: await errors.end(`${batch.id}_error.jsonl`, batch.outputLifeS),
  };
}
