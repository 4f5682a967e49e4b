/** Tools that a model does not know before it has searched for them: it sees what there is to search, and loads what it needs. */
import * as z from 'zod';
import { relevance, type ToolSpec } from '../../../../simulator/content/tool-choice.js';
import { invalid } from '../errors.js';
import { checkAt } from '../validation.js';
import { parsed } from './call-texts.js';
import { callView, type ClientTool, type RawTool } from './client-tools.js';
import type { DeclaredTool } from './declared-tools.js';
import type { ItemView } from './item-view.js';
import type { Item } from './items.js';
import type { McpServer } from './mcp.js';
import { shownTool } from './shown-tools.js';

/** A search that the server makes. */
export interface ToolSearch {
  /** Names of namespaces, functions and servers. */
  paths: readonly string[];
  /** The definitions that were loaded. */
  tools: readonly object[];
}

/** What can be searched. */
export interface Searchable {
  declared: readonly DeclaredTool[];
  servers: readonly McpServer[];
}

/** What a search comes to. */
export interface SearchOutcome {
  search: ToolSearch;
  /** Those that can be called now. */
  loaded: readonly DeclaredTool[];
  servers: readonly McpServer[];
}

const searchTool = z.looseObject({
  execution: z.enum(['server', 'client']).nullish(),
  description: z.string().nullish(),
  parameters: z.record(z.string(), z.unknown()).nullish(),
});

/** As a choice of the model's has it: of these it takes nothing that has less to do with the user's words. */
const LEAST_RELEVANCE = 2;

/** No function can have such a name. */
export const SEARCH_NAME = '.tool_search';
/** What is said where something is to be done, and not only talked about. */
const TASK =
  /\b(?:find|search|look|get|fetch|list|show|check|tell|track|order|create|add|update|send|book|schedule|use|call)\b/i;

/** Groups that are searched by one name. */
interface Group {
  path: string;
  score: number;
  tools: readonly DeclaredTool[];
  server?: McpServer;
}

/**
 * Searches for what the user's words call for.
 *
 * @param known - the best score of what can be called already
 * @param wanted - names of tools that must be loaded
 */
export function searchTools(
  { declared, servers }: Searchable,
  words: string,
  known: number,
  wanted: readonly string[] | 'any' | undefined,
): SearchOutcome | undefined {
  const groups = [...groupsOf(declared, words), ...servers.map((server) => serverGroup(server, words))];
  const named =
    typeof wanted === 'object'
      ? groups.find(({ tools }) => tools.some(({ spec }) => wanted.includes(spec.name)))
      : undefined;
  const best =
    named ??
    groups.reduce<Group | undefined>((top, one) => (top && top.score >= one.score ? top : one), undefined);
  if (!best) return undefined;
  const fits = best.score >= LEAST_RELEVANCE && best.score > known;
  if (!named && !fits && wanted !== 'any') return undefined;
  const chosen =
    typeof wanted === 'object'
      ? best.tools.filter(({ spec }) => wanted.includes(spec.name))
      : relevant(best.tools, words);
  const tools = best.server ? [best.server.raw] : definitions(chosen);
  return {
    search: { paths: [best.path], tools },
    loaded: chosen,
    servers: best.server ? [best.server] : [],
  };
}

function groupsOf(declared: readonly DeclaredTool[], words: string): Group[] {
  const groups = new Map<string, DeclaredTool[]>();
  for (const tool of declared) {
    const path = tool.namespace ? String(tool.namespace.name) : tool.spec.name;
    groups.set(path, [...(groups.get(path) ?? []), tool]);
  }
  return [...groups].map(([path, tools]) => {
    const { namespace } = tools[0]!;
    const own = namespace ? relevance(namespaceSpec(namespace), words) : 0;
    return { path, tools, score: Math.max(own, ...tools.map(({ spec }) => relevance(spec, words))) };
  });
}

function serverGroup(server: McpServer, words: string): Group {
  const names = server.tools.map((name) => relevance({ type: 'function', name }, words));
  const own = relevance({ type: 'function', name: server.label, description: server.description }, words);
  return { path: server.label, tools: [], server, score: Math.max(own, ...names) };
}

