/** Items of the tools that the server runs itself, with what came of them. */
import { citationOf, sentenceEnd } from '../../../text/citations.js';
import type { Item } from './items.js';
import type { ItemView, Say } from './item-view.js';

/** A passage that was found. */
export interface FoundPassage {
  file_id: string;
  filename: string;
  score: number;
  attributes: unknown;
  text: string;
}

/** A search of the web, which finds a page that does not exist. */
export function webSearch(url: string, showsSources: boolean): ItemView {
  const type = 'web_search_call';
  const action = (query: string) => ({ type: 'search', query, queries: query === '' ? [] : [query] });
  return {
    type,
    begin: (id) => ({ id, type, status: 'in_progress', action: action('') }),
    opened: (say) => say(`response.${type}.in_progress`),
    done: (query, complete, say) => {
      if (!complete) return { status: 'failed', action: action(query) };
      say(`response.${type}.searching`);
      say(`response.${type}.completed`);
      const sources = showsSources ? { sources: [{ type: 'url', url }] } : {};
      return { status: 'completed', action: { ...action(query), ...sources } };
    },
    citations: (text) => [{ type: 'url_citation', ...citationOf(text, url) }],
  };
}

/** A search of vector stores. */
export function fileSearch(found: readonly FoundPassage[], showsResults: boolean): ItemView {
  const type = 'file_search_call';
  const begun = (id: string): Item => ({ id, type, status: 'in_progress', queries: [], results: null });
  return {
    type,
    begin: begun,
    opened: (say) => say(`response.${type}.in_progress`),
    done: (query, complete, say) => {
      if (!complete) return { status: 'incomplete', queries: [query] };
      say(`response.${type}.searching`);
      say(`response.${type}.completed`);
      return { status: 'completed', queries: [query], results: showsResults ? found : null };
    },
    citations: (text) =>
      found.slice(0, 1).map(({ file_id: fileId, filename }) => ({
        type: 'file_citation',
        index: sentenceEnd(text),
        file_id: fileId,
        filename,
      })),
  };
}

/** Code, and what it prints. */
export function codeInterpreter(container: string, logs: string, showsOutputs: boolean): ItemView {
  const type = 'code_interpreter_call';
  return {
    type,
    begin: (id) => ({ id, type, status: 'in_progress', container_id: container, code: '', outputs: null }),
    opened: (say) => say(`response.${type}.in_progress`),
    grew: (delta, say) => say('response.code_interpreter_call_code.delta', { delta }),
    done: (code, complete, say) => {
      if (!complete) return { status: 'incomplete', code };
      say('response.code_interpreter_call_code.done', { code });
      say(`response.${type}.interpreting`);
      say(`response.${type}.completed`);
      return { status: 'completed', code, outputs: showsOutputs ? [{ type: 'logs', logs }] : null };
    },
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
  output: string;
  approvalId: string | null;
}

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
      say(`response.${type}.completed`);
      return { status: 'completed', arguments: text, output };
    },
  };
}
