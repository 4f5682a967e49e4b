/** Tokens that end an answer and words that it may not have, as vLLM takes them. */
import type { Ending } from '../../simulator/answer.js';
import type { SamplingBias } from '../../simulator/content/sampling.js';
import type { TextCounter } from './prompt.js';

/** See the file's head. */
export interface WordLimits {
  /** Tokens of the o200k vocabulary at which the answer ends. */
  readonly stopTokenIds: readonly number[];
  /** What the answer stops at is part of its text. */
  readonly showsStop: boolean;
  /** Words, or several in a row, that do not occur in prose. */
  readonly badWords: readonly string[];
}

/** How an answer ends; undefined as usual. */
export function endingOf(limits: WordLimits | undefined, { tokenizer }: TextCounter): Ending | undefined {
  if (!limits || (limits.stopTokenIds.length === 0 && !limits.showsStop)) return undefined;
  const tokens = new Map(limits.stopTokenIds.map((id) => [tokenizer.decode([id]), id]));
  // What is no text of its own, such as a part of a character, or not in the vocabulary, never occurs.
  tokens.delete('');
  return { tokens, showsStop: limits.showsStop };
}

/** What bends the choice of words. */
interface Bends {
  /** By token id. */
  readonly logitBias: ReadonlyMap<number, number>;
  readonly presencePenalty: number;
  readonly frequencyPenalty: number;
  readonly wordLimits?: WordLimits | undefined;
}

/** How words are drawn; undefined as usual. */
export function samplingOf(bends: Bends, counter: TextCounter): SamplingBias | undefined {
  const { logitBias, presencePenalty, frequencyPenalty } = bends;
  const bans = bansOf(bends.wordLimits, counter);
  if (logitBias.size === 0 && presencePenalty === 0 && frequencyPenalty === 0 && bans.length === 0)
    return undefined;
  const bias = new Map<string, number>();
  for (const [id, value] of logitBias) bias.set(counter.tokenizer.decode([id]), value);
  return { bias, presencePenalty, frequencyPenalty, bans };
}

/** The tokens of each word, as it stands at the beginning and within a text. */
const bansOf = (limits: WordLimits | undefined, { tokenizer }: TextCounter): string[][] =>
  (limits?.badWords ?? []).flatMap((word) =>
    [word, ` ${word.trimStart()}`].map((text) => tokenizer.pieces(text)).filter(({ length }) => length > 0),
  );
