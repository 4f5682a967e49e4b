/** The tools of a response: functions that the client runs, and tools that the server runs itself. */
import * as z from 'zod';
import type { ToolChoice, ToolSpec } from '../../../../simulator/content/tool-choice.js';
import { customFormat } from '../chat/tools.js';
import { functionFields } from '../common-fields.js';
import { invalid, missing, unsupported } from '../errors.js';
import { checkSchema } from '../schemas.js';
import { TOOL_WORDS } from '../tool-words.js';
import { toApiError } from '../validation.js';
import type { ResponseBody } from './body.js';
import {
  type CallContext,
  clientTool,
  type ClientTool,
  clientToolName,
  goesOn,
  type RawTool,
} from './client-tools.js';
import type { HostedAsk } from './hosted-plans.js';
import type { Item } from './items.js';
import { approvalRequest, approved, chooseMcp, type McpCall, type McpServer, readServer } from './mcp.js';

/** What a request says about tools. */
export interface ResponseTools {
  tools: readonly ToolSpec[];
  toolChoice: ToolChoice;
  /** Those of {@link tools} that are no functions, by name. */
  views: ReadonlyMap<string, ClientTool['view']>;
  /** Tools that the server runs itself, which are called. */
  hosted: readonly HostedAsk[];
  /** Servers whose tools are listed first. */
  servers: readonly McpServer[];
}

type HostedKind = HostedAsk['kind'];

/** Tools that the server runs, by what the user says that calls for them. */
const HOSTED: Readonly<Record<Exclude<HostedKind, 'mcp'>, RegExp>> = TOOL_WORDS;

/** `web_search_preview_2025_03_11` is a web search too. */
const kindOf = (type: string): string => type.replace(/^web_search(?:_preview)?(?:_\d+)*$/, 'web_search');

const functionTool = z.looseObject(functionFields);
const customTool = z.looseObject({
  name: z.string().min(1).max(64),
  description: z.string().nullish(),
  format: z
    .looseObject({ type: z.string(), definition: z.string().optional(), syntax: z.string().optional() })
    .nullish(),
});

/** A tool of the server's, where it is in the request. */
interface HostedTool {
  kind: Exclude<HostedKind, 'mcp'>;
  tool: RawTool;
  at: string;
}

/** The tools of a request, by who runs them. */
interface Sorted {
  tools: ToolSpec[];
  views: Map<string, ClientTool['view']>;
  hosted: HostedTool[];
  servers: McpServer[];
}

/**
 * Reads tools and the choice among them.
 *
 * @param context - the conversation
 * @throws ApiError for what cannot be followed
 */
export function readTools(body: ResponseBody, context: CallContext): ResponseTools {
  const { items } = context;
  const sorted = sortTools(body.tools ?? [], context);
  const { tools, views, hosted, servers } = sorted;
  const chosen = readChoice(body.tool_choice ?? 'auto', sorted);
  const listed = new Set(
    items.flatMap((item) => (item.type === 'mcp_list_tools' ? [item.server_label] : [])),
  );
  const calls = hostedCalls(chosen, hosted, tools, context);
  const asked = mcpCall(chosen, servers, context);
  if (asked && 'spec' in asked) {
    views.set(asked.spec.name, asked.view);
    return {
      tools: [asked.spec],
      toolChoice: { names: [asked.spec.name] },
      views,
      hosted: [],
      servers: servers.filter(({ label }) => !listed.has(label)),
    };
  }
  return {
    tools: chosen.tools,
    toolChoice: goesOn(items) ? { names: [clientToolName('computer')] } : chosen.toolChoice,
    views,
    hosted: [...calls, ...(asked ? [asked] : [])].slice(0, body.max_tool_calls ?? MAX_CALLS),
    servers: servers.filter(({ label }) => !listed.has(label)),
  };
}

/** Calls of the server's own tools in one response. */
const MAX_CALLS = 128;

function sortTools(all: readonly RawTool[], context: CallContext): Sorted {
  const sorted: Sorted = { tools: [], views: new Map(), hosted: [], servers: [] };
  for (const [i, tool] of all.entries()) {
    const at = `tools[${i}]`;
    const kind = kindOf(tool.type);
    const client = clientTool(tool, at, context, (schema) => checkAt(schema, tool, i));
    if (client) {
      sorted.tools.push(client.spec);
      sorted.views.set(client.spec.name, client.view);
    } else if (tool.type === 'function') sorted.tools.push(functionSpec(tool, i));
    else if (tool.type === 'custom') sorted.tools.push(customSpec(tool, i));
    else if (tool.type === 'mcp') sorted.servers.push(readServer(tool, at));
    else if (Object.hasOwn(HOSTED, kind)) {
      checkHosted(kind, tool, at);
      sorted.hosted.push({ kind: kind as HostedTool['kind'], tool, at });
    } else throw unsupported(`${at}.type`, `tools of type '${tool.type.slice(0, 100)}'`);
  }
  return sorted;
}

