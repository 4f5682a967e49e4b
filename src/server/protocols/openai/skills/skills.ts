/** `/skills` */
import * as z from 'zod';
import type { ServerContext } from '../../../context.js';
import type { ApiRequest } from '../../../routing/api-request.js';
import type { Reply } from '../../../routing/reply.js';
import { willAnswer } from '../../../store/commit-note.js';
import { newId } from '../../../store/new-id.js';
import type { Collection, Store } from '../../../store/store.js';
import { deleteGroup } from '../delete-group.js';
import { type ApiError, invalid } from '../errors.js';
import { listBody, notFound, pageOf, readPage } from '../lists.js';
import { formObject, readForm } from '../multipart.js';
import type { OperationHandlers } from '../operations.js';
import { check } from '../validation.js';
import { readBundle } from './bundle.js';

interface VersionRecord {
  id: string;
  skill: string;
  /** From 1, in the order in which they were made. */
  number: number;
  createdS: number;
  name: string;
  description: string;
  blob: string;
}

interface SkillRecord {
  id: string;
  createdS: number;
  /** Of the default version. */
  name: string;
  description: string;
  defaultVersion: number;
  latestVersion: number;
  /** Numbers given so far: those of deleted versions are not given again. */
  given: number;
}

const SKILLS: Collection<SkillRecord> = { name: 'skills', maxCount: 10_000, atBound: 'refuse' };
const VERSIONS: Collection<VersionRecord> = {
  name: 'skill_versions',
  indexes: { skill: ({ skill }) => skill },
  maxCount: 100_000,
  atBound: 'refuse',
};

const skillBody = (skill: SkillRecord) => ({
  id: skill.id,
  object: 'skill',
  name: skill.name,
  description: skill.description,
  created_at: skill.createdS,
  default_version: String(skill.defaultVersion),
  latest_version: String(skill.latestVersion),
});

const versionBody = (version: VersionRecord) => ({
  object: 'skill.version',
  id: version.id,
  skill_id: version.skill,
  version: String(version.number),
  created_at: version.createdS,
  name: version.name,
  description: version.description,
});

const unknownSkill = (id: string, param = 'skill_id'): ApiError =>
  notFound(`No skill found with id '${id.slice(0, 200)}'.`, param);
const unknownVersion = (number: string, param = 'version'): ApiError =>
  notFound(`The skill has no version '${number.slice(0, 50)}'.`, param);

async function skillOf(store: Store, request: ApiRequest): Promise<SkillRecord> {
  const id = request.param('skill_id');
  const skill = await store.get(SKILLS, id);
  if (!skill) throw unknownSkill(id);
  return skill;
}

async function versionOf(
  store: Store,
  skill: string,
  number: string,
  param?: string,
): Promise<VersionRecord> {
  const where = (version: VersionRecord): boolean => String(version.number) === number;
  const index = { name: 'skill', group: skill };
  const { data } = await store.list(VERSIONS, { limit: 1, order: 'desc', index, where });
  if (!data[0]) throw unknownVersion(number, param);
  return data[0];
}

/**
 * The archive of a skill.
 *
 * @param version - its number, or `latest`; the default version without it
 * @param at - where in a request it is named
 * @throws ApiError 404 when there is none
 */
export async function archiveOf(
  store: Store,
  id: string,
  version: string | undefined,
  at: string,
): Promise<{ name: string; description: string; zip: Buffer }> {
  const skill = await store.get(SKILLS, id);
  if (!skill) throw unknownSkill(id, `${at}.skill_id`);
  const number = version === 'latest' ? skill.latestVersion : (version ?? skill.defaultVersion);
  const { name, description, blob } = await versionOf(store, id, String(number), `${at}.version`);
  return { name, description, zip: (await store.readBlob(blob)) ?? Buffer.alloc(0) };
}

/** Keeps an upload as a version of a skill that is there, or of a new one. */
async function keep(
  context: ServerContext,
  request: ApiRequest,
  known: string | undefined,
): Promise<{ skill: SkillRecord; version: VersionRecord }> {
  const form = await readForm(known === undefined ? 'CreateSkill' : 'CreateSkillVersion', request, {
    preservePath: true,
  });
  const { name, description, zip } = readBundle(form);
  const asDefault = formObject(form)['default'] === 'true';
  const store = await context.store();
  const blob = await newId(context, 'blob_');
  await store.writeBlob(blob, zip);
  const createdS = Math.floor(context.clock.wallMs() / 1000);
  const id = await newId(context, 'skillver_', 32, 'hex');
  const skillId = known ?? (await newId(context, 'skill_', 32, 'hex'));
  return store.transact(async (transaction) => {
    const current = await transaction.get(SKILLS, skillId);
    if (known !== undefined && !current) throw unknownSkill(known);
    const number = (current?.given ?? 0) + 1;
    const version: VersionRecord = { id, skill: skillId, number, createdS, name, description, blob };
    const first = { id: skillId, createdS, name, description, defaultVersion: number };
    const chosen = asDefault ? { name, description, defaultVersion: number } : {};
    const skill = { ...(current ?? first), ...chosen, latestVersion: number, given: number };
    transaction.put(VERSIONS, id, version, { blobs: [blob] });
    transaction.put(SKILLS, skillId, skill);
    willAnswer(known === undefined ? skillBody(skill) : versionBody(version));
    return { skill, version };
  });
}

