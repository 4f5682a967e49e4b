/** `POST /realtime/sessions`: the words of the older API for a session; those of today are taken too. */
import * as z from 'zod';
import {
  maxTokens,
  type SessionChange,
  sessionChange,
  transcription,
  turnDetection,
  voice,
} from './session-config.js';
import { audioFormat, FORMAT_NAMES } from './transcription-session.js';

const older = z.object({
  modalities: z
    .array(z.enum(['text', 'audio']))
    .min(1)
    .optional(),
  voice: voice.optional(),
  input_audio_format: z.enum(FORMAT_NAMES).optional(),
  output_audio_format: z.enum(FORMAT_NAMES).optional(),
  input_audio_transcription: transcription.nullish(),
  speed: z.number().min(0.25).max(1.5).optional(),
  turn_detection: turnDetection.nullish(),
  max_response_output_tokens: maxTokens.optional(),
  // The realtime models of today have none.
  temperature: z.number().optional(),
  // The specification has it in the request too; it is made here.
  client_secret: z.looseObject({ value: z.string(), expires_at: z.int() }).optional(),
});

/** What the endpoint takes, in the words of today. */
export const olderSessionBody = z
  .looseObject({ ...older.shape, ...sessionChange.shape })
  .transform((body): SessionChange => {
    const { modalities, input_audio_transcription: heard, turn_detection: turns, speed, audio } = body;
    const { input_audio_format: input, output_audio_format: output, voice: speaker } = body;
    const limit = body.max_output_tokens ?? body.max_response_output_tokens;
    return {
      ...sessionChange.parse(body),
      ...(modalities && { output_modalities: modalities.includes('audio') ? ['audio'] : ['text'] }),
      ...(limit !== undefined && { max_output_tokens: limit }),
      audio: {
        input: {
          ...(input && { format: audioFormat(input) }),
          ...(heard !== undefined && { transcription: heard }),
          ...(turns !== undefined && { turn_detection: turns }),
          ...audio?.input,
        },
        output: {
          ...(output && { format: audioFormat(output) }),
          ...(speaker !== undefined && { voice: speaker }),
          ...(speed !== undefined && { speed }),
          ...audio?.output,
        },
      },
    };
  });
