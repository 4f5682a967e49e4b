/** Voices and formats of speech, wherever a request names them. */
import { findVoice, type Voice, VOICES } from '../../../../simulator/speech/voices.js';
import { invalid } from '../errors.js';

/** Audio tokens that a second of speech is made of. */
export const SPEECH_TOKENS_PER_SECOND = 20;

/**
 * A voice by its name.
 *
 * @throws ApiError when there is none of that name
 */
export function voiceOf(asked: string | { id: string }, param: string): Voice {
  const id = typeof asked === 'string' ? asked : asked.id;
  const voice = findVoice(id);
  if (voice) return voice;
  const known = VOICES.map((one) => `'${one.id}'`).join(', ');
  throw invalid(
    param,
    'invalid_value',
    `Invalid value: '${id.slice(0, 100)}'. Supported values are: ${known}.`,
  );
}
