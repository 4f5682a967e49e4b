/** What an endpoint says in JSON: usage, and its own words when it refuses. */

/** Token counts that the server reported; a count that it did not report is absent. */
export interface Usage {
  inputTokens?: number;
  outputTokens?: number;
  /** Part of the output. */
  reasoningTokens?: number;
  /** Part of the input, read from the server's cache. */
  cachedTokens?: number;
}

/** Longest example of an error in the results. */
const MAX_EXAMPLE_CHARACTERS = 300;

export const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** Parses a JSON object; undefined for anything else. */
export function parseObject(text: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return isObject(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

/** The usage in a completion or in one of its chunks; undefined without both of its counts. */
export function usageOf(answer: Record<string, unknown>): Usage | undefined {
  const { usage } = answer;
  if (!isObject(usage)) return undefined;
  const { prompt_tokens: input, completion_tokens: output } = usage;
  if (!isCount(input) || !isCount(output)) return undefined;
  return usageFrom(
    input,
    output,
    memberOf(usage['completion_tokens_details'], 'reasoning_tokens'),
    memberOf(usage['prompt_tokens_details'], 'cached_tokens'),
  );
}

/** Usage of those values that are counts. */
export function usageFrom(input: unknown, output: unknown, reasoning?: unknown, cached?: unknown): Usage {
  const usage: Usage = {};
  if (isCount(input)) usage.inputTokens = input;
  if (isCount(output)) usage.outputTokens = output;
  if (isCount(reasoning)) usage.reasoningTokens = reasoning;
  if (isCount(cached)) usage.cachedTokens = cached;
  return usage;
}

/** A member of what may be an object. */
export const memberOf = (value: unknown, name: string): unknown =>
  isObject(value) ? value[name] : undefined;

export const isCount = (value: unknown): value is number =>
  typeof value === 'number' && Number.isSafeInteger(value) && value >= 0;

/** Whether an answer is a completion, going by the one member that all completions have. */
export const isCompletion = (answer: Record<string, unknown>): boolean => Array.isArray(answer['choices']);

/**
 * The server's own message in an error object: OpenAI's `{error: {message}}`, vLLM's `{object: "error", message}`, or
 * the `{error: "…"}`, `{message: "…"}` and `{detail: "…"}` of web frameworks.
 */
export function serverMessage(answer: Record<string, unknown>): string | undefined {
  const { error, message, detail } = answer;
  if (isObject(error) && typeof error['message'] === 'string') return error['message'];
  for (const text of [error, message, detail]) if (typeof text === 'string') return text;
  return isObject(error) ? JSON.stringify(error) : undefined;
}

/** Text fit for one line of a report: no control characters, white space squeezed, not too long. */
export function shorten(text: string, limit = MAX_EXAMPLE_CHARACTERS): string {
  // eslint-disable-next-line no-control-regex -- these are what is taken out
  const line = text.replace(/[\s\u0000-\u001f\u007f-\u009f]+/g, ' ').trim();
  return line.length <= limit ? line : `${line.slice(0, limit - 1)}…`;
}

/** Describes a refusal: the status, what the server said, and when to come back. */
export function describeRefusal(status: number, body: string, retryAfter: string | undefined): string {
  const answer = parseObject(body);
  const said = (answer && serverMessage(answer)) ?? body;
  const wait = retryAfter === undefined ? '' : ` (retry-after: ${retryAfter})`;
  const prefix = `HTTP ${status}${wait}`;
  return shorten(said.trim() === '' ? prefix : `${prefix}: ${said}`);
}
