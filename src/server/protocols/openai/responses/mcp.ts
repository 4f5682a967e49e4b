/** Servers of the Model Context Protocol that a request names. None is contacted: their tools are those that it allows, or made up. */
import { relevance, type ToolSpec } from '../../../../simulator/content/tool-choice.js';
import { ApiError, invalid, missing } from '../errors.js';
import type { Chosen } from './choice.js';
import type { CallContext, ClientTool, RawTool } from './client-tools.js';
import type { HostedAsk } from './hosted-plans.js';
import { afterCalls, type Item } from './items.js';
import { argumentsFor, toolsOfServer } from './mcp-tools.js';
import { shownTool } from './shown-tools.js';

/** A server as it was named. */
export interface McpServer {
  label: string;
  description: string;
  /** As a response shows it. */
  raw: RawTool;
  at: string;
  /** The model does not know it before it has searched for it. */
  deferred: boolean;
  /** Its tools are not known, but guessed. */
  isGuessed: boolean;
  /** Why it cannot be reached; names that no server can have are for tests of that. */
  problem: string | undefined;
  tools: readonly string[];
  /** Whether a tool may only be called when the user agrees. */
  asks: (tool: string) => boolean;
}

/** A tool that is to be called. */
export interface McpCall {
  label: string;
  name: string;
  arguments: string;
  approvalId: string | null;
}

/** @throws ApiError when it is not named as it must be */
export function readServer(raw: RawTool, at: string): McpServer {
  if (typeof raw.server_label !== 'string') throw missing(`${at}.server_label`);
  if (raw.server_url == null && raw.connector_id == null && raw.tunnel_id == null) {
    const message = `Missing required parameter: '${at}.server_url'. A server needs one of 'server_url', 'connector_id' and 'tunnel_id'.`;
    throw invalid(`${at}.server_url`, 'missing_required_parameter', message);
  }
  const { server_label: label, server_description: description, server_url: url } = raw;
  const tools = namesOf(raw.allowed_tools);
  return {
    label,
    description: typeof description === 'string' ? description : '',
    raw: shownTool(raw),
    at,
    deferred: raw.defer_loading === true,
    tools: tools.length > 0 ? tools : toolsOfServer(raw.connector_id),
    isGuessed: tools.length === 0,
    problem: typeof url === 'string' && isUnreachable(url) ? problemOf(label) : undefined,
    asks: asksOf(raw.require_approval),
  };
}

/** `.invalid` is reserved for names that do not resolve (RFC 2606). */
const isUnreachable = (url: string): boolean =>
  URL.canParse(url) && new URL(url).hostname.endsWith('.invalid');
const problemOf = (label: string): string =>
  `Error retrieving tool list from MCP server: '${label.slice(0, 200)}'. Http status code: 424 (Failed Dependency)`;

/** What OpenAI answers when the tools of a server cannot be listed. */
export const unreachable = (message: string): ApiError =>
  new ApiError({
    status: 424,
    message,
    type: 'external_connector_error',
    param: 'tools',
    code: 'http_error',
  });

/** Names in a list, or in a filter. */
function namesOf(filter: unknown): string[] {
  const names: unknown = Array.isArray(filter)
    ? filter
    : (filter as { tool_names?: unknown } | null | undefined)?.tool_names;
  return Array.isArray(names) ? names.filter((name) => typeof name === 'string') : [];
}

/** Without a word about it the user is asked, as at OpenAI. */
function asksOf(approval: unknown): McpServer['asks'] {
  if (approval === 'never') return () => false;
  if (typeof approval !== 'object' || approval === null) return () => true;
  const { always, never } = approval as { always?: unknown; never?: unknown };
  const [asked, free] = [namesOf(always), namesOf(never)];
  return (tool) => asked.includes(tool) || !free.includes(tool);
}

/** The call that the user has just agreed to; `refused` when they have not. */
export function approved(items: readonly Item[]): McpCall | 'refused' | undefined {
  const response = items.at(-1);
  if (response?.type !== 'mcp_approval_response') return undefined;
  const id = response.approval_request_id;
  const asked = items.find((item) => item.type === 'mcp_approval_request' && item.id === id);
  if (!asked) {
    const message = `No approval request found for the approval response with the id '${String(id).slice(0, 200)}'.`;
    throw invalid('input', null, message);
  }
  if (response.approve !== true) return 'refused';
  return {
    label: String(asked.server_label),
    name: String(asked.name),
    arguments: String(asked.arguments),
    approvalId: asked.id,
  };
}

/** Somebody who names a server whose tools nobody knows wants to have it asked whatever there is to ask. */
const QUESTION = /\?|\b(?:find|search|look|get|fetch|list|show|tell|explain|summari[sz]e|read)\b/i;

function scoreOf({ server, name }: { server: McpServer; name: string }, words: string): number {
  const score = relevance({ type: 'function', name }, words);
  if (score > 0) return score;
  const about = relevance({ type: 'function', name: server.label, description: server.description }, words);
  const isFirst = name === server.tools[0];
  return isFirst && (about > 1 || (server.isGuessed && QUESTION.test(words))) ? 1 : 0;
}

/**
 * The tool that is called: the one that the choice names, or that has most to do with the user's words.
 *
 * @param chosen - of `tool_choice`
 */
export function chooseMcp(
  servers: readonly McpServer[],
  words: string,
  chosen: { server_label?: unknown; name?: unknown } | undefined,
): { server: McpServer; call: McpCall } | undefined {
  const all = servers.flatMap((server) => server.tools.map((name) => ({ server, name })));
  const candidates = chosen
    ? all.filter(
        ({ server, name }) =>
          server.label === chosen.server_label && (chosen.name == null || name === chosen.name),
      )
    : all;
  const scored = candidates.map((one) => ({ ...one, score: scoreOf(one, words) }));
  const best = scored.reduce<(typeof scored)[number] | undefined>(
    (most, one) => (most && most.score >= one.score ? most : one),
    undefined,
  );
  if (!best || (!chosen && best.score === 0)) return undefined;
  const { server, name } = best;
  const text = JSON.stringify(argumentsFor(name, words.replaceAll(/\s+/g, ' ').trim().slice(0, 200)));
  return { server, call: { label: server.label, name, arguments: text, approvalId: null } };
}

/** Asks the user for a call: the answer ends with it. */
export function approvalRequest({ label, name, arguments: text }: McpCall): ClientTool {
  const type = 'mcp_approval_request';
  const spec: ToolSpec = { type: 'function', name: `.${type}`, description: name, input: text };
  return {
    spec,
    view: () => ({
      type,
      begin: (id) => ({ id, type, server_label: label, name, arguments: '' }),
      done: (written) => ({ arguments: written }),
    }),
  };
}

/** The call of a server's tool, if there is one: it is made, or the user is asked for it first. */
export function mcpCall(
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
    words: '',
    mcp: call,
  });
  if (agreed) return agreed === 'refused' ? undefined : made(agreed);
  const isOff = toolChoice === 'none' || (allowed && !mcp && !allowed.includes('mcp'));
  if (servers.length === 0 || isOff || (afterCalls(items) && !mcp)) return undefined;
  const best = chooseMcp(servers, words, mcp);
  if (!best) return undefined;
  return best.server.asks(best.call.name) ? approvalRequest(best.call) : made(best.call);
}
