/** Zod's findings in OpenAI's words. */
import type * as z from 'zod';
import { type ApiError, invalid, missing, unknownParameter, unsupportedValue } from './errors.js';
import type { Finding } from './finding.js';
import { FILE_PART } from './shape-fault.js';

type Issue = z.core.$ZodIssue;

/**
 * What a schema makes of a value.
 *
 * @throws ApiError 400 for the first thing that is wrong
 */
export function check<S extends z.ZodType>(schema: S, input: unknown): z.output<S> {
  const parsed = schema.safeParse(input);
  if (!parsed.success) throw toApiError(parsed.error.issues, input);
  return parsed.data;
}

/** {@link check} of a value inside of a body. Errors have its path from the body's root. */
export function checkAt<T>(schema: z.ZodType<T>, raw: unknown, at: string): T {
  const parsed = schema.safeParse(raw);
  if (parsed.success) return parsed.data;
  const path = (at.match(/[^.[\]]+/g) ?? []).map((key) => (/^\d+$/.test(key) ? Number(key) : key));
  const issues = parsed.error.issues.map((issue) => ({ ...issue, path: [...path, ...issue.path] }));
  throw toApiError(
    issues,
    path.reduceRight<unknown>((value, key) => ({ [key]: value }), raw),
  );
}

/** The error that OpenAI would answer for the first thing that is wrong. */
export function toApiError(issues: readonly Issue[], input: unknown): ApiError {
  // A misspelt name explains what is missing.
  const unknown = issues.find(({ code }) => code === 'unrecognized_keys');
  const issue = mostSpecific(unknown ?? issues[0]!);
  const param = paramOf(issue.path);
  const value = issue.path.reduce<unknown>(
    (at, key) => (at as Record<PropertyKey, unknown> | undefined)?.[key],
    input,
  );
  switch (issue.code) {
    case 'invalid_type':
    case 'invalid_union':
      return zodTypeError(param, issue.code === 'invalid_type' ? issue.expected : 'union', value);
    case 'invalid_value':
      return valueError(param, issue.values, value);
    case 'too_small':
    case 'too_big':
      return boundError(param, issue, value);
    case 'unrecognized_keys':
      return unknownParameter(paramOf([...issue.path, issue.keys[0]!]));
    case 'invalid_format':
      if (issue.format === 'regex') return patternError(param, issue.pattern ?? '');
      return invalid(param, 'invalid_value', `Invalid '${param}': ${issue.message}.`);
    default:
      return invalid(param, 'invalid_value', `Invalid '${param}': ${issue.message}.`);
  }
}

/** `messages[0].role` */
export const paramOf = (path: readonly PropertyKey[]): string =>
  path.reduce<string>((text, key) => {
    if (typeof key === 'number') return `${text}[${key}]`;
    return text === '' ? String(key) : `${text}.${String(key)}`;
  }, '');

/** Of a union, the branch that fits the value's own type says what is really wrong. */
function mostSpecific(issue: Issue): Issue {
  if (issue.code !== 'invalid_union') return issue;
  const branch = issue.errors.find((errors) => errors[0] !== undefined && errors[0].path.length > 0);
  const range = issue.errors.find(
    (errors) => errors[0]?.code === 'too_small' || errors[0]?.code === 'too_big',
  );
  const inner = (branch ?? range)?.[0];
  if (!inner) return issue;
  const found = mostSpecific(inner);
  return { ...found, path: [...issue.path, ...found.path] };
}

/** Parameters that need not be whole numbers. */
const DECIMALS = new Set([
  'temperature', 'top_p', 'presence_penalty', 'frequency_penalty', 'speed', 'min_p', 'top_a', 'typical_p',
  'repetition_penalty', 'length_penalty', 'ranking_options.score_threshold',
]); // prettier-ignore

const NAMES: Readonly<Record<string, string>> = {
  string: 'a string',
  number: 'a decimal',
  int: 'an integer',
  boolean: 'a boolean',
  array: 'an array',
  object: 'an object',
  record: 'an object',
  null: 'null',
  union: 'one of a string or array of objects',
};

