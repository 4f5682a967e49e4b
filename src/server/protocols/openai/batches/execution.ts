/** One batch, from its input file to its output files. Whoever runs it holds its lease. */
import { LeaseLostError } from '../../../store/lease.js';
import { announce } from '../../../webhooks/events.js';
import { ApiError } from '../errors.js';
import { contentOf, putFile } from '../files/file-records.js';
import { PiecedExecution } from '../pieced-execution.js';
import {
  BATCHES,
  type BatchProblem,
  type BatchRecord,
  type BatchStatus,
  INPUTS,
  inStatus,
  isOver,
} from './batch-records.js';
import { addUsage, keepAnswer, makeOutput } from './output.js';
import { type BatchInput, type BatchRequest, readInput } from './read-input.js';
import { forgetResults, RESULTS, resultId } from './results.js';

/** See the file's head. A crashed one is begun anew by somebody else: lines that have a result are not run again. */
export class BatchExecution extends PiecedExecution {
  /** Goes on until the batch is over or {@link stop} is called. */
  async run(): Promise<void> {
    const batch = await this.store.get(BATCHES, this.id);
    if (!batch || isOver(batch)) return;
    const input = await this.#readInput(batch);
    if (input.problems.length > 0) {
      await this.#refuse(input.problems);
      return;
    }
    const { requests, model } = input;
    await this.#change((current) =>
      current.status === 'validating'
        ? {
            ...this.#now(current, 'in_progress'),
            model,
            counts: { ...current.counts, total: requests.length },
          }
        : { ...current, model },
    );
    if (await this.#runAll(requests)) await this.#finish(requests);
  }

  async #readInput({ inputFile, endpoint }: BatchRecord): Promise<BatchInput> {
    const kept = await this.store.get(INPUTS, this.id);
    if (!kept) return refused('file_not_found', `The input file ${inputFile} is not there any more.`);
    const input = readInput(await contentOf(this.store, kept), endpoint);
    try {
      if (input.model !== null) this.context.models.info(input.model);
      return input;
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      return refused('model_not_found', error.message);
    }
  }

  /** @returns false when it was stopped */
  #runAll(requests: readonly BatchRequest[]): Promise<boolean> {
    return this.slots.runAll(requests, {
      isDone: async ({ index }) => (await this.store.get(RESULTS, resultId(this.id, index))) !== undefined,
      open: async () => {
        const batch = await this.store.get(BATCHES, this.id);
        return batch?.status === 'in_progress' && batch.expiresS > this.#nowS() ? batch : undefined;
      },
      run: (request, batch) => this.#runOne(batch, request),
    });
  }

  async #runOne(batch: BatchRecord, request: BatchRequest): Promise<void> {
    const answer = await this.context.dispatch({
      method: 'POST',
      path: batch.endpoint,
      headers: new Map([['content-type', 'application/json']]),
      body: Buffer.from(JSON.stringify(request.body)),
    });
    if (this.slots.stopped) return;
    const { result, usage } = keepAnswer(batch, request, answer);
    const key = result.failed ? 'failed' : 'completed';
    try {
      await this.lease.update(BATCHES, this.id, (current, transaction) => {
        const counts = { ...current.counts, [key]: current.counts[key] + 1 };
        transaction.put(RESULTS, resultId(this.id, request.index), result);
        return { ...current, counts, usage: addUsage(current.usage, usage) };
      });
    } catch {
      // Somebody else has the batch now, or there is no room: stop rather than count what is not kept.
      this.stop();
    }
  }

  async #finish(requests: readonly BatchRequest[]): Promise<void> {
    const batch = await this.#change((current) =>
      current.status === 'in_progress' && current.expiresS > this.#nowS()
        ? this.#now(current, 'finalizing')
        : current,
    );
    const { status, unmade } = endOf(batch);
    const { output, errors } = await makeOutput(this.context, this.store, batch, requests, unmade);
    const files = { outputFile: output?.id ?? null, errorFile: errors?.id ?? null };
    await this.lease.update(BATCHES, this.id, async (current, transaction) => {
      for (const file of [output, errors]) if (file) putFile(transaction, file);
      transaction.delete(INPUTS, this.id);
      await announce(this.context, transaction, `batch.${status}`, { id: this.id });
      return { ...this.#now(current, status), ...files };
    });
    await forgetResults(this.store, this.id, requests.length);
  }

  /** Its input is not as it has to be. */
  async #refuse(errors: BatchProblem[]): Promise<void> {
    const batch = await this.lease.update(BATCHES, this.id, async (current, transaction) => {
      transaction.delete(INPUTS, this.id);
      await announce(this.context, transaction, 'batch.failed', { id: this.id });
      return { ...this.#now(current, 'failed'), errors };
    });
    await forgetResults(this.store, this.id, batch?.counts.total ?? 0);
  }

  async #change(change: (current: BatchRecord) => BatchRecord): Promise<BatchRecord> {
    const changed = await this.lease.update(BATCHES, this.id, change);
    if (!changed) throw new LeaseLostError(`the batch ${this.id} is gone`);
    return changed;
  }

  #now = (batch: BatchRecord, status: BatchStatus): BatchRecord => inStatus(batch, status, this.#nowS());

  #nowS(): number {
    return Math.floor(this.context.clock.wallMs() / 1000);
  }
}

/** The status in which a batch ends, and what is said of requests that were not made. */
function endOf({ status }: BatchRecord): {
  status: 'completed' | 'cancelled' | 'expired';
  unmade: readonly [code: string, message: string];
} {
  if (status === 'cancelling') {
    return {
      status: 'cancelled',
      unmade: ['batch_cancelled', 'The batch was cancelled before this request was made.'],
    };
  }
  const unmade = [
    'batch_expired',
    'This request could not be executed before the completion window expired.',
  ] as const;
  return { status: status === 'finalizing' ? 'completed' : 'expired', unmade };
}

const refused = (code: string, message: string): BatchInput => {
  const problem: BatchProblem = { code, message, param: null, line: null };
  return { requests: [], problems: [problem], model: null };
};
