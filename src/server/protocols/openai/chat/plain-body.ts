/**
 * The bodies that most clients send, recognized without a schema: texts as messages, and the parameters that need no reading
 * beyond their type and range. What is accepted here the schema of body.ts accepts with the same result; whatever else there is
 * goes that way. It takes a tenth of the time: docs/adr/0003-http-layer.md.
 */
import type { BaseBody } from './body.js';

/** Roles of messages that are plain. */
export const PLAIN_ROLES = ['system', 'developer', 'user', 'assistant'] as const;
const ROLES = new Set<unknown>(PLAIN_ROLES);
const MAX_CHOICES = 128;

type Check = (value: unknown) => boolean;

const isText: Check = (value) => typeof value === 'string';
const isFlag: Check = (value) => typeof value === 'boolean';
const isInteger: Check = (value) => Number.isSafeInteger(value);
const between =
  (min: number, max: number): Check =>
  (value) =>
    typeof value === 'number' && value >= min && value <= max;
const integer =
  (min: number, max = Number.MAX_SAFE_INTEGER): Check =>
  (value) =>
    isInteger(value) && between(min, max)(value);

function isMessages(value: unknown): boolean {
  return Array.isArray(value) && value.length > 0 && value.every(isPlainMessage);
}

/** A role and a text, and nothing else. */
function isPlainMessage(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return false;
  let members = 0;
  for (const _ in value) members++;
  const { role, content } = value as { role?: unknown; content?: unknown };
  return members === 2 && typeof content === 'string' && ROLES.has(role);
}

/** Parameters by name. The schema takes null for most of them; few send it. */
const CHECKS: ReadonlyMap<string, Check> = new Map([
  ['model', isText],
  ['messages', isMessages],
  ['stream', isFlag],
  ['n', integer(1, MAX_CHOICES)],
  ['max_tokens', integer(1)],
  ['max_completion_tokens', integer(1)],
  ['min_tokens', integer(0)],
  ['ignore_eos', isFlag],
  ['seed', isInteger],
  ['temperature', between(0, 2)],
  ['top_p', between(0, 1)],
  ['user', isText],
]);

/**
 * The body itself, when it is a plain one; undefined when only the schema can tell.
 *
 * @param input - not to be changed
 */
export function plainBody(input: Readonly<Record<string, unknown>>): BaseBody | undefined {
  for (const name in input) if (!CHECKS.get(name)?.(input[name])) return undefined;
  if (input.model === undefined || input.messages === undefined) return undefined;
  return input as unknown as BaseBody;
}

/** Parameters of plain bodies, by their places. */
export const PLAIN_NAMES = [...CHECKS.keys()];
const checks = [...CHECKS.values()];

/**
 * Whether a value is one that a parameter of plain bodies has.
 *
 * @param place - in {@link PLAIN_NAMES}
 */
export const isPlainValue = (place: number, value: unknown): boolean => checks[place]!(value);

/** The plain body with these values, in the order of {@link PLAIN_NAMES}; undefined when one that each must have is missing. */
export function plainBodyOf(values: readonly unknown[]): BaseBody | undefined {
  if (values[0] === undefined || values[1] === undefined) return undefined;
  // One shape for all: whoever reads them finds each parameter at its place.
  return {
    model: values[0],
    messages: values[1],
    stream: values[2],
    n: values[3],
    max_tokens: values[4],
    max_completion_tokens: values[5],
    min_tokens: values[6],
    ignore_eos: values[7],
    seed: values[8],
    temperature: values[9],
    top_p: values[10],
    user: values[11],
  } as BaseBody;
}
