/** Zod's findings in OpenAI's words. */
import type * as z from 'zod';
import { type ApiError, invalid, missing, unknownParameter } from './errors.js';

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
      return typeError(param, issue.code === 'invalid_type' ? issue.expected : 'union', value);
    case 'invalid_value':
      return valueError(param, issue.values, value);
    case 'too_small':
    case 'too_big':
      return rangeError(param, issue, value);
    case 'unrecognized_keys':
      return unknownParameter(paramOf([...issue.path, issue.keys[0]!]));
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
const DECIMALS = new Set(['temperature', 'top_p', 'presence_penalty', 'frequency_penalty']);

const NAMES: Readonly<Record<string, string>> = {
  string: 'a string',
  number: 'a decimal',
  int: 'an integer',
  boolean: 'a boolean',
  array: 'an array',
  object: 'an object',
  record: 'an object',
  null: 'null',
  union: 'a string or an array',
};

function nameOf(value: unknown): string {
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'an array';
  if (typeof value === 'number') return Number.isInteger(value) ? 'an integer' : 'a decimal number';
  return NAMES[typeof value] ?? typeof value;
}

function typeError(param: string, expected: string, value: unknown): ApiError {
  if (value === undefined) return missing(param);
  const wanted = NAMES[expected === 'number' && !DECIMALS.has(param) ? 'int' : expected] ?? expected;
  const message = `Invalid type for '${param}': expected ${wanted}, but got ${nameOf(value)} instead.`;
  return invalid(param, 'invalid_type', message);
}

function valueError(param: string, values: readonly unknown[], value: unknown): ApiError {
  if (value === undefined) return missing(param);
  const supported = values.map((one) => `'${String(one)}'`).join(', ');
  const shown = JSON.stringify(value).slice(0, 100);
  return invalid(param, 'invalid_value', `Invalid value: ${shown}. Supported values are: ${supported}.`);
}

function rangeError(
  param: string,
  issue: Extract<Issue, { code: 'too_small' | 'too_big' }>,
  value: unknown,
): ApiError {
  const big = issue.code === 'too_big';
  const bound = big ? `<= ${issue.maximum}` : `>= ${issue.minimum}`;
  // A number of a form is a text.
  if (Array.isArray(value) || (typeof value === 'string' && issue.origin === 'string')) {
    const kind = Array.isArray(value) ? 'array' : 'string';
    const code = value.length === 0 ? `empty_${kind}` : `${kind}_${big ? 'above_max' : 'below_min'}_length`;
    const what = value.length === 0 ? 'empty' : big ? 'too long' : 'too short';
    const message = `Invalid '${param}': ${kind} ${what}. Expected a length ${bound}, but got ${value.length} instead.`;
    return invalid(param, code, message.replace(`${kind} empty`, `empty ${kind}`));
  }
  const kind = DECIMALS.has(param) ? 'decimal' : 'integer';
  const code = `${kind}_${big ? 'above_max' : 'below_min'}_value`;
  const side = big ? 'above maximum' : 'below minimum';
  return invalid(
    param,
    code,
    `Invalid '${param}': ${kind} ${side} value. Expected a value ${bound}, but got ${String(value)} instead.`,
  );
}
