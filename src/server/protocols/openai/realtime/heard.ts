/** What clients say: understood, and written down where that is wanted. */
import { digestOfBytes } from '../../../../lib/digest.js';
import { createRandom } from '../../../../lib/random.js';
import { type Transcript, transcribe } from '../../../../simulator/speech/transcript.js';
import type { ServerContext } from '../../../context.js';
import { audioTokens } from '../audio/transcript-formats.js';
import { ApiError } from '../errors.js';
import { bytesPerMs, type RealtimeAudioFormat } from './audio-codec.js';
import type { HeardSound } from './conversation.js';
import type { SessionCore } from './core.js';

/** Where nothing else is said. */
const DEFAULT_MODEL = 'gpt-4o-transcribe';
const TYPE = 'conversation.item.input_audio_transcription';

const transcriptOf = (
  { seed }: ServerContext,
  { digest, durationMs }: Pick<HeardSound, 'digest' | 'durationMs'>,
  language?: string,
): Transcript => transcribe({ seed, digest, durationS: durationMs / 1000, text: undefined, language });

/** Understands a sound. */
export function understood(context: ServerContext, bytes: Buffer, format: RealtimeAudioFormat): HeardSound {
  const sound = { digest: digestOfBytes(bytes), durationMs: bytes.length / bytesPerMs(format) };
  return { ...sound, audio: bytes.toString('base64'), text: transcriptOf(context, sound).text };
}

/** Writes a turn down, if the session wants it: as deltas, or as segments with their speakers, and then as a whole. */
export function writeDown(core: SessionCore, itemId: string, sound: HeardSound): void {
  const { transcription } = core.settings.audio.input;
  if (!transcription) return;
  const ids = { item_id: itemId, content_index: 0 };
  const { context } = core;
  const model = transcription.model ?? DEFAULT_MODEL;
  try {
    context.models.of(model, 'transcription');
  } catch (error) {
    if (!(error instanceof ApiError)) throw error;
    const { type, code, message, param } = error;
    core.send({
      type: `${TYPE}.failed`,
      ...ids,
      error: { type, ...(code === null ? {} : { code }), message, ...(param === null ? {} : { param }) },
    });
    return;
  }
  const transcript = transcriptOf(context, sound, transcription.language ?? transcription.languages?.[0]);
  const surely = core.settings.include?.includes('item.input_audio_transcription.logprobs') === true;
  const logprobs = (text: string): object => (surely ? { logprobs: logprobsOf(core, sound, text) } : {});
  if (model.endsWith('-diarize')) sendSegments(core, ids, transcript);
  else
    for (const delta of transcript.text.match(/\s*\S+/g) ?? [])
      core.send({ type: `${TYPE}.delta`, ...ids, delta, ...logprobs(delta) });
  const item = core.conversation.find(itemId);
  if (item?.type === 'message' && item.content[0]) item.content[0].transcript = transcript.text;
  core.send({
    type: `${TYPE}.completed`,
    ...ids,
    transcript: transcript.text,
    ...logprobs(transcript.text),
    usage: usageOf(core, model, transcript),
  });
}

/** Whisper is paid by time, the others by tokens. */
function usageOf({ context }: SessionCore, model: string, { text, durationS }: Transcript): object {
  if (model.includes('whisper')) return { type: 'duration', seconds: durationS };
  const audio = audioTokens(durationS);
  const output = context.counter.tokenizer.encode(text).length;
  return {
    type: 'tokens',
    input_tokens: audio,
    input_token_details: { text_tokens: 0, audio_tokens: audio },
    output_tokens: output,
    total_tokens: audio + output,
  };
}

function sendSegments(core: SessionCore, ids: object, { segments }: Transcript): void {
  for (const { text, startS, endS } of segments) {
    const segment = { id: core.newId('seg_'), speaker: 'A', start: startS, end: endS };
    core.send({ type: `${TYPE}.segment`, ...ids, text, ...segment });
  }
}

/** Each token, with how sure the model was of it. */
function logprobsOf({ context }: SessionCore, { digest }: HeardSound, text: string): object[] {
  const { tokenizer } = context.counter;
  const random = createRandom(0, 'logprobs', digest.high, digest.low, text);
  return tokenizer.encode(text).map((id) => {
    const token = tokenizer.decode([id]);
    const logprob = Number((-0.05 * random.exponential()).toFixed(6));
    return { token, logprob, bytes: [...Buffer.from(token, 'utf8')] };
  });
}
