/** `/fine_tuning/checkpoints/{checkpoint}/permissions`: which projects may use a checkpoint. */
import * as z from 'zod';
import type { ServerContext } from '../../../context.js';
import type { ApiRequest } from '../../../routing/api-request.js';
import type { Reply } from '../../../routing/reply.js';
import { willAnswer } from '../../../store/commit-note.js';
import { newId } from '../../../store/new-id.js';
import type { Collection } from '../../../store/store.js';
import { listBody, notFound, pageOf, readPage } from '../lists.js';
import type { OperationHandlers } from '../operations.js';
import { check } from '../validation.js';

interface PermissionRecord {
  id: string;
  createdS: number;
  checkpoint: string;
  project: string;
}

const PERMISSIONS: Collection<PermissionRecord> = {
  name: 'checkpoint_permissions',
  indexes: { checkpoint: ({ checkpoint }) => checkpoint },
  maxCount: 10_000,
  atBound: 'refuse',
};

const body = ({ id, createdS, project }: PermissionRecord) => ({
  object: 'checkpoint.permission',
  id,
  created_at: createdS,
  project_id: project,
});

const CHECKPOINT = 'fine_tuned_model_checkpoint';
const newPermissions = z.strictObject({ project_ids: z.array(z.string().min(1).max(200)).min(1).max(100) });

/** It must be a model that is there, such as one that came out of a job. */
function checkpointOf(context: ServerContext, request: ApiRequest): string {
  const checkpoint = request.param(CHECKPOINT);
  context.models.info(checkpoint);
  return checkpoint;
}

async function create(context: ServerContext, request: ApiRequest, reply: Reply): Promise<void> {
  const checkpoint = checkpointOf(context, request);
  const { project_ids: projects } = check(newPermissions, request.json());
  const createdS = Math.floor(context.clock.wallMs() / 1000);
  const records: PermissionRecord[] = [];
  for (const project of projects)
    records.push({ id: await newId(context, 'cp_'), createdS, checkpoint, project });
  const answer = listBody({ data: records.map(body), hasMore: false });
  const store = await context.store();
  willAnswer(answer);
  await store.transact((transaction) => {
    for (const record of records) transaction.put(PERMISSIONS, record.id, record);
  });
  reply.json(answer);
}

async function list(context: ServerContext, request: ApiRequest, reply: Reply): Promise<void> {
  const project = request.query.get('project_id');
  // Here, and nowhere else, the specification writes the order in full.
  const order = request.query.get('order') === 'ascending' ? 'asc' : 'desc';
  const page = await readPage(await context.store(), PERMISSIONS, {
    ...pageOf<PermissionRecord>(request, { limit: 10, orders: ['ascending', 'descending'] }),
    order,
    index: { name: 'checkpoint', group: checkpointOf(context, request) },
    where: project ? (one) => one.project === project : undefined,
  });
  reply.json(listBody({ ...page, data: page.data.map(body) }));
}

async function remove(context: ServerContext, request: ApiRequest, reply: Reply): Promise<void> {
  const store = await context.store();
  const id = request.param('permission_id');
  const found = await store.get(PERMISSIONS, id);
  if (found?.checkpoint !== request.param(CHECKPOINT)) {
    throw notFound(`No such permission: ${id.slice(0, 200)}`, 'permission_id');
  }
  await store.delete(PERMISSIONS, id);
  reply.json({ id, object: 'checkpoint.permission', deleted: true });
}

export const handlers: OperationHandlers = {
  createFineTuningCheckpointPermission: create,
  listFineTuningCheckpointPermissions: list,
  deleteFineTuningCheckpointPermission: remove,
};
