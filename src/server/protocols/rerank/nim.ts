/** `POST /v1/ranking`, as NVIDIA's retriever microservices have it. */
import * as z from 'zod';
import type { ServerContext } from '../../context.js';
import type { ApiRequest } from '../../routing/api-request.js';
import type { Reply } from '../../routing/reply.js';
import type { Route } from '../../routing/route.js';
import { toApiError } from '../openai/validation.js';
import { rank } from './rank.js';

const MAX_PASSAGES = 512;
const text = z.object({ text: z.string().min(1) });
const body = z.object({
  model: z.string(),
  query: text,
  passages: z.array(text).min(1).max(MAX_PASSAGES),
  truncate: z.enum(['NONE', 'END']).nullish(),
});

/** Ranking. */
export function rankingRoutes(context: ServerContext): Route[] {
  const handler = async (request: ApiRequest, reply: Reply): Promise<void> => {
    const input = request.json();
    const parsed = body.safeParse(input);
    if (!parsed.success) throw toApiError(parsed.error.issues, input);
    const { data } = parsed;
    const { ranked, tokens } = await rank(context, reply, {
      model: context.models.of(data.model, 'rerank'),
      query: data.query.text,
      passages: data.passages.map((passage) => passage.text),
      cuts: data.truncate === 'END',
    });
    reply.json({ rankings: ranked, usage: { prompt_tokens: tokens, total_tokens: tokens } });
  };
  return [{ method: 'POST', path: '/ranking', operationId: 'createRanking', handler }];
}
