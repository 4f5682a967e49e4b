/** `/audio/speech` */
import * as z from 'zod';
import { digestOf } from '../../../../lib/digest.js';
import type { ModelInfo } from '../../../../simulator/models/model.js';
import { spokenS } from '../../../../simulator/speech/timeline.js';
import { toldVoice, type Voice } from '../../../../simulator/speech/voices.js';
import type { ServerContext } from '../../../context.js';
import { mediaWork } from '../../../media/media-pool.js';
import type { SpeechFormat } from '../../../media/tasks.js';
import type { ApiRequest } from '../../../routing/api-request.js';
import type { Reply } from '../../../routing/reply.js';
import { mediaScript } from '../../../text/media-fixtures.js';
import { invalid } from '../errors.js';
import { Steps } from '../steps.js';
import { check } from '../validation.js';
import { type Work, workDone } from '../work.js';
import { enumRefusal } from '../words/validator-list.js';
import { isCustomVoice } from './custom-voices.js';
import { SPEECH_TOKENS_PER_SECOND, voiceId, voiceOf } from './speech-choices.js';

const FORMATS = ['mp3', 'opus', 'aac', 'flac', 'wav', 'pcm'] as const satisfies readonly SpeechFormat[];
const MAX_CHARACTERS = 4096;
/** Parts that speech is sent in, at most; at least so many bytes each. */
const MAX_PARTS = 100;
const PART_BYTES = 4096;

const TYPES: Readonly<Record<SpeechFormat, string>> = {
  mp3: 'audio/mpeg',
  opus: 'audio/ogg; codecs=opus',
  aac: 'audio/aac',
  flac: 'audio/flac',
  wav: 'audio/wav',
  pcm: 'audio/pcm',
};

const body = z.object({
  model: z.string(),
  input: z.string().min(1).max(MAX_CHARACTERS),
  voice: z.union([z.string(), z.object({ id: z.string() })]),
  instructions: z.string().max(MAX_CHARACTERS).nullish(),
  response_format: z.enum(FORMATS).nullish(),
  speed: z.number().min(0.25).max(4).nullish(),
  stream_format: z.enum(['audio', 'sse']).nullish(),
});

/** Speaks a text. */
export async function createSpeech(context: ServerContext, request: ApiRequest, reply: Reply): Promise<void> {
  const data = check(body, request.json());
  const model = context.models.of(data.model, 'speech');
  const asked = voiceId(data.voice);
  if (isFirst(model) && !FIRST_VOICES.includes(asked) && !isCustomVoice(asked))
    throw enumRefusal('voice', FIRST_VOICES);
  const voice = asTold(await voiceOf(context, data.voice, 'voice'), model, data.instructions);
  const format = data.response_format ?? 'mp3';
  if (data.stream_format === 'sse' && isFirst(model))
    throw invalid('stream_format', 'invalid_value', `'sse' is not supported by the model '${model.id}'.`);
  const { pace } = mediaScript(context, request, { endpoint: 'speech', model: model.id, text: data.input });
  const speed = data.speed ?? 1;
  const utterance = { seed: context.seed, text: data.input, voice, speed };
  const input = context.counter.count(data.input) + context.counter.count(data.instructions ?? '');
  const output = Math.ceil(spokenS(data.input, speed) * SPEECH_TOKENS_PER_SECOND);
  const work: Work = {
    model: model.id,
    texts: [data.input, voice.id, String(speed)],
    promptTokens: input,
    steps: output,
    endpoint: 'audios',
    pace,
  };
  const steps = new Steps();
  const done = workDone(context, reply, work, (count) => steps.advance(count));
  const [bytes] = await Promise.all([
    mediaWork<'speech'>({ kind: 'speech', utterance, format }),
    Promise.race([steps.at(1), done]),
  ]);
  context.account({
    model: data.model,
    promptTokens: input,
    cachedTokens: 0,
    completionTokens: output,
    endpoint: 'audios',
  });
  const parts = partsOf(bytes, output, (count) => Promise.race([steps.at(count), done]));
  if (data.stream_format === 'sse') {
    const usage = { input_tokens: input, output_tokens: output, total_tokens: input + output };
    await sendEvents(reply, parts, usage);
  } else await sendBytes(context, reply, TYPES[format], parts);
}

/** The first models have fewer voices, which speak as they do, and come in one piece. */
const isFirst = ({ id }: ModelInfo): boolean => id.startsWith('tts-1');
/** In the order in which refusals list them. */
const FIRST_VOICES = ['nova', 'shimmer', 'echo', 'onyx', 'fable', 'alloy', 'ash', 'sage', 'coral'];

const asTold = (voice: Voice, model: ModelInfo, instructions: string | null | undefined): Voice =>
  instructions && !isFirst(model) ? toldVoice(voice, digestOf([instructions])) : voice;

/** The bytes of speech, as the work comes to them. */
async function* partsOf(
  bytes: Uint8Array,
  steps: number,
  reached: (steps: number) => Promise<void>,
): AsyncGenerator<Buffer> {
  const whole = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const count = Math.max(1, Math.min(MAX_PARTS, steps, Math.ceil(whole.length / PART_BYTES)));
  for (let part = 0; part < count; part++) {
    await reached(Math.ceil(((part + 1) / count) * steps));
    yield whole.subarray(
      Math.floor((part / count) * whole.length),
      Math.floor(((part + 1) / count) * whole.length),
    );
  }
}

async function sendEvents(reply: Reply, parts: AsyncIterable<Buffer>, usage: object): Promise<void> {
  const events = reply.events();
  for await (const part of parts) {
    await events.ready();
    events.send({ type: 'speech.audio.delta', audio: part.toString('base64') });
  }
  events.send({ type: 'speech.audio.done', usage });
  events.end();
}

/** As a chunked answer: whoever plays it can begin before it is complete. */
async function sendBytes(
  context: ServerContext,
  reply: Reply,
  type: string,
  parts: AsyncIterable<Buffer>,
): Promise<void> {
  const { response } = reply;
  response.begin(200, `content-type: ${type}\r\n${context.commonHeaders(response)}`);
  for await (const part of parts) if (part.length > 0) response.write(part.toString('latin1'));
  response.end('');
}
