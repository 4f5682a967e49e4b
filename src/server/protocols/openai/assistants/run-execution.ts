/** One turn of a run: from queued to the end, or to calls that wait for their results. It goes on without its client. */
import { messageOf } from '../../../../lib/errors.js';
import type { Section } from '../../../../simulator/content/section.js';
import type { Answer } from '../../../../simulator/index.js';
import type { ServerContext } from '../../../context.js';
import { Sequences } from '../../../generation/sequences.js';
import type { GenerationRequest } from '../../../generation/generator.js';
import type { EventStream } from '../../../routing/event-stream.js';
import { newId } from '../../../store/new-id.js';
import type { Store } from '../../../store/store.js';
import { prepareAnswers, tokensOf } from '../../../text/text-model.js';
import { refusal } from '../generation-errors.js';
import {
  isOver,
  MESSAGES,
  nowS,
  type Run,
  type RunStep,
  RUNS,
  type RunUsage,
  STEPS,
  type ThreadMessage,
  type ToolCallBody,
} from './records.js';
import { added, newMessage, newStep } from './run-objects.js';
import { runPrompt } from './run-prompt.js';

/** See the file's head. */
export class RunExecution {
  readonly #context: ServerContext;
  readonly #store: Store;
  readonly #client: EventStream | undefined;
  #run: Run;
  #answer!: Answer;
  #sequence!: GenerationRequest;
  #promptTokens = 0;
  #sequences!: Sequences;
  #message: ThreadMessage | undefined;
  #step!: RunStep;
  #text = '';
  readonly #calls = new Map<Section, ToolCallBody>();
  #begun = false;
  #over = false;
  #stopWatching = (): void => {};

  /** @param client - who hears of it; it goes on without */
  constructor(context: ServerContext, store: Store, run: Run, client: EventStream | undefined) {
    this.#context = context;
    this.#store = store;
    this.#run = run;
    this.#client = client;
  }

  /**
   * Reads what is asked; then the run can begin.
   *
   * @throws ApiError when it cannot be answered
   */
  async prepare(arrivalMs: number): Promise<void> {
    const { ask, prompt } = await runPrompt(this.#context, this.#store, this.#run);
    const { answers, sequences } = prepareAnswers(this.#context, ask, prompt, arrivalMs);
    this.#answer = answers[0]!;
    this.#sequence = sequences[0]!;
    this.#promptTokens = prompt.total;
    const id = await newId(this.#context, 'msg_');
    // What comes is known: the first section that is no thought says whether it is a message.
    const spoken = this.#answer.sections.find(({ kind }) => kind !== 'reasoning');
    this.#message = spoken?.kind === 'call' ? undefined : newMessage(this.#context, this.#run, id);
    this.#step = newStep(this.#context, this.#run, await newId(this.#context, 'step_'), this.#message);
  }

  /** Begins; the events of a new run come first. */
  start(isNew: boolean): void {
    if (isNew) this.#say('thread.run.created', this.#run);
    this.#say('thread.run.queued', this.#run);
    this.#stopWatching = this.#store.watch(RUNS, (id) => {
      if (id === this.#run.id) this.#later(this.#checkCancelled());
    });
    this.#sequences = new Sequences(1, {
      accepted: () => {},
      tokens: (_choice, count) => this.#tokens(count),
      finished: () => this.#later(this.#finish()),
      failed: (failure) => this.#later(this.#fail(refusal(failure).message)),
    });
    this.#sequences.start(this.#context.generator, [this.#sequence]);
  }

