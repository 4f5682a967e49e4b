/** What clients of a translation session may send. */
import * as z from 'zod';
import { event } from '../client-events.js';
import { translationChange } from './config.js';

/** An event of a client. */
export const translationEvent = z.discriminatedUnion('type', [
  event('session.update', {
    session: translationChange.extend({ type: z.literal('translation').optional() }),
  }),
  event('session.input_audio_buffer.append', { audio: z.string() }),
  event('session.close', {}),
]);
export type TranslationEvent = z.output<typeof translationEvent>;

/** All types of events that clients may send. */
export const TRANSLATION_EVENT_TYPES: readonly string[] = translationEvent.options.map(
  (option) => [...option.shape.type.values][0]!,
);
