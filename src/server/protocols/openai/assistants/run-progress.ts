/** What becomes of a run: kept, and told to its client. */
import type { ServerContext } from '../../../context.js';
import type { EventStream } from '../../../routing/event-stream.js';
import type { HeldLease } from '../../../store/lease.js';
import type { Store, Transaction } from '../../../store/store.js';
import type { ApiError } from '../errors.js';
import {
  isOver,
  type KeptRun,
  MESSAGES,
  nowS,
  type Run,
  runBody,
  RUNS,
  type RunStep,
  STEPS,
  type ThreadMessage,
} from './records.js';
import { cutShort, type Ending, endRun } from './run-ends.js';
import { added, stepBody } from './run-objects.js';
import type { RunLimit } from './run-prompt.js';
import type { RunTurn, Say } from './run-turn.js';

/** Who hears of a run, and what is known of it already. */
export interface RunStart {
  run: KeptRun;
  /** Its first turn, where it is planned already. */
  turn: RunTurn | RunLimit | undefined;
  client: EventStream | undefined;
  /** Whether the client asked for what searches found. */
  withContent: boolean;
  /** Its first events. */
  events: readonly (readonly [event: string, data: object])[];
}

/** See the file's head. Whoever has it holds the run's lease. */
export class RunProgress {
  readonly #context: ServerContext;
  readonly #store: Store;
  readonly #lease: HeldLease;
  readonly #id: string;
  readonly #start: RunStart | undefined;

  constructor(context: ServerContext, store: Store, lease: HeldLease, id: string, start?: RunStart) {
    this.#context = context;
    this.#store = store;
    this.#lease = lease;
    this.#id = id;
    this.#start = start;
  }

  readonly say: Say = (event, data) => {
    const client = this.#start?.client;
    if (client && !client.done) client.send(data, event);
  };

  /** Nothing more will be told. */
  close(): void {
    const client = this.#start?.client;
    if (client && !client.done) client.end('event: done\ndata: [DONE]\n\n');
  }

  /** Somebody else has ended it. */
  async sayEnd(): Promise<void> {
    const run = await this.#store.get(RUNS, this.#id);
    if (run && isOver(run)) this.say(`thread.run.${run.status}`, runBody(run));
  }

