/** The recording of a form: whether OpenAI would read it, and what it is. */
import type { ModelInfo } from '../../../../simulator/models/model.js';
import { type AudioInfo, audioInfo } from '../../../media/audio/audio-info.js';
import type { ApiRequest } from '../../../routing/api-request.js';
import { ApiError, invalid } from '../errors.js';
import type { FormFile } from '../multipart.js';
import { isGpt, isWhisper } from './transcribing-models.js';

/** OpenAI's limits. */
const MAX_BYTES = 25 * 1024 * 1024;
const MIN_S = 0.1;
/** Longest recordings of models that have such a bound. */
const LONGEST_S: Readonly<Record<string, number>> = { 'gpt-4o-transcribe': 1400 };
const SUPPORTED = ['flac', 'm4a', 'mp3', 'mp4', 'mpeg', 'mpga', 'oga', 'ogg', 'wav', 'webm'];

/** What stands beside the refusals of Whisper's service. */
const NOTHING_HEARD = { usage: { type: 'duration', seconds: 0 } };

/** @throws ApiError 413 for a form that is longer than OpenAI takes, with all that is in it */
export function checkSize({ body }: ApiRequest): void {
  if (body.length <= MAX_BYTES) return;
  const message = `413: Maximum content size limit (${MAX_BYTES}) exceeded (${body.length} bytes read)`;
  throw new ApiError({ status: 413, type: 'server_error', message, beside: NOTHING_HEARD });
}

/**
 * What a recording is. OpenAI's models go by the name of its file first; others look into it alone.
 *
 * @throws ApiError 400 in OpenAI's words
 */
export function readAudio({ bytes, filename }: FormFile, model: ModelInfo): AudioInfo {
  const extension = /\.(\w+)$/.exec(filename)?.[1]?.toLowerCase() ?? '';
  if ((isWhisper(model) || isGpt(model)) && !SUPPORTED.includes(extension))
    throw unsupportedFormat(model, extension);
  const audio = audioInfo(bytes);
  if (!audio) throw notDecoded(model);
  if (audio.durationS < MIN_S) {
    const message = `Audio file is too short. Minimum audio length is ${MIN_S} seconds.`;
    throw invalid('file', 'audio_too_short', message);
  }
  const most = LONGEST_S[model.id];
  if (most === undefined || audio.durationS <= most) return audio;
  const message = `audio duration ${decimalText(audio.durationS)} seconds is longer than ${most} seconds which is the maximum for this model`;
  throw new ApiError({ status: 400, message, code: 'invalid_value' });
}

/** At least one digit behind the point, and at most what is left of rounding. */
const decimalText = (value: number): string =>
  Number.isInteger(value) ? value.toFixed(1) : String(Math.round(value * 1e6) / 1e6);

function unsupportedFormat(model: ModelInfo, extension: string): ApiError {
  if (isGpt(model))
    return invalid('file', 'unsupported_value', `Unsupported file format ${extension.slice(0, 20)}`);
  const message = `Invalid file format. Supported formats: [${SUPPORTED.map((one) => `'${one}'`).join(', ')}]`;
  return new ApiError({ status: 400, message, beside: NOTHING_HEARD });
}

function notDecoded(model: ModelInfo): ApiError {
  if (!isWhisper(model))
    return invalid('file', 'invalid_value', 'Audio file might be corrupted or unsupported');
  const message = 'The audio file could not be decoded or its format is not supported.';
  return new ApiError({ status: 400, message, beside: NOTHING_HEARD });
}