  #tokens(count: number): void {
    if (this.#over) return;
    if (!this.#begun) this.#begin();
    for (let i = 0; i < count && !this.#answer.ended; i++) this.#next();
    if (this.#answer.ended) this.#later(this.#finish());
  }

  #begin(): void {
    this.#begun = true;
    this.#run = {
      ...this.#run,
      status: 'in_progress',
      started_at: this.#run.started_at ?? nowS(this.#context),
    };
    this.#later(this.#change(() => ({ status: 'in_progress', started_at: this.#run.started_at })));
    this.#say('thread.run.in_progress', this.#run);
    this.#say('thread.run.step.created', this.#step);
    this.#say('thread.run.step.in_progress', this.#step);
    if (!this.#message) return;
    this.#say('thread.message.created', this.#message);
    this.#say('thread.message.in_progress', this.#message);
  }

  #next(): void {
    const text = this.#answer.next() ?? '';
    const { section } = this.#answer;
    if (section.kind === 'reasoning') return;
    if (section.call) this.#growCall(section, text);
    else if (text !== '') this.#growText(text);
  }

  #growText(text: string): void {
    this.#text += text;
    const content = [{ index: 0, type: 'text', text: { value: text } }];
    this.#say('thread.message.delta', {
      id: this.#message!.id,
      object: 'thread.message.delta',
      delta: { content },
    });
  }

  #growCall(section: Section, text: string): void {
    const { id, name } = section.call!;
    let call = this.#calls.get(section);
    const isNew = !call;
    if (!call) {
      call = { id, type: 'function', function: { name, arguments: '', output: null } };
      this.#calls.set(section, call);
    }
    call.function.arguments += text;
    const index = [...this.#calls.keys()].indexOf(section);
    const part = isNew
      ? { index, id, type: 'function', function: { name, arguments: text, output: null } }
      : { index, type: 'function', function: { arguments: text } };
    const delta = { step_details: { type: 'tool_calls', tool_calls: [part] } };
    this.#say('thread.run.step.delta', { id: this.#step.id, object: 'thread.run.step.delta', delta });
  }

  async #finish(): Promise<void> {
    if (this.#over) return;
    this.#over = true;
    while (!this.#answer.ended) this.#next();
    if (!this.#begun) this.#begin();
    this.#sequences.cancel();
    const usage = this.#usage();
    this.#account(usage);
    if (this.#message) await this.#finishMessage(usage);
    else await this.#requireAction(usage);
    this.#end();
  }

  async #finishMessage(usage: RunUsage): Promise<void> {
    const atS = nowS(this.#context);
    const isCut = this.#answer.finishReason === 'length';
    const message: ThreadMessage = {
      ...this.#message!,
      status: isCut ? 'incomplete' : 'completed',
      ...(isCut
        ? { incomplete_details: { reason: 'max_tokens' }, incomplete_at: atS }
        : { completed_at: atS }),
      content: [{ type: 'text', text: { value: this.#text, annotations: [] } }],
    };
    const step: RunStep = { ...this.#step, status: 'completed', completed_at: atS, usage };
    const run = await this.#settle(
      {
        status: isCut ? 'incomplete' : 'completed',
        completed_at: isCut ? null : atS,
        expires_at: null,
        incomplete_details: isCut ? { reason: 'max_completion_tokens' } : null,
        usage: added(this.#run.usage, usage),
      },
      step,
      message,
    );
    if (!run) return;
    this.#say(`thread.message.${message.status}`, message);
    this.#say('thread.run.step.completed', step);
    this.#say(`thread.run.${run.status}`, run);
  }

  async #requireAction(usage: RunUsage): Promise<void> {
    const calls = [...this.#calls.values()];
    const asked = calls.map(({ id, type, function: { name, arguments: text } }) => ({
      id,
      type,
      function: { name, arguments: text },
    }));
    const step: RunStep = { ...this.#step, step_details: { type: 'tool_calls', tool_calls: calls }, usage };
    const required = { type: 'submit_tool_outputs', submit_tool_outputs: { tool_calls: asked } };
    const change = {
      status: 'requires_action',
      required_action: required,
      usage: added(this.#run.usage, usage),
    } as const;
    const run = await this.#settle(change, step);
    // OpenAI shows what was used only of runs that are over.
    if (run) this.#say('thread.run.requires_action', { ...run, usage: null });
  }

  /** Keeps what came of it, unless the run was ended meanwhile. */
  #settle(change: Partial<Run>, step: RunStep, message?: ThreadMessage): Promise<Run | undefined> {
    return this.#store.transact(async (transaction) => {
      const current = await transaction.get(RUNS, this.#run.id);
      if (!current || isOver(current) || current.status === 'cancelling') return undefined;
      const run = { ...current, ...change };
      transaction.put(RUNS, run.id, run);
      transaction.put(STEPS, step.id, step);
      if (message) transaction.put(MESSAGES, message.id, message);
      return run;
    });
  }

  async #fail(message: string): Promise<void> {
    if (this.#over) return;
    this.#over = true;
    const run = await this.#change(() => ({
      status: 'failed',
      failed_at: nowS(this.#context),
      expires_at: null,
      last_error: { code: 'server_error', message },
    }));
    if (run) this.#say('thread.run.failed', run);
    this.#end();
  }

  async #checkCancelled(): Promise<void> {
    const current = await this.#store.get(RUNS, this.#run.id);
    if (current && !isOver(current) && current.status !== 'cancelling') return;
    if (this.#over && current?.status !== 'cancelling') return;
    this.#over = true;
    this.#sequences.cancel();
    const run = await this.#store.update(RUNS, this.#run.id, (found) =>
      found.status === 'cancelling'
        ? { ...found, status: 'cancelled' as const, cancelled_at: nowS(this.#context), expires_at: null }
        : undefined,
    );
    if (run?.status === 'cancelled') this.#say('thread.run.cancelled', run);
    this.#end();
  }

  #change(change: () => Partial<Run>): Promise<Run | undefined> {
    return this.#store.update(RUNS, this.#run.id, (current) =>
      isOver(current) || current.status === 'cancelling' || current.status === 'requires_action'
        ? undefined
        : { ...current, ...change() },
    );
  }

  #end(): void {
    this.#stopWatching();
    this.#stopWatching = () => {};
    if (this.#client && !this.#client.done) this.#client.end('event: done\ndata: [DONE]\n\n');
  }

  #say(event: string, data: object): void {
    if (this.#client && !this.#client.done) this.#client.send(data, event);
  }

  /** Nobody waits for what goes on in the background. */
  #later(work: Promise<unknown>): void {
    work.catch((error: unknown) => {
      process.emitWarning(`a run was lost: ${messageOf(error)}`, 'FakeaiWarning');
    });
  }

  #usage(): RunUsage {
    const completion = tokensOf(this.#answer, this.#context.counter);
    return {
      prompt_tokens: this.#promptTokens,
      completion_tokens: completion,
      total_tokens: this.#promptTokens + completion,
    };
  }

  #account({ prompt_tokens: promptTokens, completion_tokens: completionTokens }: RunUsage): void {
    const { cachedTokens } = this.#sequences.usage;
    const { reasoningTokens } = this.#answer;
    this.#context.account({
      model: this.#run.model,
      promptTokens,
      completionTokens,
      cachedTokens,
      reasoningTokens,
    });
  }
}
