/** `/containers` and the files in them. Nothing runs inside: they hold files until they expire. */
import * as z from 'zod';
import type { ServerContext } from '../../../context.js';
import type { ApiRequest } from '../../../routing/api-request.js';
import type { Reply } from '../../../routing/reply.js';
import { newId } from '../../../store/new-id.js';
import { deleteGroup } from '../delete-group.js';
import { invalid, missing } from '../errors.js';
import { requireFile } from '../files/file-records.js';
import { listBody, notFound, pageOf, readPage } from '../lists.js';
import { formObject, oneFile, readForm } from '../multipart.js';
import type { OperationHandlers } from '../operations.js';
import { check } from '../validation.js';
import {
  CONTAINER_FILES,
  type ContainerFileRecord,
  type ContainerRecord,
  CONTAINERS,
  copyToContainer,
  isExpired,
  nowS,
  putContainerFile,
  requireContainer,
  useContainer,
} from './records.js';
import { mountSkills, skill } from './skills.js';

const IDLE_MINUTES = 20;

const newContainer = z.strictObject({
  name: z.string().min(1).max(1000),
  file_ids: z.array(z.string()).max(500).nullish(),
  expires_after: z
    .strictObject({ anchor: z.literal('last_active_at'), minutes: z.int().min(1).max(20) })
    .nullish(),
  memory_limit: z.enum(['1g', '4g', '16g', '64g']).nullish(),
  network_policy: z
    .union([
      z.strictObject({ type: z.literal('disabled') }),
      z.strictObject({
        type: z.literal('allowlist'),
        allowed_domains: z.array(z.string()).min(1),
        // For requests to these domains, of which there are none; they are never shown.
        domain_secrets: z
          .array(z.strictObject({ domain: z.string(), name: z.string(), value: z.string() }))
          .min(1)
          .nullish(),
      }),
    ])
    .nullish(),
  skills: z.array(skill).max(200).nullish(),
});

const containerBody = (context: ServerContext, container: ContainerRecord) => ({
  id: container.id,
  object: 'container',
  name: container.name,
  created_at: container.createdS,
  status: isExpired(context, container) ? 'expired' : 'running',
  last_active_at: container.lastActiveS,
  expires_after: { anchor: 'last_active_at', minutes: container.minutes },
  memory_limit: container.memory,
  network_policy:
    container.domains === null
      ? { type: 'disabled' }
      : { type: 'allowlist', allowed_domains: container.domains },
});

const fileBody = ({ id, container, createdS, bytes, path, source }: ContainerFileRecord) => ({
  id,
  object: 'container.file',
  container_id: container,
  created_at: createdS,
  bytes,
  path,
  source: source ?? 'user',
});

async function create(context: ServerContext, request: ApiRequest, reply: Reply): Promise<void> {
  const asked = check(newContainer, request.json());
  const store = await context.store();
  const ids = asked.file_ids ?? [];
  for (const [index, id] of ids.entries()) await requireFile(store, id, `file_ids[${index}]`);
  const skills = await mountSkills(context, asked.skills ?? [], 'skills');
  const { network_policy: policy } = asked;
  const container: ContainerRecord = {
    id: await newId(context, 'cntr_', 40, 'hex'),
    name: asked.name,
    createdS: nowS(context),
    lastActiveS: nowS(context),
    minutes: asked.expires_after?.minutes ?? IDLE_MINUTES,
    memory: asked.memory_limit ?? '1g',
    domains: policy?.type === 'allowlist' ? policy.allowed_domains : null,
    ...(skills.length > 0 && { skills }),
  };
  await store.put(CONTAINERS, container.id, container, { blobs: skills.map(({ blob }) => blob) });
  for (const id of ids) await copyToContainer(context, store, container.id, id, 'file_ids');
  reply.json(containerBody(context, container));
}

async function list(context: ServerContext, request: ApiRequest, reply: Reply): Promise<void> {
  const name = request.query.get('name');
  const where = name ? (one: ContainerRecord) => one.name === name : undefined;
  const page = await readPage(await context.store(), CONTAINERS, { ...pageOf(request), where });
  reply.json(listBody({ ...page, data: page.data.map((one) => containerBody(context, one)) }));
}

const containerOf = (context: ServerContext, request: ApiRequest): Promise<ContainerRecord> =>
  requireContainer(context, request.param('container_id'));
/** The same, and it is in use from now on. */
const usedContainer = (context: ServerContext, request: ApiRequest): Promise<ContainerRecord> =>
  useContainer(context, request.param('container_id'));

async function retrieve(context: ServerContext, request: ApiRequest, reply: Reply): Promise<void> {
  reply.json(containerBody(context, await containerOf(context, request)));
}

async function remove(context: ServerContext, request: ApiRequest, reply: Reply): Promise<void> {
  const { id } = await containerOf(context, request);
  const store = await context.store();
  await store.delete(CONTAINERS, id);
  await deleteGroup(store, CONTAINER_FILES, { name: 'container', group: id });
  reply.json({ id, object: 'container.deleted', deleted: true });
}

async function createFile(context: ServerContext, request: ApiRequest, reply: Reply): Promise<void> {
  const { id } = await usedContainer(context, request);
  const store = await context.store();
  const isForm = /^multipart\//i.test(request.header('content-type') ?? '');
  const form = isForm ? await readForm('CreateContainerFile', request) : undefined;
  const { file_id: fileId, file } = form ? formObject(form) : request.json();
  if (!form && file !== undefined)
    throw invalid('file', 'invalid_type', "Invalid type for 'file': a file is sent as multipart/form-data.");
  if (typeof fileId === 'string') {
    reply.json(fileBody(await copyToContainer(context, store, id, fileId, 'file_id')));
    return;
  }
  if (!form) throw missing('file_id');
  const { filename, bytes } = oneFile(form, 'file');
  reply.json(fileBody(await putContainerFile(context, id, filename, bytes)));
}

async function listFiles(context: ServerContext, request: ApiRequest, reply: Reply): Promise<void> {
  const { id } = await containerOf(context, request);
  const index = { name: 'container', group: id };
  const page = await readPage(await context.store(), CONTAINER_FILES, { ...pageOf(request), index });
  reply.json(listBody({ ...page, data: page.data.map(fileBody) }));
}

async function fileOf(context: ServerContext, request: ApiRequest): Promise<ContainerFileRecord> {
  const container = await usedContainer(context, request);
  const id = request.param('file_id');
  const file = await (await context.store()).get(CONTAINER_FILES, id);
  if (file?.container === container.id) return file;
  throw notFound(`File with id '${id.slice(0, 200)}' not found in container '${container.id}'.`, 'file_id');
}

async function removeFile(context: ServerContext, request: ApiRequest, reply: Reply): Promise<void> {
  const { id } = await fileOf(context, request);
  await (await context.store()).delete(CONTAINER_FILES, id);
  reply.json({ id, object: 'container.file.deleted', deleted: true });
}

async function content(context: ServerContext, request: ApiRequest, reply: Reply): Promise<void> {
  const { blob } = await fileOf(context, request);
  const bytes = await (await context.store()).readBlob(blob);
  reply.bytes(bytes ?? Buffer.alloc(0), 'application/octet-stream');
}

export const handlers: OperationHandlers = {
  CreateContainer: create,
  ListContainers: list,
  RetrieveContainer: retrieve,
  DeleteContainer: remove,
  CreateContainerFile: createFile,
  ListContainerFiles: listFiles,
  RetrieveContainerFile: async (context, request, reply) =>
    reply.json(fileBody(await fileOf(context, request))),
  DeleteContainerFile: removeFile,
  RetrieveContainerFileContent: content,
};
