/** The tools of a response: functions that the client runs, and tools that the server runs itself. */
import { bestRelevance, type ToolChoice, type ToolSpec } from '../../../../simulator/content/tool-choice.js';
import { invalid, missing, unsupported } from '../errors.js';
import { TOOL_WORDS } from '../tool-words.js';
import { checkAt } from '../validation.js';
import type { ResponseBody } from './body.js';
import { type Chosen, kindOf, readChoice } from './choice.js';
import { type CallContext, clientTool, type ClientTool, nextTool, type RawTool } from './client-tools.js';
import { callersOf, type DeclaredTool, readDeclared } from './declared-tools.js';
import type { HostedAsk } from './hosted-plans.js';
import { afterCalls, type Item } from './items.js';
import { mcpCall, type McpServer, readServer } from './mcp.js';
import { endProgram, programAsk, programOf, PROGRAMS } from './programs.js';
import { shownTools } from './shown-tools.js';
import {
  readSearchTool,
  SEARCH_NAME,
  type SearchOutcome,
  searchTools,
  stubsOf,
  toolsOfItems,
} from './tool-search.js';

/** What a request says about tools. */
export interface ResponseTools {
  tools: readonly ToolSpec[];
  /** The same as the prompt shows them: of those that are not loaded only what they are for. */
  shown: readonly ToolSpec[];
  toolChoice: ToolChoice;
  /** Those of {@link tools} that are told of in their own ways, by name. */
  views: ReadonlyMap<string, ClientTool['view']>;
  /** Tools that the server runs itself, which are called. */
  hosted: readonly HostedAsk[];
  /** Servers whose tools are listed first. */
  servers: readonly McpServer[];
}

/** Tools that are called when the user says something like it. */
type SpokenKind = keyof typeof TOOL_WORDS;

/** A tool of the server's, where it is in the request. */
interface HostedTool {
  kind: SpokenKind;
  tool: RawTool;
  at: string;
}

/** The tools of a request, by who runs them. */
interface Sorted {
  tools: ToolSpec[];
  views: Map<string, ClientTool['view']>;
  hosted: HostedTool[];
  servers: McpServer[];
  /** What is to be searched for. */
  deferred: { declared: DeclaredTool[]; servers: McpServer[] };
  search: ReturnType<typeof readSearchTool> | undefined;
  /** Where a tool is that has to be searched for. */
  deferredAt: string | undefined;
  /** What programs may call, where the model may write any. */
  programs: { tools: DeclaredTool[]; isThere: boolean; firstAt: string | undefined };
}

/**
 * Reads tools and the choice among them.
 *
 * @param context - the conversation
 * @throws ApiError for what cannot be followed
 */
export function readTools(body: ResponseBody, context: CallContext): ResponseTools {
  const { items } = context;
  const sorted = sortTools(allTools(body, items), context);
  const { tools, views, hosted, servers, deferred } = sorted;
  const names = deferred.declared.map(({ spec }) => spec.name);
  const inPrograms = sorted.programs.tools.filter((one) => !callersOf(one).direct).map(({ spec }) => spec);
  const shown = [...tools, ...inPrograms, ...stubsOf(deferred)];
  const kinds = [...hosted, ...(sorted.programs.isThere ? [{ kind: PROGRAMS }] : [])];
  const read = readChoice(body.tool_choice ?? 'auto', { tools, hosted: kinds, servers, deferred: names });
  const found = searched(sorted, read, context);
  const chosen = found ? withLoaded(read, found) : clientSearch(sorted, read, context);
  const listed = new Set(
    items.flatMap((item) => (item.type === 'mcp_list_tools' ? [item.server_label] : [])),
  );
  const rest = { shown, views, servers: servers.filter(({ label }) => !listed.has(label)) };
  const calls = hostedCalls(chosen, hosted, tools, context);
  const search = found ? [searchAsk(found)] : [];
  const known = servers.filter((one) => !deferred.servers.includes(one) || found?.servers.includes(one));
  const asked = mcpCall(chosen, known, context);
  if (asked && 'spec' in asked) {
    views.set(asked.spec.name, asked.view);
    return { ...rest, tools: [asked.spec], toolChoice: { names: [asked.spec.name] }, hosted: search };
  }
  const program = programOf(
    sorted.programs,
    hosted.length > 0,
    chosen,
    body.parallel_tool_calls !== false,
    context,
  );
  if (program) {
    for (const [name, view] of program.views) views.set(name, view);
    const names = program.tools.map(({ name }) => name);
    const hosted = [...search, programAsk(program.plan)];
    return { ...rest, tools: program.tools, toolChoice: { names, all: true }, hosted };
  }
  const ended = endProgram(context);
  const again = chosen.toolChoice === 'auto' && !ended ? nextTool(context, chosen.tools) : undefined;
  // What a program came to is told of.
  const otherwise = ended && chosen.toolChoice === 'auto' ? 'none' : chosen.toolChoice;
  return {
    ...rest,
    tools: chosen.tools,
    toolChoice: again === undefined ? otherwise : { names: [again] },
    hosted: [
      ...(ended ? [programAsk(ended)] : []),
      ...[...search, ...calls, ...(asked ? [asked] : [])].slice(0, body.max_tool_calls ?? MAX_CALLS),
    ],
  };
}

