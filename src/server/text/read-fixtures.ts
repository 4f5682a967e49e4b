/** Fixtures from files: JSON or YAML, each a list. */
import { readdir, readFile, stat } from 'node:fs/promises';
import { extname, join } from 'node:path';
import * as z from 'zod';
import { FakeaiError, messageOf } from '../../lib/errors.js';
import type { Fixture } from './fixtures.js';

const EXTENSIONS = new Set(['.json', '.yaml', '.yml']);
/** Most fixtures. */
const MAX_FIXTURES = 10_000;

const pattern = z.string().refine((text) => {
  try {
    return new RegExp(text, 'u') instanceof RegExp;
  } catch {
    return false;
  }
}, 'is not a regular expression');

const answer = z.union([
  z.string().transform((text) => ({ text })),
  z.strictObject({
    text: z.string().optional(),
    reasoning: z.string().optional(),
    refusal: z.string().optional(),
    toolCalls: z
      .array(z.strictObject({ name: z.string(), arguments: z.unknown() }))
      .min(1)
      .optional(),
    error: z
      .strictObject({
        status: z.int().min(400).max(599),
        message: z.string(),
        type: z.string().optional(),
        code: z.string().optional(),
      })
      .optional(),
  }),
]);

const fixture = z.strictObject({
  match: z.strictObject({
    model: z.string().optional(),
    message: z.string().optional(),
    contains: z.string().optional(),
    pattern: pattern.optional(),
    role: z.string().optional(),
    tool: z.string().optional(),
  }),
  answer,
});
const file = z.array(fixture).max(MAX_FIXTURES);

/**
 * Reads files, and all files of folders in the order of their names.
 *
 * @throws FakeaiError FAKEAI_FIXTURES_INVALID
 */
export async function readFixtures(paths: readonly string[]): Promise<Fixture[]> {
  const all: Fixture[] = [];
  for (const path of paths) {
    try {
      for (const name of await filesOf(path)) all.push(...(await readOne(name)));
    } catch (error) {
      throw new FakeaiError('FAKEAI_FIXTURES_INVALID', { path, problem: messageOf(error) }, { cause: error });
    }
  }
  return all;
}

async function filesOf(path: string): Promise<string[]> {
  if (!(await stat(path)).isDirectory()) return [path];
  const names = await readdir(path);
  return names
    .filter((name) => EXTENSIONS.has(extname(name)))
    .sort()
    .map((name) => join(path, name));
}

async function readOne(path: string): Promise<Fixture[]> {
  const text = await readFile(path, 'utf8');
  const { parse } = await import('yaml');
  const parsed = file.safeParse(extname(path) === '.json' ? JSON.parse(text) : parse(text));
  if (parsed.success) return parsed.data.map((one, i) => ({ name: `${path}#${i + 1}`, ...one }));
  const [issue] = parsed.error.issues;
  throw new Error(`${path}: ${issue!.path.join('.')}: ${issue!.message}`);
}
