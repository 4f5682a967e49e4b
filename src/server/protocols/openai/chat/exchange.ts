/** A chat request that is being answered, and its answer in one piece. */
import type { Answer } from '../../../../simulator/index.js';
import type { ServerContext } from '../../../context.js';
import { type GenerationRequest, type GenerationUsage, NO_USAGE } from '../../../generation/generator.js';
import { answerWhole } from '../../../generation/whole-answer.js';
import type { Reply } from '../../../routing/reply.js';
import type { UsageRecord } from '../../../telemetry/model-meter.js';
import type { TextAnswers } from '../../../text/text-model.js';
import { refusal } from '../generation-errors.js';
import type { Moderated } from './moderated.js';
import type { ChatRequest } from './request.js';
import { logprobRandom, type RichOptions, WholeRichAnswer } from './rich-answer.js';
import {
  type ChatIdentity,
  choicesJson,
  completionJson,
  plainChoiceJson,
  plainMessage,
  type Usage,
} from './wire.js';

/** What is still to be known of a request when its prompt has been prepared. */
export type PreparedChat = Omit<ChatRequest, 'messages'>;

/** See the file's head. */
export interface Exchange {
  request: PreparedChat;
  reply: Reply;
  identity: ChatIdentity;
  text: TextAnswers;
  /** Undefined when all answers are plain. */
  rich: RichOptions | undefined;
  moderated?: Moderated;
}

/** The same with the messages still at hand. */
export interface ReadExchange extends Exchange {
  request: ChatRequest;
}

/** All that is said in an answer in one piece. */
export interface WholeSaid {
  /** JSON of all choices, without brackets. */
  choices: string;
  /** Tokens that were generated, of each choice. */
  tokens: readonly number[];
  /** Without what the engine finds out. */
  usage: Usage;
}

/** What answers have used so far; all of it when all tokens are generated. */
export function usageOf(
  { answers, prompt, prediction }: TextAnswers,
  { cachedTokens, cacheWriteTokens }: GenerationUsage,
): Usage {
  let completionTokens = 0;
  let reasoningTokens = 0;
  for (const answer of answers) {
    completionTokens += answer.tokens;
    reasoningTokens += answer.reasoningTokens;
  }
  return {
    promptTokens: prompt.total,
    promptAudioTokens: prompt.audio,
    completionTokens,
    reasoningTokens,
    cachedTokens,
    cacheWriteTokens,
    acceptedPredictionTokens: prediction?.accepted ?? 0,
    rejectedPredictionTokens: prediction?.rejected ?? 0,
  };
}

/** For the books. Field by field: objects that are spread together cost a microsecond. */
export const usageRecord = (model: string, usage: Usage, streamed = false): UsageRecord => {
  const { promptTokens, cachedTokens, completionTokens, reasoningTokens } = usage;
  return { model, promptTokens, cachedTokens, completionTokens, reasoningTokens, streamed };
};

/** Generates all tokens of all choices. */
export function sayAll(
  context: ServerContext,
  { text, rich, moderated }: Pick<Exchange, 'text' | 'rich' | 'moderated'>,
): WholeSaid {
  const { answers } = text;
  return {
    choices:
      rich || moderated || answers.length > 1
        ? sayEach(context, text, rich, moderated)
        : sayPlain(answers[0]!),
    tokens: answers.map(({ tokens }) => tokens),
    usage: usageOf(text, NO_USAGE),
  };
}

function sayPlain(answer: Answer): string {
  const content = answer.rest();
  return plainChoiceJson(content, answer.finishReason);
}

function sayEach(
  context: ServerContext,
  text: TextAnswers,
  rich: RichOptions | undefined,
  moderated: Moderated | undefined,
): string {
  const choices = text.answers.map((answer, index) =>
    rich
      ? new WholeRichAnswer(answer, rich, logprobRandom(context.seed, text.digest, index)).choice(index)
      : {
          index,
          message: plainMessage(answer.rest()),
          logprobs: 'null',
          finishReason: answer.finishReason,
        },
  );
  return choicesJson(moderated ? moderated.shown(choices) : choices);
}

/** Sends what is said when the engine has got so far. */
export function sendWhole(
  { generator, account }: ServerContext,
  { request, reply, identity, rich, moderated }: Omit<Exchange, 'text' | 'rich'> & Partial<Exchange>,
  requests: readonly GenerationRequest[],
  { choices, usage }: WholeSaid,
): void {
  answerWhole({
    reply,
    generator,
    requests,
    ready: ({ cachedTokens, cacheWriteTokens }) => {
      const isCached = cachedTokens > 0 || cacheWriteTokens > 0;
      const used = isCached ? { ...usage, cachedTokens, cacheWriteTokens } : usage;
      account(usageRecord(request.model, used));
      reply.jsonText(completionJson(identity, choices, used, moderated?.json, rich?.trace?.prompt));
    },
    refuse: refusal,
  });
}
