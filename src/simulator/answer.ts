/** What a simulated model says: sections that a request and a seed decide, handed out token by token. */
import type { Digest } from '../lib/digest.js';
import { type Heat, streamOf, wordsOf } from './content/heat.js';
import { naturalTokens } from './content/lengths.js';
import type { Section } from './content/section.js';
import { StopFilter } from './content/stop-filter.js';
import { ProseTokens, type TokenSource } from './content/token-source.js';

/**
 * Why an answer ended, in OpenAI's words: by itself or at a stop sequence, at its length limit, with calls that wait for
 * their results, or because what it would have said is not allowed.
 */
export type FinishReason = 'stop' | 'length' | 'tool_calls' | 'content_filter';

/** What limits an answer. */
export interface AnswerLimits {
  /** Most tokens, of all sections together. */
  maxTokens: number;
  /** Fewest tokens; the answer neither ends by itself nor at a stop sequence before. */
  minTokens: number;
  /** Never end by itself: the answer has exactly `maxTokens` tokens unless a stop sequence cuts it. */
  ignoreEos: boolean;
  /** Sequences at which the text is cut; they are not part of it. */
  stop: readonly string[];
}

/** Tokens at which an answer ends, and whether what it stops at is shown. */
export interface Ending {
  /** Ids by the texts of the tokens. */
  readonly tokens: ReadonlyMap<string, number>;
  /** The token or the sequence that it stops at is part of the text. */
  readonly showsStop: boolean;
}

/** What decides an answer. */
export interface AnswerRequest extends AnswerLimits {
  /** The server's seed. */
  seed: number;
  /** Digest of what was asked: model, messages, the request's own seed. Not of limits: those only cut the text. */
  digest: Digest;
  /** Which of the `n` choices. */
  choice: number;
  /** How the words are drawn; undefined is as usual. */
  heat?: Heat | undefined;
  /** Undefined where only `stop` ends it. */
  ending?: Ending | undefined;
}

/** What an answer is made of when it is more than prose. */
export interface AnswerParts {
  /** In the order in which they are generated; one at least. */
  sections: readonly Section[];
}

/** The one section of a plain answer. */
function plainSections(request: AnswerRequest): Section[] {
  const { minTokens, ignoreEos } = request;
  const random = streamOf(request, 'answer');
  // Drawn even where it does not count, so that it never shifts the words that follow.
  const natural = naturalTokens(random);
  const tokens = ignoreEos ? Number.POSITIVE_INFINITY : Math.max(natural, minTokens);
  return [{ kind: 'text', tokens: new ProseTokens(wordsOf(request, random), tokens) }];
}

/**
 * One answer. Read it with {@link next} until that gives undefined; then {@link finishReason} says why it ended.
 * The same request gives the same tokens, whoever reads them and in which portions. Of an answer without parts the text
 * is ASCII letters, spaces, commas and full stops: JSON needs no escapes for it.
 */
export class Answer {
  readonly #sections: readonly Section[];
  readonly #stop: StopFilter | undefined;
  readonly #ending: Ending | undefined;
  #stopToken: number | undefined;
  readonly #minTokens: number;
  readonly #maxTokens: number;
  #source: TokenSource;
  /** Index of the section that the next token is of. */
  #at = 0;
  #shownAt = 0;
  #tokens = 0;
  #piece = '';
  #reasoningTokens = 0;
  #ended = false;
  #complete = false;

  constructor(request: AnswerRequest, parts?: AnswerParts) {
    this.#sections = parts?.sections ?? plainSections(request);
    this.#source = this.#sections[0]!.tokens;
    this.#minTokens = request.minTokens;
    this.#maxTokens = request.maxTokens;
    this.#ending = request.ending;
    if (request.stop.length > 0) this.#stop = new StopFilter(request.stop, request.ending?.showsStop);
  }

  /** Tokens generated so far, those of a stop sequence and of held-back text among them. */
  get tokens(): number {
    return this.#tokens;
  }

