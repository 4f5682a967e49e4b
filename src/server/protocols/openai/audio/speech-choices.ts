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

/**
 * A format that there is an encoder for.
 *
 * @throws ApiError for AAC
 */
export function encodable<F extends string>(format: F, param: string): Exclude<F, 'aac'> {
  if (format !== 'aac') return format as Exclude<F, 'aac'>;
  const message =
    "fakeai cannot make AAC: there is no encoder that could be shipped under its licence. Ask for 'mp3', 'opus', 'flac', 'wav' or PCM.";
  throw invalid(param, 'unsupported_format', message);
}
