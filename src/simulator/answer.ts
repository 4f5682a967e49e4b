/** What a simulated model says: a text that a request and a seed decide, handed out token by token. */
import type { Digest } from '../lib/digest.js';
import { createRandom, type Random } from '../lib/random.js';
import { Prose } from '../lib/text/prose.js';

/** Why an answer ended, in OpenAI's words: by itself or at a stop sequence, or at its length limit. */
export type FinishReason = 'stop' | 'length';

/** What decides an answer. */
export interface AnswerRequest {
  /** The server's seed. */
  seed: number;
  /** Digest of what was asked: model, messages, the request's own seed. Not of limits: those only cut the text. */
  digest: Digest;
  /** Which of the `n` choices. */
  choice: number;
  /** Most tokens. */
  maxTokens: number;
  /** Fewest tokens; the answer neither ends by itself nor at a stop sequence before. */
  minTokens: number;
  /** Never end by itself: the answer has exactly `maxTokens` tokens unless a stop sequence cuts it. */
  ignoreEos: boolean;
  /** Sequences at which the answer is cut; they are not part of it. */
  stop: readonly string[];
}

/** Median and spread (sigma of the logarithm) of the length that answers have by themselves; their mean is 120. */
const NATURAL_LENGTH = { medianTokens: 100, sigma: 0.6, maxTokens: 4096 } as const;

/** How long the answer would be if nothing limited it: lognormal, as lengths of real chats roughly are. */
function naturalTokens(random: Random): number {
  const { medianTokens, sigma, maxTokens } = NATURAL_LENGTH;
  return Math.min(Math.max(Math.round(medianTokens * Math.exp(sigma * random.normal())), 1), maxTokens);
}

/**
 * One answer. Read it with {@link next} until that gives undefined; then {@link finishReason} says why it ended.
 * The same request gives the same tokens, whoever reads them and in which portions. The text is ASCII letters, spaces,
 * commas and full stops: JSON needs no escapes for it.
 */
export class Answer {
  readonly #prose: Prose;
  readonly #stop: readonly string[];
  readonly #minTokens: number;
  /** Where it ends if no stop sequence is met. */
  readonly #plannedTokens: number;
  readonly #plannedReason: FinishReason;
  #tokens = 0;
  /** Generated, but perhaps the beginning of a stop sequence. */
  #held = '';
  /** What was handed out, kept only where a stop sequence may cut it. */
  #shown = '';
  #ended = false;
  #cut = false;

  constructor(request: AnswerRequest) {
    const { seed, digest, choice, maxTokens, minTokens } = request;
    const random = createRandom(seed, 'answer', digest.high, digest.low, choice);
    // Drawn even where it does not count, so that it never shifts the words that follow.
    const natural = naturalTokens(random);
    const wanted = request.ignoreEos ? maxTokens : Math.max(natural, minTokens);
    this.#plannedTokens = Math.min(wanted, maxTokens);
    this.#plannedReason = wanted < maxTokens ? 'stop' : 'length';
    this.#minTokens = minTokens;
    this.#stop = request.stop;
    this.#prose = new Prose(random);
  }

  /** Tokens generated so far, those of a stop sequence and of held-back text among them. */
  get tokens(): number {
    return this.#tokens;
  }

  /** Tokens that it will have in the end, where that is known beforehand: a stop sequence may cut it anywhere. */
  get totalTokens(): number | undefined {
    return this.#stop.length === 0 ? this.#plannedTokens : undefined;
  }

  /**
   * The whole text, if a stop sequence cut it: it has fewer tokens than were generated, and may end within one.
   * Undefined otherwise.
   */
  get cutText(): string | undefined {
    return this.#cut ? this.#shown : undefined;
  }

  /** Why it ended; only after {@link next} gave undefined or {@link ended} is true. */
  get finishReason(): FinishReason {
    return this.#cut ? 'stop' : this.#plannedReason;
  }

  /** Whether everything has been handed out. */
  get ended(): boolean {
    return this.#ended;
  }

  /**
   * Generates one token.
   *
   * @returns the text that can be shown now: the token itself, or nothing while it may be part of a stop sequence, or
   *   more when earlier text is released; undefined after the end
   */
  next(): string | undefined {
    if (this.#tokens >= this.#plannedTokens) this.#ended = true;
    if (this.#ended) return undefined;
    const piece = this.#prose.next();
    this.#tokens++;
    this.#ended = this.#tokens >= this.#plannedTokens;
    if (this.#stop.length === 0) return piece;
    const text = this.#filter(piece);
    this.#shown += text;
    return text;
  }

  /** The whole rest of the text at once. */
  rest(): string {
    let text = '';
    for (let piece = this.next(); piece !== undefined; piece = this.next()) text += piece;
    return text;
  }

  #filter(piece: string): string {
    const text = this.#held + piece;
    const cutAt = this.#tokens >= this.#minTokens ? firstIndexOfAny(text, this.#stop) : -1;
    if (cutAt >= 0) {
      this.#cut = true;
      this.#ended = true;
      return text.slice(0, cutAt);
    }
    const release = this.#ended ? text.length : text.length - heldLength(text, this.#stop);
    this.#held = text.slice(release);
    return text.slice(0, release);
  }
}

function firstIndexOfAny(text: string, sequences: readonly string[]): number {
  let first = -1;
  for (const sequence of sequences) {
    const at = text.indexOf(sequence);
    if (at >= 0 && (first < 0 || at < first)) first = at;
  }
  return first;
}

/** Length of the longest end of `text` that begins one of the sequences. */
function heldLength(text: string, sequences: readonly string[]): number {
  let longest = 0;
  for (const sequence of sequences) {
    for (let length = Math.min(sequence.length - 1, text.length); length > longest; length--) {
      if (text.endsWith(sequence.slice(0, length))) longest = length;
    }
  }
  return longest;
}
