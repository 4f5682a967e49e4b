/** The form of `/audio/transcriptions` and `/audio/translations`: read and checked against the model. */
import * as z from 'zod';
import { digestOf, type Digest } from '../../../../lib/digest.js';
import type { ModelInfo } from '../../../../simulator/models/model.js';
import type { ServerContext } from '../../../context.js';
import { type AudioInfo, audioInfo } from '../../../media/audio/audio-info.js';
import type { ApiRequest } from '../../../routing/api-request.js';
import { ApiError, invalid } from '../errors.js';
import { formObject, oneFile, readForm } from '../multipart.js';
import { check } from '../validation.js';

export const TRANSCRIPT_FORMATS = ['json', 'text', 'srt', 'verbose_json', 'vtt', 'diarized_json'] as const;
export type TranscriptFormat = (typeof TRANSCRIPT_FORMATS)[number];

/** OpenAI's limits. */
const MAX_BYTES = 25 * 1024 * 1024;
const MIN_S = 0.1;
const SUPPORTED = ['flac', 'm4a', 'mp3', 'mp4', 'mpeg', 'mpga', 'oga', 'ogg', 'wav', 'webm'];

const list = <T extends z.ZodType>(item: T) => z.union([item.transform((one) => [one]), z.array(item)]);
const decimal = z.preprocess(
  (value) => (typeof value === 'string' && value !== '' ? Number(value) : value),
  z.number().min(0).max(1),
);

const body = z.object({
  model: z.string(),
  language: z.string().nullish(),
  prompt: z.string().nullish(),
  response_format: z.enum(TRANSCRIPT_FORMATS).nullish(),
  temperature: decimal.nullish(),
  include: list(z.enum(['logprobs'])).nullish(),
  timestamp_granularities: list(z.enum(['word', 'segment'])).nullish(),
  stream: z.enum(['true', 'false']).nullish(),
  chunking_strategy: z.unknown().optional(),
  known_speaker_names: list(z.string()).nullish(),
});

/** A recording that can be transcribed, and how. */
export interface TranscriptionRequest {
  model: ModelInfo;
  audio: AudioInfo;
  /** Of the file's bytes. */
  digest: Digest;
  format: TranscriptFormat;
  language: string | undefined;
  prompt: string;
  temperature: number;
  words: boolean;
  segments: boolean;
  logprobs: boolean;
  stream: boolean;
  speakers: readonly string[];
}

/** Whether a model is Whisper, a GPT that transcribes, or of another kind, which can do what all of them can. */
export const isWhisper = ({ id }: ModelInfo): boolean => id.startsWith('whisper');
const isGpt = ({ id }: ModelInfo): boolean => /^gpt-.*transcribe/.test(id);
const isDiarizing = ({ id }: ModelInfo): boolean => id.endsWith('-diarize');

function formatsOf(model: ModelInfo): readonly TranscriptFormat[] {
  if (isDiarizing(model)) return ['json', 'text', 'diarized_json'];
  if (isGpt(model)) return ['json', 'text'];
  return isWhisper(model) ? ['json', 'text', 'srt', 'verbose_json', 'vtt'] : TRANSCRIPT_FORMATS;
}

/**
 * Reads a form.
 *
 * @throws ApiError in OpenAI's words
 */
export async function readTranscription(
  context: ServerContext,
  request: ApiRequest,
): Promise<TranscriptionRequest> {
  const form = await readForm(request);
  const file = oneFile(form, 'file');
  const data = check(body, formObject(form));
  const model = context.models.of(data.model, 'transcription');
  const format = data.response_format ?? 'json';
  if (!formatsOf(model).includes(format)) {
    const message = `response_format '${format}' is not compatible with model '${model.id}'. Use one of: ${formatsOf(model).join(', ')}.`;
    throw invalid('response_format', 'unsupported_value', message);
  }
  const granularities = data.timestamp_granularities ?? [];
  if (granularities.length > 0 && format !== 'verbose_json') {
    const message = "'timestamp_granularities' needs the response_format 'verbose_json'.";
    throw invalid('timestamp_granularities', 'invalid_value', message);
  }
  const logprobs = (data.include ?? []).length > 0;
  if (logprobs && (isWhisper(model) || format !== 'json')) {
    const message =
      "'logprobs' can be included with the response_format 'json' of models that have them only.";
    throw invalid('include', 'invalid_value', message);
  }
  return {
    model,
    audio: readAudio(file.bytes),
    digest: digestOf([file.bytes.toString('latin1')]),
    format,
    language: data.language ?? undefined,
    prompt: data.prompt ?? '',
    temperature: data.temperature ?? 0,
    words: granularities.includes('word'),
    segments: granularities.length === 0 || granularities.includes('segment'),
    logprobs,
    // Whisper cannot, and ignores it.
    stream: data.stream === 'true' && !isWhisper(model),
    speakers: data.known_speaker_names ?? [],
  };
}

function readAudio(bytes: Buffer): AudioInfo {
  if (bytes.length > MAX_BYTES) {
    const message = `${bytes.length}: Maximum content size limit (${MAX_BYTES}) exceeded (${bytes.length} bytes read)`;
    throw new ApiError({ status: 413, message });
  }
  const audio = audioInfo(bytes);
  if (!audio) {
    const message = `Invalid file format. Supported formats: [${SUPPORTED.map((one) => `'${one}'`).join(', ')}]`;
    throw invalid('file', 'invalid_value', message);
  }
  if (audio.durationS >= MIN_S) return audio;
  const message = `Audio file is too short. Minimum audio length is ${MIN_S} seconds.`;
  throw invalid('file', 'audio_too_short', message);
}