/** What must be there whether or not it is called. */
function checkHosted(kind: string, tool: RawTool, at: string): void {
  if (kind === 'code_interpreter' && tool.container == null) throw missing(`${at}.container`);
  if (kind !== 'file_search') return;
  if (!Array.isArray(tool.vector_store_ids)) throw missing(`${at}.vector_store_ids`);
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
  forced?: string;
  /** Kinds of the server's tools that may be called; undefined for all. */
  allowed?: readonly string[];
  /** The server, and the tool of it, that must be called. */
  mcp?: { server_label?: unknown; name?: unknown };
}

const notFound = (what: string): Error =>
  invalid('tool_choice', null, `Tool choice '${what.slice(0, 100)}' not found in 'tools' parameter.`);

function readChoice(
  choice: NonNullable<ResponseBody['tool_choice']>,
  { tools, hosted, servers }: Sorted,
): Chosen {
  if (typeof choice === 'string') {
    if (choice === 'required' && tools.length + hosted.length + servers.length === 0)
      throw invalid('tool_choice', null, "Tool choice 'required' must be specified with 'tools' parameter.");
    return { tools, toolChoice: choice };
  }
  const { type, name } = choice as RawTool;
  if (type === 'allowed_tools') return allowedTools(choice, tools);
  if (type === 'function' || type === 'custom') {
    if (typeof name !== 'string' || !tools.some((tool) => tool.name === name)) throw notFound(String(name));
    return { tools, toolChoice: { names: [name] } };
  }
  if (type === 'mcp') {
    const { server_label: label } = choice;
    if (!servers.some((server) => server.label === label)) throw notFound(String(label));
    return { tools, toolChoice: 'auto', mcp: { server_label: label, name }, allowed: [] };
  }
  const own = clientToolName(type.replace(/^computer(?:_use)?(?:_preview)?$/, 'computer'));
  if (tools.some((tool) => tool.name === own)) return { tools, toolChoice: { names: [own] } };
  const kind = kindOf(type);
  if (hosted.some((one) => one.kind === kind)) return { tools, toolChoice: 'auto', forced: kind };
  throw notFound(type);
}

function allowedTools({ tools: named, mode }: RawTool, tools: readonly ToolSpec[]): Chosen {
  const allowed = (Array.isArray(named) ? named : []).map((one: Partial<RawTool> | null, index) => {
    if (typeof one?.type !== 'string') throw missing(`tool_choice.tools[${index}].type`);
    return one as RawTool;
  });
  const names = new Set(allowed.map(({ name, type }) => name ?? clientToolName(type)));
  return {
    tools: tools.filter(({ name }) => names.has(name)),
    toolChoice: mode === 'required' ? 'required' : 'auto',
    allowed: allowed.map(({ type }) => kindOf(type)),
  };
}

/** Roles of items behind which nothing is called again: results of tools, and what the user said to a request. */
const afterCalls = (items: readonly Item[]): boolean =>
  /_output$|^mcp_approval_response$/.test(items.at(-1)?.type ?? '');

const wordsOf = (words: string): string => words.replaceAll(/\s+/g, ' ').trim().slice(0, 200) || 'anything';

function hostedCalls(
  { forced, allowed, toolChoice }: Chosen,
  hosted: readonly HostedTool[],
  tools: readonly ToolSpec[],
  { words, items }: CallContext,
): HostedAsk[] {
  if (toolChoice === 'none') return [];
  const may = allowed ? hosted.filter(({ kind }) => allowed.includes(kind)) : hosted;
  const must = forced ?? (toolChoice === 'required' && tools.length === 0 ? may[0]?.kind : undefined);
  const isCalled = ({ kind }: HostedTool, index: number): boolean =>
    may.findIndex((one) => one.kind === kind) === index &&
    (kind === must || (forced === undefined && !afterCalls(items) && HOSTED[kind].test(words)));
  return may.filter(isCalled).map((one) => ({ ...one, query: wordsOf(words) }));
}

/** The call of a server's tool, if there is one: it is made, or the user is asked for it first. */
function mcpCall(
  { toolChoice, allowed, mcp }: Chosen,
  servers: readonly McpServer[],
  { words, items }: CallContext,
): HostedAsk | ClientTool | undefined {
  const agreed = approved(items);
  const made = (call: McpCall): HostedAsk => ({
    kind: 'mcp',
    tool: { type: 'mcp' },
    at: '',
    query: '',
    mcp: call,
  });
  if (agreed) return agreed === 'refused' ? undefined : made(agreed);
  const isOff = toolChoice === 'none' || (allowed && !mcp && !allowed.includes('mcp'));
  if (servers.length === 0 || isOff || (afterCalls(items) && !mcp)) return undefined;
  const best = chooseMcp(servers, words, mcp);
  if (!best) return undefined;
  return best.server.asks(best.call.name) ? approvalRequest(best.call) : made(best.call);
}
