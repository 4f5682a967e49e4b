/** `/videos` */
import * as z from 'zod';
import type { ServerContext } from '../../../context.js';
import { mediaWork } from '../../../media/media-pool.js';
import type { ApiRequest } from '../../../routing/api-request.js';
import type { Reply } from '../../../routing/reply.js';
import { newId } from '../../../store/new-id.js';
import type { Collection } from '../../../store/store.js';
import { ApiError, invalid } from '../errors.js';
import { listBody, notFound, pageOf, readPage } from '../lists.js';
import { formObject, readForm } from '../multipart.js';
import type { OperationHandlers } from '../operations.js';
import { check } from '../validation.js';

/** A video as it is kept: its file is made when it is asked for. */
interface VideoRecord {
  id: string;
  model: string;
  prompt: string;
  seconds: string;
  size: string;
  createdMs: number;
  /** When it begins to be made, and when it is ready. */
  startMs: number;
  readyMs: number;
  remixedFrom: string | null;
}

const VIDEOS: Collection<VideoRecord> = { name: 'videos', maxCount: 10_000, atBound: 'evict' };
/** How long a video can be fetched. */
const LIFE_MS = 24 * 60 * 60 * 1000;
/** Tokens' worth of time that a second of video takes. */
const STEPS_PER_SECOND = 50;

const prompt = z.string().min(1).max(32_000);
const create = z.object({
  model: z.string().default('sora-2'),
  prompt,
  seconds: z.enum(['4', '8', '12']).default('4'),
  size: z.enum(['720x1280', '1280x720', '1024x1792', '1792x1024']).default('720x1280'),
});
const remix = z.object({ prompt });

/** What was sent, as JSON or as a form. */
async function parametersOf(request: ApiRequest): Promise<Record<string, unknown>> {
  const isForm = /^multipart\/form-data\b/i.test(request.header('content-type') ?? '');
  return isForm ? formObject(await readForm(request)) : request.json();
}

/** A video shows how far it is by the clock. */
function videoBody(video: VideoRecord, nowMs: number) {
  const done = nowMs >= video.readyMs;
  const share = (nowMs - video.startMs) / Math.max(video.readyMs - video.startMs, 1);
  const second = (ms: number): number => Math.floor(ms / 1000);
  return {
    id: video.id,
    object: 'video',
    model: video.model,
    status: done ? 'completed' : nowMs < video.startMs ? 'queued' : 'in_progress',
    progress: done ? 100 : Math.max(0, Math.min(99, Math.floor(share * 100))),
    created_at: second(video.createdMs),
    completed_at: done ? second(video.readyMs) : null,
    expires_at: done ? second(video.createdMs + LIFE_MS) : null,
    prompt: video.prompt,
    size: video.size,
    seconds: video.seconds,
    remixed_from_video_id: video.remixedFrom,
    error: null,
  };
}

/** Without latency it is ready at once. */
function timesOf(
  { options }: ServerContext,
  seconds: number,
  nowMs: number,
): { startMs: number; readyMs: number } {
  if (options.latency === 'instant') return { startMs: nowMs, readyMs: nowMs };
  const startMs = nowMs + options.ttft;
  return { startMs, readyMs: startMs + STEPS_PER_SECOND * seconds * options.itl };
}

type NewVideo = Pick<VideoRecord, 'model' | 'prompt' | 'seconds' | 'size' | 'remixedFrom'>;

async function begin(context: ServerContext, reply: Reply, made: NewVideo): Promise<void> {
  const createdMs = context.clock.wallMs();
  const id = await newId(context, 'video_', 48, 'hex');
  const video = { id, ...made, createdMs, ...timesOf(context, Number(made.seconds), createdMs) };
  await (await context.store()).put(VIDEOS, id, video, { expiresAtMs: createdMs + LIFE_MS });
  reply.json(videoBody(video, context.clock.wallMs()));
}

async function createVideo(context: ServerContext, request: ApiRequest, reply: Reply): Promise<void> {
  const asked = check(create, await parametersOf(request));
  context.models.of(asked.model, 'video');
  await begin(context, reply, { ...asked, remixedFrom: null });
}

async function createRemix(context: ServerContext, request: ApiRequest, reply: Reply): Promise<void> {
  const { model, seconds, size, id, readyMs } = await requireVideo(context, request);
  if (context.clock.wallMs() < readyMs) throw notReady(id);
  const asked = check(remix, await parametersOf(request));
  await begin(context, reply, { model, seconds, size, prompt: asked.prompt, remixedFrom: id });
}

async function requireVideo(context: ServerContext, request: ApiRequest): Promise<VideoRecord> {
  const id = request.param('video_id');
  const video = await (await context.store()).get(VIDEOS, id);
  if (!video) throw notFound(`Video with id '${id.slice(0, 200)}' not found.`, 'video_id');
  return video;
}

const notReady = (id: string): ApiError =>
  new ApiError({ status: 404, message: `The video ${id} is not ready yet.`, code: 'video_not_ready' });

async function retrieve(context: ServerContext, request: ApiRequest, reply: Reply): Promise<void> {
  reply.json(videoBody(await requireVideo(context, request), context.clock.wallMs()));
}

async function list(context: ServerContext, request: ApiRequest, reply: Reply): Promise<void> {
  const page = await readPage(await context.store(), VIDEOS, pageOf<VideoRecord>(request));
  const nowMs = context.clock.wallMs();
  reply.json(listBody({ ...page, data: page.data.map((video) => videoBody(video, nowMs)) }));
}

async function remove(context: ServerContext, request: ApiRequest, reply: Reply): Promise<void> {
  const { id } = await requireVideo(context, request);
  await (await context.store()).delete(VIDEOS, id);
  reply.json({ id, object: 'video.deleted', deleted: true });
}

const TYPES = { video: 'video/mp4', thumbnail: 'image/webp' } as const;

async function content(context: ServerContext, request: ApiRequest, reply: Reply): Promise<void> {
  const video = await requireVideo(context, request);
  if (context.clock.wallMs() < video.readyMs) throw notReady(video.id);
  const variant = request.query.get('variant') ?? 'video';
  if (variant !== 'video' && variant !== 'thumbnail') {
    const message = `fakeai makes the variants 'video' and 'thumbnail', not '${variant.slice(0, 50)}'.`;
    throw invalid('variant', 'invalid_value', message);
  }
  const [width, height] = video.size.split('x').map(Number) as [number, number];
  const drawing = {
    seed: context.seed,
    prompt: video.prompt,
    index: 0,
    width,
    height,
    vivid: true,
    transparent: false,
    progress: 1,
  };
  const bytes = await mediaWork<'video'>({ kind: 'video', variant, drawing, seconds: Number(video.seconds) });
  reply.bytes(bytes, TYPES[variant]);
}

export const handlers: OperationHandlers = {
  createVideo,
  ListVideos: list,
  GetVideo: retrieve,
  DeleteVideo: remove,
  RetrieveVideoContent: content,
  CreateVideoRemix: createRemix,
};
