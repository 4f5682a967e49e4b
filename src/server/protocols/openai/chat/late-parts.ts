/** What of a chat request takes time before it can be answered: files, and long texts. */
import type { ServerContext } from '../../../context.js';
import { longTexts } from '../../../text/long-texts.js';
import { latestWords } from '../../../text/prompt.js';
import { quoteFromFiles } from '../../../text/quote.js';
import { fetchFileParts, hasFileParts } from '../files/stored-parts.js';
import type { ChatRequest } from './request.js';

/** Whether it has any. */
export const isLate = ({ messages }: ChatRequest): boolean =>
  hasFileParts(messages) || longTexts(messages).length > 0;

/**
 * Reads files, and counts what is long while others are served.
 *
 * @returns gives the counts up
 * @throws ApiError 404 for an id that is no file's
 */
export async function readLateParts(context: ServerContext, request: ChatRequest): Promise<() => void> {
  request.messages = await fetchFileParts(context, request.messages);
  request.quote ??= quoteFromFiles(request.messages, latestWords(request.messages));
  return context.counter.hold(longTexts(request.messages));
}
