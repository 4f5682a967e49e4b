/** `/images` */
import type { ServerContext } from '../../../context.js';
import { madeFile } from '../../../media/made-files.js';
import type { ApiRequest } from '../../../routing/api-request.js';
import type { Reply } from '../../../routing/reply.js';
import { ApiError } from '../errors.js';
import type { OperationHandlers } from '../operations.js';
import { answerImages } from './answer.js';
import { readImageRequest } from './request.js';
import { inputImageTokens } from './sizes.js';
import { checkImages, checkUpload, readImageUpload } from './uploads.js';

function generate(context: ServerContext, request: ApiRequest, reply: Reply): Promise<void> {
  const asked = readImageRequest(request.json(), context.models, 'generate');
  return answerImages(context, request, reply, asked, { kind: 'image_generation', imageTokens: 0 });
}

async function edit(context: ServerContext, request: ApiRequest, reply: Reply): Promise<void> {
  const upload = await readImageUpload('createImageEdit', context, request);
  const asked = readImageRequest(upload.parameters, context.models, 'edit');
  checkUpload(upload, asked.model);
  const sizes = checkImages(upload, asked.model.id);
  await answerImages(context, request, reply, asked, {
    kind: 'image_edit',
    base: {
      bytes: upload.images[0]!,
      others: upload.images.slice(1),
      mask: upload.mask,
      change: 'edit',
      closely: asked.keepsInput,
    },
    imageTokens: sizes.reduce((sum, size) => sum + inputImageTokens(size, asked.keepsInput), 0),
  });
}

async function vary(context: ServerContext, request: ApiRequest, reply: Reply): Promise<void> {
  const upload = await readImageUpload('createImageVariation', context, request);
  const asked = readImageRequest(upload.parameters, context.models, 'vary');
  const [size] = checkImages(upload, asked.model.id);
  await answerImages(context, request, reply, asked, {
    kind: 'image_edit',
    base: { bytes: upload.images[0]!, others: [], mask: undefined, change: 'vary', closely: false },
    imageTokens: inputImageTokens(size!, false),
  });
}

export const handlers: OperationHandlers = {
  createImage: generate,
  createImageEdit: edit,
  createImageVariation: vary,
};

/** `GET /images/{name}`: the files that answers lead to. */
export async function serveImage(context: ServerContext, request: ApiRequest, reply: Reply): Promise<void> {
  const id = request.param('name').replace(/\.\w+$/, '');
  const file = await madeFile(context, id);
  if (!file)
    throw new ApiError({ status: 404, message: `There is no image '${id.slice(0, 100)}' (any more).` });
  reply.bytes(file.bytes, file.type);
}
