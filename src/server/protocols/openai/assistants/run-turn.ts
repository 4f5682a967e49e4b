/** One turn of a run, which is one answer of the model: planned from what is stored, then told as it comes. */
import type { Section } from '../../../../simulator/content/section.js';
import type { Answer } from '../../../../simulator/index.js';
import type { ServerContext } from '../../../context.js';
import type { GenerationRequest } from '../../../generation/generator.js';
import { newId } from '../../../store/new-id.js';
import type { Store } from '../../../store/store.js';
import { latestWords } from '../../../text/prompt.js';
import { findScript, prepareAnswers, type TextAnswers } from '../../../text/text-model.js';
import { citationsIn, citedAnswer, MarkBuffer } from './citations.js';
import {
  type KeptRun,
  type RunStep,
  type RunUsage,
  type SearchResult,
  STEPS,
  type ThreadMessage,
  type ToolCallBody,
} from './records.js';
import { deltaOf, newCall, newMessage, newStep } from './run-objects.js';
import { type RunLimit, runPrompt } from './run-prompt.js';
import { RunTools, type ServerTool } from './run-tools.js';

/** Most steps of a run. */
const MAX_STEPS = 1000;

/** Tells of what happens. */
export type Say = (event: string, data: object) => void;

/** What is known of a turn before it begins. */
interface Plan {
  answers: TextAnswers;
  tools: RunTools;
  words: string;
  results: readonly SearchResult[];
  /** Calls are of tools that the server runs. */
  isServers: boolean;
  /** A step that another server had begun, to be made anew. */
  begun: RunStep | undefined;
}

/** See the file's head. */
export class RunTurn {
  readonly step: RunStep;
  /** What is said, unless tools are called. */
  readonly message: ThreadMessage | undefined;
  readonly #plan: Plan;
  readonly #answer: Answer;
  readonly #calls = new Map<Section, ToolCallBody>();
  readonly #marks = new MarkBuffer();
  #text = '';
  #cited = 0;

  private constructor(plan: Plan, step: RunStep, message: ThreadMessage | undefined) {
    this.#plan = plan;
    this.#answer = plan.answers.answers[0]!;
    this.step = step;
    this.message = message;
  }

  /**
   * The next turn of a run; or the limit of the run that leaves no room for one.
   *
   * @throws ApiError when it cannot be answered
   */
  static async plan(
    context: ServerContext,
    store: Store,
    run: KeptRun,
    arrivalMs: number,
  ): Promise<RunTurn | RunLimit> {
    const index = { name: 'run', group: run.id };
    const { data: steps } = await store.list(STEPS, { limit: MAX_STEPS, order: 'asc', index });
    const asked = await runPrompt(context, store, run, steps);
    if (typeof asked === 'string') return asked;
    const tools = await RunTools.of(context, store, run);
    const plan = await planTurn(context, steps, asked, tools, arrivalMs);
    const { begun } = plan;
    // What comes is known: the first section that is no thought says whether it is a message.
    const spoken = plan.answers.answers[0]!.sections.find(({ kind }) => kind !== 'reasoning');
    let message: ThreadMessage | undefined;
    if (spoken?.kind !== 'call') {
      const known = begun?.step_details;
      const id = known?.type === 'message_creation' ? known.message_creation.message_id : undefined;
      message = newMessage(context, run, id ?? (await newId(context, 'msg_')));
    }
    const step = newStep(context, run, begun?.id ?? (await newId(context, 'step_')), message);
    return new RunTurn(plan, step, message);
  }

  get sequence(): GenerationRequest {
    return this.#plan.answers.sequences[0]!;
  }

  get ended(): boolean {
    return this.#answer.ended;
  }

  /** Whether a limit cut it. */
  get isCut(): boolean {
    return this.#answer.ended && this.#answer.finishReason === 'length';
  }

  /** Whether its calls are answered by the server itself. */
  get isServers(): boolean {
    return this.#plan.isServers;
  }

  get reasoningTokens(): number {
    return this.#answer.reasoningTokens;
  }

