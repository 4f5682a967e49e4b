/** Assistants, threads, messages, runs and steps as they are kept: as the API shows them. */
import type { ServerContext } from '../../../context.js';
import type { Collection, Store } from '../../../store/store.js';
import { notFound } from '../lists.js';
import type { RunFields, ToolFields } from './fields.js';

type Metadata = Record<string, string>;

/** Files and vector stores of tools. */
export interface ToolResources {
  code_interpreter?: { file_ids: string[] };
  file_search?: { vector_store_ids: string[] };
}

export interface Assistant {
  id: string;
  object: 'assistant';
  created_at: number;
  name: string | null;
  description: string | null;
  model: string;
  instructions: string | null;
  tools: ToolFields[];
  tool_resources: ToolResources;
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
  tool_resources: ToolResources;
  metadata: Metadata;
}

type ImageDetail = 'auto' | 'low' | 'high';

/** A part of a message. */
export type MessageContent =
  | { type: 'text'; text: { value: string; annotations: object[] } }
  | { type: 'image_file'; image_file: { file_id: string; detail?: ImageDetail | null | undefined } }
  | { type: 'image_url'; image_url: { url: string; detail?: ImageDetail | null | undefined } };

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
  content: MessageContent[];
  assistant_id: string | null;
  run_id: string | null;
  attachments: Attachment[];
  metadata: Metadata;
}

export interface Attachment {
  file_id: string;
  tools?: { type: 'code_interpreter' | 'file_search' }[] | null | undefined;
}

/** A call whose result the client gives. */
export interface FunctionCall {
  id: string;
  type: 'function';
  function: { name: string; arguments: string; output: string | null };
}

export interface CodeCall {
  id: string;
  type: 'code_interpreter';
  code_interpreter: { input: string; outputs: { type: 'logs'; logs: string }[] };
}

export interface SearchResult {
  file_id: string;
  file_name: string;
  /** From 0 to 1. */
  score: number;
  /** Shown only to those who ask for it. */
  content?: { type: 'text'; text: string }[];
}

export interface SearchCall {
  id: string;
  type: 'file_search';
  file_search: {
    ranking_options: { ranker: 'auto' | 'default_2024_08_21'; score_threshold: number };
    results: SearchResult[];
  };
}

export type ToolCallBody = FunctionCall | CodeCall | SearchCall;

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
  last_error: { code: 'server_error' | 'rate_limit_exceeded'; message: string } | null;
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
  tools: ToolFields[];
  metadata: Metadata;
  usage: RunUsage | null;
  temperature: number | null;
  top_p: number | null;
  max_prompt_tokens: number | null;
  max_completion_tokens: number | null;
  truncation_strategy: { type: string; last_messages: number | null };
  tool_choice: NonNullable<RunFields['tool_choice']>;
  parallel_tool_calls: boolean;
  response_format: unknown;
  reasoning_effort: string | null;
}

/** A run as it is kept. */
export interface KeptRun extends Run {
  /** Of the run alone, in place of those of its assistant. */
  own_resources: ToolResources | null;
}

/** What the API shows: what was used only of runs that are over. */
export function runBody(kept: KeptRun): Run {
  const { own_resources: _, ...run } = kept;
  return isOver(run) ? run : { ...run, usage: null };
}

/** The group of {@link RUNS} by `state` of those that are to be worked on; one that waits for its client is not. */
export const OPEN = 'open';
const OPEN_STATUSES: ReadonlySet<RunStatus> = new Set<RunStatus>(['queued', 'in_progress', 'cancelling']);

export const ASSISTANTS: Collection<Assistant> = { name: 'assistants', maxCount: 100_000, atBound: 'refuse' };
export const THREADS: Collection<Thread> = { name: 'threads', maxCount: 100_000, atBound: 'refuse' };
export const MESSAGES: Collection<ThreadMessage> = {
  name: 'thread_messages',
  indexes: { thread: ({ thread_id: id }) => id },
  maxCount: 1_000_000,
  atBound: 'refuse',
};
export const RUNS: Collection<KeptRun> = {
  name: 'runs',
  indexes: {
    thread: ({ thread_id: id }) => id,
    state: ({ status }) => (OPEN_STATUSES.has(status) ? OPEN : undefined),
  },
  maxCount: 1_000_000,
  atBound: 'refuse',
  watched: true,
};
/** The latest run of a thread, by the thread's id: what two that come at once are held against. */
export const LATEST_RUNS: Collection<{ id: string; run: string }> = {
  name: 'latest_runs',
  maxCount: 100_000,
  atBound: 'evict',
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
export const isOver = ({ status }: Pick<Run, 'status'>): boolean => OVER.has(status);

export const nowS = ({ clock }: ServerContext): number => Math.floor(clock.wallMs() / 1000);

/** @throws ApiError 404 when it is not there */
export async function requireRecord<T extends object>(
  store: Store,
  collection: Collection<T>,
  id: string,
  what: string,
): Promise<T> {
  const found = await store.get(collection, id);
  if (!found) throw notFound(`No ${what} found with id '${id.slice(0, 200)}'.`);
  return found;
}

export const requireAssistant = (store: Store, id: string) =>
  requireRecord(store, ASSISTANTS, id, 'assistant');
export const requireThread = (store: Store, id: string) => requireRecord(store, THREADS, id, 'thread');

/**
 * What is of a thread.
 *
 * @throws ApiError 404 when there is no such thread, or the thread has nothing of that id
 */
export async function requireOfThread<T extends { thread_id: string }>(
  store: Store,
  collection: Collection<T>,
  threadId: string,
  id: string,
  what: string,
): Promise<T> {
  const found = await store.get(collection, id);
  if (found?.thread_id === threadId) return found;
  await requireThread(store, threadId);
  throw notFound(`No ${what} found with id '${id.slice(0, 200)}'.`);
}

export const requireMessage = (store: Store, threadId: string, id: string): Promise<ThreadMessage> =>
  requireOfThread(store, MESSAGES, threadId, id, 'message');
