/** A response of a session as events show it. */
import { spokenS } from '../../../../simulator/speech/timeline.js';
import type { ServerContext } from '../../../context.js';
import { SPEECH_TOKENS_PER_SECOND } from '../audio/speech-choices.js';
import { audioTokens } from '../audio/transcript-formats.js';
import type { ApiError } from '../errors.js';
import type { Item, Part } from './conversation.js';
import type { SessionCore } from './core.js';
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

/**
 * What was used, by what it was. The chat has counted words that were heard or are spoken as text: of what was heard the sound counts in
 * their place, of what is spoken the sound beside them.
 *
 * @param said - what is spoken
 */
export function usageBody(
  context: ServerContext,
  plan: ResponsePlan,
  usage: ChatUsage | undefined,
  said: string,
): object {
  const isMade = usage !== undefined;
  const asked = usage?.prompt_tokens ?? 0;
  const heard = isMade ? audioTokens(plan.heardS) : 0;
  const text = asked - Math.min(asked, wordTokens(context, plan.input));
  const spoken = isMade && said !== '' ? Math.ceil(spokenS(said, 1) * SPEECH_TOKENS_PER_SECOND) : 0;
  const written = usage?.completion_tokens ?? 0;
  const input = text + heard;
  const output = written + spoken;
  const cached = Math.min(input, usage?.prompt_tokens_details?.cached_tokens ?? 0);
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
    output_token_details: { text_tokens: written, audio_tokens: spoken },
  };
}

const SOUNDS = new Set(['input_audio', 'output_audio', 'audio']);

/** What of items is sound, or was. */
const soundsIn = (items: readonly Item[]): { part: Part; item: Item; index: number }[] =>
  items.flatMap((item) =>
    item.type === 'message'
      ? item.content.flatMap((part, index) => (SOUNDS.has(part.type) ? [{ part, item, index }] : []))
      : [],
  );

const wordTokens = ({ counter }: ServerContext, items: readonly Item[]): number =>
  soundsIn(items).reduce((sum, { part }) => sum + counter.tokenizer.count(part.transcript ?? ''), 0);

/** How long the sound in items is: as it was sent, or as long as its words take. */
export const heardSeconds = ({ conversation }: SessionCore, items: readonly Item[]): number =>
  soundsIn(items).reduce((sum, { part, item, index }) => {
    const sound = conversation.heard(item.id, index);
    return sum + (sound ? sound.durationMs / 1000 : spokenS(part.transcript ?? '', 1));
  }, 0);
