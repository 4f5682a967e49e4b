/** From what was asked to an answer of sections: thoughts, then calls, or text in the form that was asked for. */
import type { Random } from '../../lib/random.js';
import { LEXICON } from '../../lib/text/lexicon.js';
import { Prose } from '../../lib/text/prose.js';
import { Answer, type AnswerRequest } from '../answer.js';
import { streamOf, wordsOf } from './heat.js';
import { generateValue } from './json/generate.js';
import { Said } from './json/said.js';
import type { JsonSchema } from './json/schema.js';
import { stringFor } from './json/strings.js';
import { larkText } from './lark/generate.js';
import { type Effort, naturalTokens, thoughtTokens } from './lengths.js';
import { BiasedProse, type SamplingBias } from './sampling.js';
import type { Section } from './section.js';
import { ChainedTokens, ListedTokens, ProseTokens, type TokenSource } from './token-source.js';
import { callsOf, chooseTools, type ToolChoice, type ToolSpec } from './tool-choice.js';

/** The form of the text. */
export type TextFormat =
  | { readonly type: 'text' }
  | { readonly type: 'json_object' }
  | { readonly type: 'json_schema'; readonly schema: JsonSchema; readonly name?: string }
  | { readonly type: 'regex'; readonly pattern: string }
  | { readonly type: 'choice'; readonly choices: readonly string[] }
  /** In Lark. */
  | { readonly type: 'grammar'; readonly grammar: string };

/** A call of a tool that the server runs itself. */
export interface HostedCall {
  /** Kind of the tool. */
  readonly name: string;
  /** What the model writes to call it, such as a query. */
  readonly text: string;
}

/** What decides an answer that is more than prose. All of it but the limits is best part of the digest. */
export interface AnswerTask extends AnswerRequest {
  readonly tools: readonly ToolSpec[];
  readonly toolChoice: ToolChoice;
  readonly parallelToolCalls: boolean;
  readonly format: TextFormat;
  readonly effort: Effort;
  /** Most tokens of thoughts. Default: as many as the effort takes. */
  readonly thoughtLimit?: number | undefined;
  /** The user's latest words. */
  readonly context: string;
  /** The conversation ends with results of tools. */
  readonly afterTools: boolean;
  /** Factor of the natural length. */
  readonly lengthFactor: number;
  readonly sampling?: SamplingBias;
  /** Calls of tools that the server runs itself, before all else that is said. */
  readonly hosted?: readonly HostedCall[];
  /** The text to say instead of any other, such as an edited copy of what the user sent. */
  readonly text?: string;
  /** What prose begins with, such as what a tool of the server has found. */
  readonly lead?: string;
}

/** What is said instead of anything that would be made up. */
export interface Script {
  readonly reasoning?: string | undefined;
  readonly text?: string | undefined;
  readonly refusal?: string | undefined;
  readonly calls?: readonly { readonly name: string; readonly arguments: string }[] | undefined;
}

/** An answer that says what a script says. */
export function scriptedAnswer(request: AnswerRequest, script: Script, splitter: PieceSplitter): Answer {
  const random = streamOf(request, 'call');
  const sections: Section[] = [];
  if (script.reasoning) sections.push({ kind: 'reasoning', tokens: listed(script.reasoning, splitter) });
  if (script.text !== undefined) sections.push({ kind: 'text', tokens: listed(script.text, splitter) });
  if (script.refusal !== undefined)
    sections.push({ kind: 'refusal', tokens: listed(script.refusal, splitter) });
  for (const { name, arguments: text } of script.calls ?? []) {
    sections.push({
      kind: 'call',
      call: { id: callId(random), name, type: 'function' },
      tokens: listed(text, splitter),
    });
  }
  if (sections.every(({ kind }) => kind === 'reasoning'))
    sections.push({ kind: 'text', tokens: listed('', splitter) });
  return new Answer(request, { sections });
}

/** Splits text into the texts of its tokens. */
export interface PieceSplitter {
  pieces(text: string): string[];
}

const CALL_ID_CHARACTERS = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789';
const CALL_ID_LENGTH = 24;

/**
 * Makes an answer.
 *
 * @param task - what was asked
 * @param splitter - of the model's tokenizer
 * @throws SchemaError when a schema cannot be met
 */
