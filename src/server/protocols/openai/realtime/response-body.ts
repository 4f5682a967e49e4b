/** A response of a session as events show it. */
import type { ServerContext } from '../../../context.js';
import type { ApiError } from '../errors.js';
import type { Item } from './conversation.js';
import type { ResponsePlan } from './response-plan.js';

/** How far a response is. */
export type Status = 'in_progress' | 'completed' | 'incomplete' | 'cancelled' | 'failed';

/** What the chat that made it used. */
export interface ChatUsage {
  prompt_tokens: number;
  completion_tokens: number;
  total_tokens: number;
  prompt_tokens_details?: { cached_tokens?: number };
}

/** Why it failed. */
export const failure = ({ type, code, message }: Pick<ApiError, 'type' | 'code' | 'message'>): object => ({
  type: 'failed',
  error: { type, ...(code === null ? {} : { code }), message },
});

/** @param usage - undefined until it is over */
export function responseBody(
  { id, modality, format, voiceId, maxTokens, metadata, inConversation }: ResponsePlan,
  status: Status,
  details: object | null,
  output: readonly object[],
  usage: object | undefined,
): object {
  return {
    object: 'realtime.response',
    id,
    status,
    ...(details && { status_details: details }),
    output,
    ...(inConversation ? { conversation_id: 'conv_0' } : {}),
    output_modalities: [modality],
    max_output_tokens: maxTokens,
    audio: { output: { format, voice: voiceId } },
    metadata: metadata ?? null,
    ...(usage && { usage }),
  };
}

/** What was used, by what it was: of the chat's tokens those of what was heard and of what is spoken are sound. */
export function usageBody(context: ServerContext, plan: ResponsePlan, usage: ChatUsage | undefined): object {
  const input = usage?.prompt_tokens ?? 0;
  const output = usage?.completion_tokens ?? 0;
  const cached = usage?.prompt_tokens_details?.cached_tokens ?? 0;
  const heard = Math.min(input, heardTokens(context, plan.input));
  const spoken = plan.modality === 'audio' ? output : 0;
  const text = input - heard;
  const cachedText = Math.min(cached, text);
  return {
    total_tokens: input + output,
    input_tokens: input,
    output_tokens: output,
    input_token_details: {
      text_tokens: text,
      audio_tokens: heard,
      image_tokens: 0,
      cached_tokens: cached,
      cached_tokens_details: { text_tokens: cachedText, audio_tokens: cached - cachedText, image_tokens: 0 },
    },
    output_token_details: { text_tokens: output - spoken, audio_tokens: spoken },
  };
}

const SOUNDS = new Set(['input_audio', 'output_audio', 'audio']);

const heardTokens = ({ counter }: ServerContext, items: readonly Item[]): number =>
  items.reduce((sum, item) => {
    if (item.type !== 'message') return sum;
    const sounds = item.content.filter(({ type }) => SOUNDS.has(type));
    return sounds.reduce((all, { transcript }) => all + counter.tokenizer.count(transcript ?? ''), sum);
  }, 0);
