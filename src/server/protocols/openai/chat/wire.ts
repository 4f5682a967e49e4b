/** Chat completions as JSON text. Assembled from prepared parts: serializing an object per token costs three times as much. */
import type { FinishReason } from '../../../../simulator/index.js';
import { type GenerationUsage, NO_USAGE } from '../../../generation/generator.js';
import { flat } from '../../../json.js';
import { Padding } from '../padding.js';

/** What all parts of one answer have in common. */
export interface ChatIdentity {
  id: string;
  /** Wall-clock seconds since 1970. */
  created: number;
  /** The model's id as JSON. */
  modelJson: string;
  fingerprint: string;
  serviceTier: string;
}

/** Token counts of one request. */
export interface Usage extends GenerationUsage {
  promptTokens: number;
  promptAudioTokens: number;
  completionTokens: number;
  /** Of these, those that are heard. Default none. */
  completionAudioTokens?: number;
  reasoningTokens: number;
}

/** As chat completions say it; functions of old call theirs by a reason of their own. */
export type ChatFinishReason = FinishReason | 'function_call';

/** One complete choice. */
export interface Choice {
  index: number;
  /** JSON. */
  message: string;
  /** JSON. */
  logprobs: string;
  finishReason: ChatFinishReason;
  /** JSON of vLLM's `stop_reason`; not there without. */
  stopReason?: string | undefined;
  /** Ids of its tokens; not there without. */
  tokenIds?: readonly number[] | undefined;
}

/** What the tokens of most answers were: none of them special. */
const PLAIN_DETAILS = flat(detailsJson({ promptAudioTokens: 0, reasoningTokens: 0, ...NO_USAGE }));

/** `usage` of chat and of older completions. */
export function usageJson(usage: Usage): string {
  const { promptTokens, completionTokens } = usage;
  const details = isPlainUsage(usage) ? PLAIN_DETAILS : detailsJson(usage);
  return `{"prompt_tokens":${promptTokens},"completion_tokens":${completionTokens},"total_tokens":${promptTokens + completionTokens},${details}`;
}

function isPlainUsage(usage: Usage): boolean {
  const { promptAudioTokens, completionAudioTokens = 0, reasoningTokens } = usage;
  const { cachedTokens, cacheWriteTokens, acceptedPredictionTokens, rejectedPredictionTokens } = usage;
  return (
    (cachedTokens | cacheWriteTokens | promptAudioTokens | completionAudioTokens) === 0 &&
    (reasoningTokens | acceptedPredictionTokens | rejectedPredictionTokens) === 0
  );
}

function detailsJson(usage: Omit<Usage, 'promptTokens' | 'completionTokens'>): string {
  const { promptAudioTokens, reasoningTokens, cachedTokens, cacheWriteTokens } = usage;
  const { acceptedPredictionTokens, rejectedPredictionTokens, completionAudioTokens = 0 } = usage;
  return (
    `"prompt_tokens_details":{"cached_tokens":${cachedTokens},"cache_write_tokens":${cacheWriteTokens},"audio_tokens":${promptAudioTokens}},` +
    `"completion_tokens_details":{"reasoning_tokens":${reasoningTokens},"audio_tokens":${completionAudioTokens},` +
    `"accepted_prediction_tokens":${acceptedPredictionTokens},"rejected_prediction_tokens":${rejectedPredictionTokens}}}`
  );
}

const PLAIN_START = '{"role":"assistant","content":"';
const PLAIN_END = '","refusal":null,"annotations":[]}';

/** The message of a plain answer: its text needs no escapes. */
export const plainMessage = (content: string): string => PLAIN_START + content + PLAIN_END;

const stopReasonMember = (json: string | undefined): string =>
  json === undefined ? '' : `,"stop_reason":${json}`;

/** vLLM's `token_ids`, where they are asked for. */
export const tokenIdsMember = (ids: readonly number[] | undefined): string =>
  ids === undefined ? '' : `,"token_ids":[${ids.join()}]`;

