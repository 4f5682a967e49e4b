/** From a prompt, in no protocol's words, to answers and to what the engine must know of them. */
import type { Digest } from '../../lib/digest.js';
import {
  composeAnswer,
  scriptedAnswer,
  type AnswerTask,
  type HostedCall,
  type TextFormat,
} from '../../simulator/content/compose.js';
import { hash32 } from '../../lib/random.js';
import { GrammarError } from '../../simulator/content/lark/lexer.js';
import { SchemaError } from '../../simulator/content/json/schema.js';
import type { Effort } from '../../simulator/content/lengths.js';
import { comparePrediction, type PredictionOutcome } from '../../simulator/content/prediction.js';
import type { ToolChoice, ToolSpec } from '../../simulator/content/tool-choice.js';
import { Answer, type AnswerLimits } from '../../simulator/answer.js';
import { invalid } from '../protocols/openai/errors.js';
import type { GenerationRequest } from '../generation/generator.js';
import type { PromptCaching } from '../generation/prompt-caching.js';
import {
  countPrompt,
  countText,
  digestPrompt,
  latestWords,
  type PromptMessage,
  type PromptTokens,
  type TextCounter,
} from './prompt.js';
import { type BlockPrompt, mediaHashes, promptBlocks, promptMarks } from './prompt-blocks.js';
import { heatOf } from './answer-heat.js';
import { cutLength } from './cut-length.js';
import type { Sender } from './sender.js';
import type { Fixtures, FixtureScript } from './fixtures.js';
import { editedCopy } from './edited-copy.js';
import { endingOf, samplingOf, type WordLimits } from './word-limits.js';

type Writable<T> = { -readonly [K in keyof T]: T[K] };

/** Of a longer answer only this beginning can be found again in a cache: the rest is not worth being made twice. */
const HASHED_ANSWER_TOKENS = 4096;

/** What makes an answer more than prose. */
export interface TextOptions {
  tools: readonly ToolSpec[];
  toolChoice: ToolChoice;
  parallelToolCalls: boolean;
  format: TextFormat;
  effort: Effort;
  /** Most tokens of thoughts. Default: as many as the effort takes. */
  thoughtLimit?: number | undefined;
  /** Factor of the length that answers have by themselves. */
  lengthFactor: number;
  /** By token id. */
  logitBias: ReadonlyMap<number, number>;
  presencePenalty: number;
  frequencyPenalty: number;
  prediction: string | undefined;
  /** Default none. */
  wordLimits?: WordLimits | undefined;
  /** Calls of tools that the server runs itself. */
  hosted?: readonly HostedCall[];
  /** What prose begins with. */
  lead?: string;
  /** Tools as the prompt shows them, where not all of each is shown. Default {@link tools}. */
  shownTools?: readonly ToolSpec[];
}

/** A prompt to answer. */
export interface TextAsk extends AnswerLimits {
  model: string;
  messages: readonly PromptMessage[];
  n: number;
  seed: number | undefined;
  /** The likeliest words, whatever the seed: all choices are equal. */
  greedy: boolean;
  /** The likeliest sequences were searched for: the first choice is the likeliest, the others stray from it late. */
  beams?: boolean | undefined;
  /** 0 to 2; undefined is 1. */
  temperature?: number | undefined;
  /** 0 to 1; undefined is 1. */
  topP?: number | undefined;
  /** Undefined for plain prose. */
  options: TextOptions | undefined;
  /** What is said about the cache of the prompt, where anything is. */
  caching?: PromptCaching | undefined;
  /** Of {@link findScript}, where it was asked already: each time counts as a call. */
  script?: FixtureScript | null | undefined;
}

/** Options that change nothing. */
export const PLAIN_OPTIONS: TextOptions = {
  tools: [],
  toolChoice: 'none',
  parallelToolCalls: true,
  format: { type: 'text' },
  effort: 'none',
  lengthFactor: 1,
  logitBias: new Map(),
  presencePenalty: 0,
  frequencyPenalty: 0,
  prediction: undefined,
};

