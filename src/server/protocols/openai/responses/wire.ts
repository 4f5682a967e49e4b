/** A response as the API shows it. */
import type { GenerationUsage } from '../../../generation/generator.js';
import type { Answer } from '../../../../simulator/index.js';
import type { HiddenById } from './included.js';
import type { Item } from './items.js';
import type { PreparedResponse } from './prepare.js';
import type { ResponseRecord } from './records.js';
import { echoTools } from './tools.js';

/** `usage` of a response. */
export interface ResponseUsage {
  input_tokens: number;
  input_tokens_details: { cached_tokens: number; cache_write_tokens: number };
  output_tokens: number;
  output_tokens_details: { reasoning_tokens: number };
  total_tokens: number;
}

/** What an answer used. */
export function usageOf(
  { prompt, compaction, isSilent }: PreparedResponse,
  answer: Answer,
  usage: GenerationUsage,
): ResponseUsage {
  const output = (isSilent ? 0 : answer.tokens) + (compaction?.tokens ?? 0);
  return {
    input_tokens: prompt.total,
    input_tokens_details: { cached_tokens: usage.cachedTokens, cache_write_tokens: usage.cacheWriteTokens },
    output_tokens: output,
    output_tokens_details: { reasoning_tokens: answer.reasoningTokens },
    total_tokens: prompt.total + output,
  };
}

/** Of a prompt that nothing was answered to. */
export const emptyUsage = ({ prompt }: PreparedResponse): ResponseUsage => ({
  input_tokens: prompt.total,
  input_tokens_details: { cached_tokens: 0, cache_write_tokens: 0 },
  output_tokens: 0,
  output_tokens_details: { reasoning_tokens: 0 },
  total_tokens: prompt.total,
});

/** What is known of a response at some point. */
export interface ResponseState {
  status: 'queued' | 'in_progress' | 'completed' | 'incomplete' | 'failed' | 'cancelled';
  output: Item[];
  usage: ResponseUsage | null;
  completedS: number | null;
  /** What is kept of its output beside what is shown of it. */
  hidden?: HiddenById | undefined;
  error?: { code: string; message: string };
}

/** The prompt that was named, with the version that was taken. */
const promptBody = ({ id, version, variables }: NonNullable<PreparedResponse['body']['prompt']>) => ({
  id,
  version: version ?? null,
  variables: variables ?? null,
});

const cutBy = (moderated: PreparedResponse['moderated']): string =>
  moderated?.isBlocked ? 'content_filter' : 'max_output_tokens';

/** What was said of thinking; its mode and its context only where they were. */
const reasoningBody = (reasoning: PreparedResponse['body']['reasoning']) => ({
  effort: reasoning?.effort ?? null,
  summary: reasoning?.summary ?? null,
  ...(reasoning?.mode != null && { mode: reasoning.mode }),
  ...(reasoning?.context != null && { context: reasoning.context }),
});

/** The `response` object. */
export function responseBody(
  { id, createdS, version, body, conversationId, stored, moderated }: PreparedResponse,
  state: ResponseState,
): ResponseRecord['body'] {
  const { status, output, usage, completedS, error } = state;
  const asked = body.service_tier ?? 'auto';
  const tier = asked === 'fast' ? 'priority' : asked;
  return {
    id,
    object: 'response',
    // Nobody has any here.
    access_programs: null,
    created_at: createdS,
    status,
    background: body.background === true,
    completed_at: completedS,
    error: error ?? null,
    incomplete_details: status === 'incomplete' ? { reason: cutBy(moderated) } : null,
    instructions: body.template ?? body.instructions ?? null,
    max_output_tokens: body.max_output_tokens ?? null,
    max_tool_calls: body.max_tool_calls ?? null,
    model: version,
    output,
    parallel_tool_calls: body.parallel_tool_calls !== false,
    previous_response_id: body.previous_response_id ?? null,
    ...(conversationId !== undefined && { conversation: { id: conversationId } }),
    ...(body.prompt && { prompt: promptBody(body.prompt) }),
    reasoning: reasoningBody(body.reasoning),
    ...(moderated && completedS !== null && { moderation: moderated.body }),
    service_tier: tier === 'auto' && status !== 'queued' && status !== 'in_progress' ? 'default' : tier,
    store: stored,
    temperature: body.temperature ?? 1,
    text: { format: body.text?.format ?? { type: 'text' }, verbosity: body.text?.verbosity ?? 'medium' },
    tool_choice: body.tool_choice ?? 'auto',
    tools: echoTools(body),
    top_logprobs: body.top_logprobs ?? 0,
    top_p: body.top_p ?? 1,
    truncation: body.truncation ?? 'disabled',
    ...(usage && { usage }),
    user: body.user ?? null,
    safety_identifier: body.safety_identifier ?? null,
    prompt_cache_key: body.prompt_cache_key ?? null,
    prompt_cache_retention: body.prompt_cache_retention ?? null,
    ...(body.prompt_cache_options && {
      prompt_cache_options: { ttl: '30m', mode: 'implicit', ...body.prompt_cache_options },
    }),
    metadata: body.metadata ?? {},
  };
}
