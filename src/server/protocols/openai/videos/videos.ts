/** `/videos` */
import { digestOfBytes } from '../../../../lib/digest.js';
import type { ServerContext } from '../../../context.js';
import type { ApiRequest } from '../../../routing/api-request.js';
import type { Reply } from '../../../routing/reply.js';
import { invalid } from '../errors.js';
import { listBody, pageOf, readPage } from '../lists.js';
import type { OperationHandlers } from '../operations.js';
import { check } from '../validation.js';
import { createCharacter, getCharacter } from './characters.js';
import { forgetFiles, retrieveContent } from './content.js';
import {
  beginVideo,
  copiedShots,
  keepBlob,
  type NewVideo,
  requireReady,
  requireVideo,
  secondsOf,
  type VideoRecord,
  VIDEOS,
  videoBody,
} from './records.js';
import {
  checkedSize,
  checkSize,
  createFields,
  extendFields,
  looksOf,
  promptFields,
  readReference,
  readVideoForm,
  sourceOf,
  type VideoSource,
} from './request.js';

/** Longest video that is extended, in seconds; of uploaded ones, longest that is read. */
const MAX_SECONDS = 120;
const DEFAULT_MODEL = 'sora-2';

async function begin(context: ServerContext, reply: Reply, made: NewVideo): Promise<void> {
  reply.json(videoBody(await beginVideo(context, made), context.clock.wallMs()));
}

async function createVideo(context: ServerContext, request: ApiRequest, reply: Reply): Promise<void> {
  const form = await readVideoForm('createVideo', request);
  const { model, prompt, seconds, size, characters: named } = check(createFields, form.parameters);
  checkSize(context.models.of(model, 'video'), size);
  const bytes = await readReference(context, form, size);
  const characters = await looksOf(context, named);
  const reference = bytes ? await keepBlob(context, bytes) : null;
  const shots = [{ prompt, seconds: Number(seconds), reference, edits: [], characters }];
  await begin(context, reply, {
    model,
    prompt,
    size,
    shots,
    remixedFrom: null,
    newSeconds: Number(seconds),
  });
}

/** What another video is made from. */
type Source = Pick<VideoRecord, 'model' | 'size' | 'shots'> & { id: string | null };

/** A kept video must be ready; of a file, the headers say how long it is, and its bytes stand for what it shows. */
async function loaded(context: ServerContext, source: VideoSource): Promise<Source> {
  if ('id' in source) {
    const video = await requireVideo(await context.store(), source.id);
    requireReady(video, context.clock.wallMs());
    return video;
  }
  const { file, size } = source;
  if (size.durationS > MAX_SECONDS)
    throw invalid('video', 'video_too_long', `The video is longer than ${MAX_SECONDS} seconds.`);
  const { high, low } = digestOfBytes(file);
  const seconds = Math.max(1, Math.round(size.durationS));
  const shot = { prompt: `${high} ${low}`, seconds, reference: null, edits: [], characters: [] };
  return { id: null, model: DEFAULT_MODEL, size: checkedSize(size), shots: [shot] };
}

/** The same scenes, changed as the prompt says. */
async function change(
  context: ServerContext,
  reply: Reply,
  { id, shots, ...video }: Source,
  prompt: string,
): Promise<void> {
  const copies = await copiedShots(context, shots);
  const changed = copies.map((shot) => ({ ...shot, edits: [...shot.edits, prompt] }));
  const { model, size } = video;
  const newSeconds = secondsOf({ shots });
  await begin(context, reply, { model, size, prompt, shots: changed, remixedFrom: id, newSeconds });
}

async function createRemix(context: ServerContext, request: ApiRequest, reply: Reply): Promise<void> {
  const { parameters } = await readVideoForm('CreateVideoRemix', request);
  const { prompt } = check(promptFields, parameters);
  await change(context, reply, await loaded(context, { id: request.param('video_id') }), prompt);
}

async function createEdit(context: ServerContext, request: ApiRequest, reply: Reply): Promise<void> {
  const form = await readVideoForm('CreateVideoEdit', request);
  const source = sourceOf(form);
  const { prompt } = check(promptFields, form.parameters);
  await change(context, reply, await loaded(context, source), prompt);
}

/** One more shot, which begins where the last one ends. */
async function createExtension(context: ServerContext, request: ApiRequest, reply: Reply): Promise<void> {
  const form = await readVideoForm('CreateVideoExtend', request);
  const from = sourceOf(form);
  const { prompt, seconds } = check(extendFields, form.parameters);
  const { model, size, shots } = await loaded(context, from);
  const newSeconds = Number(seconds);
  if (secondsOf({ shots }) + newSeconds > MAX_SECONDS)
    throw invalid('seconds', 'video_too_long', `An extended video can have at most ${MAX_SECONDS} seconds.`);
  // The characters are in the picture that it begins with.
  const next = { prompt, seconds: newSeconds, reference: null, edits: [], characters: [] };
  await begin(context, reply, {
    model,
    prompt,
    size,
    shots: [...(await copiedShots(context, shots)), next],
    remixedFrom: null,
    newSeconds,
  });
}

async function retrieve(context: ServerContext, request: ApiRequest, reply: Reply): Promise<void> {
  const video = await requireVideo(await context.store(), request.param('video_id'));
  reply.json(videoBody(video, context.clock.wallMs()));
}

async function list(context: ServerContext, request: ApiRequest, reply: Reply): Promise<void> {
  const page = await readPage(await context.store(), VIDEOS, pageOf<VideoRecord>(request));
  const nowMs = context.clock.wallMs();
  reply.json(listBody({ ...page, data: page.data.map((video) => videoBody(video, nowMs)) }));
}

async function remove(context: ServerContext, request: ApiRequest, reply: Reply): Promise<void> {
  const store = await context.store();
  const { id } = await requireVideo(store, request.param('video_id'));
  await store.delete(VIDEOS, id);
  await forgetFiles(context, id);
  reply.json({ id, object: 'video.deleted', deleted: true });
}

export const handlers: OperationHandlers = {
  createVideo,
  ListVideos: list,
  GetVideo: retrieve,
  DeleteVideo: remove,
  RetrieveVideoContent: retrieveContent,
  CreateVideoRemix: createRemix,
  CreateVideoEdit: createEdit,
  CreateVideoExtend: createExtension,
  CreateVideoCharacter: createCharacter,
  GetVideoCharacter: getCharacter,
};
