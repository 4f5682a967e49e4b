/** Parts of prompts that are files: those of this server are known by their ids until they are fetched, and all are read. */
import type { MediaPart } from '../../../../simulator/prompt/media-tokens.js';
import type { ServerContext } from '../../../context.js';
import { readPart } from '../../../documents/read-parts.js';
import type { PromptMessage } from '../../../text/prompt.js';
import { contentOf, requireFile } from './file-records.js';

/** Whether any part is to be fetched or read. */
export const hasFileParts = (messages: readonly PromptMessage[]): boolean =>
  messages.some(({ media }) => media?.some(({ kind }) => kind === 'stored' || kind === 'file'));

/**
 * Puts the files themselves in the place of their ids, with what is written in them.
 *
 * @throws ApiError 404 for an id that is no file's
 */
export async function fetchFileParts<M extends PromptMessage>(
  context: ServerContext,
  messages: readonly M[],
): Promise<M[]> {
  const fetched: M[] = [];
  for (const message of messages) {
    const media: MediaPart[] = [];
    for (const part of message.media ?? []) media.push(await readPart(await fetchPart(context, part)));
    fetched.push(message.media ? { ...message, media } : message);
  }
  return fetched;
}

async function fetchPart(context: ServerContext, part: MediaPart): Promise<MediaPart> {
  if (part.kind !== 'stored') return part;
  const store = await context.store();
  const file = await requireFile(store, part.url, part.at);
  const url = `data:application/octet-stream;base64,${(await contentOf(store, file)).toString('base64')}`;
  return part.as === 'image'
    ? { kind: 'image', url, detail: 'auto' }
    : { kind: 'file', url, name: file.filename };
}
