/** What is asked of the video endpoints, whether as JSON or as a form. */
import * as z from 'zod';
import type { ModelInfo } from '../../../../simulator/models/model.js';
import type { ServerContext } from '../../../context.js';
import { type FilmSize, filmSize } from '../../../media/h264.js';
import { imageSize } from '../../../media/image-files.js';
import { mediaWork } from '../../../media/media-pool.js';
import type { ApiRequest } from '../../../routing/api-request.js';
import { ApiError, invalid } from '../errors.js';
import { imageReference, referencedImage } from '../images/uploads.js';
import { type FormFile, formObject, readForm } from '../multipart.js';
import { check } from '../validation.js';
import { CHARACTERS } from './records.js';

/** Sizes of videos; all but the first two are of larger models. */
const SIZES = ['720x1280', '1280x720', '1024x1792', '1792x1024'] as const;
const SMALL_SIZES: readonly string[] = SIZES.slice(0, 2);
const seconds = z.enum(['4', '8', '12', '16', '20']);
const prompt = z.string().min(1).max(32_000);
const MAX_CHARACTERS = 2;

export const createFields = z.object({
  model: z.string().default('sora-2'),
  prompt,
  seconds: seconds.default('4'),
  size: z.enum(SIZES).default('720x1280'),
  characters: z
    .array(z.object({ id: z.string() }))
    .max(MAX_CHARACTERS)
    .default([]),
});
export const promptFields = z.object({ prompt });
export const extendFields = z.object({ prompt, seconds });
const source = z.object({ video: z.object({ id: z.string().min(1) }) });

/** What was sent. */
export interface VideoForm {
  parameters: Record<string, unknown>;
  /** The only file of a name. */
  file: (name: string) => FormFile | undefined;
}

/** Reads JSON, or the form of an operation. */
export async function readVideoForm(operationId: string, request: ApiRequest): Promise<VideoForm> {
  if (!/^multipart\/form-data\b/i.test(request.header('content-type') ?? ''))
    return { parameters: request.json(), file: () => undefined };
  const form = await readForm(operationId, request);
  return { parameters: formObject(form), file: (name) => form.files.get(name)?.[0] };
}

/** @throws ApiError 400 for a size that the model does not make */
export function checkSize({ id }: ModelInfo, size: string): void {
  if (!/^sora-2(?!-pro)/.test(id) || SMALL_SIZES.includes(size)) return;
  const message = `Invalid value: '${size}'. The model '${id}' makes videos of ${SMALL_SIZES.join(' and ')}; sora-2-pro makes larger ones too.`;
  throw invalid('size', 'invalid_value', message);
}

/**
 * The image that a video begins with.
 *
 * @returns undefined when there is none
 * @throws ApiError 400 when it is no image, or not as large as the video
 */
export async function readReference(
  context: ServerContext,
  { parameters, file }: VideoForm,
  size: string,
): Promise<Buffer | undefined> {
  const sent = file('input_reference');
  const { input_reference: named } = check(
    z.object({ input_reference: imageReference.nullish() }),
    parameters,
  );
  if (!sent && !named) return undefined;
  const bytes = sent?.bytes ?? (await referencedImage(context, named!, 'input_reference'));
  const found = imageSize(bytes);
  if (!found) {
    const message =
      "Invalid file 'input_reference': unsupported mimetype. Supported file formats are 'image/jpeg', 'image/png', and 'image/webp'.";
    throw invalid('input_reference', 'unsupported_mimetype', message);
  }
  if (`${found.width}x${found.height}` !== size)
    throw new ApiError({ status: 400, message: 'Inpaint image must match the requested width and height' });
  await mediaWork<'check'>({ kind: 'check', bytes, as: 'input_reference' });
  return bytes;
}

/** What characters look like, in the order in which they are named. */
export async function looksOf(context: ServerContext, named: readonly { id: string }[]): Promise<string[]> {
  const store = await context.store();
  return Promise.all(
    named.map(async ({ id }, index) => {
      const character = await store.get(CHARACTERS, id);
      if (character) return character.look;
      const message = `Character with id '${id.slice(0, 200)}' not found.`;
      throw invalid(`characters[${index}].id`, 'invalid_value', message);
    }),
  );
}

/** A video to begin with: one that is kept, or a file. */
export type VideoSource = { id: string } | { file: Buffer; size: FilmSize };

/** @throws ApiError 400 when it is neither */
export function sourceOf({ parameters, file }: VideoForm): VideoSource {
  const sent = file('video');
  return sent ? { file: sent.bytes, size: requireFilm(sent.bytes) } : check(source, parameters).video;
}

/** @throws ApiError 400 for a file that is no MP4 video */
export function requireFilm(bytes: Buffer): FilmSize {
  const size = filmSize(bytes);
  if (size) return size;
  throw invalid(
    'video',
    'invalid_video_file',
    "Invalid file 'video': it must be an MP4 file with a video track.",
  );
}

/** @throws ApiError 400 for a file of another size than videos have */
export function checkedSize({ width, height }: FilmSize): string {
  const size = `${width}x${height}`;
  if ((SIZES as readonly string[]).includes(size)) return size;
  const message = `Invalid file 'video': it has ${size} pixels. Supported sizes are: ${SIZES.join(', ')}.`;
  throw invalid('video', 'invalid_video_file', message);
}
