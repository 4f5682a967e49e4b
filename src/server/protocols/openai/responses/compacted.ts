/** What a compaction item says, sealed. */
import * as z from 'zod';
import { invalid } from '../errors.js';
import { seal, unseal } from './sealed.js';

const sealedText = z.object({ text: z.string(), replaces: z.boolean() });

/** See the file's head. */
export interface Compacted {
  text: string;
  /** It stands for everything before it; otherwise what is before it is read too. */
  replaces: boolean;
}

/** `encrypted_content` of a compaction item. */
export const sealCompacted = (seed: number, compacted: Compacted): string =>
  seal(seed, JSON.stringify(compacted));

/**
 * Opens a compaction item.
 *
 * @throws ApiError 400 when it is not of this server
 */
export function readCompacted(seed: number, item: Readonly<Record<string, unknown>>, at: string): Compacted {
  const { encrypted_content: sealed } = item;
  const text = typeof sealed === 'string' ? unseal(seed, sealed) : undefined;
  if (text !== undefined) return sealedText.parse(JSON.parse(text));
  throw invalid(
    `${at}.encrypted_content`,
    'invalid_encrypted_content',
    'The encrypted content could not be verified. Reason: Encrypted content could not be decrypted or parsed.',
  );
}
