/** Skills in containers: those that were uploaded, and those that come with the request. */
import * as z from 'zod';
import type { ServerContext } from '../../../context.js';
import { newId } from '../../../store/new-id.js';
import { readArchive } from '../skills/bundle.js';
import { archiveOf } from '../skills/skills.js';
import type { MountedSkill } from './records.js';

/** Where their folders are. */
const SKILLS_FOLDER = '/mnt/skills';

/** A skill as a request names it. */
export const skill = z.discriminatedUnion('type', [
  z.strictObject({
    type: z.literal('skill_reference'),
    skill_id: z.string().min(1).max(64),
    version: z.union([z.string(), z.int().transform(String)]).nullish(),
  }),
  z.strictObject({
    type: z.literal('inline'),
    name: z.string().min(1).max(200),
    description: z.string().max(4000),
    source: z.strictObject({
      type: z.literal('base64'),
      media_type: z.literal('application/zip'),
      data: z.string().min(1).max(70_254_592),
    }),
  }),
]);
export type SkillAsk = z.output<typeof skill>;

/**
 * Puts copies of skills where a container finds them: it keeps what it had when it was made.
 *
 * @param param - where in the request they are, for errors
 * @throws ApiError 404 for a skill that is not there, 400 for an archive that is none
 */
export async function mountSkills(
  context: ServerContext,
  asks: readonly SkillAsk[],
  param: string,
): Promise<MountedSkill[]> {
  const store = await context.store();
  const mounted: MountedSkill[] = [];
  for (const [i, ask] of asks.entries()) {
    const at = `${param}[${i}]`;
    const { name, description, zip } =
      ask.type === 'inline'
        ? {
            ...readArchive(Buffer.from(ask.source.data, 'base64'), `${at}.source.data`),
            name: ask.name,
            description: ask.description,
          }
        : await archiveOf(store, ask.skill_id, ask.version ?? undefined, at);
    const blob = await newId(context, 'blob_');
    await store.writeBlob(blob, zip);
    mounted.push({ name, description, path: `${SKILLS_FOLDER}/${name.replaceAll(/[^\w.-]+/g, '-')}`, blob });
  }
  return mounted;
}
