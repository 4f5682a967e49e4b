/** Answers of fixtures that repeat parts of the request: `{{message}}`, `{{match.1}}`, `{{header.x-tenant}}`. */
import { MAX_PATTERN_TEXT } from './fixture-conditions.js';
import type { FixtureAnswer, FixtureMatch, FixtureRequest } from './fixtures.js';

/** Most characters of one text once it is filled in. */
const MAX_CHARACTERS = 1_000_000;
const PLACE = /\{\{\s*([^{}]{0,200}?)\s*\}\}/g;
const KINDS = '`message`, `role`, `model`, `match.N`, `match.NAME` and `header.NAME`';

/** The texts of an answer, for one request or for none. */
type Fill = (text: string) => string;

/**
 * Looks whether all places of an answer can be filled in.
 *
 * @returns what is wrong; undefined when nothing is
 */
export function templateProblem(match: FixtureMatch, answer: FixtureAnswer): string | undefined {
  let problem: string | undefined;
  filledIn(answer, (text) => {
    for (const [, name = ''] of text.matchAll(PLACE)) problem ??= problemOf(name, match);
    return text;
  });
  return problem;
}

function problemOf(name: string, { pattern }: FixtureMatch): string | undefined {
  if (/^(?:message|role|model|header\.[^\s.]+)$/.test(name)) return undefined;
  const group = /^match\.(\w+)$/.exec(name)?.[1];
  if (group === undefined) return `{{${name}}} is none of ${KINDS}`;
  if (pattern === undefined) return `{{${name}}} needs a pattern to match`;
  // With an empty branch beside it every expression matches, and tells its groups.
  const { length, groups = {} } = new RegExp(`${pattern}|`, 'u').exec('')!;
  const exists = /^\d+$/.test(group) ? Number(group) < length : Object.hasOwn(groups, group);
  return exists ? undefined : `{{${name}}} names no group of the pattern`;
}

/** An answer with its places filled in from a request that its fixture matches. */
export function answerFor(answer: FixtureAnswer, match: FixtureMatch, ask: FixtureRequest): FixtureAnswer {
  const latest = ask.messages.at(-1);
  const text = latest?.text ?? '';
  const matched =
    match.pattern === undefined ? null : new RegExp(match.pattern, 'u').exec(text.slice(0, MAX_PATTERN_TEXT));
  const valueOf = (name: string): string => {
    const [kind, key = ''] = name.split('.');
    if (kind === 'message') return text;
    if (kind === 'role') return latest?.role ?? '';
    if (kind === 'model') return ask.model;
    if (kind === 'header') return ask.headers?.get(key.toLowerCase()) ?? '';
    return (/^\d+$/.test(key) ? matched?.[Number(key)] : matched?.groups?.[key]) ?? '';
  };
  return filledIn(answer, (template) => {
    let room = MAX_CHARACTERS;
    return template.replaceAll(PLACE, (_, name: string) => {
      const value = valueOf(name).slice(0, room);
      room -= value.length;
      return value;
    });
  });
}

function filledIn(answer: FixtureAnswer, fill: Fill): FixtureAnswer {
  const { text, reasoning, refusal, toolCalls, error } = answer;
  return {
    ...answer,
    text: text && fill(text),
    reasoning: reasoning && fill(reasoning),
    refusal: refusal && fill(refusal),
    toolCalls: toolCalls?.map(({ name, arguments: given }) => ({ name, arguments: deep(given, fill) })),
    error: error && { ...error, message: fill(error.message) },
  };
}

/** All strings within a value, at every depth; names of members stay. */
function deep(value: unknown, fill: Fill): unknown {
  if (typeof value === 'string') return fill(value);
  if (Array.isArray(value)) return value.map((one) => deep(one, fill));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, one]) => [key, deep(one, fill)]));
}