  /** Tokens of thoughts among {@link tokens}. */
  get reasoningTokens(): number {
    return this.#reasoningTokens;
  }

  /** Tokens that it will have in the end, where that is known beforehand: a stop may cut it anywhere. */
  get totalTokens(): number | undefined {
    if (this.#stop || this.#ending) return undefined;
    const rest = this.#sections.reduce((sum, { tokens }, i) => (i >= this.#at ? sum + tokens.left : sum), 0);
    return Math.min(this.#tokens + rest, this.#maxTokens);
  }

  /** The token that the latest {@link next} generated, whether it was shown or held back. */
  get latestPiece(): string {
    return this.#piece;
  }

  /** All sections that there would be without limits. */
  get sections(): readonly Section[] {
    return this.#sections;
  }

  /** Index of the section that the text of the latest {@link next} is of. */
  get sectionIndex(): number {
    return this.#shownAt;
  }

  /** The section that the text of the latest {@link next} is of. */
  get section(): Section {
    return this.#sections[this.#shownAt]!;
  }

  /** The stop sequence that cut the text. */
  get stopSequence(): string | undefined {
    return this.#stop?.met;
  }

  /** The id of the token that ended it, of those that were given. */
  get stopToken(): number | undefined {
    return this.#stopToken;
  }

  /** Why it ended; only after {@link next} gave undefined or {@link ended} is true. */
  get finishReason(): FinishReason {
    if (this.#stop?.cut || this.#stopToken !== undefined) return 'stop';
    if (!this.#complete) return 'length';
    const { kind } = this.#sections.at(-1)!;
    // An end takes a token of its own, which a text at its limit no longer had.
    if (kind === 'call') return 'tool_calls';
    return this.#tokens >= this.#maxTokens && kind === 'text' ? 'length' : 'stop';
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
    if (this.#ended) return undefined;
    this.#shownAt = this.#at;
    return this.#token();
  }

  /** The whole rest of the text at once, of whatever section. */
  rest(): string {
    let text = '';
    // Most answers are one text that nothing cuts.
    const mayStop = this.#stop !== undefined || this.#ending !== undefined;
    if (!mayStop && this.#sections.length === 1 && !this.#ended && this.#sections[0]!.kind === 'text') {
      const count = Math.min(this.#source.left, this.#maxTokens - this.#tokens);
      text = this.#source.take(count);
      this.#tokens += count;
      this.#complete = this.#source.ended;
      this.#ended = true;
      return text;
    }
    for (let piece = this.next(); piece !== undefined; piece = this.next()) text += piece;
    return text;
  }

  #token(): string {
    const piece = this.#source.next();
    this.#piece = piece;
    this.#tokens++;
    const { kind } = this.#sections[this.#at]!;
    if (kind === 'reasoning') this.#reasoningTokens++;
    const sectionEnds = this.#source.ended;
    const isLast = this.#at === this.#sections.length - 1;
    this.#complete = sectionEnds && isLast;
    this.#ended = this.#complete || this.#tokens >= this.#maxTokens;
    let text = piece;
    if (this.#ending) text = this.#meet(this.#ending, piece);
    if (this.#stop && kind === 'text') {
      text = this.#stop.push(text, this.#tokens >= this.#minTokens, sectionEnds || this.#ended);
      if (this.#stop.cut) this.#ended = true;
    }
    if (sectionEnds && !this.#ended) this.#goOn();
    return text;
  }

  /** Ends at a token that was given for that. What is left of its text. */
  #meet({ tokens, showsStop }: Ending, piece: string): string {
    const id = this.#tokens >= this.#minTokens ? tokens.get(piece) : undefined;
    if (id === undefined) return piece;
    this.#stopToken = id;
    this.#ended = true;
    return showsStop ? piece : '';
  }

  #goOn(): void {
    this.#at++;
    this.#source = this.#sections[this.#at]!.tokens;
  }
}
