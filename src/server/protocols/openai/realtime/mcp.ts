/**
 * Tools of servers of the Model Context Protocol in realtime sessions: their lists as items, calls that this server makes itself, and
 * calls for which the client is asked. As in responses, none is contacted.
 */
import type * as z from 'zod';
import { createRandom } from '../../../../lib/random.js';
import { prose } from '../../../../lib/text/prose.js';
import { approved, chooseMcp, type McpCall, type McpServer, readServer } from '../responses/mcp.js';
import { textIn } from './chat-messages.js';
import type { Item } from './conversation.js';
import type { SessionCore } from './core.js';
import type { Tool, toolChoice } from './session-config.js';

/** A call that is made, or that the client is asked for. */
export type McpTurn = { kind: 'call'; call: McpCall; output: string } | { kind: 'ask'; call: McpCall };

/** Tokens of what a tool answers. */
const OUTPUT_TOKENS = 24;

const serversIn = (tools: readonly Tool[]): McpServer[] =>
  tools.flatMap((tool, i) =>
    tool.type === 'mcp' ? [readServer(tool as Parameters<typeof readServer>[0], `session.tools[${i}]`)] : [],
  );

/**
 * Lists the tools of servers that a session has not seen yet, as items of the conversation.
 *
 * @throws ApiError for a server that is not named as it must be
 */
export function listServers(core: SessionCore, tools: readonly Tool[]): void {
  const servers = serversIn(tools);
  for (const { label, tools: names, problem } of servers) {
    const isListed = core.conversation.items.some(
      (item) => item.type === 'mcp_list_tools' && item.server_label === label,
    );
    if (isListed) continue;
    const item: Item = { id: core.newId('mcpl_'), type: 'mcp_list_tools', server_label: label, tools: [] };
    const previous = core.conversation.insert(item) ?? null;
    core.send({ type: 'conversation.item.added', previous_item_id: previous, item: { ...item } });
    core.send({ type: 'mcp_list_tools.in_progress', item_id: item.id });
    item.tools = names.map((name) => ({
      name,
      description: null,
      input_schema: { type: 'object', properties: { query: { type: 'string' } }, required: ['query'] },
      annotations: null,
    }));
    const outcome = problem === undefined ? 'completed' : 'failed';
    if (problem !== undefined) item.tools = [];
    core.send({ type: `mcp_list_tools.${outcome}`, item_id: item.id });
    core.send({ type: 'conversation.item.done', previous_item_id: previous, item });
  }
}

/**
 * What a response has to do with such servers: the call that the user has agreed to, or that fits what was said last.
 *
 * @throws ApiError for an agreement to nothing
 */
export function planMcp(
  core: SessionCore,
  tools: readonly Tool[],
  choice: z.output<typeof toolChoice>,
  input: readonly Item[],
): McpTurn | undefined {
  const servers = serversIn(tools).filter(({ problem }) => problem === undefined);
  if (servers.length === 0 || choice === 'none') return undefined;
  const agreed = approved(input);
  if (agreed === 'refused') return undefined;
  if (agreed) return { kind: 'call', call: agreed, output: outputOf(core, agreed) };
  const last = input.at(-1);
  if (last?.type !== 'message' || last.role !== 'user') return undefined;
  if (typeof choice !== 'string' && choice.type === 'function') return undefined;
  const found = chooseMcp(servers, textIn(last.content), typeof choice === 'string' ? undefined : choice);
  if (!found) return undefined;
  const { server, call } = found;
  return server.asks(call.name)
    ? { kind: 'ask', call }
    : { kind: 'call', call, output: outputOf(core, call) };
}

const outputOf = ({ context }: SessionCore, { label, name, arguments: text }: McpCall): string =>
  prose(createRandom(context.seed, 'mcp', label, name, text), OUTPUT_TOKENS);

/** Who hears of the items of a response. */
export interface McpListener {
  newId: (prefix: string) => string;
  /** An item of the response begins. */
  added: (item: Item) => void;
  /** It is complete. */
  done: (item: Item) => void;
  /** An event of the item, with the ids that it needs. */
  send: (name: string, fields?: object) => void;
}

/** Makes the item of a call, or of a question; gives it as it is in the end. */
export function playMcp(turn: McpTurn, listener: McpListener): Item {
  const { label, name, arguments: text, approvalId } = turn.call;
  const common = { server_label: label, name };
  if (turn.kind === 'ask') {
    const id = listener.newId('mcpr_');
    const item: Item = { id, type: 'mcp_approval_request', ...common, arguments: text };
    listener.added({ ...item, arguments: '' });
    listener.done(item);
    return item;
  }
  const id = listener.newId('mcp_');
  const begun: Item = { id, type: 'mcp_call', ...common, arguments: '', approval_request_id: approvalId };
  listener.added(begun);
  listener.send('mcp_call_arguments.delta', { delta: text });
  listener.send('mcp_call_arguments.done', { arguments: text });
  listener.send('mcp_call.in_progress');
  const item: Item = { ...begun, arguments: text, output: turn.output, error: null };
  listener.send('mcp_call.completed');
  listener.done(item);
  return item;
}
