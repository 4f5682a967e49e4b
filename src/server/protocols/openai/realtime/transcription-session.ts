/** `POST /realtime/transcription_sessions`: the words of the older API for a session that only transcribes. */
import * as z from 'zod';
import { noiseReduction, type SessionChange, transcription, turnDetection } from './session-config.js';

const FORMATS = { pcm16: 'audio/pcm', g711_ulaw: 'audio/pcmu', g711_alaw: 'audio/pcma' } as const;
type FormatName = keyof typeof FORMATS;
export const FORMAT_NAMES = Object.keys(FORMATS) as [FormatName, ...FormatName[]];

/** A format by its older name. */
export const audioFormat = (name: FormatName) => ({ type: FORMATS[name] });

export const transcriptionSessionBody = z.object({
  input_audio_format: z.enum(FORMAT_NAMES).default('pcm16'),
  input_audio_transcription: transcription.optional(),
  input_audio_noise_reduction: noiseReduction.nullish(),
  turn_detection: turnDetection.nullish(),
  include: z.array(z.literal('item.input_audio_transcription.logprobs')).nullish(),
});
type TranscriptionSessionBody = z.output<typeof transcriptionSessionBody>;

/** The same in the words of today. */
export function changeOf(body: TranscriptionSessionBody): SessionChange {
  const { turn_detection: turns, input_audio_transcription: asked } = body;
  return {
    ...(body.include == null ? {} : { include: body.include }),
    audio: {
      input: {
        format: audioFormat(body.input_audio_format),
        ...(asked === undefined ? {} : { transcription: asked }),
        ...(body.input_audio_noise_reduction == null
          ? {}
          : { noise_reduction: body.input_audio_noise_reduction }),
        ...(turns === undefined ? {} : { turn_detection: turns }),
      },
    },
  };
}
