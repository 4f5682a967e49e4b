/** Assistants, threads, messages, runs and steps as they are kept: as the API shows them. */
import type { ServerContext } from '../../../context.js';
import type { Collection, Store } from '../../../store/store.js';
import { notFound } from '../lists.js';

type Metadata = Record<string, string>;
export type ToolBody = { type: string } & Record<string, unknown>;

export interface Assistant {
  id: string;
  object: 'assistant';
  created_at: number;
  name: string | null;
  description: string | null;
  model: string;
  instructions: string | null;
  tools: ToolBody[];
  tool_resources: object;
  metadata: Metadata;
  temperature: number | null;
  top_p: number | null;
  reasoning_effort: string | null;
  response_format: unknown;
}

export interface Thread {
  id: string;
  object: 'thread';
  created_at: number;
  tool_resources: object | null;
  metadata: Metadata;
}

export interface ThreadMessage {
  id: string;
  object: 'thread.message';
  created_at: number;
  thread_id: string;
  status: 'in_progress' | 'incomplete' | 'completed';
  incomplete_details: { reason: string } | null;
  completed_at: number | null;
  incomplete_at: number | null;
  role: 'user' | 'assistant';
  content: Record<string, unknown>[];
  assistant_id: string | null;
  run_id: string | null;
  attachments: unknown[] | null;
  metadata: Metadata;
}

export interface ToolCallBody {
  id: string;
  type: 'function';
  function: { name: string; arguments: string; output: string | null };
}

export interface RunStep {
  id: string;
  object: 'thread.run.step';
  created_at: number;
  assistant_id: string;
  thread_id: string;
  run_id: string;
  type: 'message_creation' | 'tool_calls';
  status: 'in_progress' | 'cancelled' | 'failed' | 'completed' | 'expired';
  step_details:
    | { type: 'message_creation'; message_creation: { message_id: string } }
    | { type: 'tool_calls'; tool_calls: ToolCallBody[] };
  last_error: null;
  expired_at: number | null;
  cancelled_at: number | null;
  failed_at: number | null;
  completed_at: number | null;
  metadata: Metadata;
  usage: RunUsage | null;
}

export interface RunUsage {
  prompt_tokens: number;
  completion_tokens: number;
  total_tokens: number;
}

export type RunStatus =
  | 'queued'
  | 'in_progress'
  | 'requires_action'
  | 'cancelling'
  | 'cancelled'
  | 'failed'
  | 'completed'
  | 'incomplete'
  | 'expired';

export interface Run {
  id: string;
  object: 'thread.run';
  created_at: number;
  thread_id: string;
  assistant_id: string;
  status: RunStatus;
  required_action: object | null;
  last_error: { code: string; message: string } | null;
  expires_at: number | null;
  started_at: number | null;
  cancelled_at: number | null;
  failed_at: number | null;
  completed_at: number | null;
  incomplete_details: { reason: string } | null;
  model: string;
  instructions: string;
  tools: ToolBody[];
  metadata: Metadata;
  usage: RunUsage | null;
  temperature: number | null;
  top_p: number | null;
  max_prompt_tokens: number | null;
  max_completion_tokens: number | null;
  truncation_strategy: { type: string; last_messages: number | null };
  tool_choice: unknown;
  parallel_tool_calls: boolean;
  response_format: unknown;
  reasoning_effort: string | null;
}

export const ASSISTANTS: Collection<Assistant> = { name: 'assistants', maxCount: 100_000, atBound: 'refuse' };
export const THREADS: Collection<Thread> = { name: 'threads', maxCount: 100_000, atBound: 'refuse' };
export const MESSAGES: Collection<ThreadMessage> = {
  name: 'thread_messages',
  indexes: { thread: ({ thread_id: id }) => id },
  maxCount: 1_000_000,
  atBound: 'refuse',
};
export const RUNS: Collection<Run> = {
  name: 'runs',
  indexes: { thread: ({ thread_id: id }) => id },
  maxCount: 1_000_000,
  atBound: 'refuse',
  watched: true,
};
export const STEPS: Collection<RunStep> = {
  name: 'run_steps',
  indexes: { run: ({ run_id: id }) => id },
  maxCount: 1_000_000,
  atBound: 'refuse',
};

const OVER: ReadonlySet<RunStatus> = new Set<RunStatus>([
  'cancelled',
  'failed',
  'completed',
  'incomplete',
  'expired',
]);
export const isOver = ({ status }: Run): boolean => OVER.has(status);

export const nowS = ({ clock }: ServerContext): number => Math.floor(clock.wallMs() / 1000);

/** @throws ApiError 404 when it is not there */
async function require<T extends object>(
  store: Store,
  collection: Collection<T>,
  id: string,
  what: string,
): Promise<T> {
  const found = await store.get(collection, id);
  if (!found) throw notFound(`No ${what} found with id '${id.slice(0, 200)}'.`);
  return found;
}

export const requireAssistant = (store: Store, id: string) => require(store, ASSISTANTS, id, 'assistant');
export const requireThread = (store: Store, id: string) => require(store, THREADS, id, 'thread');

export async function requireMessage(store: Store, threadId: string, id: string): Promise<ThreadMessage> {
  const message = await require(store, MESSAGES, id, 'message');
  if (message.thread_id !== threadId) throw notFound(`No message found with id '${id.slice(0, 200)}'.`);
  return message;
}

/** A run; one whose time is over has expired. */
export async function requireRun(
  context: ServerContext,
  store: Store,
  threadId: string,
  id: string,
): Promise<Run> {
  const run = await require(store, RUNS, id, 'run');
  if (run.thread_id !== threadId) throw notFound(`No run found with id '${id.slice(0, 200)}'.`);
  return expired(context, store, run);
}

/** The run of a thread that is not over, if there is one. */
export async function activeRun(
  context: ServerContext,
  store: Store,
  threadId: string,
): Promise<Run | undefined> {
  const { data } = await store.list(RUNS, {
    limit: 1,
    order: 'desc',
    index: { name: 'thread', group: threadId },
  });
  const [latest] = data;
  if (!latest) return undefined;
  const run = await expired(context, store, latest);
  return isOver(run) ? undefined : run;
}

async function expired(context: ServerContext, store: Store, run: Run): Promise<Run> {
  if (isOver(run) || run.expires_at === null || nowS(context) < run.expires_at) return run;
  const changed = await store.update(RUNS, run.id, (current) =>
    isOver(current)
      ? undefined
      : { ...current, status: 'expired' as const, required_action: null, expires_at: null },
  );
  return changed ?? run;
}
