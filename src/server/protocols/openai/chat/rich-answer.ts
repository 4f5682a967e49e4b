/** A chat answer that is more than prose: thoughts, calls, log probabilities; whole and in events. */
import type { PlacedLogprob } from '../../../../simulator/content/logprobs.js';
import type { Section, ToolCall } from '../../../../simulator/content/section.js';
import { createRandom, type Random } from '../../../../lib/random.js';
import type { Answer } from '../../../../simulator/index.js';
import type { GenerationUsage } from '../../../generation/generator.js';
import type { FrameSource } from '../../../generation/token-stream.js';
import { asciiJson } from '../../../json.js';
import { citationOf } from '../../../text/citations.js';
import type { ShownTrace, TokenIds } from '../token-trace.js';
import { LogprobLine, placedJson } from './logprob-line.js';
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
  /** Whose message it is. */
  role: string;
  /** What the text repeats before it goes on. */
  echoed: string;
  /** What is told of single tokens; undefined for nothing. */
  trace: ShownTrace | undefined;
}

/** One token, as it is read. */
interface ReadToken {
  section: Section;
  /** Of the section. */
  index: number;
  text: string;
  logprobs: PlacedLogprob[];
  /** Of the token itself, whatever of its text is shown now. */
  ids: readonly number[];
}

const NO_IDS: readonly number[] = [];

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
  protected read(): ReadToken | undefined {
    const { answer, line } = this;
    const text = answer.next();
    if (text === undefined) return undefined;
    const { section } = answer;
    const isText = section.kind === 'text' || section.kind === 'refusal';
    if (isText) line?.push(answer.latestPiece);
    const ids = this.ids?.of(answer.latestPiece) ?? NO_IDS;
    const logprobs = isText ? (line?.show(text) ?? []) : [];
    return { section, index: answer.sectionIndex, text, logprobs, ids };
  }

  /** Undefined where nobody asks for ids. */
  protected get ids(): TokenIds | undefined {
    const { trace } = this.options;
    return trace?.showsIds ? trace.ids : undefined;
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
  role: string;
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
    const ids: number[] = [];
    for (let read = this.read(); read; read = this.read()) {
      texts.set(read.section, (texts.get(read.section) ?? '') + read.text);
      logprobs.push(...read.logprobs);
      ids.push(...read.ids);
    }
    const message = this.#message(texts);
    const hasText = message.content !== null || message.refusal !== null;
    const entries =
      this.line && hasText
        ? { content: logprobs.map((one) => placedJson(one, this.options.trace)), refusal: null }
        : null;
    return {
      index,
      message: asciiJson(message),
      logprobs: asciiJson(entries),
      finishReason: this.finishReason,
      stopReason: this.stopReason,
      tokenIds: this.ids && ids,
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
    const { role, echoed } = this.options;
    const text = of('text') ?? (hasCalls || of('refusal') !== undefined ? null : '');
    return {
      role,
      content: echoed === '' ? text : echoed + (text ?? ''),
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
  /** Ids of tokens that no event has told of. */
  #untold: number[] = [];
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
    const { section, index, text, logprobs, ids } = read;
    let frames = first ? this.#open(section) : '';
    this.#chunks.made(this.#index, answer.tokens);
    if (index !== this.#opened) frames += this.#release() + this.#enter(section, index);
    this.#untold.push(...ids);
    this.#held ??= { section, text: '', logprobs: [] };
    this.#held.text += text;
    this.#held.logprobs.push(...logprobs);
    if (!more || answer.ended) frames += this.#release();
    if (this.options.page !== undefined && section.kind === 'text') this.#text += text;
    if (answer.ended) frames += this.#cited();
    return answer.ended
      ? frames + this.#chunks.finish(this.#index, this.finishReason, this.stopReason, this.#tell())
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

  /** The ids for an event; undefined where nobody asks for them. */
  #tell(): readonly number[] | undefined {
    const told = this.#untold;
    this.#untold = [];
    return this.ids && told;
  }

  #isShown({ kind }: Section): boolean {
    return kind !== 'reasoning' || this.options.showsThoughts;
  }

  #open({ kind }: Section): string {
    const { role, echoed, trace, showsThoughts } = this.options;
    const isText = kind === 'text' || (kind === 'reasoning' && !showsThoughts);
    const opening = `{"role":${asciiJson(role)},"content":${isText ? '""' : 'null'},"refusal":null}`;
    const event = this.#chunks.opening(this.#index, opening, trace?.prompt ?? '');
    return echoed === '' ? event : event + this.#chunks.delta(this.#index, asciiJson({ content: echoed }));
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
        ? asciiJson({ content: logprobs.map((one) => placedJson(one, this.options.trace)), refusal: null })
        : 'null';
    return this.#chunks.delta(this.#index, asciiJson(delta), entries, text.length, this.#tell());
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