/** Calls of the server's own tools in one response. */
const MAX_CALLS = 128;

/** Those of the request, and those that its items have brought. */
function allTools(
  body: ResponseBody,
  items: readonly Item[],
): { tool: RawTool; at: string; loaded: boolean }[] {
  const own = Array.isArray(body.input) ? body.input.length : 1;
  const brought = toolsOfItems(items, items.length - own);
  const given = (body.tools ?? []).map((tool, i) => ({ tool, at: `tools[${i}]`, loaded: false }));
  return [...given, ...brought.map((one) => ({ ...one, loaded: true }))];
}

function sortTools(all: ReturnType<typeof allTools>, context: CallContext): Sorted {
  const sorted: Sorted = {
    tools: [],
    views: new Map(),
    hosted: [],
    servers: [],
    deferred: { declared: [], servers: [] },
    search: undefined,
    deferredAt: undefined,
    programs: { tools: [], isThere: false, firstAt: undefined },
  };
  for (const { tool, at, loaded } of all) sortTool(sorted, tool, at, loaded, context);
  // What was loaded before need not be searched for again.
  const known = new Set(sorted.tools.map(({ name }) => name));
  sorted.deferred.declared = sorted.deferred.declared.filter(({ spec }) => !known.has(spec.name));
  if (sorted.deferredAt !== undefined && !sorted.search) {
    const at = `${sorted.deferredAt}.defer_loading`;
    throw invalid(at, 'invalid_value', "Tools with 'defer_loading' need a tool of type 'tool_search'.");
  }
  const { firstAt, isThere } = sorted.programs;
  if (firstAt !== undefined && !isThere) {
    const message = "Tools that only programs may call need a tool of type 'programmatic_tool_calling'.";
    throw invalid(`${firstAt}.allowed_callers`, 'invalid_value', message);
  }
  return sorted;
}

function sortTool(sorted: Sorted, tool: RawTool, at: string, loaded: boolean, context: CallContext): void {
  const kind = kindOf(tool.type);
  const declared = readDeclared(tool, at);
  const client = declared ? undefined : clientTool(tool, context, (schema) => checkAt(schema, tool, at));
  if (declared) for (const one of declared) sortDeclared(sorted, one, at, loaded);
  else if (client) addClientTool(sorted, client);
  else if (tool.type === 'programmatic_tool_calling') sorted.programs.isThere = true;
  else if (tool.type === 'mcp') sortServer(sorted, readServer(tool, at), loaded);
  else if (tool.type === 'tool_search') {
    sorted.search = readSearchTool(tool, at, context.words);
    if (sorted.search.execution === 'client') addClientTool(sorted, sorted.search.tool);
  } else if (Object.hasOwn(TOOL_WORDS, kind)) {
    checkHosted(kind, tool, at);
    sorted.hosted.push({ kind: kind as SpokenKind, tool, at });
  } else throw unsupported(`${at}.type`, `tools of type '${tool.type.slice(0, 100)}'`);
}

function addClientTool({ tools, views }: Sorted, { spec, view }: ClientTool): void {
  tools.push(spec);
  views.set(spec.name, view);
}