const namespaceSpec = ({ name, description }: RawTool): ToolSpec => ({
  type: 'function',
  name: String(name),
  description: String(description),
});

/** Of a namespace only what is needed: what has to do with the words, or else its first tool. */
function relevant(tools: readonly DeclaredTool[], words: string): DeclaredTool[] {
  const scored = tools.map((tool) => ({ tool, score: relevance(tool.spec, words) }));
  const best = Math.max(0, ...scored.map(({ score }) => score));
  const found = scored.filter(({ score }) => score > 0 && score * 2 >= best);
  return (found.length > 0 ? found : scored.slice(0, 1)).map(({ tool }) => tool);
}

/** The definitions of tools, those of namespaces within these. */
function definitions(tools: readonly DeclaredTool[]): object[] {
  const alone = tools.filter(({ namespace }) => !namespace).map(({ raw }) => shownTool(raw));
  const namespaces = new Set(tools.flatMap(({ namespace }) => namespace ?? []));
  const grouped = [...namespaces].map((namespace) => ({
    ...namespace,
    tools: tools.filter((one) => one.namespace === namespace).map(({ raw }) => shownTool(raw)),
  }));
  return [...alone, ...grouped];
}

/** What the prompt shows of tools that are not loaded: of namespaces and functions their names and what they are for. */
export function stubsOf({ declared, servers }: Searchable): ToolSpec[] {
  const namespaces = new Set(declared.flatMap(({ namespace }) => namespace ?? []));
  const alone = declared.filter(({ namespace }) => !namespace);
  return [
    ...[...namespaces].map(namespaceSpec),
    ...alone.map(({ spec: { type, name, description = '' } }) => ({ type, name, description })),
    ...servers.map(({ label, description }) => ({ type: 'function' as const, name: label, description })),
  ];
}

/** Who searches; undefined when nobody does. */
export function readSearchTool(
  raw: RawTool,
  at: string,
  words: string,
): { execution: 'server' } | { execution: 'client'; tool: ClientTool; isMeant: boolean } {
  const { execution, description, parameters } = checkAt(searchTool, raw, at);
  if (execution !== 'client') return { execution: 'server' };
  const spec: ToolSpec = {
    type: 'function',
    name: SEARCH_NAME,
    description: description ?? 'search for further tools',
    parameters: parameters ?? { properties: { query: { type: 'string' } }, required: ['query'] },
  };
  return { execution, tool: { spec, view: clientSearch }, isMeant: TASK.test(words) };
}

/** A search that the client makes. */
const clientSearch = callView({
  type: 'tool_search_call',
  fields: { execution: 'client' },
  asked: (text) => ({ arguments: parsed(text, {}) }),
});

/** A search that the server makes, and what it finds. */
export function serverSearch({ paths, tools }: ToolSearch): ItemView {
  const type = 'tool_search_call';
  const shared = { execution: 'server', call_id: null };
  return {
    type,
    steps: 1,
    begin: (id) => ({ id, type, ...shared, arguments: {}, status: 'in_progress' }),
    done: (_text, complete) => ({
      arguments: complete ? { paths } : {},
      status: complete ? 'completed' : 'incomplete',
    }),
    next: () => ({
      type: 'tool_search_output',
      steps: 1,
      begin: (id) => ({ id, type: 'tool_search_output', ...shared, tools: [], status: 'in_progress' }),
      done: () => ({ tools, status: 'completed' }),
    }),
  };
}

/**
 * Tools that items of the conversation have brought, with their places in the input.
 *
 * @param before - items that were there before the input
 */
export function toolsOfItems(items: readonly Item[], before: number): { tool: RawTool; at: string }[] {
  return items.flatMap(({ type, tools }, i) => {
    if (type !== 'tool_search_output' && type !== 'additional_tools') return [];
    return (Array.isArray(tools) ? tools : []).map((tool: Partial<RawTool> | null, k) => {
      const at = i < before ? `previous[${i}].tools[${k}]` : `input[${i - before}].tools[${k}]`;
      if (typeof tool?.type === 'string') return { tool: tool as RawTool, at };
      throw invalid(`${at}.type`, 'missing_required_parameter', `Missing required parameter: '${at}.type'.`);
    });
  });
}
