/**
 * The media threads of a listener thread: one for videos, which take seconds, one for documents, and one for all else. Each is begun with the first
 * work, and ended after a minute without any.
 */
import type { Piscina } from 'piscina';
import { messageOf } from '../../lib/errors.js';
import { ApiError, invalid } from '../protocols/openai/errors.js';
import { sideThread } from '../threads/side-thread.js';
import type { MediaProblem, MediaTask, MediaTasks } from './tasks.js';

/** Work that may wait; more is refused. */
const MAX_WAITING = 64;
const QUEUE_FULL = 'Task queue is at limit';

type Lane = 'videos' | 'documents' | 'others';
const LANES: Partial<Record<MediaTask['kind'], Lane>> = {
  video: 'videos',
  pdf: 'documents',
  office: 'documents',
};
const pools: Partial<Record<Lane, Piscina<MediaTask, unknown>>> = {};

const poolOf = ({ kind }: MediaTask): Piscina<MediaTask, unknown> => {
  const lane = LANES[kind] ?? 'others';
  return (pools[lane] ??= sideThread('./media-thread.js', MAX_WAITING));
};

/**
 * Has work done on a media thread.
 *
 * @throws ApiError 400 when a file that was sent cannot be read, 429 when too much work waits
 */
export async function mediaWork<K extends keyof MediaTasks>(
  task: MediaTasks[K]['task'],
): Promise<MediaTasks[K]['result']> {
  let result: unknown;
  try {
    result = await poolOf(task).run(task);
  } catch (error) {
    if (messageOf(error) !== QUEUE_FULL) throw error;
    throw new ApiError({
      status: 429,
      message: 'Too many images, sounds, videos and documents are being worked on; please try again later.',
      type: 'requests',
      code: 'engine_overloaded',
      headers: 'retry-after: 1\r\nretry-after-ms: 1000\r\n',
    });
  }
  const { unreadable } = (result ?? {}) as Partial<MediaProblem>;
  if (unreadable === undefined) return result as MediaTasks[K]['result'];
  throw invalid(
    unreadable,
    'invalid_image_file',
    `Invalid image file or mode for image '${unreadable}', please check your image file.`,
  );
}
