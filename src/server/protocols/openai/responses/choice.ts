/** What `tool_choice` says of a response's tools. */
import type { ToolChoice, ToolSpec } from '../../../../simulator/content/tool-choice.js';
import { invalid, missing } from '../errors.js';
import type { ResponseBody } from './body.js';
import { clientToolName, type RawTool } from './client-tools.js';

export interface Chosen {
  tools: readonly ToolSpec[];
  toolChoice: ToolChoice;
  /** A tool of the server's that must be called. */
  forced?: string;
  /** Kinds of the server's tools that may be called; undefined for all. */
  allowed?: readonly string[];
  /** The server, and the tool of it, that must be called. */
  mcp?: { server_label?: unknown; name?: unknown };
}

/** What there is to choose from. */
export interface Choices {
  tools: readonly ToolSpec[];
  hosted: readonly { kind: string }[];
  servers: readonly { label: string }[];
  /** Names of what would have to be searched for first. */
  deferred: readonly string[];
}

/** `web_search_preview_2025_03_11` is a web search too. */
export const kindOf = (type: string): string =>
  type.replace(/^web_search(?:_preview)?(?:_\d+)*$/, 'web_search');

const notFound = (what: string): Error =>
  invalid('tool_choice', null, `Tool choice '${what.slice(0, 100)}' not found in 'tools' parameter.`);

/** @throws ApiError 400 for a choice of what is not there */
export function readChoice(choice: NonNullable<ResponseBody['tool_choice']>, choices: Choices): Chosen {
  const { tools, hosted, servers, deferred } = choices;
  if (typeof choice === 'string') {
    if (choice === 'required' && tools.length + hosted.length + servers.length + deferred.length === 0)
      throw invalid('tool_choice', null, "Tool choice 'required' must be specified with 'tools' parameter.");
    return { tools, toolChoice: choice };
  }
  const { type, name } = choice as RawTool;
  if (type === 'allowed_tools') return allowedTools(choice, choices);
  if (type === 'function' || type === 'custom') {
    const meant = [...tools.map((tool) => tool.name), ...deferred].find((one) => isCalled(one, name));
    if (meant === undefined) throw notFound(String(name));
    return { tools, toolChoice: { names: [meant] } };
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

/** Tools of namespaces go by their own names, or with the namespace before them. */
const isCalled = (name: string, asked: unknown): boolean =>
  name === asked || (typeof asked === 'string' && name.endsWith(`.${asked}`));

function allowedTools({ tools: named, mode }: RawTool, choices: Choices): Chosen {
  const { tools, deferred } = choices;
  const allowed = (Array.isArray(named) ? named : []).map((one: Partial<RawTool> | null, index) => {
    if (typeof one?.type !== 'string') throw missing(`tool_choice.tools[${index}].type`);
    return one as RawTool;
  });
  const isMeant = (one: RawTool, name: string): boolean =>
    one.type === 'namespace'
      ? name.startsWith(`${String(one.name)}.`)
      : isCalled(name, one.name ?? clientToolName(one.type));
  const isAllowed = (name: string): boolean => allowed.some((one) => isMeant(one, name));
  const known = [...tools.map(({ name }) => name), ...deferred];
  // Others are the server's own, and those of MCP servers.
  const unknown = allowed.find(
    (one) => (one.type === 'function' || one.type === 'custom') && !known.some((name) => isMeant(one, name)),
  );
  if (unknown) throw notFound(String(unknown.name));
  return {
    tools: tools.filter(({ name }) => isAllowed(name)),
    toolChoice: mode === 'required' ? 'required' : 'auto',
    allowed: allowed.map(({ type }) => kindOf(type)),
  };
}
