/** A working request for every operation of OpenAI's API that is simulated (but those of organizations and their projects). */
import { operations } from '../spec.js';
import { ASSISTANT_EXAMPLES } from './assistants.js';
import { MEDIA_EXAMPLES } from './media.js';
import { STORE_EXAMPLES } from './stores.js';
import { TEXT_EXAMPLES } from './texts.js';
import { TUNING_EXAMPLES } from './tuning.js';
import { type Example, type Examples, formOf } from './world.js';

export { type Example, World } from './world.js';

export const EXAMPLES: Examples = {
  ...TEXT_EXAMPLES,
  ...ASSISTANT_EXAMPLES,
  ...STORE_EXAMPLES,
  ...TUNING_EXAMPLES,
  ...MEDIA_EXAMPLES,
};

/** Examples that end what must not be over by itself before: they need a server that is {@link SLOW}. */
export const ENDED_EARLY: ReadonlySet<string> = new Set(['cancelResponse', 'cancelVectorStoreFileBatch']);
/** Settings of a server whose answers and files take longer than any test. */
export const SLOW = { latency: 'fixed', ttft: 600_000, ingestDuration: 600_000 } as const;

/** Operations of these families. */
export const exampleOperations = [...operations]
  .filter(([, { family }]) => !/^(organization|projects|content_provenance_checks)$/.test(family))
  .map(([id, operation]) => ({ id, ...operation }));

/** Where an example is sent to. */
export function exampleUrl(url: string, operationId: string, example: Example): string {
  const { path } = operations.get(operationId)!;
  const where = path.replaceAll(/\{(\w+)\}/g, (_, name: string) => {
    const value = example.params?.[name];
    if (value === undefined) throw new Error(`${operationId} has no ${name}`);
    return encodeURIComponent(value);
  });
  return `${url}/v1${where}${example.query ? `?${example.query}` : ''}`;
}

/** Sends an example. */
export function sendExample(url: string, operationId: string, example: Example): Promise<Response> {
  const { method } = operations.get(operationId)!;
  const target = exampleUrl(url, operationId, example);
  if (example.form) return fetch(target, { method, body: formOf(example.form) });
  if (!example.body) return fetch(target, { method });
  const headers = { 'content-type': 'application/json' };
  return fetch(target, { method, headers, body: JSON.stringify(example.body) });
}