/** The same options, and what prose begins with. */
export const withLead = (
  options: TextOptions | undefined,
  lead: string | undefined,
): TextOptions | undefined => (lead === undefined ? options : { ...(options ?? PLAIN_OPTIONS), lead });

/** Answers that can be read, one per choice. */
export interface TextAnswers {
  /** With the script's part, where there is one. */
  ask: TextAsk;
  digest: Digest;
  answers: readonly Answer[];
  /** For the engine, one per choice. */
  sequences: readonly GenerationRequest[];
  prompt: PromptTokens;
  prediction: PredictionOutcome | undefined;
  /** What a fixture says is said: any text, with calls or without. Null when none does. */
  script: FixtureScript | null;
}

/** What answers are made with. */
export interface TextContext {
  seed: number;
  counter: TextCounter;
  /** Answers that the user wrote, if there are any. */
  fixtures?: Fixtures | undefined;
  /** Tokens per block of the KV caches. */
  blockTokens: number;
}

/** The prompt of an ask in tokens. */
export function countAsk(
  { model, messages, options }: Pick<TextAsk, 'model' | 'messages' | 'options'>,
  counter: TextCounter,
): PromptTokens {
  const hasMedia = messages.some(({ media }) => media);
  if (!options && !hasMedia) return { total: countText(messages, counter), image: 0, audio: 0 };
  const { tools, shownTools = tools, format } = options ?? PLAIN_OPTIONS;
  const schema = format.type === 'json_schema' ? format.schema : undefined;
  return countPrompt({ model, messages, tools: shownTools, ...(schema && { schema }) }, counter);
}

/**
 * Prepares the answers to a prompt; nothing is generated yet.
 *
 * @param prompt - of {@link countAsk}
 * @param digest - of {@link digestPrompt}, where it is known already
 * @throws SchemaError when a schema cannot be met
 */
export function prepareAnswers(
  context: TextContext,
  given: TextAsk,
  prompt: PromptTokens,
  arrivalMs: number,
  sender: Sender = {},
  digest = digestPrompt(given.model, given.messages, namedSeed(given)),
): TextAnswers {
  const script = given.script === undefined ? findScript(context, given, sender) : given.script;
  const ask = script ? { ...given, script } : given;
  const make = (choice: number): Answer => answerOf(context, ask, digest, ask.greedy ? 0 : choice);
  const answers = [make(0)];
  for (let choice = 1; choice < ask.n; choice++) answers.push(make(choice));
  const prediction =
    ask.options?.prediction === undefined ? undefined : compare(context, ask.options.prediction, make(0));
  const told = { ask, digest, prompt, arrivalMs, sender, script, prediction };
  const sequences = answers.map((answer, choice) => {
    const tokens = answer.totalTokens ?? cutLength(make(choice));
    return sequenceOf(context, told, choice, tokens);
  });
  return { ask, digest, answers, sequences, prompt, prediction, script };
}

/** The seed of a request, as far as it decides what is said. */
export const namedSeed = ({ greedy, beams, seed }: TextAsk): number | undefined =>
  greedy || beams ? undefined : seed;

/** What the sequences of a prompt have in common. */
export interface PromptTold extends Pick<TextAnswers, 'ask' | 'digest' | 'prompt' | 'script' | 'prediction'> {
  arrivalMs: number;
  sender: Sender;
}

/**
 * What the engine is told of one choice.
 *
 * @param outputTokens - of its answer, where they are known
 */
