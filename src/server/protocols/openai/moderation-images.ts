/** What there is to judge of a picture: words that come with it, and whether it is one of the pictures for tests. */
import { digestOfBytes } from '../../../lib/digest.js';
import { highest, moderateText, type Scores } from '../../../simulator/moderation/moderate.js';
import { SIGNALS } from '../../../simulator/moderation/signals.js';
import { imageSize } from '../../../simulator/prompt/image-size.js';
import type { ServerContext } from '../../context.js';
import { madeFile } from '../../media/made-files.js';
import { mediaWork } from '../../media/media-pool.js';
import { textIn } from '../../media/picture-text.js';
import { invalid } from './errors.js';

const MAX_BYTES = 20 * 1024 * 1024;

/**
 * Judges a picture. Of one in the network there is only the address; nothing is fetched.
 *
 * @throws ApiError 400 for a data URL that is no picture
 */
export async function moderateImage(context: ServerContext, url: string, param: string): Promise<Scores> {
  if (url.startsWith('data:')) return moderateFile(fileIn(url, param));
  const made = /\/images\/(img-[\w-]+)\.\w+$/.exec(url)?.[1];
  const file = made && context.hasStored() ? await madeFile(context, made) : undefined;
  if (file) return moderateFile(file.bytes);
  if (!/^https?:\/\//.test(url))
    throw invalid(
      param,
      'invalid_image_url',
      'The URL of an image must begin with http://, https:// or data:.',
    );
  return moderateText(decoded(url).replaceAll(/[-_/.+?&=]+/g, ' '));
}

function fileIn(url: string, param: string): Buffer {
  const data = /^data:image\/[\w.+-]+;base64,(.+)$/s.exec(url)?.[1];
  const bytes = data === undefined ? undefined : Buffer.from(data, 'base64');
  if (bytes && bytes.length > MAX_BYTES)
    throw invalid(param, 'image_too_large', 'An image can have at most 20 MB.');
  if (bytes && imageSize(bytes)) return bytes;
  const message =
    "You uploaded an unsupported image. Please make sure your image is valid and of one of these formats: 'png', 'jpeg', 'gif', 'webp'.";
  throw invalid(param, 'invalid_image_format', message);
}

async function moderateFile(bytes: Buffer): Promise<Scores> {
  const words = textIn(bytes);
  const { high, low } = digestOfBytes(bytes);
  // Without words it is innocent, and yet not like any other.
  const scores = highest(moderateText(words), moderateText(`${high} ${low}`));
  const { signal } = await mediaWork<'signal'>({ kind: 'signal', bytes });
  if (!signal) return scores;
  return { ...scores, ...SIGNALS[signal].scores };
}

function decoded(url: string): string {
  try {
    return decodeURIComponent(url);
  } catch {
    return url;
  }
}
