/** The form of `/audio/transcriptions` and `/audio/translations`: read and checked against the model. */
import * as z from 'zod';
import { digestOfBytes, type Digest } from '../../../../lib/digest.js';
import type { ModelInfo } from '../../../../simulator/models/model.js';
import { languageName } from '../../../../simulator/speech/languages.js';
import type { Silences } from '../../../../simulator/speech/transcript.js';
import type { ServerContext } from '../../../context.js';
import { type AudioInfo, audioInfo } from '../../../media/audio/audio-info.js';
import type { ApiRequest } from '../../../routing/api-request.js';
import { invalid } from '../errors.js';
import { formObject, oneFile, readForm } from '../multipart.js';
import { check } from '../validation.js';
import { checkSize, readAudio } from './recording.js';
import { isDiarizing, isGpt, isWhisper } from './transcribing-models.js';

export const TRANSCRIPT_FORMATS = ['json', 'text', 'srt', 'verbose_json', 'vtt', 'diarized_json'] as const;
export type TranscriptFormat = (typeof TRANSCRIPT_FORMATS)[number];

/** Longest recording whose speakers are told apart in one piece. */
const MAX_BLOCK_S = 30;
const MAX_SPEAKERS = 4;
/** How much longer or shorter a silence seems to whoever hears loud voices only, or quiet ones too: at the threshold 1 half of that. */
const FADE_S = 0.2;
/** Most words whose spelling is looked after. */
const MAX_SPELLINGS = 200;

const list = <T extends z.ZodType>(item: T) => z.union([item.transform((one) => [one]), z.array(item)]);
const decimal = z.preprocess(
  (value) => (typeof value === 'string' && value !== '' ? Number(value) : value),
  z.number().min(0).max(1),
);

/** A number of a form, or of JSON. */
const number = (min: number, max: number) =>
  z.preprocess(
    (value) => (typeof value === 'string' && value !== '' ? Number(value) : value),
    z.number().min(min).max(max),
  );
/** `auto`, or an object: as JSON in one field, or in fields of its own. */
const chunking = z.preprocess(
  (value) => (typeof value === 'string' && value.startsWith('{') ? parsed(value) : value),
  z.union([
    z.literal('auto'),
    z.object({
      type: z.literal('server_vad'),
      prefix_padding_ms: number(0, 60_000).default(300),
      silence_duration_ms: number(0, 60_000).default(200),
      threshold: number(0, 1).default(0.5),
    }),
  ]),
);

function parsed(json: string): unknown {
  try {
    return JSON.parse(json);
  } catch {
    return json;
  }
}

const body = z.object({
  model: z.string(),
  language: z.string().nullish(),
  prompt: z.string().nullish(),
  response_format: z.enum(TRANSCRIPT_FORMATS).nullish(),
  temperature: decimal.nullish(),
  include: list(z.enum(['logprobs'])).nullish(),
  timestamp_granularities: list(z.enum(['word', 'segment'])).nullish(),
  stream: z.enum(['true', 'false']).nullish(),
  chunking_strategy: chunking.nullish(),
  known_speaker_names: list(z.string().min(1)).nullish(),
  known_speaker_references: list(z.string()).nullish(),
  languages: list(z.string()).nullish(),
  keywords: list(z.string().min(1).max(1000)).nullish(),
});
type Fields = z.output<typeof body>;

/** A recording that can be transcribed, and how. */
export interface TranscriptionRequest {
  model: ModelInfo;
  /** Its name. */
  file: string;
  audio: AudioInfo;
  /** Of the file's bytes. */
  digest: Digest;
  format: TranscriptFormat;
  language: string | undefined;
  prompt: string;
  /** Words and phrases as the prompt and the keywords spell them. */
  spellings: readonly string[];
  silences: Silences | undefined;
  temperature: number;
  words: boolean;
  segments: boolean;
  logprobs: boolean;
  stream: boolean;
  speakers: readonly string[];
  keywords: readonly string[];
}

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
  operationId: 'createTranscription' | 'createTranslation',
  context: ServerContext,
  request: ApiRequest,
): Promise<TranscriptionRequest> {
  checkSize(request);
  const form = await readForm(operationId, request);
  const file = oneFile(form, 'file');
  const data = check(body, formObject(form));
  const model = context.models.of(data.model, 'transcription');
  const format = data.response_format ?? 'json';
  checkFormat(model, format, data);
  checkFamily(model, data);
  const audio = readAudio(file, model);
  checkSpeakers(data);
  if (isDiarizing(model) && audio.durationS > MAX_BLOCK_S && !data.chunking_strategy) {
    const message = 'chunking_strategy is required for diarization models';
    throw invalid('chunking_strategy', 'invalid_value', message);
  }
  const granularities = data.timestamp_granularities ?? [];
  return {
    model,
    file: file.filename,
    audio,
    digest: digestOfBytes(file.bytes),
    format,
    language: languageIn(data),
    prompt: data.prompt ?? '',
    spellings: [...spellingsIn(data.prompt ?? ''), ...(data.keywords ?? [])].slice(0, MAX_SPELLINGS),
    silences: silencesOf(data.chunking_strategy),
    temperature: data.temperature ?? 0,
    words: granularities.includes('word'),
    segments: granularities.length === 0 || granularities.includes('segment'),
    logprobs: (data.include ?? []).length > 0,
    // Whisper cannot, and ignores it.
    stream: data.stream === 'true' && !isWhisper(model),
    speakers: data.known_speaker_names ?? [],
    keywords: data.keywords ?? [],
  };
}

