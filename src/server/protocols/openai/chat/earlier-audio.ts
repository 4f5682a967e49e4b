/** Answers that were heard, which later messages refer to by their id instead of saying them again. */
import type { ServerContext } from '../../../context.js';
import { unnoted } from '../../../store/commit-note.js';
import type { Collection } from '../../../store/store.js';
import { invalid } from '../errors.js';
import type { ChatMessage } from './messages.js';

/** How long sound can be referred to by its id, in seconds. */
export const AUDIO_LIFE_S = 3600;

interface SaidAudio {
  transcript: string;
}

const SAID: Collection<SaidAudio> = { name: 'chat_audio', maxCount: 10_000, atBound: 'evict' };

/** Keeps what was said; the same words have the same id. */
export async function keepAudio(context: ServerContext, id: string, transcript: string): Promise<void> {
  const expiresAtMs = context.clock.wallMs() + AUDIO_LIFE_S * 1000;
  const store = await context.store();
  // Not what was asked for: the answer can be made again, with the same id.
  await unnoted(() => store.put(SAID, id, { transcript }, { expiresAtMs }));
}

/** Whether any message refers to what was said before. */
export const refersToAudio = (messages: readonly ChatMessage[]): boolean =>
  messages.some(({ audioId }) => audioId !== undefined);

/**
 * Puts what was said in the place of its ids.
 *
 * @throws ApiError 400 for an id that is of nothing, or of what is over
 */
export async function saidAgain(
  context: ServerContext,
  messages: readonly ChatMessage[],
): Promise<ChatMessage[]> {
  const store = await context.store();
  return Promise.all(
    messages.map(async (message, i) => {
      const { audioId } = message;
      if (audioId === undefined) return message;
      const said = await store.get(SAID, audioId);
      if (!said) {
        const text = `Audio with ID '${audioId.slice(0, 200)}' not found. It may have expired.`;
        throw invalid(`messages[${i}].audio.id`, 'invalid_value', text);
      }
      return { ...message, text: said.transcript + message.text, audioId: undefined };
    }),
  );
}
