/** A run, from queued to its end or to calls that wait for their results, turn by turn. It goes on without its client. */
import type { ServerContext } from '../../../context.js';
import { Sequences, type SequencesOwner } from '../../../generation/sequences.js';
import type { HeldLease } from '../../../store/lease.js';
import type { Store } from '../../../store/store.js';
import { ApiError } from '../errors.js';
import { refusal } from '../generation-errors.js';
import type { Execution, WorkKind } from '../leased-work.js';
import { isOver, type KeptRun, OPEN, RUNS } from './records.js';
import type { RunLimit } from './run-prompt.js';
import { RunProgress, type RunStart } from './run-progress.js';
import { isReading } from './run-tools.js';
import { RunTurn } from './run-turn.js';

/** How long a run waits for files of vector stores, as OpenAI's do; and how often it looks. */
const MAX_READING_MS = 60_000;
const READING_LOOK_MS = 50;

/** Runs, for the threads to look for those that nobody works on. */
export const RUN_WORK: WorkKind = {
  name: 'run',
  collection: RUNS,
  index: { name: 'state', group: OPEN },
  begin: (context, store, lease, id) => new RunExecution(context, store, lease, id),
};

/** Why a turn ended before its time. */
type Interruption = 'cancelled' | 'expired' | 'stopped';

/** See the file's head. One that a server left behind begins its turn anew. */
export class RunExecution implements Execution {
  readonly #context: ServerContext;
  readonly #store: Store;
  readonly #progress: RunProgress;
  readonly #id: string;
  readonly #start: RunStart | undefined;
  #interruption: Interruption | undefined;
  #wake = (): void => {};

  /** @param start - of a run that its client has just asked for */
  constructor(context: ServerContext, store: Store, lease: HeldLease, id: string, start?: RunStart) {
    this.#context = context;
    this.#store = store;
    this.#progress = new RunProgress(context, store, lease, id, start);
    this.#id = id;
    this.#start = start;
  }

  async run(): Promise<void> {
    for (const [event, data] of this.#start?.events ?? []) this.#progress.say(event, data);
    const stopWatching = this.#store.watch(RUNS, (id) => {
      if (id === this.#id) void this.#look().catch(() => this.stop());
    });
    const { wheel, clock } = this.#context;
    const run = this.#start?.run ?? (await this.#store.get(RUNS, this.#id));
    if (!run) return;
    const leftMs = (run.expires_at ?? 0) * 1000 - clock.wallMs();
    const deadline = wheel.at(clock.nowMs() + leftMs, () => this.#interrupt('expired'));
    try {
      await this.#look();
      await this.#turns();
      if (this.#interruption === 'stopped') await this.#progress.sayEnd();
    } finally {
      wheel.cancel(deadline);
      stopWatching();
      this.#progress.close();
    }
  }

  stop(): void {
    this.#interrupt('stopped');
  }

  #interrupt(why: Interruption): void {
    this.#interruption ??= why;
    this.#wake();
  }

  /** Whether somebody has ended it meanwhile. */
  async #look(): Promise<void> {
    const run = await this.#store.get(RUNS, this.#id);
    if (run?.status === 'cancelling' || run?.status === 'cancelled') this.#interrupt('cancelled');
    else if (!run || isOver(run)) this.#interrupt('stopped');
  }

  async #turns(): Promise<void> {
    let turn = this.#start?.turn;
    for (;;) {
      try {
        turn ??= await this.#plan();
        if (turn === undefined) return;
        if (typeof turn === 'string') {
          await this.#progress.runOut(turn);
          return;
        }
        if (!(await this.#take(turn))) return;
      } catch (error) {
        if (!(error instanceof ApiError)) throw error;
        await this.#progress.end('failed', typeof turn === 'object' ? turn : undefined, error);
        return;
      }
      turn = undefined;
    }
  }

  /** The next turn; undefined when there is none to be had. */
  async #plan(): Promise<RunTurn | RunLimit | undefined> {
    if (this.#interruption === 'stopped') return undefined;
    const run = await this.#store.get(RUNS, this.#id);
    if (this.#interruption === 'cancelled' || this.#interruption === 'expired')
      await this.#progress.end(this.#interruption, undefined);
    if (!run || isOver(run) || run.status === 'requires_action') return undefined;
    await this.#untilRead(run);
    if (this.#interruption) return this.#plan();
    return RunTurn.plan(this.#context, this.#store, run, this.#context.clock.nowMs());
  }

  /** Waits for the files of vector stores, but not for ever. */
  async #untilRead(run: KeptRun): Promise<void> {
    const { clock, wheel } = this.#context;
    const untilMs = clock.nowMs() + MAX_READING_MS;
    while (
      !this.#interruption &&
      clock.nowMs() < untilMs &&
      (await isReading(this.#context, this.#store, run))
    ) {
      await new Promise<void>((resolve) => {
        const deadline = wheel.at(clock.nowMs() + READING_LOOK_MS, () => resolve());
        this.#wake = () => {
          wheel.cancel(deadline);
          resolve();
        };
      });
    }
  }

  /**
   * Lets the model answer, and keeps what came of it.
   *
   * @returns whether there is another turn
   */
  async #take(turn: RunTurn): Promise<boolean> {
    let sequences: Sequences | undefined;
    let beginning: Promise<void> | undefined;
    const begin = (): Promise<void> => (beginning ??= this.#progress.begin(turn));
    try {
      if (!this.#interruption) sequences = await this.#generate(turn, begin);
    } finally {
      await beginning;
    }
    if (this.#interruption) {
      // Whoever goes on with what was stopped answers it.
      if (this.#interruption === 'stopped') sequences?.end();
      else sequences?.cancel();
      if (this.#interruption !== 'stopped') await this.#progress.end(this.#interruption, turn);
      return false;
    }
    await begin();
    turn.advance(Number.POSITIVE_INFINITY, this.#progress.say);
    sequences?.end();
    this.#account(turn, sequences?.usage.cachedTokens ?? 0);
    if (turn.message) await this.#progress.finishMessage(turn);
    else return this.#progress.finishCalls(turn);
    return false;
  }

  /** @returns its sequence, of which nothing more is needed: to be ended or given up, by what becomes of the turn */
  #generate(turn: RunTurn, begin: () => Promise<void>): Promise<Sequences> {
    return new Promise((resolve, reject) => {
      const over = (): void => {
        if (turn.ended) sequences.complete(0);
        resolve(sequences);
      };
      const owner: SequencesOwner = {
        accepted: () => {},
        tokens: (_choice, count, together) => {
          void begin().catch(reject);
          turn.advance(count, this.#progress.say, together);
          if (turn.ended) over();
        },
        finished: over,
        failed: (failure) => reject(refusal(failure)),
      };
      const sequences = new Sequences(1, owner, { endpoint: 'chat_completions', streamed: false });
      this.#wake = over;
      sequences.start(this.#context.generator, [turn.sequence]);
    });
  }

  #account(turn: RunTurn, cachedTokens: number): void {
    const { prompt_tokens: promptTokens, completion_tokens: completionTokens } = turn.usage();
    const { reasoningTokens } = turn;
    const { model } = turn.sequence;
    this.#context.account({ model, promptTokens, completionTokens, cachedTokens, reasoningTokens });
  }
}
