/** `/v1/threads/{thread_id}/runs`: made, read, given results of tools, cancelled; and their steps. */
import * as z from 'zod';
import type { ServerContext } from '../../../context.js';
import type { ApiRequest } from '../../../routing/api-request.js';
import type { Reply } from '../../../routing/reply.js';
import { willAnswer } from '../../../store/commit-note.js';
import { newId } from '../../../store/new-id.js';
import type { Store } from '../../../store/store.js';
import { metadata as metadataOf } from '../common-fields.js';
import { invalid } from '../errors.js';
import { WorkRunner } from '../leased-work.js';
import { listBody, notFound, pageOf, POLL_SOON, readPage } from '../lists.js';
import type { OperationHandler, OperationHandlers } from '../operations.js';
import { check } from '../validation.js';
import { runFields, type RunFields, threadAndRunFields, toolOutputs } from './fields.js';
import {
  type Assistant,
  type FunctionCall,
  isOver,
  type KeptRun,
  LATEST_RUNS,
  nowS,
  requireAssistant,
  requireThread,
  runBody,
  RUNS,
  type RunStep,
  STEPS,
  type Thread,
  type ToolResources,
} from './records.js';
import { checkFiles, makeResources } from './resources.js';
import { activeRun, endRun, expired, requireRun } from './run-ends.js';
import { RUN_WORK, RunExecution } from './run-execution.js';
import { stepBody } from './run-objects.js';
import type { RunStart } from './run-progress.js';
import { checkTools } from './run-prompt.js';
import { isReading } from './run-tools.js';
import { RunTurn } from './run-turn.js';
import { addMessages, makeThread, threadHandlers } from './threads.js';

/** How long a run may take, results of tools included. */
const LIFE_S = 600;
/** What `include[]` can ask for. */
const CONTENT = 'step_details.tool_calls[*].file_search.results[*].content';

const createRun: OperationHandler = async (context, request, reply) => {
  const data = check(runFields, request.json());
  const store = await context.store();
  const { id } = await requireThread(store, request.param('thread_id'));
  const assistant = await requireAssistant(store, data.assistant_id);
  const active = await activeRun(context, store, id);
  if (active) throw isBusy(active);
  const run = newRun(context, await newId(context, 'run_'), id, data, assistant, null);
  checkTools(run.tools, run.tool_choice);
  await checkFiles(store, data.additional_messages ?? []);
  const withContent = includesContent(request);
  await addMessages(context, store, id, data.additional_messages ?? []);
  await execute(context, store, run, { streams: data.stream === true, withContent, reply });
};

const createThreadAndRun: OperationHandler = async (context, request, reply) => {
  const data = check(threadAndRunFields, request.json());
  const store = await context.store();
  const assistant = await requireAssistant(store, data.assistant_id);
  checkTools(data.tools ?? assistant.tools, data.tool_choice ?? 'auto');
  const resources = data.tool_resources ? await makeResources(context, data.tool_resources) : null;
  const thread = await makeThread(context, store, data.thread ?? {});
  const run = newRun(context, await newId(context, 'run_'), thread.id, data, assistant, resources);
  await execute(context, store, run, { streams: data.stream === true, withContent: false, reply, thread });
};

/** How a run is answered. */
interface RunAnswer {
  streams: boolean;
  withContent: boolean;
  reply: Reply;
  /** A thread that was made for it. */
  thread?: Thread;
  /** The step whose calls were answered; without one the run is new. */
  answered?: RunStep;
}

/** Keeps the run, answers the client, and goes on with it. */
async function execute(
  context: ServerContext,
  store: Store,
  run: KeptRun,
  { streams, withContent, reply, thread, answered: step }: RunAnswer,
): Promise<void> {
  // Whatever is wrong with a new one is said before it is there; of one that goes on it is said in its end.
  const isLater = step !== undefined || (await isReading(context, store, run));
  const turn = isLater ? undefined : await RunTurn.plan(context, store, run, reply.arrivalMs);
  const body = runBody(run);
  await WorkRunner.of(context, RUN_WORK).start(run.id, async (lease) => {
    willAnswer(body);
    await store.transact(async (transaction) => {
      if (step) {
        const current = await transaction.get(RUNS, run.id);
        if (current?.status !== 'requires_action') throw takesNoOutputs(current?.status ?? 'expired');
        transaction.put(STEPS, step.id, step);
      } else {
        const active = await activeRun(context, transaction, run.thread_id);
        if (active) throw isBusy(active);
        transaction.put(LATEST_RUNS, run.thread_id, { id: run.thread_id, run: run.id });
      }
      transaction.put(RUNS, run.id, run);
    });
    const events: RunStart['events'] = [
      ...(thread ? [['thread.created', thread] as const] : []),
      ...(step ? [['thread.run.step.completed', step] as const] : [['thread.run.created', body] as const]),
      ['thread.run.queued', body],
    ];
    if (!streams) reply.json(body);
    const client = streams ? reply.events() : undefined;
    const start: RunStart = { run: { ...run }, turn, client, withContent, events };
    return new RunExecution(context, store, lease, run.id, start);
  });
}

