/** `/v1/threads/{thread_id}/runs`: made, read, given results of tools, cancelled; and their steps. */
import * as z from 'zod';
import type { ServerContext } from '../../../context.js';
import type { Reply } from '../../../routing/reply.js';
import { newId } from '../../../store/new-id.js';
import type { Store } from '../../../store/store.js';
import { metadataField } from '../chat/body.js';
import { invalid } from '../errors.js';
import { listBody, notFound, pageOf, readPage } from '../lists.js';
import type { OperationHandler, OperationHandlers } from '../operations.js';
import { check } from '../validation.js';
import { type RunFields, runFields, threadFields } from './fields.js';
import {
  activeRun,
  type Assistant,
  isOver,
  nowS,
  requireAssistant,
  requireRun,
  requireThread,
  type Run,
  RUNS,
  type RunStep,
  STEPS,
  type ToolBody,
  type ToolCallBody,
} from './records.js';
import { RunExecution } from './run-execution.js';
import { addMessages, makeThread, threadHandlers } from './threads.js';

/** How long a run may take, results of tools included. */
const LIFE_S = 600;

const newThreadAndRun = z.looseObject({ ...runFields.shape, thread: threadFields.nullish() });
const outputs = z.looseObject({
  tool_outputs: z.array(z.looseObject({ tool_call_id: z.string(), output: z.string() })).min(1),
  stream: z.boolean().nullish(),
});

const createRun: OperationHandler = async (context, request, reply) => {
  const data = check(runFields, request.json());
  const store = await context.store();
  const { id } = await requireThread(store, request.param('thread_id'));
  await begin(context, store, id, data, reply);
};

const createThreadAndRun: OperationHandler = async (context, request, reply) => {
  const data = check(newThreadAndRun, request.json());
  const store = await context.store();
  await requireAssistant(store, data.assistant_id);
  const { id } = await makeThread(context, store, data.thread ?? {});
  await begin(context, store, id, data, reply);
};

async function begin(
  context: ServerContext,
  store: Store,
  threadId: string,
  data: RunFields,
  reply: Reply,
): Promise<void> {
  const assistant = await requireAssistant(store, data.assistant_id);
  const active = await activeRun(context, store, threadId);
  if (active) throw invalid('thread_id', null, `Thread ${threadId} already has an active run ${active.id}.`);
  await addMessages(context, store, threadId, data.additional_messages ?? []);
  const run = newRun(context, await newId(context, 'run_'), threadId, data, assistant);
  await execute(context, store, run, data.stream === true, reply, true);
}

/** Keeps the run, and starts it. */
async function execute(
  context: ServerContext,
  store: Store,
  run: Run,
  streams: boolean,
  reply: Reply,
  isNew: boolean,
): Promise<void> {
  // Whatever is wrong with it is said before it is there.
  const trial = new RunExecution(context, store, run, undefined);
  await trial.prepare(reply.arrivalMs);
  await store.put(RUNS, run.id, run);
  if (!streams) {
    reply.json(run);
    trial.start(isNew);
    return;
  }
  const execution = new RunExecution(context, store, run, reply.events());
  await execution.prepare(reply.arrivalMs);
  execution.start(isNew);
}

function newRun(
  context: ServerContext,
  id: string,
  threadId: string,
  data: RunFields,
  assistant: Assistant,
): Run {
  const instructions = data.instructions ?? assistant.instructions ?? '';
  const more = data.additional_instructions;
  const { type = 'auto', last_messages: last = null } = data.truncation_strategy ?? {};
  return {
    id,
    object: 'thread.run',
    created_at: nowS(context),
    thread_id: threadId,
    assistant_id: assistant.id,
    status: 'queued',
    required_action: null,
    last_error: null,
    expires_at: nowS(context) + LIFE_S,
    started_at: null,
    cancelled_at: null,
    failed_at: null,
    completed_at: null,
    incomplete_details: null,
    model: data.model ?? assistant.model,
    instructions: more ? `${instructions}\n${more}` : instructions,
    tools: (data.tools as ToolBody[] | null | undefined) ?? assistant.tools,
    metadata: data.metadata ?? {},
    usage: null,
    temperature: data.temperature ?? assistant.temperature,
    top_p: data.top_p ?? assistant.top_p,
    max_prompt_tokens: data.max_prompt_tokens ?? null,
    max_completion_tokens: data.max_completion_tokens ?? null,
    truncation_strategy: { type, last_messages: last },
    tool_choice: data.tool_choice ?? 'auto',
    parallel_tool_calls: data.parallel_tool_calls !== false,
    response_format: data.response_format ?? assistant.response_format,
    reasoning_effort: data.reasoning_effort ?? assistant.reasoning_effort,
  };
}

