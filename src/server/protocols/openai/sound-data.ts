/** Sound in prompts is of the format that it is said to be. */
import { type ApiError, invalid } from './errors.js';

type Format = 'wav' | 'mp3' | 'other';

/** What a file's first bytes say, as latin1; undefined where they say nothing. */
function formatOf(head: string): Format | undefined {
  if (head.startsWith('RIFF')) return 'wav';
  // A frame begins with eleven bits that are set; two more that are not are those of another codec.
  if (head.startsWith('ID3') || /^\u00ff[\u00e2-\u00e7\u00f2-\u00f7\u00fa-\u00ff]/.test(head)) return 'mp3';
  return /^(OggS|fLaC|.E\u00df\u00a3|....ftyp)/s.test(head) ? 'other' : undefined;
}

/** Characters of base64 that tell. */
const HEAD = 16;

/**
 * Looks at the first bytes.
 *
 * @param data - base64
 * @param at - where it is, for the error
 * @throws ApiError 400 when they are those of another format
 */
export function checkSound(data: string, format: string, at: string): void {
  const found = formatOf(Buffer.from(data.slice(0, HEAD), 'base64').toString('latin1'));
  if (found !== undefined && found !== format) throw notOf(format, at);
}

const notOf = (format: string, at: string): ApiError =>
  invalid(at, 'invalid_value', `The data provided for 'input_audio' is not of valid ${format} format.`);
