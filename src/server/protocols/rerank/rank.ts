/** Passages in the order of their relevance to a query; what all dialects of reranking share. */
import { RelevanceJudge } from '../../../simulator/embedding/relevance.js';
import type { ModelInfo } from '../../../simulator/models/model.js';
import type { ServerContext } from '../../context.js';
import type { Reply } from '../../routing/reply.js';
import { ApiError } from '../openai/errors.js';
import { workDone } from '../openai/work.js';

/** What is ranked. */
export interface Ranking {
  model: ModelInfo;
  query: string;
  passages: readonly string[];
  /** Whether passages that are too long are cut; else they are refused. */
  cuts: boolean;
  /** Most tokens of a passage; the model's own limit without it. */
  maxTokens?: number | undefined;
}

/** One passage. */
export interface Ranked {
  /** Where it was among the passages. */
  index: number;
  logit: number;
}

/**
 * Ranks, and waits as long as a model would take to read everything.
 *
 * @throws ApiError 400 for a passage that is too long
 */
export async function rank(
  context: ServerContext,
  reply: Reply,
  ranking: Ranking,
): Promise<{ ranked: Ranked[]; tokens: number }> {
  const { query, model } = ranking;
  const read = readPassages(context, ranking);
  const judge = new RelevanceJudge(query);
  const ranked = read.texts
    .map((text, index) => ({ index, logit: judge.logit(text) }))
    .toSorted((a, b) => b.logit - a.logit || a.index - b.index);
  const texts = [query, ...read.texts];
  await workDone(context, reply, { model: model.id, texts, promptTokens: read.tokens, steps: 0 });
  context.account({
    model: model.id,
    promptTokens: read.tokens,
    cachedTokens: 0,
    completionTokens: 0,
    endpoint: 'other',
  });
  return { ranked, tokens: read.tokens };
}

/** The passages as far as the model reads them; each is read together with the query. */
function readPassages(
  { counter }: ServerContext,
  { model, query, passages, cuts, maxTokens = model.contextTokens }: Ranking,
): { texts: string[]; tokens: number } {
  const queryTokens = counter.count(query);
  const room = Math.max(1, Math.min(maxTokens, model.contextTokens - queryTokens));
  let tokens = 0;
  const texts = passages.map((passage, index) => {
    const length = counter.count(passage);
    tokens += queryTokens + Math.min(length, room);
    if (length <= room) return passage;
    if (cuts) return counter.tokenizer.decode(counter.tokenizer.encode(passage).slice(0, room));
    const message = `Passage ${index} and the query have ${length + queryTokens} tokens; the model reads at most ${model.contextTokens}. Send truncate=END to have it cut.`;
    throw new ApiError({ status: 400, message, param: 'passages', code: 'context_length_exceeded' });
  });
  return { texts, tokens };
}