function nameOf(value: unknown): string {
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'an array';
  if (value === FILE_PART) return 'a file';
  if (typeof value === 'number') return Number.isInteger(value) ? 'an integer' : 'a decimal number';
  return NAMES[typeof value] ?? typeof value;
}

function zodTypeError(param: string, expected: string, value: unknown): ApiError {
  const finding: Finding = { kind: 'type', types: [JSON_TYPES[expected] ?? expected], values: [], value };
  if (expected === 'array' && param.endsWith('.tool_calls'))
    return typeError(param, 'an array of objects', value, finding);
  const wanted = NAMES[expected === 'number' && !DECIMALS.has(param) ? 'int' : expected] ?? expected;
  return typeError(param, wanted, value, finding);
}

/** Names of types that zod calls by others. */
const JSON_TYPES: Readonly<Record<string, string>> = { int: 'integer', record: 'object', union: 'string' };

/**
 * A value of a type that its place does not have.
 *
 * @param wanted - what it has, with its article
 */
export function typeError(param: string, wanted: string, value: unknown, finding?: Finding): ApiError {
  if (value === undefined) return missing(param);
  const message = `Invalid type for '${param}': expected ${wanted}, but got ${nameOf(value)} instead.`;
  return invalid(param, 'invalid_type', message, finding);
}

function valueError(param: string, values: readonly unknown[], value: unknown): ApiError {
  if (value === undefined) return missing(param);
  return unsupportedValue(param, value, values);
}

type RangeIssue = Extract<Issue, { code: 'too_small' | 'too_big' }>;

function boundError(param: string, issue: RangeIssue, value: unknown): ApiError {
  const big = issue.code === 'too_big';
  const bound = Number(big ? issue.maximum : issue.minimum);
  if (Array.isArray(value)) return lengthError(param, { kind: 'array', big, bound }, value.length);
  // A number of a form is a text.
  if (typeof value === 'string' && issue.origin === 'string')
    return lengthError(param, { kind: 'string', big, bound }, value.length);
  return rangeError(param, { kind: DECIMALS.has(param) ? 'decimal' : 'integer', big, bound }, value);
}

/** What a number or a length is beyond. */
interface Bound<K extends string> {
  kind: K;
  /** It is too great for it, not too small. */
  big: boolean;
  bound: number;
}

/** Bounds of 64 bits are more than numbers can tell apart. */
const wholeText = (bound: number): string =>
  Math.abs(bound) >= 2 ** 63 ? (bound < 0 ? '-9223372036854775808' : '9223372036854775807') : String(bound);

/** A number beyond its bounds. */
export function rangeError(
  param: string,
  { kind, big, bound }: Bound<'decimal' | 'integer'>,
  value: unknown,
): ApiError {
  const code = `${kind}_${big ? 'above_max' : 'below_min'}_value`;
  const side = big ? 'above maximum' : 'below minimum';
  const message = `Invalid '${param}': ${kind} ${side} value. Expected a value ${big ? '<=' : '>='} ${wholeText(bound)}, but got ${String(value)} instead.`;
  return invalid(param, code, message, { kind: 'range', of: kind, big, bound, value });
}

/** A text or a list of a length beyond its bounds. */
export function lengthError(
  param: string,
  { kind, big, bound }: Bound<'array' | 'string'>,
  length: number,
): ApiError {
  const limit = `${big ? 'maximum' : 'minimum'} length ${bound}`;
  const one = kind === 'array' ? 'an array' : 'a string';
  const [code, what, got] =
    length === 0
      ? [`empty_${kind}`, `empty ${kind}`, `an empty ${kind}`]
      : [
          `${kind}_${big ? 'above_max' : 'below_min'}_length`,
          `${kind} too ${big ? 'long' : 'short'}`,
          `${one} with length ${length}`,
        ];
  const message = `Invalid '${param}': ${what}. Expected ${one} with ${limit}, but got ${got} instead.`;
  return invalid(param, code, message, { kind: 'length', of: kind, big, bound, length });
}

/** A text that is not of a pattern. */
export const patternError = (param: string, pattern: string): ApiError =>
  invalid(
    param,
    'invalid_value',
    `Invalid '${param}': string does not match pattern. Expected a string that matches the pattern '${pattern.replace(/^\/(.*)\/$/, '$1')}'.`,
  );
