/** Tools as responses and items show them. */
import { canBeStrict } from '../schemas.js';
import type { RawTool } from './client-tools.js';

type Members = Readonly<Record<string, unknown>>;

/** Where users are that say nothing of it, or not all of it. */
const LOCATION: Members = { type: 'approximate', city: null, country: null, region: null, timezone: null };
const SEARCH: Members = {
  search_context_size: 'medium',
  user_location: { ...LOCATION, country: 'US' },
};

/** What tools have where they were declared without, as OpenAI's answers show it. */
const DEFAULTS: Readonly<Record<string, Members>> = {
  function: { parameters: null, description: null },
  custom: { format: { type: 'text' } },
  file_search: { filters: null, max_num_results: 20 },
  web_search: { filters: null, ...SEARCH },
  web_search_2025_08_26: { filters: null, ...SEARCH },
  web_search_preview: SEARCH,
  web_search_preview_2025_03_11: SEARCH,
  image_generation: {
    background: 'auto',
    moderation: 'auto',
    output_compression: 100,
    output_format: 'png',
    quality: 'auto',
    size: 'auto',
  },
  mcp: { allowed_tools: null, headers: null, require_approval: 'always' },
};
const RANKING: Members = { ranker: 'auto', score_threshold: 0 };

/** Tools have all their members, and secrets of servers are left out. */
export function shownTool(tool: RawTool): RawTool {
  switch (tool.type) {
    case 'function':
      return whole(tool, { strict: tool.strict ?? canBeStrict(tool.parameters) });
    case 'namespace':
      return { ...tool, tools: shownTools(tool.tools) };
    case 'mcp': {
      const { authorization: _token, headers: _headers, server_url: url, ...shown } = tool;
      return whole(shown, typeof url === 'string' ? { server_url: withoutPath(url) } : {});
    }
    case 'file_search':
      return whole(tool, { ranking_options: { ...RANKING, ...given(tool.ranking_options) } });
    default:
      return whole(tool, tool.user_location ? { user_location: located(tool.user_location) } : {});
  }
}

const whole = (tool: RawTool, more: Members): RawTool => ({
  ...DEFAULTS[tool.type],
  ...given(tool),
  type: tool.type,
  ...more,
});

/** Members that say something: what is null is as if it were not there. */
const given = (members: unknown): Members =>
  Object.fromEntries(Object.entries(members ?? {}).filter(([, value]) => value !== null));

const located = (place: unknown): Members => ({ ...LOCATION, ...given(place) });

/** There can be a secret in the path of a server: OpenAI keeps only where the server is. */
function withoutPath(url: string): string {
  if (!URL.canParse(url)) return url;
  const { origin, pathname, search } = new URL(url);
  return pathname === '/' && search === '' ? url : `${origin}/<redacted>`;
}

/** A list of them; what is no tool is left as it is, for whoever reads it to refuse. */
export const shownTools = (tools: unknown): unknown[] =>
  (Array.isArray(tools) ? (tools as unknown[]) : []).map((tool) =>
    typeof (tool as Partial<RawTool> | null)?.type === 'string' ? shownTool(tool as RawTool) : tool,
  );
