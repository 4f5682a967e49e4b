/** Items of the tools that the server runs itself, with what came of them. */
import { citationOf, sentenceEnd } from '../../../text/citations.js';
import { fileCitations, type LeftFile } from './hosted-container.js';
import type { ItemView, Say } from './item-view.js';

/** A passage that was found. */
export interface FoundPassage {
  file_id: string;
  filename: string;
  score: number;
  attributes: unknown;
  text: string;
}

/** A page that was found; it does not exist. */
export interface WebPage {
  url: string;
  title: string;
  /** What is quoted of it. */
  sentence: string;
}

/** What is done in the web. */
export type WebAction =
  | { type: 'search'; query: string; queries: string[]; sources?: object[] }
  | { type: 'open_page'; url: string }
  | { type: 'find_in_page'; url: string; pattern: string };

/**
 * What is done in the web, one thing after the other; each is an item.
 *
 * @param sources - of the search, where they are not shown
 */
export function webSearch(
  actions: readonly WebAction[],
  cited: readonly WebPage[],
  sources?: readonly object[],
): ItemView {
  const type = 'web_search_call';
  const [action, ...rest] = actions as [WebAction, ...WebAction[]];
  const works = rest.length > 0 || action.type !== 'search';
  return {
    type,
    ...(works && { steps: 1 }),
    begin: (id) => ({ id, type, status: 'in_progress', action: begun(action) }),
    opened: (say) => say(`response.${type}.in_progress`),
    done: (_query, complete, say) => {
      if (!complete) return { status: 'failed', action: begun(action) };
      say(`response.${type}.searching`);
      say(`response.${type}.completed`);
      return { status: 'completed', action };
    },
    hidden: () =>
      sources && action.type === 'search'
        ? { include: 'web_search_call.action.sources', shown: { action: { ...action, sources } } }
        : undefined,
    ...(rest.length > 0 && { next: () => webSearch(rest, cited, sources) }),
    // The last one refers to what all have found.
    citations: (text) => (rest.length > 0 ? [] : pageCitations(cited, text)),
  };
}

const begun = (action: WebAction): object =>
  action.type === 'search' ? { type: 'search', query: '', queries: [] } : action;

/** To the links that the text has; to its first sentence where somebody else has written it. */
function pageCitations(cited: readonly WebPage[], text: string): object[] {
  const links = cited.flatMap((page) => {
    const link = linkTo(page);
    const start = text.indexOf(link);
    const at = { start_index: start, end_index: start + link.length };
    return start < 0 ? [] : [{ type: 'url_citation', ...at, url: page.url, title: page.title }];
  });
  return links.length > 0 ? links : [{ type: 'url_citation', ...citationOf(text, cited[0]!.url) }];
}

/** As OpenAI's models refer to pages. */
export const linkTo = ({ url }: WebPage): string => `([${new URL(url).hostname}](${url}))`;

/** A search of vector stores. */
export function fileSearch(
  found: readonly FoundPassage[],
  showsResults: boolean,
  quote: string | undefined,
): ItemView {
  const type = 'file_search_call';
  /** Where what is quoted ends; in a text that somebody else has written, its first sentence. */
  const endOf = (text: string): number => {
    const at = quote === undefined ? -1 : text.indexOf(quote);
    return at < 0 ? sentenceEnd(text) : at + quote!.length;
  };
  return {
    type,
    begin: (id) => ({ id, type, status: 'in_progress', queries: [], results: null }),
    opened: (say) => say(`response.${type}.in_progress`),
    done: (query, complete, say) => {
      if (!complete) return { status: 'incomplete', queries: [query] };
      say(`response.${type}.searching`);
      say(`response.${type}.completed`);
      return { status: 'completed', queries: [query], results: showsResults ? found : null };
    },
    hidden: () =>
      showsResults ? undefined : { include: 'file_search_call.results', shown: { results: found } },
    citations: (text) =>
      found.slice(0, 1).map(({ file_id: fileId, filename }) => ({
        type: 'file_citation',
        index: endOf(text),
        file_id: fileId,
        filename,
      })),
  };
}

