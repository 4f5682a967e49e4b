/** Fixtures from files: JSON or YAML, each a list. */
import * as z from 'zod';
import { parseDurationMs } from '../../lib/duration.js';
import { FakeaiError, messageOf } from '../../lib/errors.js';
import { CATEGORIES } from '../../simulator/moderation/rules.js';
import { dataFilesOf, readDataFile } from '../data-files.js';
import { templateProblem } from './fixture-template.js';
import { type Fixture, FIXTURE_ENDPOINTS, type FixtureEndpoint } from './fixtures.js';

/** Most fixtures. */
const MAX_FIXTURES = 10_000;
/** Longest vector. */
const MAX_DIMENSIONS = 100_000;
/** Longest time that an answer can take to begin, or to go on. */
const MAX_MS = 3_600_000;

const pattern = z.string().refine((text) => {
  try {
    return new RegExp(text, 'u') instanceof RegExp;
  } catch {
    return false;
  }
}, 'is not a regular expression');

/** Milliseconds, or with a unit such as `1.5s`. */
const duration = z.union([z.number(), z.string()]).transform((given, { issues }) => {
  const ms = parseDurationMs(given, 'ms');
  if (ms !== undefined && ms >= 0 && ms <= MAX_MS) return ms;
  const message = 'is not a duration of up to an hour, such as 250ms';
  issues.push({ code: 'custom', input: given, message });
  return z.NEVER;
});

const headerName = z.string().regex(/^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/, 'is not the name of a header');
const headerValue = z
  .union([z.string(), z.number().transform(String)])
  .pipe(z.string().regex(/^[\t\x20-\x7e]*$/, 'is not the value of a header'));
const headers = z.record(headerName, headerValue);
/** Those that say how the answer is sent. */
const OWN_HEADERS = /^(?:content-length|content-type|transfer-encoding|connection)$/i;

const answer = z.union([
  z.string().transform((text) => ({ text })),
  z.strictObject({
    template: z.boolean().optional(),
    text: z.string().optional(),
    reasoning: z.string().optional(),
    refusal: z.string().optional(),
    toolCalls: z
      .array(z.strictObject({ name: z.string(), arguments: z.unknown() }))
      .min(1)
      .optional(),
    scores: z.partialRecord(z.enum(CATEGORIES), z.number().min(0).max(1)).optional(),
    embedding: z.array(z.number()).min(1).max(MAX_DIMENSIONS).optional(),
    delay: duration.optional(),
    ttft: duration.optional(),
    itl: duration.optional(),
    error: z
      .strictObject({
        status: z.int().min(400).max(599),
        message: z.string(),
        type: z.string().optional(),
        code: z.string().optional(),
        headers: headers
          .refine(
            (given) => !Object.keys(given).some((name) => OWN_HEADERS.test(name)),
            'has a header of the server',
          )
          .optional(),
      })
      .optional(),
  }),
]);

const written = z.strictObject({
  match: z.strictObject({
    endpoint: z.enum(FIXTURE_ENDPOINTS).optional(),
    file: z.string().optional(),
    model: z.string().optional(),
    message: z.string().optional(),
    contains: z.string().optional(),
    pattern: pattern.optional(),
    role: z.string().optional(),
    tool: z.string().optional(),
    headers: headers.optional(),
    schemaName: z.string().optional(),
    schema: z.record(z.string(), z.unknown()).optional(),
    call: z.int().min(1).optional(),
  }),
  answer,
});

/** Parts of `match` and of `answer` that not every endpoint has. */
const OWN_MATCH = ['role', 'tool', 'schemaName', 'schema', 'file'];
const OWN_ANSWER = ['text', 'reasoning', 'refusal', 'toolCalls', 'scores', 'embedding'];
const OWN_PARTS: Readonly<Record<FixtureEndpoint, readonly string[]>> = {
  text: ['role', 'tool', 'schemaName', 'schema', 'text', 'reasoning', 'refusal', 'toolCalls'],
  transcriptions: ['file', 'text'],
  moderations: ['scores'],
  embeddings: ['embedding'],
  images: [],
  speech: [],
};

const fixture = written.check(({ value, issues }) => {
  const { match, answer: said } = value;
  const wrong = (part: 'match' | 'answer', message: string): void => {
    issues.push({ code: 'custom', input: value, path: [part], message });
  };
  const { endpoint = 'text' } = match;
  const strangers = (part: object, own: readonly string[]): string[] =>
    Object.keys(part).filter((key) => own.includes(key) && !OWN_PARTS[endpoint].includes(key));
  for (const key of strangers(match, OWN_MATCH))
    wrong('match', `${key} is not for the endpoint "${endpoint}"`);
  for (const key of strangers(said, OWN_ANSWER))
    wrong('answer', `${key} is not for the endpoint "${endpoint}"`);
  const problem = 'template' in said && said.template ? templateProblem(match, said) : undefined;
  if (problem !== undefined) wrong('answer', problem);
});
const file = z.array(fixture).max(MAX_FIXTURES);

/** A fixture as people write it, in a file or in a program. */
export type FixtureInput = z.input<typeof fixture>;

/**
 * Fixtures that a program gives.
 *
 * @param from - who gives them, for people
 * @throws FakeaiError FAKEAI_FIXTURES_INVALID
 */
export function checkFixtures(given: readonly FixtureInput[], from: string): Fixture[] {
  return named(given, from);
}

/**
 * Reads files, and all files of folders in the order of their names.
 *
 * @throws FakeaiError FAKEAI_FIXTURES_INVALID
 */
export async function readFixtures(paths: readonly string[]): Promise<Fixture[]> {
  const all: Fixture[] = [];
  for (const path of paths) {
    for (const name of await readable(path, dataFilesOf(path)))
      all.push(...named(await readable(name, readDataFile(name)), name));
  }
  return all;
}

async function readable<T>(path: string, reading: Promise<T>): Promise<T> {
  try {
    return await reading;
  } catch (error) {
    throw new FakeaiError('FAKEAI_FIXTURES_INVALID', { path, problem: messageOf(error) }, { cause: error });
  }
}

function named(given: unknown, path: string): Fixture[] {
  const parsed = file.safeParse(given);
  if (parsed.success) return parsed.data.map((one, i) => ({ name: `${path}#${i + 1}`, ...one }));
  throw new FakeaiError('FAKEAI_FIXTURES_INVALID', whereIn(path, parsed.error.issues[0]!));
}

/** Names a fixture as messages do: by its file and number, from 1 on. */
function whereIn(path: string, issue: z.core.$ZodIssue): { path: string; problem: string } {
  const [index, ...rest] = issue.path;
  if (index === undefined) return { path, problem: 'must be a list of fixtures, each with match and answer' };
  const deeper = deepest(issue);
  const place = [...rest, ...deeper.path.slice(issue.path.length)].join('.');
  return { path: `${path}#${Number(index) + 1}`, problem: `${place ? `${place}: ` : ''}${deeper.message}` };
}

/** Of an answer, which may be a text or an object, what is wrong with the object if it is one. */
function deepest(issue: z.core.$ZodIssue): z.core.$ZodIssue {
  if (issue.code !== 'invalid_union') return issue;
  const branches = issue.errors.map((branch) => branch[0]).filter((one) => one !== undefined);
  const inner = branches.find((one) => one.code !== 'invalid_type' || one.path.length > 0);
  return inner ? { ...deepest(inner), path: [...issue.path, ...deepest(inner).path] } : issue;
}
