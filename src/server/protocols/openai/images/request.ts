/** What is asked of the image endpoints, whether as JSON or as a form. */
import * as z from 'zod';
import type { ModelInfo } from '../../../../simulator/models/model.js';
import type { ServedModels } from '../../../models/served-models.js';
import type { ImageFormat } from '../../../media/image-files.js';
import { formInteger } from '../common-fields.js';
import { invalid } from '../errors.js';
import { check } from '../validation.js';
import { checkSafety, userError } from './safety.js';
import { checkAmounts, familyOf, type ImageSizeAsked, qualityOf, sizeOf } from './sizes.js';

const yes = z.preprocess(
  (value) => (value === 'true' ? true : value === 'false' ? false : value),
  z.boolean(),
);

const fields = {
  model: z.string().nullish(),
  n: formInteger(1, 10).nullish(),
  size: z.string().nullish(),
  quality: z.string().nullish(),
  response_format: z.enum(['url', 'b64_json']).nullish(),
  output_format: z.enum(['png', 'jpeg', 'webp']).nullish(),
  output_compression: formInteger(0, 100).nullish(),
  background: z.enum(['transparent', 'opaque', 'auto']).nullish(),
  moderation: z.enum(['low', 'auto']).nullish(),
  style: z.enum(['vivid', 'natural']).nullish(),
  input_fidelity: z.enum(['low', 'high']).nullish(),
  stream: yes.nullish(),
  partial_images: formInteger(0, 3).nullish(),
  user: z.string().nullish(),
};
const withPrompt = z.object({ ...fields, prompt: z.string().min(1) });
const withoutPrompt = z.object(fields);
type Fields = Omit<z.output<typeof withPrompt>, 'prompt'>;

/** What images are asked for. */
export type ImagePurpose = 'generate' | 'edit' | 'vary';

/** What is behind the shapes of a picture; `kept` is that of the picture that was sent. */
export type Background = 'transparent' | 'opaque' | 'kept';

/** Images that can be made. */
export interface ImageRequest {
  model: ModelInfo;
  prompt: string;
  count: number;
  size: ImageSizeAsked;
  quality: string;
  format: ImageFormat;
  /** Of JPEG and WebP, 0 to 100. */
  compression: number;
  background: Background;
  /** How much of the images that were sent stays as it is: most of it, or less. */
  keepsInput: boolean;
  vivid: boolean;
  as: 'url' | 'b64_json';
  stream: boolean;
  partialImages: number;
}

/** Parameters that only GPT image models have: with one of them, one of those is meant. */
const GPT_ONLY = [
  'output_format',
  'output_compression',
  'background',
  'moderation',
  'stream',
  'partial_images',
] as const;

const isSet = (data: Fields, name: keyof Fields): boolean => data[name] !== undefined && data[name] !== null;

/**
 * Reads the parameters.
 *
 * @throws ApiError in OpenAI's words
 */
export function readImageRequest(input: unknown, models: ServedModels, purpose: ImagePurpose): ImageRequest {
  const data = purpose === 'vary' ? { ...check(withoutPrompt, input), prompt: '' } : check(withPrompt, input);
  const model = models.of(data.model ?? defaultModel(data, purpose), 'image');
  const gpt = familyOf(model) === 'gpt-image';
  checkPurpose(model, purpose);
  refuseUnfit(model, data, purpose);
  checkSafety(model, data.prompt, data.moderation === 'low');
  const count = data.n ?? 1;
  checkAmounts(model, count, data.prompt);
  return {
    model,
    prompt: data.prompt,
    count,
    size: sizeOf(model, data.size ?? undefined),
    quality: qualityOf(model, data.quality ?? undefined),
    format: data.output_format ?? 'png',
    compression: data.output_compression ?? 100,
    background: backgroundOf(data),
    keepsInput: data.input_fidelity === 'high' || hasOwnFidelity(model),
    vivid: data.style !== 'natural',
    as: gpt || data.stream === true ? 'b64_json' : (data.response_format ?? 'url'),
    stream: data.stream === true,
    partialImages: data.partial_images ?? 0,
  };
}

const defaultModel = (data: Fields, purpose: ImagePurpose): string => {
  if (purpose === 'edit') return 'gpt-image-1.5';
  return GPT_ONLY.some((name) => isSet(data, name)) ? 'gpt-image-1' : 'dall-e-2';
};

/** Words of things that are mostly wanted without a background. */
const CUT_OUT = /\b(?:transparent|sticker|icon|logo|emoji|sprite|cut-?out|isolated)s?\b/i;

/** `auto` decides by the prompt, where the format can be transparent; an edit leaves it as it is. */
function backgroundOf({
  background,
  output_format: format,
  prompt,
}: Fields & { prompt: string }): Background {
  if (background && background !== 'auto') return background;
  if (background === 'auto' && format !== 'jpeg' && CUT_OUT.test(prompt)) return 'transparent';
  return 'kept';
}

/** Models that always look closely at what is sent, and have no parameter for it. */
const hasOwnFidelity = ({ id }: ModelInfo): boolean => id.startsWith('gpt-image-2');

/** Which of OpenAI's models make what. */
function checkPurpose(model: ModelInfo, purpose: ImagePurpose): void {
  const family = familyOf(model);
  const fits =
    family === 'other' ||
    purpose === 'generate' ||
    family === 'dall-e-2' ||
    (purpose === 'edit' && family === 'gpt-image');
  if (fits) return;
  const what = purpose === 'edit' ? 'image edits' : 'image variations';
  throw invalid(
    'model',
    'invalid_value',
    `Invalid value: '${model.id}'. The model does not support ${what}.`,
  );
}

function refuseUnfit(model: ModelInfo, data: Fields, purpose: ImagePurpose): void {
  const family = familyOf(model);
  const unknown = (name: string): Error =>
    invalid(
      name,
      'unknown_parameter',
      `Unknown parameter: '${name}'. The model '${model.id}' does not have it.`,
    );
  if (family === 'gpt-image') {
    for (const name of ['response_format', 'style'] as const) if (isSet(data, name)) throw unknown(name);
    if ((data.output_compression ?? 100) < 100 && (data.output_format ?? 'png') === 'png')
      throw userError(
        'invalid_png_output_compression',
        'Compression less than 100 is not supported for PNG output format',
      );
  } else if (family !== 'other') {
    for (const name of GPT_ONLY) if (isSet(data, name) && data[name] !== false) throw unknown(name);
    if (family === 'dall-e-2' && isSet(data, 'style')) throw unknown('style');
  }
  if (isSet(data, 'input_fidelity')) {
    if (purpose !== 'edit' || family.startsWith('dall-e')) throw unknown('input_fidelity');
    if (hasOwnFidelity(model) || model.id.startsWith('gpt-image-1-mini'))
      throw userError(
        'invalid_input_fidelity_model',
        `The model '${model.id}' does not support the 'input_fidelity' parameter.`,
      );
  }
  if (data.background === 'transparent' && data.output_format === 'jpeg') {
    const message = "Transparent background is not supported for JPEG output format. Use 'png' or 'webp'.";
    throw invalid('background', 'invalid_value', message);
  }
  if (isSet(data, 'partial_images') && data.stream !== true && data.partial_images !== 0) {
    throw invalid(
      'partial_images',
      'invalid_value',
      "'partial_images' is only allowed when 'stream' is true.",
    );
  }
}
