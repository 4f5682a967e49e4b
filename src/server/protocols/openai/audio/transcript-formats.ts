/** Transcripts in all formats of the API. */
import { createRandom } from '../../../../lib/random.js';
import type { Tokenizer } from '../../../../lib/tokens/tokenizer.js';
import { languageName } from '../../../../simulator/speech/languages.js';
import type { Segment, Transcript } from '../../../../simulator/speech/transcript.js';
import type { TranscriptionRequest } from './transcription-request.js';

const two = (value: number): string => String(value).padStart(2, '0');

/** Hours, minutes, seconds and milliseconds. */
function clockText(seconds: number, point: ',' | '.'): string {
  const ms = Math.round(seconds * 1000);
  const whole = Math.floor(ms / 1000);
  const time = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60, whole % 60].map(two).join(':');
  return `${time}${point}${String(ms % 1000).padStart(3, '0')}`;
}

/** SubRip subtitles. */
export const srtOf = ({ segments }: Transcript): string =>
  segments
    .map(
      ({ startS, endS, text }, index) =>
        `${index + 1}\n${clockText(startS, ',')} --> ${clockText(endS, ',')}\n${text}\n`,
    )
    .join('\n');

/** WebVTT subtitles. */
export const vttOf = ({ segments }: Transcript): string =>
  `WEBVTT\n\n${segments.map(({ startS, endS, text }) => `${clockText(startS, '.')} --> ${clockText(endS, '.')}\n${text}\n`).join('\n')}`;

const round = (value: number, digits = 2): number => Number(value.toFixed(digits));

function segmentJson(segment: Segment, id: number, asked: TranscriptionRequest, tokenizer: Tokenizer) {
  const random = createRandom(0, 'segment', asked.digest.high, asked.digest.low, id);
  return {
    id,
    // Whisper looks at 30 seconds at a time, in hundredths of a second.
    seek: Math.floor(segment.startS / 30) * 3000,
    start: round(segment.startS),
    end: round(segment.endS),
    text: ` ${segment.text}`,
    tokens: tokenizer.encode(` ${segment.text}`),
    temperature: asked.temperature,
    // A higher temperature takes less likely words.
    avg_logprob: round((-0.15 - 0.2 * random.next()) * (1 + asked.temperature), 6),
    compression_ratio: round(1.2 + 0.5 * random.next(), 6),
    no_speech_prob: round(0.001 + 0.02 * random.next(), 6),
  };
}

/** `verbose_json`. */
export const verboseJson = (
  transcript: Transcript,
  asked: TranscriptionRequest,
  task: string,
  tokenizer: Tokenizer,
) => ({
  task,
  language: languageName(transcript.language) ?? transcript.language,
  duration: round(transcript.durationS),
  text: transcript.text,
  ...(asked.words && {
    words: transcript.words.map(({ word, startS, endS }) => ({
      word: word.replaceAll(/^[^\p{L}\p{N}]+|[^\p{L}\p{N}]+$/gu, '') || word,
      start: round(startS),
      end: round(endS),
    })),
  }),
  ...(asked.segments && {
    segments: transcript.segments.map((segment, id) => segmentJson(segment, id, asked, tokenizer)),
  }),
  ...(task === 'transcribe' && { usage: durationUsage(transcript) }),
});

/** Segments with who speaks: turns change now and then, from one speaker to the next. */
export function diarizedSegments(transcript: Transcript, asked: TranscriptionRequest) {
  const random = createRandom(0, 'speakers', asked.digest.high, asked.digest.low);
  // Who is not known is called by a letter.
  const names = [...asked.speakers, 'A', 'B'].slice(0, Math.max(asked.speakers.length, 2));
  let speaker = 0;
  return transcript.segments.map(({ startS, endS, text }, index) => {
    if (index > 0 && random.next() < 0.4) speaker = (speaker + 1) % names.length;
    return {
      type: 'transcript.text.segment',
      id: `seg_${String(index + 1).padStart(3, '0')}`,
      start: round(startS, 3),
      end: round(endS, 3),
      text,
      speaker: names[speaker]!,
    };
  });
}

/** Whisper is paid by time. */
export const durationUsage = ({ durationS }: Transcript) => ({
  type: 'duration',
  seconds: Math.ceil(durationS),
});

/** Tokens that a second of audio costs. */
const AUDIO_TOKENS_PER_SECOND = 10;

/** Tokens of a recording. */
export const audioTokens = (durationS: number): number => Math.ceil(durationS * AUDIO_TOKENS_PER_SECOND);

/** The other models are paid by tokens. */
export function tokenUsage(transcript: Transcript, promptTokens: number, outputTokens: number) {
  const audio = audioTokens(transcript.durationS);
  return {
    type: 'tokens',
    input_tokens: audio + promptTokens,
    input_token_details: { text_tokens: promptTokens, audio_tokens: audio },
    output_tokens: outputTokens,
    total_tokens: audio + promptTokens + outputTokens,
  };
}

/** Each token of the text, with how sure the model was of it. */
export function logprobsOf(
  text: string,
  { digest, temperature }: TranscriptionRequest,
  tokenizer: Tokenizer,
) {
  const random = createRandom(0, 'logprobs', digest.high, digest.low);
  return tokenizer.encode(text).map((id) => {
    const token = tokenizer.decode([id]);
    const logprob = round(-0.05 * (1 + temperature) * random.exponential(), 6);
    return { token, logprob, bytes: [...Buffer.from(token, 'utf8')] };
  });
}