/** A program that was run, as far as anybody sees. */
export interface RunCode {
  container: string;
  logs: string;
  /** A picture that it shows, as a URL. */
  image?: string | undefined;
  files: readonly LeftFile[];
  steps: number;
}

export function codeInterpreter(run: RunCode, showsOutputs: boolean): ItemView {
  const type = 'code_interpreter_call';
  const { container, logs, image, files, steps } = run;
  const outputs = [
    ...(logs === '' ? [] : [{ type: 'logs', logs }]),
    ...(image === undefined ? [] : [{ type: 'image', url: image }]),
  ];
  let written = '';
  return {
    type,
    steps,
    begin: (id) => ({ id, type, status: 'in_progress', container_id: container, code: '', outputs: null }),
    opened: (say) => say(`response.${type}.in_progress`),
    grew: (delta, say) => {
      written += delta;
      say('response.code_interpreter_call_code.delta', { delta });
    },
    stepped: (done, say) => {
      if (done !== 1) return;
      say('response.code_interpreter_call_code.done', { code: written });
      say(`response.${type}.interpreting`);
    },
    done: (code, complete, say) => {
      if (!complete) return { status: 'incomplete', code };
      say(`response.${type}.completed`);
      return { status: 'completed', code, outputs: showsOutputs ? outputs : null };
    },
    hidden: () =>
      showsOutputs ? undefined : { include: 'code_interpreter_call.outputs', shown: { outputs } },
    citations: (text) => fileCitations(files, text),
  };
}

/** A picture that was drawn. */
export interface MadePicture {
  /** Base64, each with more of it than the one before; the last is the picture. */
  parts: readonly string[];
  /** How it was made: `size`, `quality`, `background`, `output_format`. */
  description: object;
  /** How long it takes, in tokens. */
  steps: number;
}

export function imageGeneration({ parts, description, steps }: MadePicture): ItemView {
  const type = 'image_generation_call';
  let shown = 0;
  return {
    type,
    steps,
    begin: (id) => ({ id, type, status: 'in_progress', result: null }),
    opened: (say) => {
      say(`response.${type}.in_progress`);
      say(`response.${type}.generating`);
    },
    stepped: (done, say) => {
      const partials = parts.length - 1;
      while (shown < partials && done >= ((shown + 1) * steps) / parts.length) {
        say(`response.${type}.partial_image`, {
          partial_image_index: shown,
          partial_image_b64: parts[shown],
          ...description,
        });
        shown++;
      }
    },
    done: (prompt, complete, say) => {
      if (!complete) return { status: 'failed' };
      say(`response.${type}.completed`);
      return { status: 'completed', ...description, revised_prompt: prompt, result: parts.at(-1)! };
    },
  };
}

/** A call of a tool of a server. */
export interface ServerCall {
  label: string;
  name: string;
  /** Undefined when the call fails. */
  output: string | undefined;
  approvalId: string | null;
}

const MCP_ERROR = {
  type: 'mcp_tool_execution_error',
  content: [{ type: 'text', text: 'The tool reported an error.' }],
};

export function mcpCall({ label, name, output, approvalId }: ServerCall): ItemView {
  const type = 'mcp_call';
  return {
    type,
    begin: (id) => ({
      id,
      type,
      status: 'in_progress',
      approval_request_id: approvalId,
      arguments: '',
      error: null,
      name,
      output: null,
      server_label: label,
    }),
    opened: (say) => say(`response.${type}.in_progress`),
    grew: (delta, say) => say('response.mcp_call_arguments.delta', { delta }),
    done: (text, complete, say: Say) => {
      if (!complete) return { status: 'incomplete', arguments: text };
      say('response.mcp_call_arguments.done', { arguments: text });
      say(`response.${type}.${output === undefined ? 'failed' : 'completed'}`);
      if (output === undefined) return { status: 'failed', arguments: text, error: MCP_ERROR };
      return { status: 'completed', arguments: text, output };
    },
  };
}
