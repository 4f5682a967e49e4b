/** `/containers` and the files in them. Nothing runs inside: they hold files until they expire. */
import * as z from 'zod';
import type { ServerContext } from '../../../context.js';
import type { ApiRequest } from '../../../routing/api-request.js';
import type { Reply } from '../../../routing/reply.js';
import { newId } from '../../../store/new-id.js';
import type { Collection, Store } from '../../../store/store.js';
import { deleteGroup } from '../delete-group.js';
import { ApiError, invalid, missing, unsupported } from '../errors.js';
import { contentOf, requireFile } from '../files/file-records.js';
import { listBody, notFound, pageOf, readPage } from '../lists.js';
import { formObject, oneFile, readForm } from '../multipart.js';
import type { OperationHandlers } from '../operations.js';
import { check } from '../validation.js';

interface ContainerRecord {
  id: string;
  name: string;
  createdS: number;
  lastActiveS: number;
  /** Without use for so long it expires. */
  minutes: number;
  memory: '1g' | '4g' | '16g' | '64g';
  /** Domains that it may reach; null for none. */
  domains: string[] | null;
}

interface ContainerFileRecord {
  id: string;
  container: string;
  createdS: number;
  bytes: number;
  path: string;
  blob: string;
}

const CONTAINERS: Collection<ContainerRecord> = { name: 'containers', maxCount: 10_000, atBound: 'refuse' };
const CONTAINER_FILES: Collection<ContainerFileRecord> = {
  name: 'container_files',
  indexes: { container: ({ container }) => container },
  maxCount: 100_000,
  atBound: 'refuse',
};

const IDLE_MINUTES = 20;
/** OpenAI's containers keep their files here. */
const FOLDER = '/mnt/data';

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
      z.strictObject({ type: z.literal('allowlist'), allowed_domains: z.array(z.string()).min(1) }),
    ])
    .nullish(),
  skills: z.array(z.unknown()).nullish(),
});

const nowS = ({ clock }: ServerContext): number => Math.floor(clock.wallMs() / 1000);

const isExpired = (context: ServerContext, { lastActiveS, minutes }: ContainerRecord): boolean =>
  lastActiveS + minutes * 60 <= nowS(context);

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

const fileBody = ({ id, container, createdS, bytes, path }: ContainerFileRecord) => ({
  id,
  object: 'container.file',
  container_id: container,
  created_at: createdS,
  bytes,
  path,
  source: 'user',
});

async function create(context: ServerContext, request: ApiRequest, reply: Reply): Promise<void> {
  const asked = check(newContainer, request.json());
  if (asked.skills?.length) throw unsupported('skills');
  const store = await context.store();
  const ids = asked.file_ids ?? [];
  for (const [index, id] of ids.entries()) await requireFile(store, id, `file_ids[${index}]`);
  const { network_policy: policy } = asked;
  const container: ContainerRecord = {
    id: await newId(context, 'cntr_', 40, 'hex'),
    name: asked.name,
    createdS: nowS(context),
    lastActiveS: nowS(context),
    minutes: asked.expires_after?.minutes ?? IDLE_MINUTES,
    memory: asked.memory_limit ?? '1g',
    domains: policy?.type === 'allowlist' ? policy.allowed_domains : null,
  };
  await store.put(CONTAINERS, container.id, container);
  for (const id of ids) await copyFile(context, store, container.id, id, 'file_ids');
  reply.json(containerBody(context, container));
}

async function list(context: ServerContext, request: ApiRequest, reply: Reply): Promise<void> {
  const name = request.query.get('name');
  const where = name ? (one: ContainerRecord) => one.name === name : undefined;
  const page = await readPage(await context.store(), CONTAINERS, { ...pageOf(request), where });
  reply.json(listBody({ ...page, data: page.data.map((one) => containerBody(context, one)) }));
}

/** @throws ApiError 404 when there is none */
async function containerOf(context: ServerContext, request: ApiRequest): Promise<ContainerRecord> {
  const id = request.param('container_id');
  const container = await (await context.store()).get(CONTAINERS, id);
  if (!container) throw notFound(`Container with id '${id.slice(0, 200)}' not found.`, 'container_id');
  return container;
}

/** The same, and it is in use from now on. */
async function useContainer(context: ServerContext, request: ApiRequest): Promise<ContainerRecord> {
  const container = await containerOf(context, request);
  if (isExpired(context, container)) {
    const message = `Container '${container.id}' is expired: it was not used for ${container.minutes} minutes.`;
    throw new ApiError({ status: 400, message, param: 'container_id', code: 'container_expired' });
  }
  const lastActiveS = nowS(context);
  await (await context.store()).update(CONTAINERS, container.id, (current) => ({ ...current, lastActiveS }));
  return container;
}

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

async function addFile(
  context: ServerContext,
  container: string,
  filename: string,
  bytes: Buffer,
): Promise<ContainerFileRecord> {
  const store = await context.store();
  const blob = await newId(context, 'blob_');
  await store.writeBlob(blob, bytes);
  const file: ContainerFileRecord = {
    id: await newId(context, 'cfile_', 40, 'hex'),
    container,
    createdS: nowS(context),
    bytes: bytes.length,
    path: `${FOLDER}/${filename.split('/').at(-1)!}`,
    blob,
  };
  await store.put(CONTAINER_FILES, file.id, file, { blobs: [blob] });
  return file;
}

async function copyFile(
  context: ServerContext,
  store: Store,
  container: string,
  id: string,
  param: string,
): Promise<ContainerFileRecord> {
  const file = await requireFile(store, id, param);
  return addFile(context, container, file.filename, await contentOf(store, file));
}

async function createFile(context: ServerContext, request: ApiRequest, reply: Reply): Promise<void> {
  const { id } = await useContainer(context, request);
  const store = await context.store();
  const isForm = /^multipart\//i.test(request.header('content-type') ?? '');
  const form = isForm ? await readForm(request) : undefined;
  const { file_id: fileId, file } = form ? formObject(form) : request.json();
  if (!form && file !== undefined)
    throw invalid('file', 'invalid_type', "Invalid type for 'file': a file is sent as multipart/form-data.");
  if (typeof fileId === 'string') {
    reply.json(fileBody(await copyFile(context, store, id, fileId, 'file_id')));
    return;
  }
  if (!form) throw missing('file_id');
  const { filename, bytes } = oneFile(form, 'file');
  reply.json(fileBody(await addFile(context, id, filename, bytes)));
}

async function listFiles(context: ServerContext, request: ApiRequest, reply: Reply): Promise<void> {
  const { id } = await containerOf(context, request);
  const index = { name: 'container', group: id };
  const page = await readPage(await context.store(), CONTAINER_FILES, { ...pageOf(request), index });
  reply.json(listBody({ ...page, data: page.data.map(fileBody) }));
}

async function fileOf(context: ServerContext, request: ApiRequest): Promise<ContainerFileRecord> {
  const container = await useContainer(context, request);
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
