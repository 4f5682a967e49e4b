/** `POST /v2/rerank` as Cohere has it, and `POST /v1/rerank` as Jina (and vLLM) have it. */
import * as z from 'zod';
import { digestOf } from '../../../lib/digest.js';
import { sigmoid } from '../../../simulator/embedding/relevance.js';
import type { ServerContext } from '../../context.js';
import type { ApiRequest } from '../../routing/api-request.js';
import type { Reply } from '../../routing/reply.js';
import type { Route } from '../../routing/route.js';
import { toApiError } from '../openai/validation.js';
import { cohereError, jinaError } from './errors.js';
import { type Ranked, rank } from './rank.js';

const MAX_DOCUMENTS = 1000;
/** Cohere cuts documents here unless it is told otherwise. */
const COHERE_MAX_TOKENS = 4096;

const document = z.union([z.string(), z.looseObject({ text: z.string() })]);
const body = z.object({
  model: z.string(),
  query: z.string().min(1),
  documents: z.array(document).min(1).max(MAX_DOCUMENTS),
  top_n: z.int().min(1).nullish(),
  max_tokens_per_doc: z.int().min(1).nullish(),
  return_documents: z.boolean().nullish(),
});
type Body = z.output<typeof body>;

function read(request: ApiRequest): Body {
  const input = request.json();
  const parsed = body.safeParse(input);
  if (!parsed.success) throw toApiError(parsed.error.issues, input);
  return parsed.data;
}

const textOf = (one: Body['documents'][number]): string => (typeof one === 'string' ? one : one.text);

/** A UUID that the request decides. */
function idOf({ model, query, documents }: Body): string {
  const hex = ['a', 'b'].map((salt) => {
    const { high, low } = digestOf([salt, model, query, ...documents.map(textOf)]);
    return high.toString(16).padStart(8, '0') + low.toString(16).padStart(8, '0');
  });
  const digits = hex.join('');
  return `${digits.slice(0, 8)}-${digits.slice(8, 12)}-4${digits.slice(13, 16)}-a${digits.slice(17, 20)}-${digits.slice(20)}`;
}

/** Reranking. */
export function rerankRoutes(context: ServerContext): Route[] {
  const ranked = (asked: Body, reply: Reply, maxTokens?: number) =>
    rank(context, reply, {
      model: context.models.of(asked.model, 'rerank'),
      query: asked.query,
      passages: asked.documents.map(textOf),
      cuts: true,
      maxTokens,
    });
  const results = (asked: Body, list: readonly Ranked[], withDocuments: boolean) =>
    list.slice(0, asked.top_n ?? list.length).map(({ index, logit }) => ({
      index,
      relevance_score: sigmoid(logit),
      ...(withDocuments ? { document: { text: textOf(asked.documents[index]!) } } : {}),
    }));
  return [
    {
      method: 'POST',
      path: '/v2/rerank',
      operationId: 'cohereRerank',
      renderError: cohereError,
      handler: async (request, reply) => {
        const asked = read(request);
        const answer = await ranked(asked, reply, asked.max_tokens_per_doc ?? COHERE_MAX_TOKENS);
        reply.json({
          id: idOf(asked),
          results: results(asked, answer.ranked, asked.return_documents === true),
          meta: {
            api_version: { version: '2', is_experimental: false },
            // A search unit is a query with up to 100 documents.
            billed_units: { search_units: Math.ceil(asked.documents.length / 100) },
          },
        });
      },
    },
    {
      method: 'POST',
      path: '/rerank',
      operationId: 'jinaRerank',
      renderError: jinaError,
      handler: async (request, reply) => {
        const asked = read(request);
        const { ranked: list, tokens } = await ranked(asked, reply);
        reply.json({
          id: `rerank-${idOf(asked)}`,
          object: 'list',
          model: asked.model,
          usage: { prompt_tokens: tokens, total_tokens: tokens },
          results: results(asked, list, asked.return_documents !== false),
        });
      },
    },
  ];
}