function sortDeclared(sorted: Sorted, one: DeclaredTool, at: string, loaded: boolean): void {
  const { spec, view, deferred } = one;
  const { direct, programs } = callersOf(one);
  if (programs) sorted.programs.tools.push(one);
  if (!direct) {
    sorted.programs.firstAt ??= at;
    return;
  }
  if (view) sorted.views.set(spec.name, view);
  if (!deferred || loaded) {
    // What is brought again is the same.
    if (!loaded || !sorted.tools.some(({ name }) => name === spec.name)) sorted.tools.push(spec);
    return;
  }
  sorted.deferred.declared.push(one);
  sorted.deferredAt ??= at;
}

function sortServer(sorted: Sorted, server: McpServer, loaded: boolean): void {
  const { servers, deferred } = sorted;
  if (loaded) deferred.servers = deferred.servers.filter(({ label }) => label !== server.label);
  if (servers.some(({ label }) => label === server.label)) return;
  servers.push(server);
  if (server.deferred && !loaded) {
    deferred.servers.push(server);
    sorted.deferredAt ??= server.at;
  }
}

/** What must be there whether or not it is called. */
function checkHosted(kind: string, tool: RawTool, at: string): void {
  if (kind === 'code_interpreter' && tool.container == null) throw missing(`${at}.container`);
  if (kind !== 'file_search') return;
  if (!Array.isArray(tool.vector_store_ids)) throw missing(`${at}.vector_store_ids`);
}

/** What the API shows of tools. */
export const echoTools = ({ tools }: ResponseBody): unknown[] => shownTools(tools);

/** The search that the server makes, if one is called for. */
function searched(
  { tools, deferred, search }: Sorted,
  { toolChoice, forced, allowed, mcp }: Chosen,
  { words, items }: CallContext,
): SearchOutcome | undefined {
  const isOff = toolChoice === 'none' || forced !== undefined || allowed !== undefined || mcp !== undefined;
  if (search?.execution !== 'server' || isOff) return undefined;
  const wanted = wantedOf(toolChoice, tools);
  // A choice of something that is known already.
  if (wanted === 'known' || (wanted === undefined && afterCalls(items))) return undefined;
  return searchTools(deferred, words, bestRelevance(tools, words), wanted);
}

function wantedOf(
  choice: ToolChoice,
  tools: readonly ToolSpec[],
): readonly string[] | 'any' | 'known' | undefined {
  if (typeof choice === 'object')
    return tools.some(({ name }) => choice.names.includes(name)) ? 'known' : choice.names;
  return choice === 'required' && tools.length === 0 ? 'any' : undefined;
}

/** What was searched for is called. */
function withLoaded(chosen: Chosen, { loaded }: SearchOutcome): Chosen {
  const tools = [...chosen.tools, ...loaded.map(({ spec }) => spec)];
  if (loaded.length === 0 || typeof chosen.toolChoice === 'object') return { ...chosen, tools };
  return { ...chosen, tools, toolChoice: { names: loaded.map(({ spec }) => spec.name) } };
}

/** The client is asked to search where nothing that is known will do. */
function clientSearch({ tools, search }: Sorted, chosen: Chosen, { words, items }: CallContext): Chosen {
  if (search?.execution !== 'client' || !search.isMeant || chosen.toolChoice !== 'auto') return chosen;
  if (afterCalls(items) || items.at(-1)?.type === 'tool_search_output') return chosen;
  const others = tools.filter(({ name }) => name !== SEARCH_NAME);
  return bestRelevance(others, words) >= 2 ? chosen : { ...chosen, toolChoice: { names: [SEARCH_NAME] } };
}

const searchAsk = ({ search }: SearchOutcome): HostedAsk => ({
  kind: 'tool_search',
  tool: { type: 'tool_search' },
  at: '',
  query: '',
  words: '',
  search,
});

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
  const isFree = forced === undefined && !afterCalls(items);
  const callOf = (one: HostedTool, index: number): HostedAsk[] => {
    if (may.findIndex(({ kind }) => kind === one.kind) !== index) return [];
    const ask = { ...one, query: wordsOf(words), words };
    if (one.kind === must || (isFree && TOOL_WORDS[one.kind].test(words))) return [ask];
    // What is asked about seldom names files; whether these have the answer is seen when they are searched.
    const isAsked = isFree && one.kind === 'file_search' && words.trim() !== '';
    return isAsked ? [{ ...ask, ifTelling: true }] : [];
  };
  // Those that may come to nothing are last: `max_tool_calls` counts from the first.
  return may.flatMap(callOf).toSorted((a, b) => Number(a.ifTelling ?? 0) - Number(b.ifTelling ?? 0));
}
