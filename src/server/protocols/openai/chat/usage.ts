/** `usage` of a chat: what its answers came to. */
import type { GenerationUsage } from '../../../generation/generator.js';
import { type TextAnswers, tokensOf } from '../../../text/text-model.js';
import type { TextCounter } from '../../../text/prompt.js';
import type { Usage } from './wire.js';

/** Of answers that have been read. */
export function usageOf(
  counter: TextCounter,
  { answers, prompt, prediction }: TextAnswers,
  usage: GenerationUsage,
): Usage {
  let completionTokens = 0;
  let reasoningTokens = 0;
  for (const answer of answers) {
    completionTokens += tokensOf(answer, counter);
    reasoningTokens += answer.reasoningTokens;
  }
  return {
    promptTokens: prompt.total,
    promptAudioTokens: prompt.audio,
    completionTokens,
    reasoningTokens,
    cachedTokens: usage.cachedTokens,
    acceptedPredictionTokens: prediction?.accepted ?? 0,
    rejectedPredictionTokens: prediction?.rejected ?? 0,
  };
}
