/** Training files: how many examples and tokens they have, or what is wrong with them, line by line. */
import type { TokenCounter } from '../../../../lib/tokens/counter.js';
import { isObject } from '../../../../simulator/content/json/schema.js';
import type { JobMethod } from './job-records.js';

/** What a training file holds. */
export interface TrainingData {
  examples: number;
  tokens: number;
  /** Why the file is refused. */
  problem: string | null;
  /** It has nothing wrong in it but that there are too few examples. */
  isTooShort?: true;
}

const MIN_EXAMPLES = 10;
/** Bad lines that are named. */
const MAX_NAMED = 5;
const ROLES: readonly unknown[] = ['system', 'developer', 'user', 'assistant', 'tool', 'function'];

/**
 * Reads a file line by line.
 *
 * @param what - what the file is, such as `training file`
 */
export function readTraining(
  content: Buffer,
  method: JobMethod,
  counter: TokenCounter,
  what = 'training file',
): TrainingData {
  let examples = 0;
  let tokens = 0;
  let bad = 0;
  const named: string[] = [];
  for (const [index, line] of content.toString('utf8').split('\n').entries()) {
    if (line.trim() === '') continue;
    const problem = problemOf(line, method);
    examples++;
    if (problem === undefined) tokens += counter.count(line);
    else if (++bad <= MAX_NAMED) named.push(`Line ${index + 1}: ${problem}`);
  }
  if (bad > 0) {
    const more = bad > MAX_NAMED ? ` (and ${bad - MAX_NAMED} more lines)` : '';
    return { examples, tokens, problem: `Invalid file format. ${named.join(' ')}${more}` };
  }
  if (examples >= MIN_EXAMPLES || what !== 'training file') return { examples, tokens, problem: null };
  const problem = `Training file has ${examples} example(s), but must have at least ${MIN_EXAMPLES} examples`;
  return { examples, tokens, problem, isTooShort: true };
}

function problemOf(line: string, method: JobMethod): string | undefined {
  let example: unknown;
  try {
    example = JSON.parse(line);
  } catch {
    return 'it is not valid JSON.';
  }
  if (!isObject(example)) return 'it is not a JSON object.';
  if (method === 'dpo') return preferenceProblem(example);
  const { messages } = example;
  const problem = messagesProblem(messages, 'messages');
  if (problem !== undefined) return problem;
  const roles = (messages as { role: string }[]).map(({ role }) => role);
  if (method === 'reinforcement') {
    return roles.at(-1) === 'assistant'
      ? 'the last message must not be of the role "assistant": the model is to say it.'
      : undefined;
  }
  if (!roles.includes('assistant')) return 'it has no message of the role "assistant".';
  return roles.at(-1) === 'assistant' ? undefined : 'the last message must be of the role "assistant".';
}

function preferenceProblem(example: Record<string, unknown>): string | undefined {
  const keys = ['input', 'preferred_output', 'non_preferred_output'];
  const missing = keys.find((key) => !(key in example));
  if (missing !== undefined) return `the key "${missing}" is missing.`;
  const { input } = example;
  const problem = messagesProblem(isObject(input) ? input['messages'] : undefined, 'input.messages');
  if (problem !== undefined) return problem;
  for (const key of keys.slice(1)) {
    const output = messagesProblem(example[key], key);
    if (output !== undefined) return output;
    const roles = (example[key] as { role: string }[]).map(({ role }) => role);
    if (!roles.includes('assistant')) return `"${key}" has no message of the role "assistant".`;
  }
  return undefined;
}

function messagesProblem(messages: unknown, key: string): string | undefined {
  if (!Array.isArray(messages) || messages.length === 0)
    return `the key "${key}" must be a list of messages.`;
  for (const [i, message] of messages.entries()) {
    const at = `${key}[${i}]`;
    if (!isObject(message) || typeof message['role'] !== 'string') return `${at} needs a "role".`;
    const { role, content, weight } = message;
    if (!ROLES.includes(role)) return `${at} has the unknown role "${role.slice(0, 50)}".`;
    const isCall = role === 'assistant' && ('tool_calls' in message || 'function_call' in message);
    if (!isCall && typeof content !== 'string' && !Array.isArray(content))
      return `${at} needs a "content", a text or a list of parts.`;
    if (weight !== undefined && weight !== 0 && weight !== 1) return `the "weight" of ${at} must be 0 or 1.`;
  }
  return undefined;
}
