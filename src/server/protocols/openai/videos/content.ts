/** The files of a video: made when they are first asked for, and kept for a while. */
import type { ServerContext } from '../../../context.js';
import { mediaWork } from '../../../media/media-pool.js';
import type { ShotPlan, VideoTask } from '../../../media/tasks.js';
import type { ApiRequest } from '../../../routing/api-request.js';
import type { Reply } from '../../../routing/reply.js';
import type { Collection } from '../../../store/store.js';
import { keepBlob, LIFE_MS, requireReady, requireVideo, type VideoRecord } from './records.js';

type Variant = VideoTask['variant'];
/** Content types of a video's files. */
export const VIDEO_TYPES: Readonly<Record<Variant, string>> = {
  video: 'video/mp4',
  thumbnail: 'image/webp',
  spritesheet: 'image/jpeg',
};

/** A file that was made, by the video's id and the variant. */
const MADE: Collection<{ blob: string }> = { name: 'video-files', maxCount: 200, atBound: 'evict' };
const keyOf = (id: string, variant: Variant): string => `${id}/${variant}`;

/** `GET /videos/{video_id}/content` */
export async function retrieveContent(
  context: ServerContext,
  request: ApiRequest,
  reply: Reply,
): Promise<void> {
  const video = await requireVideo(await context.store(), request.param('video_id'));
  requireReady(video, context.clock.wallMs());
  const variant = variantOf(request);
  reply.bytes(await fileOf(context, video, variant), VIDEO_TYPES[variant]);
}

/** The file that is wanted, of those that are listed. */
export const variantOf = (request: ApiRequest): Variant =>
  (request.query.get('variant') || 'video') as Variant;

async function fileOf(context: ServerContext, video: VideoRecord, variant: Variant): Promise<Uint8Array> {
  const store = await context.store();
  const key = keyOf(video.id, variant);
  const made = await store.get(MADE, key);
  const kept = made && (await store.readBlob(made.blob));
  if (kept) return kept;
  const bytes = await mediaWork<'video'>({ kind: 'video', variant, plan: await planOf(context, video) });
  const blob = await keepBlob(context, bytes);
  await store.put(MADE, key, { blob }, { expiresAtMs: video.createdMs + LIFE_MS, blobs: [blob] });
  return bytes;
}

async function planOf(context: ServerContext, { size, shots }: VideoRecord): Promise<VideoTask['plan']> {
  const store = await context.store();
  const [width, height] = size.split('x').map(Number) as [number, number];
  const plans = shots.map(async ({ reference, ...shot }): Promise<ShotPlan> => {
    const bytes = reference === null ? undefined : await store.readBlob(reference);
    return { ...shot, reference: bytes };
  });
  return { seed: context.seed, width, height, shots: await Promise.all(plans) };
}

/** Deletes the files of a video that is deleted. */
export async function forgetFiles(context: ServerContext, id: string): Promise<void> {
  const store = await context.store();
  for (const variant of Object.keys(VIDEO_TYPES) as Variant[]) await store.delete(MADE, keyOf(id, variant));
}
