/** A chat answer that is more than prose: thoughts, calls, log probabilities; whole and in events. */
import { Logprobs, type PlacedLogprob, type TokenLogprob } from '../../../../simulator/content/logprobs.js';
import type { Section, ToolCall } from '../../../../simulator/content/section.js';
import { ShownTokens } from '../../../../simulator/content/shown-tokens.js';
import { createRandom, type Random } from '../../../../lib/random.js';
import type { Answer } from '../../../../simulator/index.js';
import type { GenerationUsage } from '../../../generation/generator.js';
import type { FrameSource } from '../../../generation/token-stream.js';
import { asciiJson } from '../../../json.js';
import { citationOf } from '../../../text/citations.js';
import type { ChatFinishReason, Choice, ChunkWriter } from './wire.js';

/** How an answer is shown. */
export interface RichOptions {
  /** Thoughts are part of the message. */
  showsThoughts: boolean;
  /** Choices say what they stopped at, as vLLM's do: requests with its parameters are told. */
  showsStopReason: boolean;
  /** Calls are `function_call`. */
  legacy: boolean;
  /** A call of this tool was demanded by name, which OpenAI ends with `stop`. */
  namedChoice: boolean;
  /** Undefined without log probabilities. */
  topLogprobs: number | undefined;
  greedy: boolean;
  /** The page that the text refers to, where the web was searched. */
  page: string | undefined;
}

const entryJson = ({ token, logprob }: TokenLogprob) => ({
  token,
  logprob,
  bytes: [...Buffer.from(token, 'utf8')],
});
const placedJson = (placed: PlacedLogprob) => ({
  ...entryJson(placed),
  top_logprobs: placed.top.map(entryJson),
});

/** The log probabilities of a text, as its tokens are shown. */
class LogprobLine {
  readonly #logprobs: Logprobs;
  readonly #waiting = new ShownTokens<PlacedLogprob>();

  constructor(random: Random, top: number, greedy: boolean) {
    this.#logprobs = new Logprobs(random, top, greedy);
  }

  push(piece: string): void {
    this.#waiting.push(this.#logprobs.of(piece), piece.length);
  }

  /** What goes with a text that is shown. */
  show(text: string): PlacedLogprob[] {
    return this.#waiting.show(text.length);
  }
}

/** What all ways of showing an answer need. */
abstract class RichReader {
  protected readonly answer: Answer;
  protected readonly options: RichOptions;
  protected readonly line: LogprobLine | undefined;

  constructor(answer: Answer, options: RichOptions, random: Random) {
    this.answer = answer;
    this.options = options;
    const { topLogprobs, greedy } = options;
    this.line = topLogprobs === undefined ? undefined : new LogprobLine(random, topLogprobs, greedy);
  }

  /** Generates a token; undefined after the end. */
  protected read(): { section: Section; index: number; text: string; logprobs: PlacedLogprob[] } | undefined {
    const { answer, line } = this;
    const text = answer.next();
    if (text === undefined) return undefined;
    const { section } = answer;
    const isText = section.kind === 'text' || section.kind === 'refusal';
    if (isText) line?.push(answer.latestPiece);
    return { section, index: answer.sectionIndex, text, logprobs: isText ? (line?.show(text) ?? []) : [] };
  }

  /** JSON: the token or the sequence at which it stopped; undefined where nobody asks. */
  protected get stopReason(): string | undefined {
    return this.options.showsStopReason ? stopReasonJson(this.answer) : undefined;
  }

  protected get finishReason(): ChatFinishReason {
    const { finishReason } = this.answer;
    if (finishReason !== 'tool_calls') return finishReason;
    if (this.options.namedChoice) return 'stop';
    return this.options.legacy ? 'function_call' : 'tool_calls';
  }
}

/** What an answer stopped at, as JSON. */
export const stopReasonJson = ({ stopToken, stopSequence }: Answer): string =>
  asciiJson(stopToken ?? stopSequence ?? null);

/** A random stream of an answer's own. */
export const logprobRandom = (seed: number, digest: { high: number; low: number }, choice: number): Random =>
  createRandom(seed, 'logprobs', digest.high, digest.low, choice);

/** The call as it is in a message. */
const callJson = ({ id, name, type }: ToolCall, text: string) =>
  type === 'custom'
    ? { id, type, custom: { name, input: text } }
    : { id, type, function: { name, arguments: text } };

/** A message as an object. */
interface RichMessage {
  role: 'assistant';
  content: string | null;
  refusal: string | null;
  [key: string]: unknown;
}

/** Reads a whole answer. */
export class WholeRichAnswer extends RichReader {
  /** The choice; all tokens are generated then. */
  choice(index: number): Choice {
    const texts = new Map<Section, string>();
    const logprobs: PlacedLogprob[] = [];
    for (let read = this.read(); read; read = this.read()) {
      texts.set(read.section, (texts.get(read.section) ?? '') + read.text);
      logprobs.push(...read.logprobs);
    }
    const message = this.#message(texts);
    const hasText = message.content !== null || message.refusal !== null;
    const entries = this.line && hasText ? { content: logprobs.map(placedJson), refusal: null } : null;
    return {
      index,
      message: asciiJson(message),
      logprobs: asciiJson(entries),
      finishReason: this.finishReason,
      stopReason: this.stopReason,
    };
  }