async function list(context: ServerContext, request: ApiRequest, reply: Reply): Promise<void> {
  const page = await readPage(await context.store(), SKILLS, pageOf(request));
  reply.json(listBody({ ...page, data: page.data.map(skillBody) }));
}

async function setDefault(context: ServerContext, request: ApiRequest, reply: Reply): Promise<void> {
  const store = await context.store();
  const { id } = await skillOf(store, request);
  const { default_version: number } = check(z.strictObject({ default_version: z.string() }), request.json());
  const version = await versionOf(store, id, number, 'default_version');
  const skill = await store.transact(async (transaction) => {
    const current = await transaction.get(SKILLS, id);
    if (!current) throw unknownSkill(id);
    if (!(await transaction.get(VERSIONS, version.id))) throw unknownVersion(number, 'default_version');
    const { name, description } = version;
    const changed = { ...current, name, description, defaultVersion: version.number };
    transaction.put(SKILLS, id, changed);
    return changed;
  });
  reply.json(skillBody(skill));
}

async function remove(context: ServerContext, request: ApiRequest, reply: Reply): Promise<void> {
  const store = await context.store();
  const { id } = await skillOf(store, request);
  await store.delete(SKILLS, id);
  await deleteGroup(store, VERSIONS, { name: 'skill', group: id });
  reply.json({ object: 'skill.deleted', deleted: true, id });
}

async function listVersions(context: ServerContext, request: ApiRequest, reply: Reply): Promise<void> {
  const store = await context.store();
  const index = { name: 'skill', group: (await skillOf(store, request)).id };
  const page = await readPage(store, VERSIONS, { ...pageOf(request), index });
  reply.json(listBody({ ...page, data: page.data.map(versionBody) }));
}

async function removeVersion(context: ServerContext, request: ApiRequest, reply: Reply): Promise<void> {
  const store = await context.store();
  const { id } = await skillOf(store, request);
  const version = await versionOf(store, id, request.param('version'));
  const where = ({ number }: VersionRecord): boolean => number !== version.number;
  const index = { name: 'skill', group: id };
  const others = await store.list(VERSIONS, { limit: 1, order: 'desc', index, where });
  await store.transact(async (transaction) => {
    const current = await transaction.get(SKILLS, id);
    if (!current) throw unknownSkill(id);
    if (current.defaultVersion === version.number) {
      const message = `Version '${version.number}' is the default version. Make another one the default first, or delete the skill.`;
      throw invalid('version', 'default_version', message);
    }
    const isLatest = current.latestVersion === version.number;
    const latestVersion = isLatest ? others.data[0]!.number : current.latestVersion;
    transaction.delete(VERSIONS, version.id);
    transaction.put(SKILLS, id, { ...current, latestVersion });
  });
  reply.json({
    object: 'skill.version.deleted',
    deleted: true,
    id: version.id,
    version: String(version.number),
  });
}

async function content(
  context: ServerContext,
  request: ApiRequest,
  reply: Reply,
  number?: string,
): Promise<void> {
  const store = await context.store();
  const skill = await skillOf(store, request);
  const { blob } = await versionOf(store, skill.id, number ?? String(skill.defaultVersion));
  reply.bytes((await store.readBlob(blob)) ?? Buffer.alloc(0), 'application/zip');
}

export const handlers: OperationHandlers = {
  ListSkills: list,
  CreateSkill: async (context, request, reply) =>
    reply.json(skillBody((await keep(context, request, undefined)).skill)),
  GetSkill: async (context, request, reply) =>
    reply.json(skillBody(await skillOf(await context.store(), request))),
  UpdateSkillDefaultVersion: setDefault,
  DeleteSkill: remove,
  GetSkillContent: content,
  ListSkillVersions: listVersions,
  CreateSkillVersion: async (context, request, reply) => {
    const { id } = await skillOf(await context.store(), request);
    reply.json(versionBody((await keep(context, request, id)).version));
  },
  GetSkillVersion: async (context, request, reply) => {
    const store = await context.store();
    const { id } = await skillOf(store, request);
    reply.json(versionBody(await versionOf(store, id, request.param('version'))));
  },
  DeleteSkillVersion: removeVersion,
  GetSkillVersionContent: (context, request, reply) =>
    content(context, request, reply, request.param('version')),
};
