/** Training files: how many examples and tokens they have, or what is wrong with them. */
import type { TokenCounter } from '../../../../lib/tokens/counter.js';

/** What a training file holds. */
export interface TrainingData {
  examples: number;
  tokens: number;
  /** Why the file is refused. */
  problem: string | null;
}

const MIN_EXAMPLES = 10;

/** Reads a file line by line; the first thing that is wrong ends it. */
export function readTraining(content: Buffer, method: string, counter: TokenCounter): TrainingData {
  let examples = 0;
  let tokens = 0;
  const refuse = (problem: string): TrainingData => ({ examples, tokens, problem });
  for (const [index, line] of content.toString('utf8').split('\n').entries()) {
    if (line.trim() === '') continue;
    const problem = problemOf(line, method);
    if (problem !== undefined) return refuse(`Invalid file format. Line ${index + 1}: ${problem}`);
    examples++;
    tokens += counter.count(line);
  }
  if (examples >= MIN_EXAMPLES) return { examples, tokens, problem: null };
  return refuse(
    `The job failed due to an invalid training file. Training file has ${examples} example(s), but must have at least ${MIN_EXAMPLES} examples.`,
  );
}

function problemOf(line: string, method: string): string | undefined {
  let example: unknown;
  try {
    example = JSON.parse(line);
  } catch {
    return 'it is not valid JSON.';
  }
  if (!isObject(example)) return 'it is not a JSON object.';
  if (method === 'dpo') {
    const missing = ['input', 'preferred_output', 'non_preferred_output'].find((key) => !(key in example));
    return missing && `the key "${missing}" is missing.`;
  }
  const { messages } = example;
  if (!Array.isArray(messages) || messages.length === 0)
    return 'the key "messages" must be a list of messages.';
  if (!messages.every((one) => isObject(one) && typeof one['role'] === 'string')) {
    return 'every message needs a "role".';
  }
  const isAnswered = messages.some((one: Record<string, unknown>) => one['role'] === 'assistant');
  return method === 'supervised' && !isAnswered ? 'it has no message of the role "assistant".' : undefined;
}

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