  #message(texts: ReadonlyMap<Section, string>): RichMessage {
    const { showsThoughts, legacy } = this.options;
    const of = (kind: Section['kind']): string | undefined =>
      [...texts].find(([section]) => section.kind === kind)?.[1];
    const calls = [...texts].flatMap(([{ call }, text]) => (call ? [callJson(call, text)] : []));
    const thoughts = showsThoughts ? of('reasoning') : undefined;
    const hasCalls = calls.length > 0;
    const [first] = calls;
    return {
      role: 'assistant',
      content: of('text') ?? (hasCalls || of('refusal') !== undefined ? null : ''),
      refusal: of('refusal') ?? null,
      ...(thoughts !== undefined && { reasoning_content: thoughts }),
      ...(hasCalls && !legacy && { tool_calls: calls }),
      ...(legacy && first && 'function' in first && { function_call: first.function }),
      annotations: citedJson(of('text'), this.options.page),
    };
  }
}

/** What a text refers to. */
const citedJson = (text: string | undefined, page: string | undefined): object[] =>
  page === undefined || !text ? [] : [{ type: 'url_citation', url_citation: citationOf(text, page) }];

/** The events of one choice. */
export class RichFrames extends RichReader implements FrameSource {
  readonly #chunks: ChunkWriter;
  readonly #index: number;
  /** Section of the latest event. */
  #opened = -1;
  #calls = -1;
  /** What was read of a step whose last token is to come. */
  #held: { section: Section; text: string; logprobs: PlacedLogprob[] } | undefined;
  /** The text so far, where that is to be referred to. */
  #text = '';

  constructor(answer: Answer, options: RichOptions, random: Random, chunks: ChunkWriter, index: number) {
    super(answer, options, random);
    this.#chunks = chunks;
    this.#index = index;
  }

  get ended(): boolean {
    return this.answer.ended;
  }

  next(_usage?: GenerationUsage, more = false): string {
    const { answer } = this;
    const first = answer.tokens === 0;
    const read = this.read();
    if (!read) return this.#release();
    const { section, index, text, logprobs } = read;
    let frames = first ? this.#open(section) : '';
    this.#chunks.made(this.#index, answer.tokens);
    if (index !== this.#opened) frames += this.#release() + this.#enter(section, index);
    this.#held ??= { section, text: '', logprobs: [] };
    this.#held.text += text;
    this.#held.logprobs.push(...logprobs);
    if (!more || answer.ended) frames += this.#release();
    if (this.options.page !== undefined && section.kind === 'text') this.#text += text;
    if (answer.ended) frames += this.#cited();
    return answer.ended
      ? frames + this.#chunks.finish(this.#index, this.finishReason, this.stopReason)
      : frames;
  }

  /** The event of what is held. */
  #release(): string {
    if (!this.#held) return '';
    const { section, text, logprobs } = this.#held;
    this.#held = undefined;
    if (text === '' || !this.#isShown(section)) return '';
    return this.#event(deltaOf(section, text, this.#calls, this.options.legacy), logprobs, text);
  }

  /** An event for what the text refers to comes behind it. */
  #cited(): string {
    const annotations = citedJson(this.#text, this.options.page);
    return annotations.length === 0 ? '' : this.#chunks.delta(this.#index, asciiJson({ annotations }));
  }

  #isShown({ kind }: Section): boolean {
    return kind !== 'reasoning' || this.options.showsThoughts;
  }

  #open({ kind }: Section): string {
    const isText = kind === 'text' || (kind === 'reasoning' && !this.options.showsThoughts);
    return this.#chunks.delta(
      this.#index,
      `{"role":"assistant","content":${isText ? '""' : 'null'},"refusal":null}`,
    );
  }

  /** What comes before the tokens of a section: of a call its id and name. */
  #enter({ call }: Section, index: number): string {
    this.#opened = index;
    if (!call) return '';
    this.#calls++;
    const { id, name, type } = call;
    const delta = this.options.legacy
      ? { function_call: { name, arguments: '' } }
      : { tool_calls: [{ index: this.#calls, ...callJson({ id, name, type }, '') }] };
    return this.#chunks.delta(this.#index, asciiJson(delta));
  }

  #event(delta: object, logprobs: readonly PlacedLogprob[], text: string): string {
    const entries =
      this.line && logprobs.length > 0
        ? asciiJson({ content: logprobs.map(placedJson), refusal: null })
        : 'null';
    return this.#chunks.delta(this.#index, asciiJson(delta), entries, text.length);
  }
}

function deltaOf({ kind, call }: Section, text: string, index: number, legacy: boolean): object {
  if (kind === 'reasoning') return { reasoning_content: text };
  if (kind === 'refusal') return { refusal: text };
  if (!call) return { content: text };
  if (legacy) return { function_call: { arguments: text } };
  if (call.type === 'custom') return { tool_calls: [{ index, custom: { input: text } }] };
  return { tool_calls: [{ index, function: { arguments: text } }] };
}
