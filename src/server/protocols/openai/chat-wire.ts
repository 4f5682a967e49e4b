/** Chat completions as JSON text. Assembled from prepared parts: serializing an object per token costs three times as much. */
import type { FinishReason } from '../../../simulator/index.js';
import type { GenerationUsage } from '../../generation/generator.js';
import { flat } from '../../json.js';

/** What all parts of one answer have in common. */
export interface ChatIdentity {
  id: string;
  /** Wall-clock seconds since 1970. */
  created: number;
  /** The model's id as JSON. */
  modelJson: string;
  fingerprint: string;
}

/** Token counts of one request. */
export interface Usage extends GenerationUsage {
  promptTokens: number;
  completionTokens: number;
}

/** One complete choice. */
export interface Choice {
  index: number;
  /** Must need no escapes in JSON; answers do not. */
  content: string;
  finishReason: FinishReason;
}

const usageJson = (usage: Usage): string => {
  const { promptTokens, completionTokens, cachedTokens } = usage;
  const { acceptedPredictionTokens, rejectedPredictionTokens } = usage;
  return (
    `{"prompt_tokens":${promptTokens},"completion_tokens":${completionTokens},"total_tokens":${promptTokens + completionTokens},` +
    `"prompt_tokens_details":{"cached_tokens":${cachedTokens},"audio_tokens":0},` +
    '"completion_tokens_details":{"reasoning_tokens":0,"audio_tokens":0,' +
    `"accepted_prediction_tokens":${acceptedPredictionTokens},"rejected_prediction_tokens":${rejectedPredictionTokens}}}`
  );
};

const choiceJson = ({ index, content, finishReason }: Choice): string =>
  `{"index":${index},"message":{"role":"assistant","content":"${content}","refusal":null,"annotations":[]},` +
  `"logprobs":null,"finish_reason":"${finishReason}"}`;

/** A `chat.completion` object. */
export const completionJson = (identity: ChatIdentity, choices: readonly Choice[], usage: Usage): string =>
  `{"id":"${identity.id}","object":"chat.completion","created":${identity.created},"model":${identity.modelJson},` +
  `"choices":[${choices.map(choiceJson).join(',')}],"usage":${usageJson(usage)},` +
  `"service_tier":"default","system_fingerprint":"${identity.fingerprint}"}`;

/** The end of every stream. */
export const DONE_EVENT = 'data: [DONE]\n\n';

/** The events of one stream; what all of them share is prepared once. */
export class ChunkWriter {
  readonly #start: string;
  readonly #end: string;

  /**
   * @param identity - what all events share
   * @param includeUsage - every event has `usage`, which is null but in the last
   */
  constructor(identity: ChatIdentity, includeUsage: boolean) {
    const { id, created, modelJson, fingerprint } = identity;
    this.#start = flat(
      `data: {"id":"${id}","object":"chat.completion.chunk","created":${created},"model":${modelJson},` +
        `"service_tier":"default","system_fingerprint":"${fingerprint}","choices":[`,
    );
    this.#end = includeUsage ? '],"usage":null}\n\n' : ']}\n\n';
  }

  /** Event that opens a choice. */
  role(index: number): string {
    const delta = '{"role":"assistant","content":"","refusal":null}';
    return `${this.#start}{"index":${index},"delta":${delta},"logprobs":null,"finish_reason":null}${this.#end}`;
  }

  /** What stands before and after the text in every content event of a choice. */
  contentFrame(index: number): { before: string; after: string } {
    return {
      before: flat(`${this.#start}{"index":${index},"delta":{"content":"`),
      after: flat(`"},"logprobs":null,"finish_reason":null}${this.#end}`),
    };
  }

  /** Event that closes a choice. */
  finish(index: number, reason: FinishReason): string {
    return `${this.#start}{"index":${index},"delta":{},"logprobs":null,"finish_reason":"${reason}"}${this.#end}`;
  }

  /** Event with the token counts, which has no choice. */
  usage(usage: Usage): string {
    return `${this.#start}],"usage":${usageJson(usage)}}\n\n`;
  }
}
