/** Prompt templates from files: JSON or YAML, each one template or a list of them. */
import * as z from 'zod';
import { FakeaiError, messageOf } from '../../lib/errors.js';
import { dataFilesOf, readDataFile } from '../data-files.js';
import type { PromptTemplate, PromptVersion } from './prompt-templates.js';

/** Most templates, and most versions of one. */
const MAX_TEMPLATES = 10_000;
const MAX_VERSIONS = 1000;

/** Parameters of a response that a prompt can have, as OpenAI's dashboard sets them. */
const PARAMETERS = {
  model: z.string().optional(),
  tools: z.array(z.looseObject({ type: z.string() })).optional(),
  tool_choice: z.unknown().optional(),
  parallel_tool_calls: z.boolean().optional(),
  max_tool_calls: z.int().optional(),
  text: z.looseObject({}).optional(),
  reasoning: z.looseObject({}).optional(),
  max_output_tokens: z.int().optional(),
  temperature: z.number().optional(),
  top_p: z.number().optional(),
  top_logprobs: z.int().optional(),
  truncation: z.string().optional(),
  include: z.array(z.string()).optional(),
  service_tier: z.string().optional(),
};

/** YAML takes `version: 2` for a number. */
const name = z.union([z.string().min(1).max(100), z.int().transform(String)]);
const part = z.looseObject({ type: z.string() });
const message = z.strictObject({
  role: z.enum(['system', 'developer', 'user', 'assistant']),
  content: z.union([z.string(), z.array(part).min(1)]),
});
const contents = {
  instructions: z.string().optional(),
  messages: z.array(message).max(1000).default([]),
  ...PARAMETERS,
};
const version = z.strictObject({ version: name, ...contents });
const id = z.string().min(1).max(200);
const template = z.union([
  z.strictObject({ id, default: name.optional(), versions: z.array(version).min(1).max(MAX_VERSIONS) }),
  // A template with one version only need not say so.
  z.strictObject({ id, version: name.default('1'), ...contents }),
]);
const file = z.union([z.array(template).max(MAX_TEMPLATES), template.transform((one) => [one])]);

type Raw = z.output<typeof template>;
type RawVersion = z.output<typeof version>;

/**
 * Reads files, and all files of folders in the order of their names; ids are unique over all of them.
 *
 * @throws FakeaiError FAKEAI_PROMPTS_INVALID
 */
export async function readPrompts(paths: readonly string[]): Promise<PromptTemplate[]> {
  const all = new Map<string, PromptTemplate>();
  for (const path of paths) {
    try {
      for (const one of await dataFilesOf(path)) await readInto(all, one);
    } catch (error) {
      throw new FakeaiError('FAKEAI_PROMPTS_INVALID', { path, problem: messageOf(error) }, { cause: error });
    }
  }
  return [...all.values()];
}

async function readInto(all: Map<string, PromptTemplate>, path: string): Promise<void> {
  const parsed = file.safeParse(await readDataFile(path));
  if (!parsed.success) throw new Error(`${path}: ${whatIsWrong(parsed.error.issues[0]!)}`);
  for (const raw of parsed.data) {
    if (all.has(raw.id)) throw new Error(`${path}: there are two prompts with the id '${raw.id}'`);
    all.set(raw.id, await checked(templateOf(raw), path));
  }
}

/** Of alternatives, what is wrong with the one that came furthest says most. */
function whatIsWrong(issue: z.core.$ZodIssue): string {
  if (issue.code !== 'invalid_union') return `${issue.path.join('.')}: ${issue.message}`;
  const found = issue.errors.flatMap((errors) =>
    errors.slice(0, 1).map((one) => ({ ...one, path: [...issue.path, ...one.path] })),
  );
  const deepest = found.reduce<z.core.$ZodIssue | undefined>(
    (best, one) => (best && best.path.length >= one.path.length ? best : one),
    undefined,
  );
  return deepest ? whatIsWrong(deepest) : issue.message;
}

function templateOf(raw: Raw): PromptTemplate {
  if (!('versions' in raw)) return { id: raw.id, current: raw.version, versions: [versionOf(raw)] };
  const versions = raw.versions.map(versionOf);
  return { id: raw.id, current: raw.default ?? versions.at(-1)!.version, versions };
}

function versionOf({ version: called, instructions, messages, ...rest }: RawVersion): PromptVersion {
  const { id: _id, ...parameters } = rest as typeof rest & { id?: string };
  return {
    version: called,
    instructions,
    messages: messages.map(({ role, content }) => ({
      role,
      content:
        typeof content === 'string'
          ? [{ type: role === 'assistant' ? 'output_text' : 'input_text', text: content }]
          : content,
    })),
    parameters,
  };
}

/** What a request could not say is refused now, where somebody reads the error. */
async function checked(found: PromptTemplate, path: string): Promise<PromptTemplate> {
  const { readResponseBody } = await import('../protocols/openai/responses/body.js');
  const names = found.versions.map((one) => one.version);
  if (new Set(names).size < names.length)
    throw new Error(`${path}: '${found.id}' has two versions of one name`);
  if (!names.includes(found.current))
    throw new Error(`${path}: '${found.id}' has no version '${found.current}'`);
  for (const { version: called, parameters } of found.versions) {
    try {
      readResponseBody({ model: 'any', input: 'any', ...parameters });
    } catch (error) {
      throw new Error(`${path}: '${found.id}', version ${called}: ${messageOf(error)}`, { cause: error });
    }
  }
  return found;
}
