/** `/evals` */
import * as z from 'zod';
import type { ServerContext } from '../../../context.js';
import type { ApiRequest } from '../../../routing/api-request.js';
import type { Reply } from '../../../routing/reply.js';
import { newId } from '../../../store/new-id.js';
import type { Page, PageQuery, Store } from '../../../store/store.js';
import { metadata, optionalMetadata } from '../common-fields.js';
import type { ApiError } from '../errors.js';
import { listBody, notFound, pageOf, readPage, unknownCursor } from '../lists.js';
import type { OperationHandlers } from '../operations.js';
import { check } from '../validation.js';
import { checkGrader } from '../graders/kinds.js';
import { criteria, refuseCodeIn } from './criteria.js';
import { evalBody, type EvalRecord, EVALS, RUNS } from './eval-records.js';
import { forgetRun } from './runs.js';

const config = z.discriminatedUnion('type', [
  z.strictObject({
    type: z.literal('custom'),
    item_schema: z.record(z.string(), z.unknown()),
    include_sample_schema: z.boolean().nullish(),
  }),
  z.strictObject({ type: z.literal('logs'), metadata: metadata.nullish() }),
  z.strictObject({ type: z.literal('stored_completions'), metadata: metadata.nullish() }),
]);
const name = z.string().max(1000);
const newEval = z.strictObject({
  name: name.nullish(),
  metadata: optionalMetadata,
  data_source_config: config,
  testing_criteria: criteria,
});
const changes = z.strictObject({ name: name.optional(), metadata: metadata.nullable().optional() });

async function create(context: ServerContext, request: ApiRequest, reply: Reply): Promise<void> {
  const body = request.json();
  refuseCodeIn(body['testing_criteria']);
  const asked = check(newEval, body);
  for (const [i, one] of asked.testing_criteria.entries())
    await checkGrader(context, one, `testing_criteria[${i}]`);
  const one: EvalRecord = {
    id: await newId(context, 'eval_', 32, 'hex'),
    name: asked.name ?? '',
    createdS: Math.floor(context.clock.wallMs() / 1000),
    updatedMs: context.clock.wallMs(),
    metadata: asked.metadata,
    dataSourceConfig: configBody(asked.data_source_config),
    itemSchema: asked.data_source_config.type === 'custom' ? asked.data_source_config.item_schema : null,
    hasSample:
      asked.data_source_config.type === 'custom' && asked.data_source_config.include_sample_schema === true,
    criteria: asked.testing_criteria,
  };
  await (await context.store()).put(EVALS, one.id, one);
  reply.json(evalBody(one), 201);
}

/** What graders see of what a model said. */
const SAMPLE_SCHEMA = {
  type: 'object',
  properties: {
    model: { type: 'string' },
    output_text: { type: 'string' },
    output_json: { type: ['object', 'null'] },
  },
  required: ['output_text'],
};

/** The schema of what graders see follows from what is said of items. */
function configBody(asked: z.output<typeof config>): Record<string, unknown> {
  const isCustom = asked.type === 'custom';
  const hasSample = !isCustom || asked.include_sample_schema === true;
  const schema = {
    type: 'object',
    properties: {
      item: isCustom ? asked.item_schema : { type: 'object' },
      ...(hasSample ? { sample: SAMPLE_SCHEMA } : {}),
    },
    required: hasSample ? ['item', 'sample'] : ['item'],
  };
  return { type: asked.type, schema, ...(isCustom ? {} : { metadata: asked.metadata ?? null }) };
}

async function list(context: ServerContext, request: ApiRequest, reply: Reply): Promise<void> {
  const query = pageOf<EvalRecord>(request, { order: 'asc' });
  const store = await context.store();
  const isByChange = request.query.get('order_by') === 'updated_at';
  const page = isByChange ? await pageByChange(store, query) : await readPage(store, EVALS, query);
  reply.json(listBody({ ...page, data: page.data.map(evalBody) }));
}

/** A page in the order of the latest changes: all are read for it, of which there are not many. */
async function pageByChange(
  store: Store,
  { limit, order, after }: PageQuery<EvalRecord>,
): Promise<Page<EvalRecord>> {
  const { data } = await store.list(EVALS, { limit: EVALS.maxCount, order: 'asc' });
  const changedMs = ({ updatedMs, createdS }: EvalRecord): number => updatedMs ?? createdS * 1000;
  const sorted = data.toSorted((a, b) => changedMs(a) - changedMs(b));
  if (order === 'desc') sorted.reverse();
  const at = after === undefined ? 0 : sorted.findIndex(({ id }) => id === after) + 1;
  if (after !== undefined && at === 0) throw unknownCursor('after', after);
  return { data: sorted.slice(at, at + limit), hasMore: sorted.length > at + limit };
}

async function retrieve(context: ServerContext, request: ApiRequest, reply: Reply): Promise<void> {
  reply.json(evalBody(await evalOf(context, request)));
}

/**
 * The eval that a request is about.
 *
 * @throws ApiError 404
 */
async function evalOf(context: ServerContext, request: ApiRequest): Promise<EvalRecord> {
  const id = request.param('eval_id');
  const found = await (await context.store()).get(EVALS, id);
  if (!found) throw unknown(id);
  return found;
}

const unknown = (id: string): ApiError => notFound(`No eval found with id '${id.slice(0, 200)}'.`, 'eval_id');

async function update(context: ServerContext, request: ApiRequest, reply: Reply): Promise<void> {
  const id = request.param('eval_id');
  const asked = check(changes, request.json());
  const changed = await (
    await context.store()
  ).update(EVALS, id, (current) => ({
    ...current,
    updatedMs: context.clock.wallMs(),
    name: asked.name ?? current.name,
    metadata: asked.metadata === undefined ? current.metadata : asked.metadata,
  }));
  if (!changed) throw unknown(id);
  reply.json(evalBody(changed));
}

async function remove(context: ServerContext, request: ApiRequest, reply: Reply): Promise<void> {
  const { id } = await evalOf(context, request);
  const store = await context.store();
  await store.delete(EVALS, id);
  const index = { name: 'eval', group: id };
  for (;;) {
    const { data } = await store.list(RUNS, { limit: 100, order: 'asc', index });
    if (data.length === 0) break;
    for (const run of data) await forgetRun(store, run.id);
  }
  reply.json({ object: 'eval.deleted', deleted: true, eval_id: id });
}

export const handlers: OperationHandlers = {
  createEval: create,
  listEvals: list,
  getEval: retrieve,
  updateEval: update,
  deleteEval: remove,
};
