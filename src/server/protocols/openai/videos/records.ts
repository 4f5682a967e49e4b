/** Videos and characters as they are kept, and as the API shows them. */
import type { ServerContext } from '../../../context.js';
import { willAnswer } from '../../../store/commit-note.js';
import { newId } from '../../../store/new-id.js';
import type { Collection, Store } from '../../../store/store.js';
import { ApiError } from '../errors.js';
import { notFound } from '../lists.js';

/** A part of a video; see `ShotPlan`. */
export interface ShotRecord {
  prompt: string;
  seconds: number;
  /** The blob of the image that it begins with. */
  reference: string | null;
  edits: string[];
  characters: string[];
}

/** A video as it is kept: its file is made when it is asked for. */
export interface VideoRecord {
  id: string;
  model: string;
  prompt: string;
  size: string;
  shots: ShotRecord[];
  createdMs: number;
  /** When it begins to be made, and when it is ready. */
  startMs: number;
  readyMs: number;
  remixedFrom: string | null;
}

export const VIDEOS: Collection<VideoRecord> = { name: 'videos', maxCount: 10_000, atBound: 'evict' };
/** How long a video can be fetched. */
export const LIFE_MS = 24 * 60 * 60 * 1000;
/** Tokens' worth of time that a second of video takes. */
const STEPS_PER_SECOND = 50;

/** Length of all shots. */
export const secondsOf = ({ shots }: Pick<VideoRecord, 'shots'>): number =>
  shots.reduce((sum, { seconds }) => sum + seconds, 0);

/** A video shows how far it is by the clock. */
export function videoBody(video: VideoRecord, nowMs: number) {
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
    seconds: String(secondsOf(video)),
    remixed_from_video_id: video.remixedFrom,
    error: null,
  };
}

/** Without latency it is ready at once. */
function timesOf({ options }: ServerContext, seconds: number, nowMs: number) {
  if (options.latency === 'instant') return { startMs: nowMs, readyMs: nowMs };
  const startMs = nowMs + options.ttft;
  return { startMs, readyMs: startMs + STEPS_PER_SECOND * seconds * options.itl };
}

/** A video that is to be made. */
export interface NewVideo extends Pick<VideoRecord, 'model' | 'prompt' | 'size' | 'shots' | 'remixedFrom'> {
  /** Seconds of it that are not there yet. */
  newSeconds: number;
}

/** Begins to make a video. Its shots' blobs become its own. */
export async function beginVideo(
  context: ServerContext,
  { newSeconds, ...made }: NewVideo,
): Promise<VideoRecord> {
  const createdMs = context.clock.wallMs();
  const id = await newId(context, 'video_', 48, 'hex');
  const video = { id, ...made, createdMs, ...timesOf(context, newSeconds, createdMs) };
  const blobs = made.shots.flatMap(({ reference }) => reference ?? []);
  const store = await context.store();
  willAnswer(videoBody(video, createdMs));
  await store.put(VIDEOS, id, video, { expiresAtMs: createdMs + LIFE_MS, blobs });
  return video;
}

/** Shots of a video for another one: with copies of their blobs, which would go with the first. */
export async function copiedShots(
  context: ServerContext,
  shots: readonly ShotRecord[],
): Promise<ShotRecord[]> {
  const store = await context.store();
  return Promise.all(
    shots.map(async (shot) => {
      const bytes = shot.reference === null ? undefined : await store.readBlob(shot.reference);
      return { ...shot, reference: bytes ? await keepBlob(context, bytes) : null };
    }),
  );
}

/** Keeps bytes until they become part of a value. */
export async function keepBlob(context: ServerContext, bytes: Uint8Array): Promise<string> {
  const blob = await newId(context, 'blob_');
  await (await context.store()).writeBlob(blob, bytes);
  return blob;
}

/** @throws ApiError 404 when there is none */
export async function requireVideo(store: Store, id: string): Promise<VideoRecord> {
  const video = await store.get(VIDEOS, id);
  if (!video) throw notFound(`Video with id '${id.slice(0, 200)}' not found.`, 'video_id');
  return video;
}

/** @throws ApiError 404 when it is still being made */
export function requireReady({ id, readyMs }: VideoRecord, nowMs: number): void {
  if (nowMs >= readyMs) return;
  throw new ApiError({ status: 404, message: `The video ${id} is not ready yet.`, code: 'video_not_ready' });
}

/** A character as it is kept. */
export interface CharacterRecord {
  id: string;
  name: string;
  createdMs: number;
  /** Decides what it looks like. */
  look: string;
}

export const CHARACTERS: Collection<CharacterRecord> = {
  name: 'video-characters',
  maxCount: 10_000,
  atBound: 'refuse',
};
