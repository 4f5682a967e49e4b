/** Models as Anthropic lists them: on the paths of OpenAI's list, for requests with an `anthropic-version`. */
import type { ModelInfo } from '../../../simulator/models/model.js';
import type { ApiRequest } from '../../routing/api-request.js';
import type { Reply } from '../../routing/reply.js';
import { asApiError } from '../openai/errors.js';
import { malformed, renderError } from './errors.js';

const MAX_PAGE = 1000;
const LINES = ['haiku', 'sonnet', 'opus'];

/** Whether a request is one of Anthropic's API. */
export const isAnthropic = (request: ApiRequest): boolean =>
  request.header('anthropic-version') !== undefined;

/** `claude-sonnet-4-5` is `Claude Sonnet 4.5`. */
const displayName = (id: string): string =>
  id
    .replaceAll(/(\d)-(\d)(?!\d)/g, '$1.$2')
    .split('-')
    .map((word) => word.charAt(0).toUpperCase() + word.slice(1))
    .join(' ');

/** What the API says of a model; its `capabilities` are not told. */
const modelBody = ({ id, createdS, contextTokens, outputTokens }: ModelInfo) => ({
  type: 'model',
  id,
  display_name: displayName(id),
  created_at: new Date(createdS * 1000).toISOString(),
  lifecycle: 'active',
  deprecated_at: null,
  retires_at: null,
  line: LINES.find((line) => id.startsWith('claude-') && id.includes(line)) ?? null,
  max_input_tokens: contextTokens,
  max_tokens: outputTokens > 0 ? outputTokens : null,
  capabilities: null,
});

/** Answers with a page of models, the newest first. */
export function listModels(request: ApiRequest, reply: Reply, models: readonly ModelInfo[]): void {
  const { query } = request;
  const limit = Number(query.get('limit') ?? 20);
  if (!Number.isInteger(limit) || limit < 1 || limit > MAX_PAGE)
    throw malformed('limit', `Input should be a whole number from 1 to ${MAX_PAGE}`);
  const all = models.toSorted((a, b) => b.createdS - a.createdS);
  const placeOf = (name: string): number | undefined => {
    const id = query.get(name);
    if (!id) return undefined;
    const place = all.findIndex((model) => model.id === id);
    if (place < 0) throw malformed(name, `there is no model with the id '${id.slice(0, 200)}'`);
    return place;
  };
  const [after, before] = [placeOf('after_id'), placeOf('before_id')];
  const from = before === undefined ? (after ?? -1) + 1 : Math.max(0, before - limit);
  const to = Math.min(from + limit, before ?? all.length);
  const data = all.slice(from, to).map((model) => modelBody(model));
  const hasMore = before === undefined ? to < all.length : from > 0;
  reply.json({
    data,
    has_more: hasMore,
    first_id: data[0]?.id ?? null,
    last_id: data.at(-1)?.id ?? null,
  });
}

/** Answers with one model, under the name by which it was asked for. */
export function showModel(reply: Reply, model: ModelInfo, id: string): void {
  reply.json({ ...modelBody(model), id });
}

/** Does something whose refusal is to be in Anthropic's shape on a route that is OpenAI's too. */
export async function inOurShape(reply: Reply, action: () => void | Promise<void>): Promise<void> {
  try {
    await action();
  } catch (error) {
    const { status, headers, body } = renderError(asApiError(error), reply.response.requestId);
    reply.jsonText(body, status, headers);
  }
}
