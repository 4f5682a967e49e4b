/** Items as they begin, and what messages and thoughts are made of. */
import type { PlacedLogprob, TokenLogprob } from '../../../../simulator/content/logprobs.js';
import type { Section } from '../../../../simulator/content/section.js';
import type { Item } from './items.js';
import { inputSchema } from './mcp-tools.js';
import type { ListedServer } from './output-options.js';

const logprobJson = ({ token, logprob }: TokenLogprob) => ({
  token,
  logprob,
  bytes: [...Buffer.from(token, 'utf8')],
});
/** A token's log probability, and those of the likeliest. */
export const placedJson = (placed: PlacedLogprob) => ({
  ...logprobJson(placed),
  top_logprobs: placed.top.map(logprobJson),
});

/** An item of which nothing is known but that it has begun. */
export function begun({ kind, call }: Section, idOf: (type: string) => string): Item {
  if (call?.type === 'custom') {
    return {
      id: idOf('custom_tool_call'),
      type: 'custom_tool_call',
      call_id: call.id,
      name: call.name,
      input: '',
    };
  }
  if (call) {
    return {
      id: idOf('function_call'),
      type: 'function_call',
      status: 'in_progress',
      call_id: call.id,
      name: call.name,
      arguments: '',
    };
  }
  if (kind === 'reasoning') return { id: idOf('reasoning'), type: 'reasoning', summary: [] };
  return { id: idOf('message'), type: 'message', status: 'in_progress', role: 'assistant', content: [] };
}

/** The content of an item; undefined for calls. */
export function partOf(
  { kind }: Section,
  text: string,
  logprobs: readonly object[],
): Record<string, unknown> | undefined {
  if (kind === 'text') return { type: 'output_text', annotations: [], logprobs, text };
  if (kind === 'refusal') return { type: 'refusal', refusal: text };
  return kind === 'reasoning' ? { type: 'reasoning_text', text } : undefined;
}

/** The item that lists the tools of a server. */
export const listedTools = ({ label, tools, problem }: ListedServer) => ({
  type: 'mcp_list_tools',
  server_label: label,
  tools:
    problem === undefined
      ? tools.map((name) => ({
          name,
          input_schema: inputSchema(name),
          description: name.replaceAll(/[_-]+/g, ' '),
          annotations: { read_only: /^(?:search|fetch|get|list|read)/.test(name) },
        }))
      : [],
  ...(problem !== undefined && { error: problem }),
});
