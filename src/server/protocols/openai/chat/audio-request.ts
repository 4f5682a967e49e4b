/** `modalities` and `audio` of a chat request: an answer that is heard. */
import type { SpeechFormat } from '../../../media/tasks.js';
import type { TextAnswers } from '../../../text/text-model.js';
import { checkVoice, type VoiceAsk } from '../audio/speech-choices.js';
import { invalid, missing, unsupported } from '../errors.js';
import type { ExtrasBody } from './body.js';

/** How it is said. */
export interface AudioAsk {
  voice: VoiceAsk;
  format: SpeechFormat;
}

/** Most tokens of what is said: about six minutes. */
export const MAX_TRANSCRIPT_TOKENS = 1024;

/**
 * Reads them.
 *
 * @returns undefined when the answer is not to be heard
 * @throws ApiError when it cannot be said
 */
export function readAudio(body: ExtrasBody, stream: boolean): AudioAsk | undefined {
  const { modalities, audio } = body;
  if (!modalities?.includes('audio')) {
    if (audio) throw invalid('audio', null, "'audio' is only allowed when 'modalities' contains 'audio'.");
    return undefined;
  }
  if (!audio) throw missing('audio');
  refuseOthers(body);
  const { format } = audio;
  if (stream && format !== 'pcm16') {
    const message = `Unsupported value: 'audio.format' does not support '${format}' when stream=true. Supported values are: 'pcm16'.`;
    throw invalid('audio.format', 'unsupported_value', message);
  }
  checkVoice(audio.voice, 'audio.voice');
  return { voice: audio.voice, format: format === 'pcm16' ? 'pcm' : format };
}

/** What does not go together with speech. */
function refuseOthers(given: ExtrasBody): void {
  const { n, prediction, logprobs, response_format: format, store } = given;
  if (typeof n === 'number' && n > 1) throw notWithAudio('n');
  if (prediction) throw notWithAudio('prediction');
  if (logprobs === true) throw notWithAudio('logprobs');
  if (format && format.type !== 'text') throw notWithAudio('response_format');
  if (given.echo === true) throw notWithAudio('echo');
  if (given.return_token_ids === true) throw notWithAudio('return_token_ids');
  if (given.prompt_logprobs != null) throw notWithAudio('prompt_logprobs');
  if (store === true) throw unsupported('store', 'keeping audio answers');
}

const notWithAudio = (param: string) =>
  invalid(param, 'invalid_value', `'${param}' cannot be used together with audio answers.`);

/** Refusals and calls are not said. */
export const isSpoken = ({ answers }: TextAnswers): boolean =>
  answers[0]!.sections.every(({ kind }) => kind === 'text' || kind === 'reasoning');