const choiceJson = ({ index, message, logprobs, finishReason, stopReason, tokenIds }: Choice): string =>
  `{"index":${index},"message":${message},"logprobs":${logprobs},"finish_reason":"${finishReason}"${stopReasonMember(stopReason)}${tokenIdsMember(tokenIds)}}`;

/** The choices of a `chat.completion` object, without brackets. */
export const choicesJson = (choices: readonly Choice[]): string =>
  choices.length === 1 ? choiceJson(choices[0]!) : choices.map(choiceJson).join(',');

const FIRST_PLAIN_START = `{"index":0,"message":${PLAIN_START}`;
const plainChoiceEnd = (reason: FinishReason): string =>
  `${PLAIN_END},"logprobs":null,"finish_reason":"${reason}"}`;
const STOPPED = plainChoiceEnd('stop');
const CUT = plainChoiceEnd('length');

/** The same for one plain choice, of fewer parts: each costs time again when the answer is written. */
export function plainChoiceJson(content: string, finishReason: FinishReason): string {
  const isCommon = finishReason === 'stop' || finishReason === 'length';
  const end = isCommon ? (finishReason === 'stop' ? STOPPED : CUT) : plainChoiceEnd(finishReason);
  return FIRST_PLAIN_START + content + end;
}

/** What stands around the choices of an answer; a server has it in common with others of the same second and model. */
class CompletionParts {
  #created = 0;
  #modelJson = '';
  #middle = '';
  #serviceTier = '';
  #fingerprint = '';
  #end = '';

  /** Behind the id, up to the choices. */
  middle({ created, modelJson }: ChatIdentity): string {
    if (created !== this.#created || modelJson !== this.#modelJson) {
      this.#created = created;
      this.#modelJson = modelJson;
      this.#middle = flat(
        `","object":"chat.completion","created":${created},"model":${modelJson},"choices":[`,
      );
    }
    return this.#middle;
  }

  /** Behind the usage. */
  end({ serviceTier, fingerprint }: ChatIdentity): string {
    if (serviceTier !== this.#serviceTier || fingerprint !== this.#fingerprint) {
      this.#serviceTier = serviceTier;
      this.#fingerprint = fingerprint;
      this.#end = flat(`,"service_tier":"${serviceTier}","system_fingerprint":"${fingerprint}"`);
    }
    return this.#end;
  }
}

const parts = new CompletionParts();

/**
 * A `chat.completion` object.
 *
 * @param choices - of {@link choicesJson}
 * @param moderation - JSON; not there without
 * @param more - JSON members, each behind a comma
 */
export const completionJson = (
  identity: ChatIdentity,
  choices: string,
  usage: Usage,
  moderation?: string,
  more = '',
): string =>
  `{"id":"${identity.id}${parts.middle(identity)}${choices}],"usage":${usageJson(usage)}` +
  `${parts.end(identity)}${more}${moderation === undefined ? '}' : `,"moderation":${moderation}}`}`;

/** The end of every stream. */
export const DONE_EVENT = 'data: [DONE]\n\n';

/** The parts of every content event of a choice. */
export interface ContentFrame {
  /** In front of the text. */
  readonly before: string;
  /** Behind it. */
  readonly after: string;
  /** Undefined where events are not padded. */
  readonly padding: { readonly beside: (length: number) => string; readonly after: string } | undefined;
}

/** The events of one stream; what all of them share is prepared once. */
export class ChunkWriter {
  readonly #start: string;
  readonly #end: string;

  readonly #padding: Padding | undefined;
  /** Tokens of the prompt, where every event tells of those so far. */
  #promptTokens: number | undefined;
  readonly #made = new Map<number, number>();