/** `'a' or 'b'`, `'a', 'b' or 'c'`; the format with speakers, which all diarizing models have, is not told of. */
function either(formats: readonly string[]): string {
  const quoted = formats.filter((one) => one !== 'diarized_json').map((one) => `'${one}'`);
  const last = quoted.pop()!;
  return `${quoted.join(', ')} or ${last}`;
}

function checkFormat(model: ModelInfo, format: TranscriptFormat, data: Fields): void {
  if (!formatsOf(model).includes(format)) {
    const shown = isGpt(model) ? `${model.id}-api-ev3` : model.id;
    const message = `response_format '${format}' is not compatible with model '${shown}'. Use ${either(formatsOf(model))} instead.`;
    throw invalid('response_format', 'unsupported_value', message);
  }
  // GPT models have no times, and ignore it.
  if ((data.timestamp_granularities ?? []).length > 0 && format !== 'verbose_json' && !isGpt(model)) {
    const message = "'timestamp_granularities' needs the response_format 'verbose_json'.";
    throw invalid('timestamp_granularities', 'invalid_value', message);
  }
  if ((data.include ?? []).length > 0 && (isWhisper(model) || isDiarizing(model) || format !== 'json')) {
    const message =
      "'logprobs' can be included with the response_format 'json' of models that have them only.";
    throw invalid('include', 'invalid_value', message);
  }
}

/** Parameters that not all models have. */
function checkFamily(model: ModelInfo, data: Fields): void {
  const refuse = (name: keyof Fields, isThere: boolean): void => {
    if (data[name] === undefined || data[name] === null || isThere) return;
    const message = `The model '${model.id}' does not support the parameter '${name}'.`;
    throw invalid(name, 'unsupported_parameter', message);
  };
  const isOther = !isWhisper(model) && !isGpt(model);
  const isNewest = model.id.startsWith('gpt-transcribe') || isOther;
  refuse('languages', isNewest);
  refuse('keywords', isNewest);
  if (data.prompt && isDiarizing(model))
    throw invalid('prompt', 'invalid_value', 'Prompt is not supported for diarization models');
  refuse('chunking_strategy', !isWhisper(model));
  refuse('known_speaker_names', isDiarizing(model) || isOther);
  refuse('known_speaker_references', isDiarizing(model) || isOther);
}

/** Each known speaker has a name and a sample. */
function checkSpeakers({ known_speaker_names: names, known_speaker_references: samples }: Fields): void {
  const param = 'known_speaker_references';
  const count = names?.length ?? 0;
  if (count > MAX_SPEAKERS || (samples?.length ?? 0) > MAX_SPEAKERS)
    throw invalid(
      'known_speaker_names',
      'array_above_max_length',
      `At most ${MAX_SPEAKERS} speakers can be known.`,
    );
  if (count !== (samples?.length ?? 0))
    throw invalid(param, 'invalid_value', `There must be as many '${param}' as 'known_speaker_names'.`);
  for (const [i, sample] of (samples ?? []).entries()) {
    const data = /^data:audio\/[\w.+-]+(?:;[\w=.+-]+)*;base64,(.+)$/s.exec(sample)?.[1];
    const audio = data === undefined ? undefined : audioInfo(Buffer.from(data, 'base64'));
    if (!audio || audio.durationS < 2 || audio.durationS > 10)
      throw invalid(
        `${param}[${i}]`,
        'invalid_value',
        'A reference must be a data URL with audio of 2 to 10 seconds.',
      );
  }
}

/** @throws ApiError 400 for what is no language */
function languageIn({ language, languages }: Fields): string | undefined {
  const asked = language ?? languages?.[0];
  if (!asked) return undefined;
  if (languageName(asked) !== undefined) return asked.toLowerCase();
  const param = language ? 'language' : 'languages';
  const message = `Invalid language '${asked.slice(0, 50)}'. Language parameter must be specified in ISO-639-1 format.`;
  throw invalid(param, 'invalid_language_format', message);
}

/** The names in a text, as far as capitals tell: not the words that begin a sentence with one. */
function spellingsIn(prompt: string): string[] {
  const words = [...prompt.matchAll(/[\p{L}\p{N}]+(?:['’-][\p{L}\p{N}]+)*/gu)];
  const names = words.filter(({ 0: word, index }) => {
    const opens = /(?:^|[.!?:])\s*$/.test(prompt.slice(Math.max(0, index - 20), index));
    return /.\p{Lu}/u.test(word) || (!opens && /^\p{Lu}/u.test(word));
  });
  return [...new Set(names.map(([word]) => word))];
}

function silencesOf(strategy: Fields['chunking_strategy']): Silences | undefined {
  if (!strategy) return undefined;
  if (strategy === 'auto') return { leastS: 0.2, paddingS: 0.3, fadesS: 0 };
  const { silence_duration_ms: leastMs, prefix_padding_ms: paddingMs, threshold } = strategy;
  return { leastS: leastMs / 1000, paddingS: paddingMs / 1000, fadesS: (threshold - 0.5) * FADE_S };
}
