/** Tools as responses and items show them. */
import { canBeStrict } from '../schemas.js';
import type { RawTool } from './client-tools.js';

/** Functions have all their members, and secrets of servers are left out. */
export function shownTool(tool: RawTool): RawTool {
  switch (tool.type) {
    case 'function': {
      const { strict, parameters } = tool;
      const shown = { ...tool, strict: strict ?? canBeStrict(parameters) };
      return { parameters: null, description: null, ...shown };
    }
    case 'namespace':
      return { ...tool, tools: shownTools(tool.tools) };
    case 'mcp': {
      const { authorization: _token, headers: _headers, ...shown } = tool;
      return shown;
    }
    default:
      return tool;
  }
}

/** A list of them; what is no tool is left as it is, for whoever reads it to refuse. */
export const shownTools = (tools: unknown): unknown[] =>
  (Array.isArray(tools) ? (tools as unknown[]) : []).map((tool) =>
    typeof (tool as Partial<RawTool> | null)?.type === 'string' ? shownTool(tool as RawTool) : tool,
  );
