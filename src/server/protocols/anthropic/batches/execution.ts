/** One message batch, from its requests to their results. Whoever runs it holds its lease. */
import type { InternalAnswer } from '../../../routing/internal-request.js';
import { newId } from '../../../store/new-id.js';
import { forgetResults, RESULTS, resultId } from '../../openai/batches/results.js';
import type { WorkKind } from '../../openai/leased-work.js';
import { PiecedExecution } from '../../openai/pieced-execution.js';
import {
  MESSAGE_BATCHES,
  type MessageBatchRecord,
  type MessageBatchRequest,
  OPEN,
  type Tally,
} from './records.js';

/** Message batches, for the threads to look for. */
export const MESSAGE_BATCH_WORK: WorkKind = {
  name: 'message batch',
  collection: MESSAGE_BATCHES,
  index: { name: 'state', group: OPEN },
  begin: (context, store, lease, id) => new MessageBatchExecution(context, store, lease, id),
};

/** See the file's head. A crashed one is begun anew by somebody else: requests that have a result are not made again. */
class MessageBatchExecution extends PiecedExecution {
  async run(): Promise<void> {
    const batch = await this.store.get(MESSAGE_BATCHES, this.id);
    if (!batch || batch.ended) return;
    const lines = ((await this.store.readBlob(batch.input)) ?? Buffer.alloc(0)).toString('utf8').split('\n');
    const requests = lines.map((line) => JSON.parse(line) as MessageBatchRequest);
    const isWhole = await this.slots.runAll(requests.entries(), {
      isDone: async ([index]) => (await this.store.get(RESULTS, resultId(this.id, index))) !== undefined,
      open: async () => {
        const current = await this.store.get(MESSAGE_BATCHES, this.id);
        const nowMs = this.context.clock.wallMs();
        return current?.cancelledMs === null && current.expiresMs > nowMs ? current : undefined;
      },
      run: ([index, request]) => this.#runOne(request, index),
    });
    if (isWhole) await this.#finish(requests);
  }

  async #runOne({ custom_id, params }: MessageBatchRequest, index: number): Promise<void> {
    const answer = await this.context.dispatch({
      method: 'POST',
      path: '/v1/messages',
      headers: new Map([['content-type', 'application/json']]),
      body: Buffer.from(JSON.stringify(params)),
    });
    if (this.slots.stopped) return;
    const failed = answer.status !== 200;
    const line = JSON.stringify({ custom_id, result: resultOf(answer) });
    try {
      await this.store.transact(async (transaction) => {
        await this.lease.check(transaction);
        transaction.put(RESULTS, resultId(this.id, index), { line, failed });
      });
    } catch {
      // Somebody else has the batch now, or there is no room.
      this.stop();
    }
  }

  async #finish(requests: readonly MessageBatchRequest[]): Promise<void> {
    const batch = await this.store.get(MESSAGE_BATCHES, this.id);
    if (!batch) return;
    const { tally, lines } = await this.#outcome(batch, requests);
    const results = await newId(this.context, 'blob_');
    await this.store.writeBlob(results, Buffer.from(lines.map((line) => `${line}\n`).join('')));
    const ended = { atMs: this.context.clock.wallMs(), tally };
    await this.store.transact(async (transaction) => {
      await this.lease.check(transaction);
      const current = await transaction.get(MESSAGE_BATCHES, this.id);
      if (!current) return;
      const done = { ...current, ended, results };
      transaction.put(MESSAGE_BATCHES, this.id, done, { blobs: [results] });
    });
    await forgetResults(this.store, this.id, requests.length);
  }

  /** What became of each request, in their order. */
  async #outcome(
    { cancelledMs }: MessageBatchRecord,
    requests: readonly MessageBatchRequest[],
  ): Promise<{ tally: Tally; lines: string[] }> {
    const tally: Tally = { succeeded: 0, errored: 0, canceled: 0, expired: 0 };
    const lines: string[] = [];
    const unmade = cancelledMs === null ? 'expired' : 'canceled';
    for (const [index, { custom_id }] of requests.entries()) {
      const result = await this.store.get(RESULTS, resultId(this.id, index));
      tally[result ? (result.failed ? 'errored' : 'succeeded') : unmade]++;
      lines.push(result?.line ?? JSON.stringify({ custom_id, result: { type: unmade } }));
    }
    return { tally, lines };
  }
}

function resultOf({ status, body }: InternalAnswer): object {
  // What was broken off has no body.
  if (status === 0)
    return {
      type: 'errored',
      error: { type: 'error', error: { type: 'api_error', message: 'The request was broken off.' } },
    };
  const answer = JSON.parse(body.toString('utf8')) as { usage?: object };
  if (status !== 200) return { type: 'errored', error: answer };
  return { type: 'succeeded', message: { ...answer, usage: { ...answer.usage, service_tier: 'batch' } } };
}
