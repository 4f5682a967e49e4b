/** Ids begin with what they are of. OpenAI refuses others where it would look for them, instead of not finding anything. */
import { ApiError } from './errors.js';

/** The names of the ids in the paths of a family, and what such an id begins with; in the order in which they are looked at. */
const OF_PATHS: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  assistants: { assistant_id: 'asst' },
  batches: { batch_id: 'batch' },
  containers: { container_id: 'cntr' },
  conversations: { conversation_id: 'conv' },
  responses: { response_id: 'resp' },
  threads: { thread_id: 'thread', message_id: 'msg', run_id: 'run', step_id: 'step' },
  vector_stores: { vector_store_id: 'vs_', file_id: 'file', batch_id: 'vsfb_' },
};

/**
 * Refuses an id that cannot be one of what it is to be of.
 *
 * @param param - where it is
 * @throws ApiError 400; it says that there is nothing of that name, for servers that make up what nobody made
 */
export function requirePrefix(param: string, id: string, prefix: string): void {
  if (id.startsWith(prefix)) return;
  throw new ApiError({
    status: 400,
    message: `Invalid '${param}': '${id.slice(0, 200)}'. Expected an ID that begins with '${prefix}'.`,
    param,
    code: 'invalid_value',
    unknownResource: true,
  });
}

/**
 * Refuses ids in a path.
 *
 * @param pattern - of the path, without `/v1`
 * @throws ApiError as {@link requirePrefix}
 */
export function checkPathIds(pattern: string, params: Readonly<Record<string, string | undefined>>): void {
  const family = pattern.slice(1, pattern.indexOf('/', 1));
  for (const [name, prefix] of Object.entries(OF_PATHS[family] ?? {})) {
    const id = params[name];
    if (id !== undefined) requirePrefix(name, id, prefix);
  }
}
