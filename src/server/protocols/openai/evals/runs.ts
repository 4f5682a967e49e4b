/** `/evals/{eval_id}/runs` */
import * as z from 'zod';
import type { ServerContext } from '../../../context.js';
import type { ApiRequest } from '../../../routing/api-request.js';
import type { Reply } from '../../../routing/reply.js';
import { newId } from '../../../store/new-id.js';
import type { Store, Transaction } from '../../../store/store.js';
import { announce } from '../../../webhooks/events.js';
import { optionalMetadata } from '../common-fields.js';
import { deleteGroup } from '../delete-group.js';
import { ApiError } from '../errors.js';
import { requireFile } from '../files/file-records.js';
import { WorkRunner } from '../leased-work.js';
import { listBody, notFound, pageOf, readPage } from '../lists.js';
import type { OperationHandlers } from '../operations.js';
import { check } from '../validation.js';
import { checkAsking, type DataSource, dataSource } from './data-source.js';
import { storedRows } from './stored-rows.js';
import {
  EVALS,
  isOpen,
  itemBody,
  type ItemRecord,
  ITEMS,
  releaseFile,
  runBody,
  type RunRecord,
  RUNS,
  type SourceRecord,
  SOURCES,
} from './eval-records.js';
import { EVAL_RUNS } from './run-execution.js';

const newRun = z.strictObject({
  name: z.string().max(1000).nullish(),
  metadata: optionalMetadata,
  data_source: dataSource,
});

async function create(context: ServerContext, request: ApiRequest, reply: Reply): Promise<void> {
  const store = await context.store();
  const evalId = request.param('eval_id');
  const parent = await store.get(EVALS, evalId);
  if (!parent) throw unknownEval(evalId);
  const { data_source: source, ...asked } = check(newRun, request.json());
  checkAsking(source);
  await blobsOf(store, source);
  const model = source.type === 'jsonl' ? null : source.model;
  if (model != null) context.models.of(model, source.type === 'responses' ? 'responses' : 'chat');
  // What is stored afterwards is no part of it.
  const rows = await storedRows(context, store, source);
  const schema = parent.itemSchema;
  const run: RunRecord = {
    id: await newId(context, 'evalrun_', 32, 'hex'),
    evalId,
    name: asked.name ?? '',
    createdS: Math.floor(context.clock.wallMs() / 1000),
    metadata: asked.metadata,
    status: 'queued',
    model: model ?? '',
    criteria: parent.criteria,
    counts: { total: 0, errored: 0, failed: 0, passed: 0 },
    perCriterion: parent.criteria.map(() => ({ passed: 0, failed: 0 })),
    models: [],
    error: null,
  };
  await store.transact(async (transaction) => {
    if (!(await transaction.get(EVALS, evalId))) throw unknownEval(evalId);
    const { hasSample = false } = parent;
    const kept: SourceRecord = { source, hasSample, ...(rows ? { rows } : schema && { schema }) };
    const blobs = await blobsOf(transaction, source);
    transaction.put(SOURCES, run.id, blobs ? { ...kept, blobs } : kept, { sharedBlobs: blobs ?? [] });
    transaction.put(RUNS, run.id, run);
  });
  WorkRunner.of(context, EVAL_RUNS).look();
  reply.json(runBody(run, source), 201);
}

/**
 * The content of the file that a source names.
 *
 * @throws ApiError 404 when there is none
 */
async function blobsOf(
  from: Pick<Transaction, 'get'>,
  { source }: DataSource,
): Promise<string[] | undefined> {
  if (source.type !== 'file_id') return undefined;
  return (await requireFile(from, source.id, 'data_source.source.id')).blobs;
}

const unknownEval = (id: string): ApiError =>
  notFound(`No eval found with id '${id.slice(0, 200)}'.`, 'eval_id');
const unknownRun = (id: string): ApiError =>
  notFound(`No eval run found with id '${id.slice(0, 200)}'.`, 'run_id');

/**
 * The run that a request is about.
 *
 * @throws ApiError 404
 */