  /**
   * More tokens are ready.
   *
   * @param together - one step made them, so that one event tells of all that are of one text
   */
  advance(count: number, say: Say, together = false): void {
    let held: { section: Section; text: string } | undefined;
    const flush = (): void => {
      if (held?.section.call) this.#growCall(held.section, held.text, say);
      else if (held) this.#growText(held.text, say);
      held = undefined;
    };
    const grow = (section: Section, text: string): void => {
      if (held?.section !== section) flush();
      held = { section, text: (held?.text ?? '') + text };
      if (!together) flush();
    };
    for (let i = 0; i < count && !this.#answer.ended; i++) {
      const text = this.#answer.next() ?? '';
      const { section } = this.#answer;
      if (section.kind === 'reasoning') continue;
      for (const piece of section.call ? [text] : this.#marks.push(text)) grow(section, piece);
    }
    if (this.#answer.ended) for (const piece of this.#marks.rest()) grow(this.#answer.section, piece);
    flush();
  }

  #growText(value: string, say: Say): void {
    this.#text += value;
    const annotations = citationsIn(this.#text, this.#plan.results)
      .slice(this.#cited)
      .map((one, i) => ({ index: this.#cited + i, ...one }));
    this.#cited += annotations.length;
    const text = { value, ...(annotations.length > 0 && { annotations }) };
    const content = [{ index: 0, type: 'text', text }];
    say('thread.message.delta', { id: this.message!.id, object: 'thread.message.delta', delta: { content } });
  }

  #growCall(section: Section, text: string, say: Say): void {
    const { id, name } = section.call!;
    const known = this.#calls.get(section);
    const call = known ?? newCall(id, name, this.isServers);
    this.#calls.set(section, call);
    if (call.type === 'function') call.function.arguments += text;
    else if (call.type === 'code_interpreter') call.code_interpreter.input += text;
    // What is looked for is not shown.
    else if (known) return;
    const index = [...this.#calls.keys()].indexOf(section);
    say('thread.run.step.delta', deltaOf(this.step.id, index, call, text, !known));
  }

  /** The message with what was said so far. */
  saidSoFar(): ThreadMessage | undefined {
    if (!this.message || this.#text === '') return this.message;
    const annotations = citationsIn(this.#text, this.#plan.results);
    return { ...this.message, content: [{ type: 'text', text: { value: this.#text, annotations } }] };
  }

  /** The calls; those of the server's own tools with what really came of them. */
  async results(say: Say): Promise<ToolCallBody[]> {
    if (!this.isServers) return [...this.#calls.values()];
    const calls: ToolCallBody[] = [];
    for (const [section, { id }] of this.#calls) {
      const { name } = section.call!;
      const text = this.#plan.answers.script?.calls?.[calls.length]?.arguments ?? '';
      const done = await this.#plan.tools.result(id, name as ServerTool, text, this.#plan.words);
      if (done.type === 'code_interpreter') {
        const outputs = done.code_interpreter.outputs.map((one, index) => ({ index, ...one }));
        const part = { index: calls.length, type: done.type, code_interpreter: { outputs } };
        const delta = { step_details: { type: 'tool_calls', tool_calls: [part] } };
        say('thread.run.step.delta', { id: this.step.id, object: 'thread.run.step.delta', delta });
      }
      calls.push(done);
    }
    return calls;
  }

  /** The calls as they stand. */
  get callsSoFar(): ToolCallBody[] {
    return [...this.#calls.values()];
  }

  usage(): RunUsage {
    const prompt = this.#plan.answers.prompt.total;
    const completion = this.#answer.tokens;
    return { prompt_tokens: prompt, completion_tokens: completion, total_tokens: prompt + completion };
  }
}

/** What the model says in a turn: what a fixture says; else calls of the server's tools, functions, or text. */
async function planTurn(
  context: ServerContext,
  steps: readonly RunStep[],
  { ask, prompt, threadMessages }: Exclude<Awaited<ReturnType<typeof runPrompt>>, string>,
  tools: RunTools,
  arrivalMs: number,
): Promise<Plan> {
  const done = steps.filter(({ status }) => status === 'completed');
  const begun = steps.find(({ status }) => status === 'in_progress');
  const words = latestWords(ask.messages);
  const results = searchResults(done);
  const plan = { tools, words, results, begun };
  const answer = (script: TextAnswers['script']): TextAnswers =>
    prepareAnswers(context, { ...ask, script }, prompt, arrivalMs);
  const fixed = findScript(context, ask, {});
  if (fixed) return { ...plan, answers: answer(fixed), isServers: false };
  const calls = await tools.calls(words, calledTypes(done), done.length === 0);
  if (calls.length > 0) return { ...plan, answers: answer({ calls }), isServers: true };
  const answers = answer(null);
  const isText = answers.answers[0]!.sections.every(({ kind }) => kind === 'text' || kind === 'reasoning');
  const isProse = ask.options === undefined || ask.options.format.type === 'text';
  const text = isText && isProse ? citedAnswer(results, words, threadMessages) : undefined;
  return { ...plan, answers: text === undefined ? answers : answer({ text }), isServers: false };
}

const callsOf = (steps: readonly RunStep[]): ToolCallBody[] =>
  steps.flatMap(({ step_details: details }) => (details.type === 'tool_calls' ? details.tool_calls : []));

const calledTypes = (steps: readonly RunStep[]): Set<string> =>
  new Set(callsOf(steps).map(({ type }) => type));

const searchResults = (steps: readonly RunStep[]): SearchResult[] =>
  callsOf(steps).flatMap((call) => (call.type === 'file_search' ? call.file_search.results : []));
