/** Images that come with a request: in a form, or as JSON with data URLs and file ids. */
import * as z from 'zod';
import type { ModelInfo } from '../../../../simulator/models/model.js';
import type { ServerContext } from '../../../context.js';
import { imageSize } from '../../../media/image-files.js';
import type { ApiRequest } from '../../../routing/api-request.js';
import { ApiError, invalid, inWords, missing } from '../errors.js';
import { contentOf, requireFile } from '../files/file-records.js';
import { type Form, type FormFile, formObject, readForm } from '../multipart.js';
import { rootOf } from '../request-shapes.js';
import { check } from '../validation.js';
import { familyOf } from './sizes.js';

/** What was sent. */
export interface ImageUpload {
  parameters: Record<string, unknown>;
  images: Buffer[];
  /** What they are said to be; empty where they come as JSON. */
  types: string[];
  mask: Buffer | undefined;
  /** Whether it came as JSON. */
  isJson: boolean;
}

const MAX_IMAGES = 16;
/** An image by its address or the id of a file. */
export const imageReference = z.object({ image_url: z.string().nullish(), file_id: z.string().nullish() });
const references = z.object({
  images: z.array(imageReference).min(1).max(MAX_IMAGES),
  mask: imageReference.nullish(),
});

/**
 * Reads a request with images.
 *
 * @throws ApiError 400 when there is none, or too many
 */
export async function readImageUpload(
  operationId: string,
  context: ServerContext,
  request: ApiRequest,
): Promise<ImageUpload> {
  const isJson = /^application\/json\b/i.test(request.header('content-type') ?? '');
  // Some take forms only.
  if (isJson && rootOf(operationId) !== undefined) return readReferences(context, request);
  const form = await readForm(operationId, request);
  const files = [...filesOf(form, 'image'), ...filesOf(form, 'image[]')];
  if (files.length === 0) throw missing('image');
  return {
    parameters: formObject(form),
    images: files.map(({ bytes }) => bytes),
    types: files.map(({ type }) => type),
    mask: filesOf(form, 'mask')[0]?.bytes,
    isJson: false,
  };
}

const filesOf = (form: Form, name: string): readonly FormFile[] => form.files.get(name) ?? [];

async function readReferences(context: ServerContext, request: ApiRequest): Promise<ImageUpload> {
  const { images: _images, mask: _mask, ...parameters } = request.json();
  const { images, mask } = check(references, request.json());
  return {
    parameters,
    images: await Promise.all(images.map((one, index) => referencedImage(context, one, `images[${index}]`))),
    types: [],
    mask: mask ? await referencedImage(context, mask, 'mask') : undefined,
    isJson: true,
  };
}

/**
 * The bytes of an image that is named.
 *
 * @throws ApiError 404 when there is no such file, 400 for an address in the network
 */
export async function referencedImage(
  context: ServerContext,
  { image_url: url, file_id: id }: z.output<typeof imageReference>,
  param: string,
): Promise<Buffer> {
  if (id) {
    const store = await context.store();
    return contentOf(store, await requireFile(store, id, param));
  }
  const data = /^data:image\/\w+;base64,(.+)$/s.exec(url ?? '')?.[1];
  if (data !== undefined) return Buffer.from(data, 'base64');
  const message = `fakeai fetches nothing from the network: '${param}' must be a data URL (data:image/png;base64,…) or the id of a file.`;
  throw invalid(param, 'invalid_image_url', message);
}

/** @throws ApiError 400 for what DALL-E does not take: JSON, and more than one image */
export function checkUpload({ images, isJson }: ImageUpload, model: ModelInfo): void {
  if (familyOf(model) !== 'dall-e-2') return;
  if (isJson) throw invalid('model', 'invalid_value', `The model '${model.id}' edits images of forms only.`);
  if (images.length > 1)
    throw invalid('image', 'invalid_value', `The model '${model.id}' edits one image only.`);
}

/** Size limits of files, in bytes. */
const MAX_BYTES = { 'dall-e-2': 4 * 1024 * 1024, others: 50 * 1024 * 1024 } as const;

/**
 * Checks what was sent, as far as the first bytes tell.
 *
 * @returns the sizes of the images
 * @throws ApiError 400
 */
export function checkImages(
  { images, types, mask }: ImageUpload,
  modelId: string,
): { width: number; height: number }[] {
  const strict = modelId === 'dall-e-2';
  checkTypes(types, strict ? ['image/png'] : ['image/jpeg', 'image/png', 'image/webp']);
  const sizes = images.map((bytes) => {
    const size = imageSize(bytes);
    if (!size || (strict && size.format !== 'png'))
      throw bad(
        'image',
        strict ? 'Uploaded image must be a PNG.' : 'Uploaded image must be a PNG, JPEG or WebP file.',
      );
    if (bytes.length > MAX_BYTES[strict ? 'dall-e-2' : 'others'])
      throw bad('image', `Uploaded image must be less than ${strict ? 4 : 50} MB.`);
    if (strict && size.width !== size.height) throw bad('image', 'Uploaded image must be square.');
    return size;
  });
  const first = sizes[0]!;
  const maskSize = mask && imageSize(mask);
  if (mask && (!maskSize || maskSize.format !== 'png')) throw bad('mask', 'The mask must be a PNG file.');
  if (maskSize && (maskSize.width !== first.width || maskSize.height !== first.height))
    throw bad('mask', 'The mask must have the same size as the image.');
  return sizes;
}

/** Files are what their parts say that they are, before anything else of them is read. */
function checkTypes(types: readonly string[], supported: readonly string[]): void {
  const at = types.findIndex((type) => !supported.includes(type));
  if (at < 0) return;
  const param = types.length > 1 ? `image[${at}]` : 'image';
  const message = `Invalid file '${param}': unsupported mimetype ('${types[at]!.slice(0, 100)}'). Supported file formats are ${inWords(supported)}.`;
  throw invalid(param, 'unsupported_file_mimetype', message);
}

const bad = (param: string, message: string): ApiError =>
  new ApiError({ status: 400, message, param, code: 'invalid_image_file' });
