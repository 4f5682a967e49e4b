/** Containers and the files in them, as they are kept, for their own endpoints and for tools that work in them. */
import type { ServerContext } from '../../../context.js';
import { unnoted } from '../../../store/commit-note.js';
import { newId } from '../../../store/new-id.js';
import type { Collection, Store } from '../../../store/store.js';
import { ApiError } from '../errors.js';
import { contentOf, requireFile } from '../files/file-records.js';
import { notFound } from '../lists.js';

/** A skill that can be read in a container. */
export interface MountedSkill {
  name: string;
  description: string;
  /** Its folder in the container. */
  path: string;
  /** Its archive. */
  blob: string;
}

export interface ContainerRecord {
  id: string;
  name: string;
  createdS: number;
  lastActiveS: number;
  /** Without use for so long it expires. */
  minutes: number;
  memory: '1g' | '4g' | '16g' | '64g';
  /** Domains that it may reach; null for none. */
  domains: string[] | null;
  /** Of containers without any it may be absent. */
  skills?: MountedSkill[];
}

export interface ContainerFileRecord {
  id: string;
  container: string;
  createdS: number;
  bytes: number;
  path: string;
  blob: string;
  /** Who made it; the user where it is absent. */
  source?: 'user' | 'assistant';
}

export const CONTAINERS: Collection<ContainerRecord> = {
  name: 'containers',
  maxCount: 10_000,
  atBound: 'refuse',
};
export const CONTAINER_FILES: Collection<ContainerFileRecord> = {
  name: 'container_files',
  indexes: { container: ({ container }) => container },
  maxCount: 100_000,
  atBound: 'refuse',
};

/** OpenAI's containers keep their files here. */
export const CONTAINER_FOLDER = '/mnt/data';

export const nowS = ({ clock }: Pick<ServerContext, 'clock'>): number => Math.floor(clock.wallMs() / 1000);

export const isExpired = (context: ServerContext, { lastActiveS, minutes }: ContainerRecord): boolean =>
  lastActiveS + minutes * 60 <= nowS(context);

/** @throws ApiError 404 when there is none */
export async function requireContainer(
  context: ServerContext,
  id: string,
  param = 'container_id',
): Promise<ContainerRecord> {
  const container = await (await context.store()).get(CONTAINERS, id);
  if (!container) throw notFound(`Container with id '${id.slice(0, 200)}' not found.`, param);
  return container;
}

/**
 * The same, and it is in use from now on.
 *
 * @throws ApiError 404 when there is none, 400 when it is expired
 */
export async function useContainer(
  context: ServerContext,
  id: string,
  param = 'container_id',
): Promise<ContainerRecord> {
  const container = await requireContainer(context, id, param);
  if (isExpired(context, container)) {
    const message = `Container '${container.id}' is expired: it was not used for ${container.minutes} minutes.`;
    throw new ApiError({ status: 400, message, param, code: 'container_expired' });
  }
  const lastActiveS = nowS(context);
  const store = await context.store();
  // Being used is nothing that was asked for.
  await unnoted(() => store.update(CONTAINERS, container.id, (current) => ({ ...current, lastActiveS })));
  return container;
}

/** Puts a file into a container. */
export async function putContainerFile(
  context: ServerContext,
  container: string,
  filename: string,
  bytes: Buffer,
  source: 'user' | 'assistant' = 'user',
): Promise<ContainerFileRecord> {
  const store = await context.store();
  const blob = await newId(context, 'blob_');
  await store.writeBlob(blob, bytes);
  const file: ContainerFileRecord = {
    id: await newId(context, 'cfile_', 40, 'hex'),
    container,
    createdS: nowS(context),
    bytes: bytes.length,
    path: `${CONTAINER_FOLDER}/${filename.split('/').at(-1)!}`,
    blob,
    source,
  };
  await store.put(CONTAINER_FILES, file.id, file, { blobs: [blob] });
  return file;
}

/** Puts a copy of an uploaded file into a container. */
export async function copyToContainer(
  context: ServerContext,
  store: Store,
  container: string,
  id: string,
  param: string,
): Promise<ContainerFileRecord> {
  const file = await requireFile(store, id, param);
  return putContainerFile(context, container, file.filename, await contentOf(store, file));
}

/** Most files of a container that a tool sees. */
const MAX_SEEN = 1000;

/** The files of a container, oldest first. */
export async function filesOfContainer(store: Store, container: string): Promise<ContainerFileRecord[]> {
  const index = { name: 'container', group: container };
  return (await store.list(CONTAINER_FILES, { limit: MAX_SEEN, order: 'asc', index })).data;
}