  /**
   * @param identity - what all events share
   * @param includeUsage - every event has `usage`, which is null but in the last
   * @param obfuscate - events are padded
   */
  constructor(identity: ChatIdentity, includeUsage: boolean, obfuscate = false) {
    const { id, created, modelJson, fingerprint, serviceTier } = identity;
    this.#padding = obfuscate ? new Padding() : undefined;
    this.#start = flat(
      `data: {"id":"${id}","object":"chat.completion.chunk","created":${created},"model":${modelJson},` +
        `"service_tier":"${serviceTier}","system_fingerprint":"${fingerprint}","choices":[`,
    );
    this.#end = includeUsage ? '],"usage":null}\n\n' : ']}\n\n';
  }

  /** From now on events tell of the tokens of their choice so far. */
  tellUsage(promptTokens: number): void {
    this.#promptTokens = promptTokens;
  }

  /** So many tokens of a choice are made. */
  made(index: number, tokens: number): void {
    if (this.#promptTokens !== undefined) this.#made.set(index, tokens);
  }

  /** What comes behind the only choice of an event. */
  #endOf(index: number, textLength: number): string {
    const padding = this.#padding?.beside(textLength, index);
    const end = this.#promptTokens === undefined ? this.#end : this.#usageSoFar(index, this.#promptTokens);
    return padding === undefined ? end : `],"obfuscation":"${padding}"${end.slice(1)}`;
  }

  #usageSoFar(index: number, promptTokens: number): string {
    const tokens = this.#made.get(index) ?? 0;
    return `],"usage":{"prompt_tokens":${promptTokens},"completion_tokens":${tokens},"total_tokens":${promptTokens + tokens}}}\n\n`;
  }

  /** Event that opens a choice. */
  role(index: number): string {
    return this.delta(index, '{"role":"assistant","content":"","refusal":null}');
  }

  /**
   * Any event of a choice.
   *
   * @param delta - JSON
   * @param logprobs - JSON
   * @param textLength - what the event's padding makes up for
   * @param tokenIds - of its tokens; not there without
   */
  delta(
    index: number,
    delta: string,
    logprobs = 'null',
    textLength = 0,
    tokenIds?: readonly number[],
  ): string {
    const choice = `{"index":${index},"delta":${delta},"logprobs":${logprobs},"finish_reason":null${tokenIdsMember(tokenIds)}}`;
    return this.#start + choice + this.#endOf(index, textLength);
  }

  /**
   * Event that opens a choice, with what is told of the prompt.
   *
   * @param delta - JSON
   * @param more - JSON members, each behind a comma
   */
  opening(index: number, delta: string, more: string): string {
    const choice = `{"index":${index},"delta":${delta},"logprobs":null,"finish_reason":null}`;
    return `${this.#start}${choice}]${more}${this.#endOf(index, 0).slice(1)}`;
  }

  /** What stands before and after the text in every content event of a choice, and around its padding, if it has any. */
  contentFrame(index: number): ContentFrame {
    const before = flat(`${this.#start}{"index":${index},"delta":{"content":"`);
    const close = '"},"logprobs":null,"finish_reason":null}';
    const padding = this.#padding;
    if (!padding) return { before, after: flat(close + this.#end), padding: undefined };
    return {
      before,
      after: flat(`${close}],"obfuscation":"`),
      padding: { beside: (length) => padding.beside(length, index), after: flat(`"${this.#end.slice(1)}`) },
    };
  }

  /**
   * Event that closes a choice.
   *
   * @param stopReason - JSON; not there without
   * @param tokenIds - of tokens that were not shown; not there without
   */
  finish(index: number, reason: ChatFinishReason, stopReason?: string, tokenIds?: readonly number[]): string {
    const why = `"finish_reason":"${reason}"${stopReasonMember(stopReason)}${tokenIdsMember(tokenIds)}`;
    return `${this.#start}{"index":${index},"delta":{},"logprobs":null,${why}}${this.#endOf(index, 0)}`;
  }

  /** Event with what moderation says, which has no choice. */
  moderation(json: string): string {
    return `${this.#start}],"moderation":${json}${this.#end.slice(1)}`;
  }

  /** Event with the token counts, which has no choice. */
  usage(usage: Usage): string {
    return `${this.#start}],"usage":${usageJson(usage)}}\n\n`;
  }
}
