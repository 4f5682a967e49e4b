/** What vLLM tells of single tokens: their ids beside the text, and how likely each token of the prompt was. */
import * as z from 'zod';
import type { Digest } from '../../../lib/digest.js';
import { createRandom, type Random } from '../../../lib/random.js';
import { asciiJson } from '../../json.js';
import { Logprobs } from '../../../simulator/content/logprobs.js';
import type { TextTokenizer } from '../../text/prompt.js';
import { invalid } from './errors.js';

/** vLLM's `--max-logprobs`, by default. */
const MAX_PROMPT_LOGPROBS = 20;
/** Most of them in one answer: each takes 60 bytes. */
const MAX_ENTRIES = 1_000_000;

/** Parameters, of chat and of older completions. */
export const traceFields = {
  return_token_ids: z.boolean().nullish(),
  return_tokens_as_token_ids: z.boolean().nullish(),
  prompt_logprobs: z.int().nullish(),
};

const shape = z.object(traceFields);

/** What is asked for. */
export interface TraceAsk {
  /** The ids of all tokens, those of the prompt among them. */
  ids: boolean;
  /** Log probabilities name tokens by their ids. */
  names: boolean;
  /** Alternatives to each token of the prompt; undefined for none of it. */
  promptTop: number | undefined;
}

/**
 * Reads them; undefined when nothing is asked for.
 *
 * @throws ApiError in vLLM's words
 */
export function readTrace(data: z.output<typeof shape>, streams: boolean): TraceAsk | undefined {
  const { return_token_ids: ids, return_tokens_as_token_ids: names, prompt_logprobs: top } = data;
  if (top != null) checkTop(top, streams);
  if (ids !== true && names !== true && (top == null || streams)) return undefined;
  return { ids: ids === true, names: names === true, promptTop: streams ? undefined : (top ?? undefined) };
}

function checkTop(top: number, streams: boolean): void {
  const refuse = (message: string) => invalid('prompt_logprobs', 'invalid_value', message);
  if (top < -1) throw refuse('`prompt_logprobs` must be a positive value or -1.');
  if (streams && top !== 0) throw refuse('`prompt_logprobs` are not available when `stream=True`.');
  if (top === -1 || top > MAX_PROMPT_LOGPROBS) {
    const asked = top === -1 ? 'of the whole vocabulary' : `of ${top}`;
    throw refuse(
      `Requested prompt logprobs ${asked}, which is greater than max allowed: ${MAX_PROMPT_LOGPROBS}`,
    );
  }
}

/** The ids of an answer's tokens, as their texts come. */
export class TokenIds {
  readonly #tokenizer: TextTokenizer;

  constructor(tokenizer: TextTokenizer) {
    this.#tokenizer = tokenizer;
  }

  /** Of a token that is a part of a character none, and of the last of them all. */
  of(piece: string): number[] {
    return piece === '' ? [] : this.#tokenizer.encode(piece);
  }

  /** As log probabilities name a token. */
  nameOf(token: string): string {
    return `token_id:${this.#tokenizer.encode(token)[0] ?? 0}`;
  }
}

/** How tokens are told of. */
export interface ShownTrace {
  readonly ids: TokenIds;
  /** Beside the text, and so are those of the prompt. */
  readonly showsIds: boolean;
  /** In the place of their texts. */
  readonly namesIds: boolean;
  /** JSON members for what is told of the prompt, each behind a comma. */
  readonly prompt: string;
}

/** What decides what is told. */
interface Traced {
  seed: number;
  digest: Digest;
  tokenizer: TextTokenizer;
}

/**
 * What is told of a prompt and of its answers.
 *
 * @param promptIds - of the prompt; only called when they are needed
 * @throws ApiError when it would be too much
 */
export function showTrace(
  { ids: showsIds, names: namesIds, promptTop }: TraceAsk,
  promptIds: () => readonly number[],
  { seed, digest, tokenizer }: Traced,
): ShownTrace {
  const ids = showsIds || promptTop !== undefined ? promptIds() : [];
  let prompt = '';
  if (promptTop !== undefined) {
    const random = createRandom(seed, 'prompt logprobs', digest.high, digest.low);
    prompt += `,"prompt_logprobs":${asciiJson(promptLogprobs(ids, promptTop, tokenizer, random))}`;
  }
  if (showsIds) prompt += `,"prompt_token_ids":[${ids.join()}]`;
  return { ids: new TokenIds(tokenizer), showsIds, namesIds, prompt };
}

interface PromptLogprob {
  logprob: number;
  /** From 1. */
  rank: number;
  decoded_token: string;
}

/**
 * vLLM's `prompt_logprobs`: by token id, of each place the likeliest tokens and the one that is there; null for the first, which
 * nothing comes before.
 *
 * @param random - the prompt's own
 * @throws ApiError when they are too many
 */
function promptLogprobs(
  ids: readonly number[],
  top: number,
  tokenizer: TextTokenizer,
  random: Random,
): (Record<number, PromptLogprob> | null)[] {
  if (ids.length * (top + 1) > MAX_ENTRIES) {
    const message = `The prompt has ${ids.length} tokens, and fakeai gives at most ${MAX_ENTRIES} log probabilities of a prompt. Ask for fewer alternatives.`;
    throw invalid('prompt_logprobs', 'invalid_value', message);
  }
  const logprobs = new Logprobs(random, top, false);
  return ids.map((id, i) => {
    const decoded = tokenizer.decode([id]);
    const placed = logprobs.of(decoded);
    if (i === 0) return null;
    const entries: Record<number, PromptLogprob> = {};
    for (const [at, { token, logprob }] of placed.top.entries()) {
      const own = at === placed.rank - 1;
      const other = own ? id : tokenizer.encode(token)[0]!;
      entries[other] = { logprob, rank: at + 1, decoded_token: own ? decoded : tokenizer.decode([other]) };
    }
    entries[id] = { logprob: placed.logprob, rank: placed.rank, decoded_token: decoded };
    return entries;
  });
}
