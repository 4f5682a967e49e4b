/** What a run makes: messages, steps and calls of which nothing is known but that they have begun, and how they grow. */
import type { ServerContext } from '../../../context.js';
import {
  nowS,
  type Run,
  type RunStep,
  type RunUsage,
  type ThreadMessage,
  type ToolCallBody,
} from './records.js';

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

/** @param isServers - it is a tool that the server runs, under its own name */
export function newCall(id: string, name: string, isServers: boolean): ToolCallBody {
  if (!isServers) return { id, type: 'function', function: { name, arguments: '', output: null } };
  if (name === 'code_interpreter') return { id, type: name, code_interpreter: { input: '', outputs: [] } };
  const options = { ranker: 'auto', score_threshold: 0 } as const;
  return { id, type: 'file_search', file_search: { ranking_options: options, results: [] } };
}

/**
 * The event for a call that has grown.
 *
 * @param text - what it grew by
 * @param isNew - it was not heard of before
 */
export function deltaOf(
  stepId: string,
  index: number,
  call: ToolCallBody,
  text: string,
  isNew: boolean,
): object {
  const { id, type } = call;
  const about = isNew ? { index, id, type } : { index, type };
  const part = { ...about, [type]: grown(call, text, isNew) };
  const delta = { step_details: { type: 'tool_calls', tool_calls: [part] } };
  return { id: stepId, object: 'thread.run.step.delta', delta };
}

function grown(call: ToolCallBody, text: string, isNew: boolean): object {
  if (call.type === 'file_search') return {};
  if (call.type === 'code_interpreter') return isNew ? { input: text, outputs: [] } : { input: text };
  return isNew ? { name: call.function.name, arguments: text, output: null } : { arguments: text };
}

/** A step as the API shows it: what a search found only to those who ask for it. */
export function stepBody(step: RunStep, withContent: boolean): RunStep {
  const { step_details: details } = step;
  if (withContent || details.type !== 'tool_calls') return step;
  const calls = details.tool_calls.map((call): ToolCallBody => {
    if (call.type !== 'file_search') return call;
    const results = call.file_search.results.map((one) => {
      const { content: _, ...result } = one;
      return result;
    });
    return { ...call, file_search: { ...call.file_search, results } };
  });
  return { ...step, step_details: { ...details, tool_calls: calls } };
}

/** What a run has used in all. */
export const added = (before: RunUsage | null, now: RunUsage): RunUsage => ({
  prompt_tokens: (before?.prompt_tokens ?? 0) + now.prompt_tokens,
  completion_tokens: (before?.completion_tokens ?? 0) + now.completion_tokens,
  total_tokens: (before?.total_tokens ?? 0) + now.total_tokens,
});