const isBusy = ({ id, thread_id: threadId }: KeptRun) =>
  invalid('thread_id', null, `Thread ${threadId} already has an active run ${id}.`);

function newRun(
  context: ServerContext,
  id: string,
  threadId: string,
  data: Omit<RunFields, 'additional_messages'>,
  assistant: Assistant,
  resources: ToolResources | null,
): KeptRun {
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
    tools: data.tools ?? assistant.tools,
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
    own_resources: resources,
  };
}

const includesContent = ({ query }: ApiRequest): boolean =>
  [...query.getAll('include[]'), ...query.getAll('include')].includes(CONTENT);

const runOf = async (context: ServerContext, store: Store, request: ApiRequest): Promise<KeptRun> =>
  requireRun(context, store, request.param('thread_id'), request.param('run_id'));

const getRun: OperationHandler = async (context, request, reply) => {
  const run = await runOf(context, await context.store(), request);
  reply.json(runBody(run), 200, isOver(run) ? '' : POLL_SOON);
};

const listRuns: OperationHandler = async (context, request, reply) => {
  const store = await context.store();
  const { id } = await requireThread(store, request.param('thread_id'));
  const index = { name: 'thread', group: id };
  const page = await readPage(store, RUNS, { ...pageOf<KeptRun>(request), index });
  const data = await Promise.all(page.data.map((run) => expired(context, store, run)));
  reply.json(listBody({ ...page, data: data.map(runBody) }));
};

const modifyRun: OperationHandler = async (context, request, reply) => {
  const { metadata } = check(z.strictObject({ metadata: metadataOf.nullish() }), request.json());
  const store = await context.store();
  const { id } = await runOf(context, store, request);
  const changed = await store.update(RUNS, id, (run) => ({ ...run, metadata: metadata ?? run.metadata }));
  reply.json(runBody(changed!));
};

const cancelRun: OperationHandler = async (context, request, reply) => {
  const store = await context.store();
  const { id } = await runOf(context, store, request);
  let isWaiting = false;
  const run = await store.update(RUNS, id, (current) => {
    if (isOver(current)) throw invalid('run_id', null, `Cannot cancel run with status '${current.status}'.`);
    isWaiting = current.status === 'requires_action';
    return { ...current, status: 'cancelling' as const, required_action: null };
  });
  // Nobody works on a run that waits for its client.
  reply.json(runBody(isWaiting ? (await endRun(context, store, id, 'cancelled'))! : run!));
};

const takesNoOutputs = (status: string) =>
  invalid('run_id', null, `Runs in status "${status}" do not accept tool outputs.`);

const submitToolOutputs: OperationHandler = async (context, request, reply) => {
  const data = check(toolOutputs, request.json());
  const store = await context.store();
  const run = await runOf(context, store, request);
  if (run.status !== 'requires_action') throw takesNoOutputs(run.status);
  const index = { name: 'run', group: run.id };
  const { data: steps } = await store.list(STEPS, { limit: 1, order: 'desc', index });
  const step = answered(steps[0]!, data.tool_outputs, nowS(context));
  const queued: KeptRun = { ...run, status: 'queued', required_action: null };
  const streams = data.stream === true;
  await execute(context, store, queued, { streams, withContent: false, reply, answered: step });
};

/** A step with the results of its calls. */
function answered(
  step: RunStep,
  results: readonly { tool_call_id: string; output: string }[],
  atS: number,
): RunStep {
  const details = step.step_details as { tool_calls: FunctionCall[] };
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
  const withContent = includesContent(request);
  const { id } = await runOf(context, store, request);
  const index = { name: 'run', group: id };
  const page = await readPage(store, STEPS, { ...pageOf<RunStep>(request), index });
  reply.json(listBody({ ...page, data: page.data.map((step) => stepBody(step, withContent)) }));
};

const getRunStep: OperationHandler = async (context, request, reply) => {
  const store = await context.store();
  const withContent = includesContent(request);
  const run = await runOf(context, store, request);
  const wanted = request.param('step_id');
  const step = await store.get(STEPS, wanted);
  if (step?.run_id !== run.id) throw notFound(`No run step found with id '${wanted.slice(0, 200)}'.`);
  reply.json(stepBody(step, withContent));
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
