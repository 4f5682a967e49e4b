/** Calls of tools that the server runs itself: what they look like, and what is said of them. */
import { createRandom } from '../../../../lib/random.js';
import { prose } from '../../../../lib/text/prose.js';
import type { Item } from './items.js';
import type { OutputOptions } from './output.js';

/** Tells of an item. */
type Say = (type: string, fields?: object) => void;

/** One kind of call. */
export interface HostedItem {
  readonly type: string;
  begin(id: string): Item;
  opened(say: Say): void;
  grew(text: string, say: Say): void;
  /** @returns what is known of the item in the end */
  done(text: string, say: Say): object;
}

/** A call of a tool by its kind. */
export function openHosted(kind: string, options: OutputOptions): HostedItem {
  if (kind === 'web_search')
    return search('web_search_call', (query) => ({ action: { type: 'search', query } }));
  if (kind === 'file_search')
    return search('file_search_call', (query) => ({ queries: query === '' ? [] : [query], results: null }));
  return interpreter(options);
}

function search(type: string, what: (query: string) => object): HostedItem {
  return {
    type,
    begin: (id) => ({ id, type, status: 'in_progress', ...what('') }),
    opened: (say) => say(`response.${type}.in_progress`),
    grew: () => {},
    done: (query, say) => {
      say(`response.${type}.searching`);
      say(`response.${type}.completed`);
      return what(query);
    },
  };
}

function interpreter({ seed, digest, include }: OutputOptions): HostedItem {
  const type = 'code_interpreter_call';
  const random = createRandom(seed, 'container', digest.high, digest.low);
  const container = `cntr_${Array.from({ length: 32 }, () => random.int(16).toString(16)).join('')}`;
  return {
    type,
    begin: (id) => ({ id, type, status: 'in_progress', container_id: container, code: '', outputs: null }),
    opened: (say) => say(`response.${type}.in_progress`),
    grew: (delta, say) => say('response.code_interpreter_call_code.delta', { delta }),
    done: (code, say) => {
      say('response.code_interpreter_call_code.done', { code });
      say(`response.${type}.interpreting`);
      say(`response.${type}.completed`);
      const logs = { type: 'logs', logs: prose(random, 8) };
      return { code, outputs: include.has('code_interpreter_call.outputs') ? [logs] : null };
    },
  };
}
