/** Calls of tools that the server runs itself: what comes of them is found out before anything is said. */
import type { Digest } from '../../../../lib/digest.js';
import { createRandom } from '../../../../lib/random.js';
import type { HostedCall } from '../../../../simulator/content/compose.js';
import type { ServerContext } from '../../../context.js';
import type { RawTool } from './client-tools.js';
import { planCode } from './hosted-code.js';
import { drawn } from './hosted-image.js';
import { planFileSearch, planWebSearch } from './hosted-searches.js';
import { planShell } from './hosted-shell.js';
import { mcpCall } from './hosted-views.js';
import type { ItemView } from './item-view.js';
import type { Item } from './items.js';
import type { McpCall } from './mcp.js';
import { fails, outputOf } from './mcp-tools.js';
import { serverSearch, type ToolSearch } from './tool-search.js';

/** A call that is to be made. */
export interface HostedAsk {
  /** The tool, and where it is in the request. */
  tool: RawTool;
  at: string;
  kind:
    | 'web_search'
    | 'file_search'
    | 'code_interpreter'
    | 'image_generation'
    | 'shell'
    | 'tool_search'
    | 'mcp'
    | 'program';
  /** The user's words, in one line and not too long. */
  query: string;
  /** All of them. */
  words: string;
  /** Called only where what it finds has to do with the words. */
  ifTelling?: boolean;
  mcp?: McpCall;
  search?: ToolSearch;
  /** Of a program, or of its end. */
  program?: HostedPlan;
}

/** A call whose outcome is known. */
export interface HostedPlan {
  call: HostedCall;
  view: (callId: string) => ItemView;
  /** How long it works, in tokens: all items of its view together. */
  steps: number;
  /** What the model reads of the outcome before it goes on. */
  read?: string;
  /** What it says of the outcome. */
  lead?: string;
}

/** What plans are made with. */
export interface PlanContext {
  context: ServerContext;
  digest: Digest;
  include: ReadonlySet<string>;
  /** The conversation so far. */
  items: readonly Item[];
}

/**
 * Makes the calls, but for searches of files that would tell nothing.
 *
 * @throws ApiError for a tool that is not what it must be
 */
export async function planHosted(plans: PlanContext, asks: readonly HostedAsk[]): Promise<HostedPlan[]> {
  const made: HostedPlan[] = [];
  for (const ask of asks) {
    const plan = await planOf(plans, ask);
    if (plan) made.push(plan);
  }
  return made;
}

async function planOf(plans: PlanContext, ask: HostedAsk): Promise<HostedPlan | undefined> {
  switch (ask.kind) {
    case 'web_search':
      return planWebSearch(plans, ask);
    case 'file_search':
      return planFileSearch(plans, ask);
    case 'code_interpreter':
      return planCode(plans, ask);
    case 'shell':
      return planShell(plans, ask);
    case 'image_generation': {
      const [view, steps] = await drawn(plans, ask);
      return { call: { name: ask.kind, text: ask.query }, view, steps };
    }
    case 'tool_search':
      return planToolSearch(ask.search!);
    case 'program':
      return ask.program!;
    case 'mcp':
      return planMcp(plans, ask.mcp!);
  }
}

function planToolSearch(search: ToolSearch): HostedPlan {
  return {
    call: { name: 'tool_search', text: JSON.stringify({ paths: search.paths }) },
    view: () => serverSearch(search),
    steps: 2,
    read: JSON.stringify(search.tools),
  };
}

function planMcp({ context, digest }: PlanContext, call: McpCall): HostedPlan {
  const { label, name, arguments: text, approvalId } = call;
  const output = fails(name)
    ? undefined
    : outputOf(name, createRandom(context.seed, 'mcp', digest.high, digest.low));
  return {
    call: { name: 'mcp', text },
    view: () => mcpCall({ label, name, output, approvalId }),
    steps: 0,
    ...(output !== undefined && { read: output }),
  };
}
