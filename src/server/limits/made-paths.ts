/** Where the resource that a request made can be read, in the same shape as it was answered. */
import type { Route } from '../routing/route.js';

/** Operations that make what is read below their own path, and the status of their answers. */
const CREATIONS: Readonly<Record<string, number | undefined>> = {
  createAssistant: 200,
  createBatch: 200,
  createChatCompletion: 200,
  CreateContainer: 200,
  CreateContainerFile: 200,
  createConversation: 200,
  createEval: 201,
  createEvalRun: 201,
  createFile: 200,
  createFineTuningJob: 200,
  createMessage: 200,
  createResponse: 200,
  createRun: 200,
  createThread: 200,
  createVectorStore: 200,
  createVectorStoreFile: 200,
  createVectorStoreFileBatch: 200,
  createVideo: 200,
};

/** Actions on the resource above them, which they answer with. */
const ACTION = /\/:[^/]+(\/(?:cancel|pause|resume|activate|deactivate))$/;

/**
 * See the file's head.
 *
 * @param path - the request's, as sent
 * @param ids - keys under which it stored something
 * @returns no paths where its answer cannot be read back
 */
export function pathsOfMade(
  { path: pattern, operationId }: Pick<Route, 'path' | 'operationId'>,
  path: string,
  ids: readonly string[],
): { status: number; paths: string[] } {
  const created = CREATIONS[operationId];
  if (created !== undefined) {
    // Some keys begin with what the resource is a part of.
    const names = new Set(ids.map((id) => id.slice(id.lastIndexOf('/') + 1)));
    return { status: created, paths: [...names].map((name) => `${path}/${encodeURIComponent(name)}`) };
  }
  const action = ACTION.exec(pattern)?.[1];
  if (action !== undefined) return { status: 200, paths: [path.slice(0, -action.length)] };
  return { status: 200, paths: /\/:[^/]+$/.test(pattern) ? [path] : [] };
}
