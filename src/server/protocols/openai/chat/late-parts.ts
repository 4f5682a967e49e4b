/** What of a chat request takes time before it can be answered: files, what was heard before, and long texts. */
import type { ServerContext } from '../../../context.js';
import { longTexts } from '../../../text/long-texts.js';
import { latestWords } from '../../../text/prompt.js';
import { quoteFromFiles } from '../../../text/quote.js';
import { fetchFileParts, hasFileParts } from '../files/stored-parts.js';
import { refersToAudio, saidAgain } from './earlier-audio.js';
import type { ChatRequest } from './request.js';

/** Whether it has any. */
export const isLate = ({ messages }: ChatRequest): boolean =>
  hasFileParts(messages) || refersToAudio(messages) || longTexts(messages).length > 0;

/**
 * Reads files, and counts what is long while others are served.
 *
 * @param isOver - whether the client has gone: then not all is counted
 * @returns gives the counts up
 * @throws ApiError for an id that is no file's, or of no sound
 */
export async function readLateParts(
  context: ServerContext,
  request: ChatRequest,
  isOver?: () => boolean,
): Promise<() => void> {
  if (refersToAudio(request.messages)) request.messages = await saidAgain(context, request.messages);
  request.messages = await fetchFileParts(context, request.messages);
  request.quote ??= quoteFromFiles(request.messages, latestWords(request.messages));
  return context.counter.hold(longTexts(request.messages), isOver);
}
