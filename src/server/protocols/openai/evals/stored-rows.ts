/** Items of a run out of what was stored: chat completions and responses. */
import type * as z from 'zod';
import type { ServerContext } from '../../../context.js';
import type { Store } from '../../../store/store.js';
import { COMPLETIONS, type StoredCompletion } from '../chat/stored.js';
import { jsonOf } from '../graders/templates.js';
import { type ResponseRecord, RESPONSES } from '../responses/records.js';
import {
  type DataSource,
  MAX_ITEMS,
  type Row,
  type storedCompletions,
  type storedResponses,
} from './data-source.js';

type Body = Record<string, unknown>;
interface StoredFilter {
  metadata?: Record<string, string> | null | undefined;
  model?: string | null | undefined;
  created_after?: number | null | undefined;
  created_before?: number | null | undefined;
}

/** Items that are stored; undefined for sources that have theirs elsewhere. The oldest come first. */
export async function storedRows(
  { models }: Pick<ServerContext, 'models'>,
  store: Store,
  { source }: DataSource,
): Promise<Row[] | undefined> {
  if (source.type !== 'stored_completions' && source.type !== 'responses') return undefined;
  // What is kept names the version that answered.
  const model = source.model == null ? source.model : models.versionOf(source.model);
  return source.type === 'responses'
    ? responseRows(store, { ...source, model })
    : completionRows(store, { ...source, model });
}

function isWanted(filter: StoredFilter, model: unknown, createdS: number, metadata: unknown): boolean {
  if (filter.model != null && model !== filter.model) return false;
  if (createdS < (filter.created_after ?? 0) || createdS > (filter.created_before ?? Infinity)) return false;
  const has = (metadata ?? {}) as Record<string, string>;
  return Object.entries(filter.metadata ?? {}).every(
    ([key, value]) => Object.hasOwn(has, key) && has[key] === value,
  );
}

async function completionRows(store: Store, filter: z.output<typeof storedCompletions>): Promise<Row[]> {
  const where = ({ model, body, metadata }: StoredCompletion): boolean =>
    isWanted(filter, model, Number(body['created']), metadata);
  const { data } = await store.list(COMPLETIONS, { limit: filter.limit ?? MAX_ITEMS, order: 'asc', where });
  return data.map(({ model, messages, metadata, body }) => {
    const [choice] = body['choices'] as { message: { content: string | null }; finish_reason: string }[];
    const input = messages.map(({ role, content }) => ({ role, content }));
    return {
      item: { input, model, metadata, created_at: body['created'] },
      sample: sampleOf(choice?.message.content ?? '', { model, finish_reason: choice?.finish_reason }),
    };
  });
}

async function responseRows(store: Store, filter: z.output<typeof storedResponses>): Promise<Row[]> {
  const where = ({ body }: ResponseRecord): boolean =>
    body.status === 'completed' &&
    isWanted(filter, body['model'], Number(body['created_at']), body['metadata']) &&
    isLike(body, filter);
  const { data } = await store.list(RESPONSES, { limit: MAX_ITEMS, order: 'asc', where });
  return data.map(({ input, body }) => {
    const text = body.output
      .filter(({ type }) => type === 'message')
      .flatMap(({ content }) => content as { type: string; text?: string }[])
      .map((part) => (part.type === 'output_text' ? (part.text ?? '') : ''))
      .join('');
    const { model, metadata, created_at: createdS, instructions } = body;
    return {
      item: { input: input.flatMap(asMessage), instructions, model, metadata, created_at: createdS },
      sample: sampleOf(text, { model }),
    };
  });
}

/** Messages alone, as a model can be asked them anew. */
function asMessage(item: Body): { role: unknown; content: string }[] {
  const { role, content } = item;
  if (role === undefined || content == null) return [];
  const parts = typeof content === 'string' ? [{ text: content }] : (content as { text?: string }[]);
  return [{ role, content: parts.map(({ text = '' }) => text).join('\n') }];
}

function isLike(body: Body, filter: z.output<typeof storedResponses>): boolean {
  const {
    instructions_search: search,
    reasoning_effort: effort,
    temperature,
    top_p: topP,
    users,
    tools,
  } = filter;
  const said = typeof body['instructions'] === 'string' ? body['instructions'] : '';
  const named = ((body['tools'] ?? []) as { type: string; name?: string }[]).map(
    ({ type, name }) => name ?? type,
  );
  return (
    (search == null || said.includes(search)) &&
    (effort == null || (body['reasoning'] as Body | null | undefined)?.['effort'] === effort) &&
    (temperature == null || body['temperature'] === temperature) &&
    (topP == null || body['top_p'] === topP) &&
    (users == null || users.includes(String(body['safety_identifier'] ?? body['user']))) &&
    (tools == null || tools.every((tool) => named.includes(tool)))
  );
}

const sampleOf = (text: string, more: Body): Body => ({
  output_text: text,
  output_json: jsonOf(text) ?? null,
  ...more,
});