/** What was used is shown of runs that are over. */
const shown = (run: Run): Run => (isOver(run) ? run : { ...run, usage: null });

const getRun: OperationHandler = async (context, request, reply) => {
  const store = await context.store();
  reply.json(shown(await requireRun(context, store, request.param('thread_id'), request.param('run_id'))));
};

const listRuns: OperationHandler = async (context, request, reply) => {
  const store = await context.store();
  const { id } = await requireThread(store, request.param('thread_id'));
  const page = await readPage(store, RUNS, { ...pageOf<Run>(request), index: { name: 'thread', group: id } });
  reply.json(listBody({ ...page, data: page.data.map(shown) }));
};

const modifyRun: OperationHandler = async (context, request, reply) => {
  const { metadata } = check(z.looseObject({ metadata: metadataField }), request.json());
  const store = await context.store();
  const { id } = await requireRun(context, store, request.param('thread_id'), request.param('run_id'));
  const changed = await store.update(RUNS, id, (run) => ({ ...run, metadata: metadata ?? run.metadata }));
  reply.json(shown(changed!));
};

const cancelRun: OperationHandler = async (context, request, reply) => {
  const store = await context.store();
  const { id } = await requireRun(context, store, request.param('thread_id'), request.param('run_id'));
  const run = await store.update(RUNS, id, (current) => {
    if (isOver(current)) throw invalid('run_id', null, `Cannot cancel run with status '${current.status}'.`);
    // Nobody works on a run that waits for its client.
    return current.status === 'requires_action'
      ? {
          ...current,
          status: 'cancelled' as const,
          required_action: null,
          cancelled_at: nowS(context),
          expires_at: null,
        }
      : { ...current, status: 'cancelling' as const };
  });
  reply.json(shown(run!));
};

const submitToolOutputs: OperationHandler = async (context, request, reply) => {
  const data = check(outputs, request.json());
  const store = await context.store();
  const run = await requireRun(context, store, request.param('thread_id'), request.param('run_id'));
  if (run.status !== 'requires_action') {
    throw invalid('run_id', null, `Runs in status "${run.status}" do not accept tool outputs.`);
  }
  const { data: steps } = await store.list(STEPS, {
    limit: 1,
    order: 'desc',
    index: { name: 'run', group: run.id },
  });
  await store.put(STEPS, steps[0]!.id, answered(steps[0]!, data.tool_outputs, nowS(context)));
  const queued: Run = { ...run, status: 'queued', required_action: null };
  await execute(context, store, queued, data.stream === true, reply, false);
};

/** A step with the results of its calls. */
function answered(
  step: RunStep,
  results: readonly { tool_call_id: string; output: string }[],
  atS: number,
): RunStep {
  const details = step.step_details as { tool_calls: ToolCallBody[] };
  const byId = new Map(results.map(({ tool_call_id: id, output }) => [id, output]));
  const missed = details.tool_calls.filter(({ id }) => !byId.has(id)).map(({ id }) => id);
  if (missed.length > 0) {
    throw invalid(
      'tool_outputs',
      null,
      `Expected tool outputs for call_ids [${missed.map((id) => `'${id}'`).join(', ')}].`,
    );
  }
  const stray = results.find(({ tool_call_id: id }) => !details.tool_calls.some((call) => call.id === id));
  if (stray)
    throw invalid(
      'tool_outputs',
      null,
      `There is no call '${stray.tool_call_id.slice(0, 100)}' in this step.`,
    );
  const calls = details.tool_calls.map((call) => ({
    ...call,
    function: { ...call.function, output: byId.get(call.id)! },
  }));
  return {
    ...step,
    status: 'completed',
    completed_at: atS,
    step_details: { type: 'tool_calls', tool_calls: calls },
  };
}

const listRunSteps: OperationHandler = async (context, request, reply) => {
  const store = await context.store();
  const { id } = await requireRun(context, store, request.param('thread_id'), request.param('run_id'));
  const query = { ...pageOf<RunStep>(request), index: { name: 'run', group: id } };
  reply.json(listBody(await readPage(store, STEPS, query)));
};

const getRunStep: OperationHandler = async (context, request, reply) => {
  const store = await context.store();
  const run = await requireRun(context, store, request.param('thread_id'), request.param('run_id'));
  const wanted = request.param('step_id');
  const step = await store.get(STEPS, wanted);
  if (step?.run_id !== run.id) throw notFound(`No run step found with id '${wanted.slice(0, 200)}'.`);
  reply.json(step);
};

export const handlers: OperationHandlers = {
  ...threadHandlers,
  createRun,
  createThreadAndRun,
  getRun,
  listRuns,
  modifyRun,
  cancelRun,
  submitToolOuputsToRun: submitToolOutputs,
  listRunSteps,
  getRunStep,
};