export function sequenceOf(
  context: TextContext,
  { ask, digest, prompt, arrivalMs, sender, script, prediction }: PromptTold,
  choice: number,
  outputTokens: number | undefined,
): GenerationRequest {
  const { model, maxTokens } = ask;
  const sequence: Writable<GenerationRequest> = {
    digest,
    choice,
    arrivalMs,
    model,
    promptTokens: prompt.total,
    maxTokens,
    prefixHashes: (blockTokens) => blocksOf({ ...context, blockTokens }, ask, prompt, ''),
    blockHashes: () => blocksOf(context, ask, prompt, beginningOf(context, ask, digest, choice)),
  };
  // One by one: objects that are spread together cost a microsecond.
  const { cacheSalt, sessionId, priority } = sender;
  if (outputTokens !== undefined) sequence.outputTokens = outputTokens;
  if (ask.caching) sequence.caching = ask.caching;
  for (const { marks, media } of ask.messages) {
    if (marks) sequence.cacheMarks ??= () => promptMarks(blockPromptOf(ask, prompt), context.counter);
    if (media) sequence.media ??= () => mediaHashes(ask.messages);
  }
  if (ask.n > 1) sequence.choices = ask.n;
  if (cacheSalt !== undefined) sequence.cacheSalt = cacheSalt;
  if (sessionId !== undefined) sequence.sessionId = sessionId;
  if (priority !== undefined) sequence.priority = priority;
  if (script?.pace) sequence.pace = script.pace;
  if (prediction) sequence.prediction = () => prediction;
  return sequence;
}

/**
 * What a fixture says to a request; null when none does. Fixtures count their calls: ask once for each request.
 *
 * @throws ApiError that the fixture says
 */
export function findScript(
  { fixtures }: Pick<TextContext, 'fixtures'>,
  { model, messages, options }: TextAsk,
  { headers }: Sender,
): FixtureScript | null {
  if (!fixtures) return null;
  const { tools, format } = options ?? PLAIN_OPTIONS;
  const schema = format.type === 'json_schema' ? format : undefined;
  return (
    fixtures.answerTo({ model, messages, tools: tools.map(({ name }) => name), headers, schema }) ?? null
  );
}

/** The text that an answer begins with, made once more. */
function beginningOf(context: TextContext, ask: TextAsk, digest: Digest, choice: number): string {
  const maxTokens = Math.min(ask.maxTokens, HASHED_ANSWER_TOKENS);
  return answerOf(context, { ...ask, maxTokens }, digest, ask.greedy ? 0 : choice).rest();
}

const blocksOf = (
  { counter, blockTokens }: TextContext,
  ask: TextAsk,
  prompt: PromptTokens,
  answer: string,
): readonly number[] => promptBlocks(blockPromptOf(ask, prompt), answer, counter, blockTokens);

function blockPromptOf({ model, messages, options }: TextAsk, { total }: PromptTokens): BlockPrompt {
  const toolsName = options ? hash32('tools', JSON.stringify([options.tools, options.format])) : 0;
  return { model, messages, totalTokens: total, toolsName };
}

function answerOf(context: TextContext, ask: TextAsk, digest: Digest, choice: number): Answer {
  const { seed, counter } = context;
  const { maxTokens, minTokens, ignoreEos, stop, options } = ask;
  const heat = heatOf(ask, digest, choice);
  const ending = endingOf(options?.wordLimits, counter);
  const limits = { seed, digest, choice, maxTokens, minTokens, ignoreEos, stop, heat, ending };
  if (ask.script) return scriptedAnswer(limits, ask.script, counter.tokenizer);
  if (!options) return new Answer(limits);
  const context_ = latestWords(ask.messages);
  const sampling = samplingOf(options, counter);
  const text =
    options.prediction === undefined
      ? undefined
      : editedCopy(options.prediction, ask.messages, context.seed, digest, counter);
  const task: AnswerTask = {
    ...limits,
    ...options,
    context: context_,
    afterTools: ['tool', 'function'].includes(ask.messages.at(-1)?.role ?? ''),
    ...(sampling && { sampling }),
    ...(text !== undefined && { text }),
  };
  try {
    return composeAnswer(task, counter.tokenizer);
  } catch (error) {
    // Schemas were checked when they were read; but what one seed can meet may be beyond the bounds with another.
    if (error instanceof SchemaError || error instanceof GrammarError)
      throw invalid('messages', 'invalid_value', `No answer fits the schema or grammar: ${error.message}`);
    throw error;
  }
}

function compare({ counter }: TextContext, prediction: string, answer: Answer): PredictionOutcome {
  const pieces: string[] = [];
  for (let piece = answer.next(); piece !== undefined; piece = answer.next()) pieces.push(piece);
  return comparePrediction(pieces, counter.tokenizer.pieces(prediction));
}