  /** Says and keeps that the turn has begun. */
  async begin({ step, message }: RunTurn): Promise<void> {
    const startedAt = nowS(this.#context);
    const saying = this.#start?.run;
    if (saying && saying.status !== 'in_progress') {
      saying.status = 'in_progress';
      saying.started_at ??= startedAt;
      this.say('thread.run.in_progress', runBody(saying));
    }
    this.say('thread.run.step.created', step);
    this.say('thread.run.step.in_progress', step);
    if (message) {
      this.say('thread.message.created', message);
      this.say('thread.message.in_progress', message);
    }
    await this.#change((current, transaction) => {
      transaction.put(STEPS, step.id, step);
      if (message) transaction.put(MESSAGES, message.id, message);
      return { status: 'in_progress', started_at: current.started_at ?? startedAt };
    });
  }

  async finishMessage(turn: RunTurn): Promise<void> {
    const atS = nowS(this.#context);
    const usage = turn.usage();
    const { isCut } = turn;
    const message: ThreadMessage = {
      ...turn.saidSoFar()!,
      status: isCut ? 'incomplete' : 'completed',
      ...(isCut
        ? { incomplete_details: { reason: 'max_tokens' }, incomplete_at: atS }
        : { completed_at: atS }),
    };
    if (message.content.length === 0)
      message.content = [{ type: 'text', text: { value: '', annotations: [] } }];
    const step: RunStep = { ...turn.step, status: 'completed', completed_at: atS, usage };
    const run = await this.#change((current, transaction) => {
      transaction.put(STEPS, step.id, step);
      transaction.put(MESSAGES, message.id, message);
      return {
        ...(isCut ? RAN_OUT : { status: 'completed', completed_at: atS }),
        expires_at: null,
        usage: added(current.usage, usage),
      };
    });
    if (!run) return;
    this.say(`thread.message.${message.status}`, message);
    this.say('thread.run.step.completed', step);
    this.say(`thread.run.${run.status}`, runBody(run));
  }

  /** @returns whether there is another turn: the results of the server's own tools are there at once */
  async finishCalls(turn: RunTurn): Promise<boolean> {
    const usage = turn.usage();
    const atS = nowS(this.#context);
    const calls = turn.isCut ? turn.callsSoFar : await turn.results(this.say);
    const over = turn.isCut
      ? ({ status: 'cancelled', cancelled_at: atS } as const)
      : turn.isServers
        ? ({ status: 'completed', completed_at: atS } as const)
        : {};
    const step: RunStep = {
      ...turn.step,
      ...over,
      step_details: { type: 'tool_calls', tool_calls: calls },
      usage,
    };
    const run = await this.#change((current, transaction) => {
      transaction.put(STEPS, step.id, step);
      const used = { usage: added(current.usage, usage) };
      if (turn.isCut) return { ...RAN_OUT, expires_at: null, ...used };
      return turn.isServers ? used : { status: 'requires_action', required_action: actionOf(step), ...used };
    });
    if (!run) return true;
    if (step.status !== 'in_progress')
      this.say(`thread.run.step.${step.status}`, stepBody(step, this.#start?.withContent === true));
    if (turn.isServers && !turn.isCut) return true;
    this.say(`thread.run.${run.status}`, runBody(run));
    return false;
  }

  /** There is no room for another turn. */
  async runOut(reason: RunLimit): Promise<void> {
    const run = await this.#change(({ usage }) => ({
      ...RAN_OUT,
      incomplete_details: { reason },
      expires_at: null,
      usage: usage ?? { prompt_tokens: 0, completion_tokens: 0, total_tokens: 0 },
    }));
    if (run) this.say('thread.run.incomplete', runBody(run));
  }

  async end(status: Ending['status'], turn: RunTurn | undefined, failure?: ApiError): Promise<void> {
    const error = failure && {
      code: failure.status === 429 ? ('rate_limit_exceeded' as const) : ('server_error' as const),
      message: failure.message,
    };
    const message = turn?.saidSoFar();
    const before = await this.#store.get(RUNS, this.#id);
    const run = await endRun(this.#context, this.#store, this.#id, status, {
      ...(error && { error }),
      message,
    });
    if (run?.status !== status || !before) return;
    if (status === 'cancelled' && before.status === 'cancelling')
      this.say('thread.run.cancelling', runBody(before));
    const atS = nowS(this.#context);
    if (message && turn && before.started_at !== null)
      this.say('thread.message.incomplete', cutShort(message, status, atS));
    if (turn && before.started_at !== null) {
      const ended = { ...turn.step, status, [`${status}_at`]: atS, last_error: error ?? null };
      this.say(`thread.run.step.${status}`, ended);
    }
    this.say(`thread.run.${status}`, runBody(run));
  }

  /** Changes a run that goes on; undefined when it was ended meanwhile. */
  #change(
    change: (current: KeptRun, transaction: Transaction) => Partial<Run>,
  ): Promise<KeptRun | undefined> {
    return this.#lease.update(RUNS, this.#id, (current, transaction) =>
      isOver(current) || current.status === 'cancelling'
        ? undefined
        : { ...current, ...change(current, transaction) },
    );
  }
}

const RAN_OUT = {
  status: 'incomplete',
  incomplete_details: { reason: 'max_completion_tokens' },
} as const satisfies Partial<Run>;

/** What the client is to do about the functions that a step calls. */
function actionOf({ step_details: details }: RunStep): object {
  const calls = details.type === 'tool_calls' ? details.tool_calls : [];
  const asked = calls.flatMap((call) =>
    call.type === 'function'
      ? [
          {
            id: call.id,
            type: call.type,
            function: { name: call.function.name, arguments: call.function.arguments },
          },
        ]
      : [],
  );
  return { type: 'submit_tool_outputs', submit_tool_outputs: { tool_calls: asked } };
}
