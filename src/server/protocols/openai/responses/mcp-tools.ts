/** The tools that servers of the Model Context Protocol are taken to have, as none is contacted, and what they give. */
import type { Random } from '../../../../lib/random.js';
import { prose } from '../../../../lib/text/prose.js';

/** Tools of OpenAI's connectors ("Connectors and MCP servers", OpenAI documentation). */
const CONNECTOR_TOOLS: Readonly<Record<string, readonly string[]>> = {
  connector_dropbox: ['search', 'fetch', 'search_files', 'fetch_file', 'list_recent_files', 'get_profile'],
  connector_gmail: ['get_profile', 'search_emails', 'search_email_ids', 'get_recent_emails', 'read_email'],
  connector_googlecalendar: ['get_profile', 'search', 'fetch', 'search_events', 'read_event'],
  connector_googledrive: ['get_profile', 'list_drives', 'search', 'recent_documents', 'fetch'],
  connector_microsoftteams: ['search', 'fetch', 'get_chat_members', 'get_profile'],
  connector_outlookcalendar: [
    'search_events',
    'fetch_event',
    'fetch_events_batch',
    'list_events',
    'get_profile',
  ],
  connector_outlookemail: [
    'get_profile',
    'list_messages',
    'search_messages',
    'get_recent_emails',
    'fetch_message',
  ],
  connector_sharepoint: ['get_site', 'search', 'list_recent_documents', 'fetch', 'get_profile'],
};
/** What any server has that is made for searching, as OpenAI asks of those for deep research. */
const ANY_TOOLS = ['search', 'fetch'];

/** The tools of a server that does not say which it allows. */
export const toolsOfServer = (connector: unknown): readonly string[] =>
  (typeof connector === 'string' && Object.hasOwn(CONNECTOR_TOOLS, connector)
    ? CONNECTOR_TOOLS[connector]
    : undefined) ?? ANY_TOOLS;

/** What a tool is given: nothing, the id of something, or a question. */
const parameterOf = (tool: string): 'id' | 'query' | undefined => {
  if (/profile|^list_|recent/.test(tool)) return undefined;
  return /^(?:fetch|read)/.test(tool) ? 'id' : 'query';
};

/** The schema of what a tool is given. */
export function inputSchema(tool: string): object {
  const name = parameterOf(tool);
  return {
    type: 'object',
    properties: name ? { [name]: { type: 'string' } } : {},
    required: name ? [name] : [],
    additionalProperties: false,
  };
}

/** What a tool is called with. */
export function argumentsFor(tool: string, query: string): object {
  const name = parameterOf(tool);
  if (name === undefined) return {};
  // Of a thing that the user named by its id, that.
  return { [name]: name === 'id' ? (/\b[\w-]*\d[\w-]*\b/.exec(query)?.[0] ?? '1') : query };
}

/** What a tool gives: made up, in the shape that OpenAI asks of `search` and `fetch`. */
export function outputOf(tool: string, random: Random): string {
  const document = () => {
    const id = random.int(2 ** 31).toString(36);
    return { id, title: prose(random, 4), url: `https://${id}.example.com/` };
  };
  if (tool === 'search') return JSON.stringify({ results: [document(), document()] });
  if (tool === 'fetch') return JSON.stringify({ ...document(), text: prose(random, 48), metadata: null });
  return prose(random, 24);
}

/** A tool that is called so fails, for tests of what happens then. */
export const fails = (tool: string): boolean => /^fail/i.test(tool);
