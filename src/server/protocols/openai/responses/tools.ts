/** The tools of a response: functions that the client runs, and tools that the server runs itself. */
import * as z from 'zod';
import type { HostedCall } from '../../../../simulator/content/compose.js';
import type { ToolChoice, ToolSpec } from '../../../../simulator/content/tool-choice.js';
import { customFormat } from '../chat/tools.js';
import { invalid, missing, unsupported } from '../errors.js';
import { checkSchema } from '../schemas.js';
import { TOOL_WORDS } from '../tool-words.js';
import { toApiError } from '../validation.js';
import type { ResponseBody } from './body.js';

/** What a request says about tools. */
export interface ResponseTools {
  tools: readonly ToolSpec[];
  toolChoice: ToolChoice;
  hosted: readonly HostedCall[];
  /** Servers whose tools are listed first. */
  servers: readonly { label: string; tools: readonly string[] }[];
}

type RawTool = { type: string } & Readonly<Record<string, unknown>>;

/** Tools that the server runs, by what the user says that calls for them. */
const HOSTED: Readonly<Record<string, RegExp>> = TOOL_WORDS;

/** `web_search_preview_2025_03_11` is a web search too. */
const kindOf = (type: string): string => type.replace(/^web_search(?:_preview)?(?:_\d+)*$/, 'web_search');

const functionTool = z.looseObject({
  name: z
    .string()
    .min(1)
    .max(64)
    .regex(/^[a-zA-Z0-9_-]+$/),
  description: z.string().nullish(),
  parameters: z.record(z.string(), z.unknown()).nullish(),
  strict: z.boolean().nullish(),
});
const customTool = z.looseObject({
  name: z.string().min(1).max(64),
  description: z.string().nullish(),
  format: z
    .looseObject({ type: z.string(), definition: z.string().optional(), syntax: z.string().optional() })
    .nullish(),
});

/**
 * Reads tools and the choice among them.
 *
 * @param context - the user's latest words
 * @throws ApiError for what cannot be followed
 */
export function readTools({ tools: raw, tool_choice: choice }: ResponseBody, context: string): ResponseTools {
  const all = (raw ?? []) as RawTool[];
  const tools: ToolSpec[] = [];
  const kinds: string[] = [];
  const servers: { label: string; tools: string[] }[] = [];
  for (const [i, tool] of all.entries()) {
    const at = `tools[${i}]`;
    const kind = kindOf(tool.type);
    if (tool.type === 'function') tools.push(functionSpec(tool, i));
    else if (tool.type === 'custom') tools.push(customSpec(tool, i));
    else if (tool.type === 'mcp') servers.push(serverOf(tool, at));
    else if (kind in HOSTED) kinds.push(kind);
    else throw unsupported(`${at}.type`, `tools of type '${tool.type.slice(0, 100)}'`);
  }
  const chosen = readChoice(choice ?? 'auto', tools, kinds);
  return { ...chosen, hosted: hostedCalls(kinds, chosen.forced, chosen.toolChoice, tools, context), servers };
}

/** What the API shows of tools: functions with all their members. */
export const echoTools = ({ tools }: ResponseBody): object[] =>
  (tools ?? []).map((tool) =>
    tool.type === 'function' ? { parameters: null, strict: true, description: null, ...tool } : tool,
  );

function functionSpec(raw: RawTool, index: number): ToolSpec {
  const { name, description, parameters, strict } = checkAt(functionTool, raw, index);
  const schema = parameters ?? {};
  if (Object.keys(schema).length > 0) {
    checkSchema({ type: 'object', ...schema }, strict === true, {
      param: `tools[${index}].parameters`,
      what: `function '${name}'`,
      code: 'invalid_function_parameters',
    });
  }
  return { type: 'function', name, description: description ?? '', parameters: schema };
}

function customSpec(raw: RawTool, index: number): ToolSpec {
  const { name, description, format } = checkAt(customTool, raw, index);
  const grammar =
    format?.definition === undefined
      ? undefined
      : { definition: format.definition, syntax: format.syntax ?? '' };
  const pattern = customFormat(format && { type: format.type, grammar }, `tools[${index}].format`);
  return { type: 'custom', name, description: description ?? '', ...pattern };
}

function serverOf(raw: RawTool, at: string): { label: string; tools: string[] } {
  if (typeof raw.server_label !== 'string') throw missing(`${at}.server_label`);
  const allowed = raw.allowed_tools;
  const names = Array.isArray(allowed)
    ? allowed
    : ((allowed as { tool_names?: unknown } | null | undefined)?.tool_names ?? []);
  return { label: raw.server_label, tools: (names as unknown[]).filter((name) => typeof name === 'string') };
}

/** Errors have the path from the body's root. */
function checkAt<T>(schema: z.ZodType<T>, raw: RawTool, index: number): T {
  const parsed = schema.safeParse(raw);
  if (parsed.success) return parsed.data;
  const issues = parsed.error.issues.map((issue) => ({ ...issue, path: ['tools', index, ...issue.path] }));
  const tools: unknown[] = [];
  tools[index] = raw;
  throw toApiError(issues, { tools });
}

interface Chosen {
  tools: readonly ToolSpec[];
  toolChoice: ToolChoice;
  /** A tool of the server's that must be called. */
  forced: string | undefined;
}

function readChoice(
  choice: NonNullable<ResponseBody['tool_choice']>,
  tools: readonly ToolSpec[],
  kinds: readonly string[],
): Chosen {
  if (typeof choice === 'string') {
    if (choice === 'required' && tools.length + kinds.length === 0) {
      throw invalid('tool_choice', null, "Tool choice 'required' must be specified with 'tools' parameter.");
    }
    return { tools, toolChoice: choice, forced: undefined };
  }
  const { type, name, mode } = choice as RawTool;
  if (type === 'allowed_tools') {
    const allowed = Array.isArray(choice.tools) ? (choice.tools as RawTool[]) : [];
    const names = allowed.map((one) => one.name);
    return {
      tools: tools.filter((tool) => names.includes(tool.name)),
      toolChoice: mode === 'required' ? 'required' : 'auto',
      forced: undefined,
    };
  }
  if (type === 'function' || type === 'custom') {
    if (typeof name === 'string' && tools.some((tool) => tool.name === name))
      return { tools, toolChoice: { names: [name] }, forced: undefined };
    throw invalid(
      'tool_choice',
      null,
      `Tool choice '${String(name).slice(0, 100)}' not found in 'tools' parameter.`,
    );
  }
  const kind = kindOf(type);
  if (kinds.includes(kind)) return { tools, toolChoice: 'auto', forced: kind };
  throw invalid('tool_choice', null, `Tool choice '${type.slice(0, 100)}' not found in 'tools' parameter.`);
}

function hostedCalls(
  kinds: readonly string[],
  forced: string | undefined,
  choice: ToolChoice,
  tools: readonly ToolSpec[],
  context: string,
): HostedCall[] {
  if (choice === 'none') return [];
  const must = forced ?? (choice === 'required' && tools.length === 0 ? kinds[0] : undefined);
  const query = context.replaceAll(/\s+/g, ' ').trim().slice(0, 200) || 'anything';
  return [...new Set(kinds)]
    .filter((kind) => kind === must || (forced === undefined && HOSTED[kind]!.test(context)))
    .map((name) => ({ name, text: name === 'code_interpreter' ? `print(${JSON.stringify(query)})` : query }));
}
