/** What a run makes: a message, or a step, of which nothing is known but that it has begun. */
import type { ServerContext } from '../../../context.js';
import { nowS, type Run, type RunStep, type RunUsage, type ThreadMessage } from './records.js';

export function newMessage(context: ServerContext, run: Run, id: string): ThreadMessage {
  return {
    id,
    object: 'thread.message',
    created_at: nowS(context),
    thread_id: run.thread_id,
    status: 'in_progress',
    incomplete_details: null,
    completed_at: null,
    incomplete_at: null,
    role: 'assistant',
    content: [],
    assistant_id: run.assistant_id,
    run_id: run.id,
    attachments: [],
    metadata: {},
  };
}

/** @param message - what the step makes; without one it calls tools */
export function newStep(
  context: ServerContext,
  run: Run,
  id: string,
  message: ThreadMessage | undefined,
): RunStep {
  const { id: runId, thread_id: threadId, assistant_id: assistantId } = run;
  return {
    id,
    object: 'thread.run.step',
    created_at: nowS(context),
    assistant_id: assistantId,
    thread_id: threadId,
    run_id: runId,
    type: message ? 'message_creation' : 'tool_calls',
    status: 'in_progress',
    step_details: message
      ? { type: 'message_creation', message_creation: { message_id: message.id } }
      : { type: 'tool_calls', tool_calls: [] },
    last_error: null,
    expired_at: null,
    cancelled_at: null,
    failed_at: null,
    completed_at: null,
    metadata: {},
    usage: null,
  };
}

/** What a run has used in all. */
export const added = (before: RunUsage | null, now: RunUsage): RunUsage => ({
  prompt_tokens: (before?.prompt_tokens ?? 0) + now.prompt_tokens,
  completion_tokens: (before?.completion_tokens ?? 0) + now.completion_tokens,
  total_tokens: (before?.total_tokens ?? 0) + now.total_tokens,
});
