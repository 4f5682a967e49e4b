/** `documents`, as chat templates that know of them show them: a message before all others, which the answer may quote. */
import { latestWords } from '../../../text/prompt.js';
import { quoteFrom } from '../../../text/quote.js';
import type { ChatMessage } from './messages.js';

/** As sent; most have `title` and `text`. */
type GivenDocument = Readonly<Record<string, string>>;

/** The messages with the documents before them. */
export function withDocuments(
  messages: readonly ChatMessage[],
  documents: readonly GivenDocument[],
): ChatMessage[] {
  const text = documents.map((one) => Object.values(one).join('\n')).join('\n\n');
  return [{ role: 'system', name: undefined, text }, ...messages];
}

/** What the answer says first where the user's words are about something in them. */
export const quoteFromDocuments = (
  messages: readonly ChatMessage[],
  documents: readonly GivenDocument[],
): string | undefined =>
  quoteFrom(
    documents.map(({ title, ...rest }) => ({ name: title, text: Object.values(rest).join('\n') })),
    latestWords(messages),
  );
