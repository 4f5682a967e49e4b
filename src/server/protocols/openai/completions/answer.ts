/** One choice of a completion: its text and log probabilities, whole and in events. */
import type { Random } from '../../../../lib/random.js';
import { Logprobs, type PlacedLogprob } from '../../../../simulator/content/logprobs.js';
import { ShownTokens } from '../../../../simulator/content/shown-tokens.js';
import type { Answer } from '../../../../simulator/index.js';
import type { GenerationUsage } from '../../../generation/generator.js';
import type { FrameSource } from '../../../generation/token-stream.js';
import { asciiJson } from '../../../json.js';
import { stopReasonJson } from '../chat/rich-answer.js';
import { tokenIdsMember } from '../chat/wire.js';
import type { ShownTrace, TokenIds } from '../token-trace.js';

/** How choices are shown. */
export interface CompletionOptions {
  /** Undefined without log probabilities. */
  topLogprobs: number | undefined;
  greedy: boolean;
  /** Choices say what they stopped at, as vLLM's do: requests with its parameters are told. */
  showsStopReason: boolean;
  /** What comes before the answer in the text; empty without `echo`. */
  echoed: string;
  /** The tokens of that. */
  echoedPieces: readonly string[];
  /** What is told of single tokens; undefined for nothing. */
  trace: ShownTrace | undefined;
}

/** As the API shows it. */
interface LogprobBody {
  tokens: string[];
  token_logprobs: (number | null)[];
  top_logprobs: (Record<string, number> | null)[];
  text_offset: number[];
}

function finishOf(answer: Answer, { showsStopReason }: CompletionOptions): string {
  const stopped = showsStopReason ? `,"stop_reason":${stopReasonJson(answer)}` : '';
  return `"finish_reason":"${answer.finishReason}"${stopped}`;
}

/** Reads an answer token by token. */
export class CompletionReader {
  readonly answer: Answer;
  /** Sum of the log probabilities so far. */
  likelihood = 0;
  readonly #options: CompletionOptions;
  readonly #logprobs: Logprobs;
  readonly #promptLogprobs: Logprobs;
  readonly #waiting = new ShownTokens<PlacedLogprob>();
  #offset = 0;
  #begun = false;

  /** @param promptRandom - of the prompt, which is as likely for all of its choices and however they go on */
  constructor(answer: Answer, options: CompletionOptions, random: Random, promptRandom: Random) {
    this.answer = answer;
    this.#options = options;
    this.#logprobs = new Logprobs(random, options.topLogprobs ?? 0, options.greedy);
    this.#promptLogprobs = new Logprobs(promptRandom, options.topLogprobs ?? 0, false);
  }

