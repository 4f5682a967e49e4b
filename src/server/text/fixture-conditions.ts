/** Whether a request is as a fixture wants it. */
import { isDeepStrictEqual } from 'node:util';
import type { FixtureMatch, FixtureRequest } from './fixtures.js';

/** Longest message that patterns are tried on: some take very long for long texts. */
export const MAX_PATTERN_TEXT = 20_000;

export type Condition = readonly [whatIsWrong: string, holds: boolean];

/** What a fixture asks for but `call`, with what is said when it does not hold. */
export const conditions = (match: FixtureMatch, ask: FixtureRequest): Condition[] => [
  ...messageConditions(match, ask),
  ...requestConditions(match, ask),
  ...schemaConditions(match, ask),
];

function messageConditions(match: FixtureMatch, { messages }: FixtureRequest): Condition[] {
  const latest = messages.at(-1);
  const text = latest?.text ?? '';
  const shown = shorten(text);
  const all: Condition[] = [];
  if (match.role !== undefined)
    all.push([`the latest role is "${latest?.role}", not "${match.role}"`, latest?.role === match.role]);
  if (match.message !== undefined) all.push([`the latest message is ${shown}`, text === match.message]);
  if (match.contains !== undefined) {
    const holds = text.toLowerCase().includes(match.contains.toLowerCase());
    all.push([`the latest message ${shown} does not contain "${match.contains}"`, holds]);
  }
  if (match.pattern !== undefined) {
    const holds = new RegExp(match.pattern, 'u').test(text.slice(0, MAX_PATTERN_TEXT));
    all.push([`the latest message ${shown} has no match of /${match.pattern}/`, holds]);
  }
  return all;
}

const shorten = (text: string): string => JSON.stringify(text.length > 80 ? `${text.slice(0, 79)}…` : text);

function requestConditions(
  match: FixtureMatch,
  { model, tools, headers, file }: FixtureRequest,
): Condition[] {
  const all: Condition[] = [];
  if (match.file !== undefined)
    all.push([`the file is "${file ?? ''}", not "${match.file}"`, file === match.file]);
  if (match.model !== undefined)
    all.push([`the model is "${model}", not "${match.model}"`, model === match.model]);
  if (match.tool !== undefined) all.push([`no tool "${match.tool}" is offered`, tools.includes(match.tool)]);
  for (const [name, value] of Object.entries(match.headers ?? {})) {
    // What was sent may be a secret: it is not said.
    all.push([
      `the header ${name.toLowerCase()} is not "${value}"`,
      headers?.get(name.toLowerCase()) === value,
    ]);
  }
  return all;
}

function schemaConditions(match: FixtureMatch, { schema }: FixtureRequest): Condition[] {
  const all: Condition[] = [];
  if (match.schemaName !== undefined) {
    const is = schema?.name === undefined ? 'has no name' : `is "${schema.name}"`;
    all.push([`the response schema ${is}, not "${match.schemaName}"`, schema?.name === match.schemaName]);
  }
  if (match.schema !== undefined)
    all.push(['the response schema does not have the given part', isPart(match.schema, schema?.schema)]);
  return all;
}

/** Whether all members of an object are in the other one, at every depth; all else must be equal. */
function isPart(part: unknown, whole: unknown): boolean {
  if (!isObject(part) || !isObject(whole)) return isDeepStrictEqual(part, whole);
  return Object.entries(part).every(([key, value]) => Object.hasOwn(whole, key) && isPart(value, whole[key]));
}

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
