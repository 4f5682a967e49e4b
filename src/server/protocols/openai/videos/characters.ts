/** `/videos/characters`: figures that can be put into several videos. */
import * as z from 'zod';
import { digestOfBytes } from '../../../../lib/digest.js';
import type { ServerContext } from '../../../context.js';
import type { ApiRequest } from '../../../routing/api-request.js';
import type { Reply } from '../../../routing/reply.js';
import { willAnswer } from '../../../store/commit-note.js';
import { newId } from '../../../store/new-id.js';
import { notFound } from '../lists.js';
import { formObject, oneFile, readForm } from '../multipart.js';
import { check } from '../validation.js';
import { type CharacterRecord, CHARACTERS } from './records.js';
import { requireFilm } from './request.js';

const fields = z.object({ name: z.string().min(1).max(80) });

const characterBody = ({ id, name, createdMs }: CharacterRecord) => ({
  id,
  name,
  created_at: Math.floor(createdMs / 1000),
});

/** Makes a character from a video. The video decides what it looks like. */
export async function createCharacter(
  context: ServerContext,
  request: ApiRequest,
  reply: Reply,
): Promise<void> {
  const form = await readForm('CreateVideoCharacter', request);
  const { bytes } = oneFile(form, 'video');
  const { name } = check(fields, formObject(form));
  requireFilm(bytes);
  const { high, low } = digestOfBytes(bytes);
  const id = await newId(context, 'char_', 32, 'hex');
  const character = { id, name, createdMs: context.clock.wallMs(), look: `${high} ${low}` };
  const store = await context.store();
  willAnswer(characterBody(character));
  await store.put(CHARACTERS, id, character);
  reply.json(characterBody(character));
}

/** A character that was made. */
export async function getCharacter(context: ServerContext, request: ApiRequest, reply: Reply): Promise<void> {
  const id = request.param('character_id');
  const character = await (await context.store()).get(CHARACTERS, id);
  if (!character) throw notFound(`Character with id '${id.slice(0, 200)}' not found.`, 'character_id');
  reply.json(characterBody(character));
}
