/** Voices and formats of speech, wherever a request names them. */
import { findVoice, type Voice, VOICES } from '../../../../simulator/speech/voices.js';
import type { ServerContext } from '../../../context.js';
import { unsupportedValue } from '../errors.js';
import { customVoice, isCustomVoice } from './custom-voices.js';

/** Audio tokens that a second of speech is made of. */
export const SPEECH_TOKENS_PER_SECOND = 20;

/** A voice as a request names it. */
export type VoiceAsk = string | { id: string };

/** Its name, or its id. */
export const voiceId = (asked: VoiceAsk): string => (typeof asked === 'string' ? asked : asked.id);

/**
 * A voice by its name, or by the id of one that was made.
 *
 * @throws ApiError when there is none
 */
export async function voiceOf(context: ServerContext, asked: VoiceAsk, param: string): Promise<Voice> {
  const id = voiceId(asked);
  const voice = findVoice(id) ?? (await customVoice(context, id));
  if (voice) return voice;
  throw noVoice(id, param);
}

/**
 * Checks what needs no look into the store.
 *
 * @throws ApiError for what is neither a voice's name nor like the id of one that was made
 */
export function checkVoice(asked: VoiceAsk, param: string): void {
  const id = voiceId(asked);
  if (!findVoice(id) && !isCustomVoice(id)) throw noVoice(id, param);
}

/** Voices in the order in which refusals list them; others are behind them. */
const LISTED = 'alloy echo fable onyx nova shimmer coral verse ballad ash sage marin cedar'.split(' ');
const known = [...LISTED, ...VOICES.map(({ id }) => id).filter((id) => !LISTED.includes(id))];

/** There is no such voice. */
export const noVoice = (id: string, param: string): Error => unsupportedValue(param, id, known);
