/** The input of a batch: one request a line. */
import type { BatchProblem } from './batch-records.js';

/** One request. */
export interface BatchRequest {
  /** From 0. */
  index: number;
  customId: string;
  body: Record<string, unknown>;
}

/** What a file says: requests, or why it is refused. */
export interface BatchInput {
  requests: BatchRequest[];
  problems: BatchProblem[];
  model: string | null;
}

const MAX_REQUESTS = 50_000;
/** Problems beyond this are not listed. */
const MAX_PROBLEMS = 100;

/**
 * Reads an input file.
 *
 * @param endpoint - what all requests must be for
 */
export function readInput(content: Buffer, endpoint: string): BatchInput {
  const lines = content.toString('utf8').split('\n');
  const problems: BatchProblem[] = [];
  const requests: BatchRequest[] = [];
  const seen = new Set<string>();
  let model: string | null = null;
  for (const [index, text] of lines.entries()) {
    if (text.trim() === '') continue;
    if (problems.length >= MAX_PROBLEMS) break;
    const read = readLine(text, index, endpoint);
    const problem = 'code' in read ? read : check(read, seen, model);
    if (problem) problems.push({ ...problem, line: index + 1 });
    if ('code' in read) continue;
    seen.add(read.customId);
    model ??= modelOf(read);
    requests.push({ ...read, index: requests.length });
  }
  const whole = wholeProblem(requests.length, problems.length);
  return { requests, problems: whole ? [whole] : problems, model };
}

type Problem = Omit<BatchProblem, 'line'>;

const problem = (code: string, message: string, param: string | null = null): Problem => ({
  code,
  message,
  param,
});

const modelOf = ({ body }: BatchRequest): string | null =>
  typeof body['model'] === 'string' ? body['model'] : null;

function readLine(text: string, index: number, endpoint: string): BatchRequest | Problem {
  let line: unknown;
  try {
    line = JSON.parse(text);
  } catch {
    return problem('invalid_json_line', 'This line is not parseable as valid JSON.');
  }
  if (!isObject(line)) return problem('invalid_json_line', 'This line is not a JSON object.');
  const { custom_id: customId, method, url, body } = line;
  for (const name of ['custom_id', 'method', 'url', 'body']) {
    if (line[name] === undefined) {
      return problem('missing_required_parameter', `Missing required parameter: '${name}'.`, name);
    }
  }
  if (typeof customId !== 'string')
    return problem('invalid_type', "'custom_id' must be a string.", 'custom_id');
  if (method !== 'POST') return problem('invalid_method', "The 'method' must be POST.", 'method');
  if (url !== endpoint) {
    return problem(
      'invalid_url',
      'The URL provided for this request does not match the batch endpoint.',
      'url',
    );
  }
  if (!isObject(body)) return problem('invalid_request', "The 'body' must be a JSON object.", 'body');
  return { index, customId, body };
}

function check(request: BatchRequest, seen: ReadonlySet<string>, model: string | null): Problem | undefined {
  const { customId, body } = request;
  if (seen.has(customId)) {
    const message = `The custom_id '${customId.slice(0, 100)}' for this request is a duplicate of another request. The custom_id parameter must be unique for each request in a batch.`;
    return problem('duplicate_custom_id', message, 'custom_id');
  }
  if (body['stream'] === true) {
    return problem(
      'invalid_request',
      "Requests of a batch cannot be streamed: leave 'stream' out.",
      'body.stream',
    );
  }
  if (model !== null && modelOf(request) !== model) {
    return problem('mismatched_model', 'All requests of a batch must be for the same model.', 'body.model');
  }
  return undefined;
}

function wholeProblem(requests: number, problems: number): BatchProblem | undefined {
  if (requests > MAX_REQUESTS) {
    const message = `The input file has ${requests} requests; a batch can have at most ${MAX_REQUESTS}.`;
    return { ...problem('too_many_tasks', message), line: null };
  }
  if (requests > 0 || problems > 0) return undefined;
  return {
    ...problem(
      'empty_file',
      'The input file is empty. Please ensure that the batch contains at least one request.',
    ),
    line: null,
  };
}

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