export function composeAnswer(task: AnswerTask, splitter: PieceSplitter): Answer {
  const stream = (name: string): Random => streamOf(task, name);
  const sections: Section[] = [];
  const thought = stream('thought');
  const thoughts = Math.min(
    thoughtTokens(thought, task.effort),
    task.thoughtLimit ?? Number.POSITIVE_INFINITY,
  );
  if (thoughts > 0)
    sections.push({ kind: 'reasoning', tokens: new ProseTokens(new Prose(thought), thoughts) });
  const random = stream('call');
  const { tools, parallelToolCalls, context, afterTools, hosted = [] } = task;
  for (const { name, text } of hosted) {
    const call = { id: callId(random), name, type: 'hosted' } as const;
    sections.push({ kind: 'call', call, tokens: listed(text, splitter) });
  }
  const toolChoice = hosted.length > 0 && task.toolChoice === 'required' ? 'auto' : task.toolChoice;
  const called = chooseTools(tools, toolChoice, parallelToolCalls, context, afterTools, random);
  const said = new Said(context);
  const several = parallelToolCalls && called.length === 1 && typeof toolChoice !== 'object';
  const calls = several ? callsOf(called[0]!, said) : called;
  for (const tool of calls) sections.push(callOf(tool, said, random, splitter));
  if (called.length === 0) sections.push({ kind: 'text', tokens: textOf(task, stream, splitter) });
  return new Answer(task, { sections });
}

function callId(random: Random): string {
  let id = 'call_';
  for (let i = 0; i < CALL_ID_LENGTH; i++) id += CALL_ID_CHARACTERS[random.int(CALL_ID_CHARACTERS.length)]!;
  return id;
}

function callOf(tool: ToolSpec, said: Said, random: Random, splitter: PieceSplitter): Section {
  const id = callId(random);
  const { name, type } = tool;
  const made = () => (type === 'custom' ? inputOf(tool, said, random) : argumentsOf(tool, said, random));
  const text = tool.input ?? made();
  return { kind: 'call', call: { id, name, type }, tokens: listed(text, splitter) };
}

/** Arguments are an object, whatever else the schema would allow. */
export function argumentsOf({ parameters }: ToolSpec, context: string | Said, random: Random): string {
  if (parameters === undefined || Object.keys(parameters).length === 0) return '{}';
  return JSON.stringify(generateValue({ type: 'object', ...parameters }, { random, context }));
}

const inputOf = ({ name, pattern, grammar }: ToolSpec, said: Said, random: Random): string =>
  grammar === undefined
    ? stringFor(pattern === undefined ? {} : { pattern }, [name], random, said)
    : larkText(grammar, random);

function textOf(task: AnswerTask, stream: (name: string) => Random, splitter: PieceSplitter): TokenSource {
  const { format, context } = task;
  if (task.text !== undefined) return listed(task.text, splitter);
  switch (format.type) {
    case 'json_object':
      return listed(JSON.stringify(anyObject(stream('json'))), splitter);
    case 'json_schema':
      return listed(
        JSON.stringify(generateValue(format.schema, { random: stream('json'), context })),
        splitter,
      );
    case 'regex':
      return listed(stringFor({ pattern: format.pattern }, [], stream('json'), new Said(context)), splitter);
    case 'grammar':
      return listed(larkText(format.grammar, stream('json')), splitter);
    case 'choice':
      return listed(format.choices[stream('json').int(format.choices.length)]!, splitter);
    case 'text':
      return task.lead === undefined || task.lead === ''
        ? proseOf(task, stream)
        : new ChainedTokens(listed(`${task.lead}\n\n`, splitter), proseOf(task, stream));
  }
}

/** The same words as a plain answer to the same request. */
function proseOf(task: AnswerTask, stream: (name: string) => Random): TokenSource {
  const random = stream('answer');
  const natural = Math.max(1, Math.round(naturalTokens(random) * task.lengthFactor));
  const length = task.ignoreEos ? Number.POSITIVE_INFINITY : Math.max(natural, task.minTokens);
  const words = wordsOf(task, random);
  if (!task.sampling) return new ProseTokens(words, length);
  return new ProseTokens(new BiasedProse(words, stream('sampling'), task.sampling), length);
}

/** An empty text is one token: something must be said. */
function listed(text: string, splitter: PieceSplitter): TokenSource {
  const pieces = splitter.pieces(text);
  return new ListedTokens(pieces.length > 0 ? pieces : ['']);
}

function anyObject(random: Random): unknown {
  const names = Array.from(
    { length: 2 + random.int(3) },
    () => LEXICON.nouns[random.int(LEXICON.nouns.length)]!,
  );
  const types = ['string', 'integer', 'boolean', 'array'];
  const properties = Object.fromEntries(
    names.map((name) => [name, { type: types[random.int(types.length)]!, items: { type: 'string' } }]),
  );
  return generateValue(
    { type: 'object', properties, required: Object.keys(properties) },
    { random, context: '' },
  );
}