async function runOf(store: Store, request: ApiRequest): Promise<RunRecord> {
  const id = request.param('run_id');
  const run = await store.get(RUNS, id);
  if (run?.evalId !== request.param('eval_id')) throw unknownRun(id);
  return run;
}

async function bodyOf(store: Store, run: RunRecord) {
  const kept = await store.get(SOURCES, run.id);
  // Deleted since the run was read.
  if (!kept) throw unknownRun(run.id);
  return runBody(run, kept.source);
}

async function retrieve(context: ServerContext, request: ApiRequest, reply: Reply): Promise<void> {
  const store = await context.store();
  reply.json(await bodyOf(store, await runOf(store, request)));
}

async function list(context: ServerContext, request: ApiRequest, reply: Reply): Promise<void> {
  const store = await context.store();
  const group = request.param('eval_id');
  if (!(await store.get(EVALS, group))) throw unknownEval(group);
  const wanted = request.query.get('status');
  const page = await readPage(store, RUNS, {
    ...pageOf<RunRecord>(request, { order: 'asc' }),
    index: { name: 'eval', group },
    where: wanted ? ({ status }) => status === wanted : undefined,
  });
  const data = await Promise.all(page.data.map((run) => bodyOf(store, run)));
  reply.json(listBody({ ...page, data }));
}

async function cancel(context: ServerContext, request: ApiRequest, reply: Reply): Promise<void> {
  const store = await context.store();
  const { id } = await runOf(store, request);
  const run = await store.transact(async (transaction) => {
    const current = await transaction.get(RUNS, id);
    if (!current || current.status === 'canceled') return current;
    if (!isOpen(current)) {
      const message = `Cannot cancel a run with status '${current.status}'.`;
      throw new ApiError({ status: 400, message, param: 'run_id', code: 'invalid_run_status' });
    }
    const canceled: RunRecord = { ...current, status: 'canceled' };
    transaction.put(RUNS, id, canceled);
    await releaseFile(transaction, id);
    await announce(context, transaction, 'eval.run.canceled', { id });
    return canceled;
  });
  if (!run) throw unknownRun(id);
  reply.json(await bodyOf(store, run));
}

/** Deletes a run and what came of its items. */
export async function forgetRun(store: Store, id: string): Promise<void> {
  await store.transact((transaction) => {
    transaction.delete(RUNS, id);
    transaction.delete(SOURCES, id);
  });
  await deleteGroup(store, ITEMS, { name: 'run', group: id });
}

async function remove(context: ServerContext, request: ApiRequest, reply: Reply): Promise<void> {
  const store = await context.store();
  const { id } = await runOf(store, request);
  await forgetRun(store, id);
  reply.json({ object: 'eval.run.deleted', deleted: true, run_id: id });
}

async function listItems(context: ServerContext, request: ApiRequest, reply: Reply): Promise<void> {
  const store = await context.store();
  const { id: group } = await runOf(store, request);
  const wanted = request.query.get('status');
  const page = await readPage(store, ITEMS, {
    ...pageOf<ItemRecord>(request, { order: 'asc' }),
    index: { name: 'run', group },
    where: wanted ? ({ status }) => status === wanted : undefined,
  });
  reply.json(listBody({ ...page, data: page.data.map(itemBody) }));
}

async function retrieveItem(context: ServerContext, request: ApiRequest, reply: Reply): Promise<void> {
  const store = await context.store();
  const run = await runOf(store, request);
  const id = request.param('output_item_id');
  const item = await store.get(ITEMS, id);
  if (item?.runId !== run.id)
    throw notFound(`No output item found with id '${id.slice(0, 200)}'.`, 'output_item_id');
  reply.json(itemBody(item));
}

export const handlers: OperationHandlers = {
  createEvalRun: create,
  getEvalRuns: list,
  getEvalRun: retrieve,
  cancelEvalRun: cancel,
  deleteEvalRun: remove,
  getEvalRunOutputItems: listItems,
  getEvalRunOutputItem: retrieveItem,
};
