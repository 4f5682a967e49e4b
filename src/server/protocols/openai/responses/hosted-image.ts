/** Pictures that a tool of the server draws. */
import { mediaWork } from '../../../media/media-pool.js';
import { ServedModels } from '../../../models/served-models.js';
import { ApiError } from '../errors.js';
import { readImageRequest } from '../images/request.js';
import { IMAGE_STEPS } from '../images/sizes.js';
import type { HostedAsk, PlanContext } from './hosted-plans.js';
import { imageGeneration } from './hosted-views.js';
import type { ItemView } from './item-view.js';

/** Of the tool what the image endpoint takes too. */
const IMAGE_FIELDS = [
  'size',
  'quality',
  'output_format',
  'output_compression',
  'background',
  'moderation',
  'input_fidelity',
  'partial_images',
];

/**
 * Draws the picture that the user's words ask for.
 *
 * @throws ApiError for a size and the like that the tool does not have
 */
export async function drawn(
  { context, digest }: PlanContext,
  { tool, at, query }: HostedAsk,
): Promise<[view: () => ItemView, steps: number]> {
  const fields = Object.fromEntries(
    IMAGE_FIELDS.flatMap((name) => (tool[name] == null ? [] : [[name, tool[name]]])),
  );
  const request = imageRequest(
    { ...fields, model: tool.model ?? DEFAULT_IMAGE_MODEL, prompt: query, stream: true },
    at,
  );
  const { size, quality, format, background, partialImages } = request;
  const transparent = background === 'transparent';
  const picture = (progress: number): Promise<Uint8Array> =>
    mediaWork<'image'>({
      kind: 'image',
      drawing: {
        seed: context.seed,
        prompt: query,
        index: digest.low,
        ...size,
        vivid: true,
        transparent,
        progress,
      },
      format,
      quality: request.compression,
    });
  const count = partialImages + 1;
  const bytes = await Promise.all(Array.from({ length: count }, (_, i) => picture((i + 1) / count)));
  const parts = bytes.map((one) => Buffer.from(one).toString('base64'));
  const description = {
    size: `${size.width}x${size.height}`,
    quality,
    background: transparent ? 'transparent' : 'opaque',
    output_format: format,
  };
  const steps = IMAGE_STEPS[quality] ?? 30;
  return [() => imageGeneration({ parts, description, steps }), steps];
}

const DEFAULT_IMAGE_MODEL = 'gpt-image-1';
let known: ServedModels | undefined;

/** The tool has models of its own, whatever else the server serves. */
const imageModels = (): ServedModels =>
  (known ??= new ServedModels({ model: [], custom: [], unknown: 'refuse' }));

/** Errors name the tool's own parameter. */
function imageRequest(fields: object, at: string) {
  try {
    return readImageRequest(fields, imageModels(), 'edit');
  } catch (error) {
    if (!(error instanceof ApiError)) throw error;
    const { status, message, code, param } = error;
    throw new ApiError({ status, message, code, param: `${at}.${param ?? ''}` });
  }
}
