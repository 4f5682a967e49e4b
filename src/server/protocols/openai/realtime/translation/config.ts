/** What a translation session is set to. */
import * as z from 'zod';
import { languageName, spoken } from '../../../../../simulator/speech/languages.js';
import { noiseReduction } from '../session-config.js';

/** A language as sessions name it: one that there are words of. */
const language = z.string().superRefine((code, context) => {
  if (spoken.includes(code)) return;
  if (languageName(code) === undefined) context.addIssue({ code: 'custom', message: 'it is not a language' });
  else context.addIssue({ code: 'invalid_value', values: [...spoken], input: code });
});

/** What `session.update` takes. */
export const translationChange = z.strictObject({
  audio: z
    .strictObject({
      input: z
        .strictObject({
          transcription: z.looseObject({ model: z.string() }).nullish(),
          noise_reduction: noiseReduction.nullish(),
        })
        .optional(),
      output: z.strictObject({ language: language.optional() }).optional(),
    })
    .optional(),
});
export type TranslationChange = z.output<typeof translationChange>;

/** What a session is made of. */
export const translationBody = translationChange.extend({
  type: z.literal('translation').optional(),
  model: z.string(),
});

/** A session's settings, as the API shows them. */
export interface TranslationSettings {
  id: string;
  type: 'translation';
  expires_at: number;
  model: string;
  audio: {
    input: { transcription: { model: string } | null; noise_reduction: { type: string } | null };
    output: { language: string };
  };
}

/** A session with nothing said about it but its model: into English. */
export const newTranslation = (id: string, model: string, expiresS: number): TranslationSettings => ({
  id,
  type: 'translation',
  expires_at: expiresS,
  model,
  audio: { input: { transcription: null, noise_reduction: null }, output: { language: 'en' } },
});

/** The settings after a change; what it does not name stays. */
export function changedTranslation(
  settings: TranslationSettings,
  { audio }: TranslationChange,
): TranslationSettings {
  const { input, output } = settings.audio;
  const { transcription = input.transcription, noise_reduction: noise = input.noise_reduction } =
    audio?.input ?? {};
  return {
    ...settings,
    audio: {
      input: { transcription, noise_reduction: noise },
      output: { language: audio?.output?.language ?? output.language },
    },
  };
}