  /** JSON members that say why it ended. */
  get finish(): string {
    return finishOf(this.answer, this.#options);
  }

  /** Undefined where nobody asks for ids. */
  get ids(): TokenIds | undefined {
    const { trace } = this.#options;
    return trace?.showsIds ? trace.ids : undefined;
  }

  /** JSON members for what is told of the prompt, each behind a comma. */
  get prompt(): string {
    return this.#options.trace?.prompt ?? '';
  }

  /** Generates a token: the text to show, its log probabilities as JSON, and its id. */
  next(): { text: string; logprobs: string; ids: readonly number[] } {
    const text = this.answer.next() ?? '';
    const ids = this.ids?.of(this.answer.latestPiece) ?? [];
    const placed = this.#logprobs.of(this.answer.latestPiece);
    this.likelihood += placed.logprob;
    this.#waiting.push(placed, this.answer.latestPiece.length);
    const shown = this.#waiting.show(text.length);
    const first = !this.#begun;
    this.#begun = true;
    const { topLogprobs, echoed, echoedPieces } = this.#options;
    const body = topLogprobs === undefined ? 'null' : asciiJson(this.#body(first ? echoedPieces : [], shown));
    return { text: first ? echoed + text : text, logprobs: body, ids };
  }

  /** The prompt alone, where nothing is said. */
  echo(): { text: string; logprobs: string } {
    const { topLogprobs, echoed, echoedPieces } = this.#options;
    const logprobs = topLogprobs === undefined ? 'null' : asciiJson(this.#body(echoedPieces, []));
    return { text: echoed, logprobs };
  }

  /** The first token of a prompt has no probability: nothing comes before it. */
  #body(echoed: readonly string[], shown: readonly PlacedLogprob[]): LogprobBody {
    const body: LogprobBody = { tokens: [], token_logprobs: [], top_logprobs: [], text_offset: [] };
    const { trace } = this.#options;
    const named = (token: string): string => (trace?.namesIds ? trace.ids.nameOf(token) : token);
    const add = ({ token, logprob, top }: PlacedLogprob, isFirst: boolean): void => {
      body.tokens.push(named(token));
      body.token_logprobs.push(isFirst ? null : logprob);
      body.top_logprobs.push(
        isFirst ? null : Object.fromEntries(top.map((one) => [named(one.token), one.logprob])),
      );
      body.text_offset.push(this.#offset);
      this.#offset += token.length;
    };
    for (const [i, piece] of echoed.entries()) add(this.#promptLogprobs.of(piece), i === 0);
    for (const placed of shown) add(placed, false);
    return body;
  }
}

/** A whole choice. */
export interface WholeCompletion {
  text: string;
  /** JSON. */
  logprobs: string;
  /** JSON members that say why it ended. */
  finish: string;
  /** Mean log probability of its tokens. */
  likelihood: number;
  /** Undefined where nobody asks for them. */
  tokenIds?: readonly number[] | undefined;
}

/** Whether nothing is told of single tokens. */
export const tellsTextAlone = ({ topLogprobs, trace }: CompletionOptions): boolean =>
  topLogprobs === undefined && trace === undefined;

/** Reads a whole answer of which nothing but the text is told, and that need not be compared with others. */
export function readText(answer: Answer, options: CompletionOptions): WholeCompletion {
  const text = options.echoed + answer.rest();
  return { text, logprobs: 'null', finish: finishOf(answer, options), likelihood: 0 };
}

/** Reads a whole answer. */
export function readWhole(reader: CompletionReader, withLogprobs: boolean): WholeCompletion {
  let text = '';
  const bodies: LogprobBody[] = [];
  const ids: number[] = [];
  while (!reader.answer.ended) {
    const next = reader.next();
    text += next.text;
    ids.push(...next.ids);
    if (withLogprobs) bodies.push(JSON.parse(next.logprobs) as LogprobBody);
  }
  const joined = {
    tokens: bodies.flatMap(({ tokens }) => tokens),
    token_logprobs: bodies.flatMap((body) => body.token_logprobs),
    top_logprobs: bodies.flatMap((body) => body.top_logprobs),
    text_offset: bodies.flatMap((body) => body.text_offset),
  };
  const { tokens } = reader.answer;
  return {
    text,
    logprobs: withLogprobs ? asciiJson(joined) : 'null',
    finish: reader.finish,
    likelihood: reader.likelihood / tokens,
    tokenIds: reader.ids && ids,
  };
}

/** The events of one choice. */
export class CompletionFrames implements FrameSource {
  readonly #reader: CompletionReader;
  readonly #event: (choice: string) => string;
  readonly #index: number;
  /** Text of a step whose last token is to come; only without log probabilities. */
  #held = '';
  /** Ids of tokens that no event has told of. */
  #untold: number[] = [];
  #begun = false;

  /** @param event - wraps a choice, which is JSON */
  constructor(reader: CompletionReader, event: (choice: string) => string, index: number) {
    this.#reader = reader;
    this.#event = event;
    this.#index = index;
  }

  get ended(): boolean {
    return this.#reader.answer.ended;
  }

  next(_usage?: GenerationUsage, more = false): string {
    const { text: own, logprobs, ids } = this.#reader.next();
    this.#untold.push(...ids);
    const text = this.#held + own;
    const holds = more && logprobs === 'null' && !this.ended;
    this.#held = holds ? text : '';
    if (holds) return '';
    const frames = text === '' ? '' : this.#choice(asciiJson(text), logprobs, '"finish_reason":null');
    const { answer } = this.#reader;
    return answer.ended ? frames + this.#choice('""', 'null', this.#reader.finish) : frames;
  }

  /** @param finish - JSON members */
  #choice(text: string, logprobs: string, finish: string): string {
    const untold = this.#reader.ids && this.#untold;
    this.#untold = [];
    const prompt = this.#begun ? '' : this.#reader.prompt;
    this.#begun = true;
    const more = tokenIdsMember(untold) + prompt;
    return this.#event(`{"text":${text},"index":${this.#index},"logprobs":${logprobs},${finish}${more}}`);
  }
}
