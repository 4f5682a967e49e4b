/** How runs end that are not completed: by their time, by their client, or because something failed. */
import type { ServerContext } from '../../../context.js';
import type { Store, Transaction } from '../../../store/store.js';
import {
  isOver,
  type KeptRun,
  LATEST_RUNS,
  MESSAGES,
  nowS,
  requireOfThread,
  RUNS,
  type RunStep,
  STEPS,
  type ThreadMessage,
} from './records.js';

/** A run; one whose time is over has expired. */
export async function requireRun(
  context: ServerContext,
  store: Store,
  threadId: string,
  id: string,
): Promise<KeptRun> {
  return expired(context, store, await requireOfThread(store, RUNS, threadId, id, 'run'));
}

/** The run of a thread that is not over, if there is one. */
export async function activeRun(
  context: ServerContext,
  store: Pick<Store, 'get'> | Transaction,
  threadId: string,
): Promise<KeptRun | undefined> {
  const latest = await store.get(LATEST_RUNS, threadId);
  const run = latest && (await store.get(RUNS, latest.run));
  return run && !isOver(run) && !isPast(context, run) ? run : undefined;
}

/** Whether its time is over, though nobody may have noticed yet. */
const isPast = (context: ServerContext, { expires_at: atS }: KeptRun): boolean =>
  atS !== null && nowS(context) >= atS;

/** A run as it is now: its time may be over without anybody having worked on it. */
export async function expired(context: ServerContext, store: Store, run: KeptRun): Promise<KeptRun> {
  if (isOver(run) || !isPast(context, run)) return run;
  return (await endRun(context, store, run.id, 'expired')) ?? run;
}

/** The steps of a run that are under way, and the message that one of them makes. */
async function unfinished(store: Store, runId: string): Promise<{ step: RunStep; message: string | null }[]> {
  const where = ({ status }: RunStep): boolean => status === 'in_progress';
  const index = { name: 'run', group: runId };
  const { data } = await store.list(STEPS, { limit: 100, order: 'asc', index, where });
  return data.map((step) => {
    const { step_details: details } = step;
    const isMessage = details.type === 'message_creation';
    return { step, message: isMessage ? details.message_creation.message_id : null };
  });
}

/** How a run ends that is not completed, and what that means for what it was doing. */
export interface Ending {
  status: 'cancelled' | 'expired' | 'failed';
  error?: { code: 'server_error' | 'rate_limit_exceeded'; message: string };
  /** What is known of the message so far. */
  message?: ThreadMessage | undefined;
}

/**
 * Ends a run that is not over, and with it its step and its message.
 *
 * @returns the run afterwards
 */
export async function endRun(
  context: ServerContext,
  store: Store,
  id: string,
  status: Ending['status'],
  { error, message }: Omit<Ending, 'status'> = {},
): Promise<KeptRun | undefined> {
  const atS = nowS(context);
  const open = await unfinished(store, id);
  return store.transact(async (transaction) => {
    const current = await transaction.get(RUNS, id);
    if (!current || isOver(current)) return current;
    const at = status === 'expired' ? {} : { [`${status}_at`]: atS };
    const run = {
      ...current,
      status,
      ...at,
      required_action: null,
      expires_at: null,
      last_error: error ?? null,
    };
    transaction.put(RUNS, id, run);
    for (const { step, message: messageId } of open) {
      transaction.put(STEPS, step.id, { ...step, status, [`${status}_at`]: atS, last_error: error ?? null });
      const kept = messageId === null ? undefined : await transaction.get(MESSAGES, messageId);
      if (kept)
        transaction.put(MESSAGES, kept.id, cutShort(message?.id === kept.id ? message : kept, status, atS));
    }
    return run;
  });
}

/** A message that is left as it is. */
export const cutShort = (message: ThreadMessage, why: Ending['status'], atS: number): ThreadMessage => ({
  ...message,
  status: 'incomplete',
  incomplete_details: { reason: `run_${why}` },
  incomplete_at: atS,
});
