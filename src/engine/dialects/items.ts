/** Answers that are counted in items: embeddings, ranked documents, images, judged texts, seconds of sound. */
import { isObject, memberOf, usageFrom, type Usage } from '../answers.js';
import { commonError, type Dialect, type JsonObject, type WholeAnswer } from './dialect.js';
import { EVENT, EventScanner } from './event-scan.js';

/** A dialect of answers in one piece. */
const whole = (noun: string, read: (answer: JsonObject) => WholeAnswer | undefined): Dialect => ({
  noun,
  scanner: new EventScanner([]),
  ending: 'close',
  endingName: '',
  eventUsage: () => undefined,
  eventError: commonError,
  said: () => '',
  generated: () => '',
  read,
});

/** Input and output tokens, under any of the names that are used for them. */
function usageOf({ usage, meta }: JsonObject): Usage | undefined {
  if (isObject(usage)) {
    const input = usage['prompt_tokens'] ?? usage['input_tokens'] ?? usage['total_tokens'];
    return usageFrom(input, usage['output_tokens']);
  }
  // Cohere's.
  const tokens = memberOf(meta, 'tokens');
  return isObject(tokens) ? usageFrom(tokens['input_tokens'], undefined) : undefined;
}

/** Answers with a list under one of these names. */
const listed =
  (...names: string[]) =>
  (answer: JsonObject): WholeAnswer | undefined => {
    const list = names.map((name) => answer[name]).find((value) => Array.isArray(value));
    return list ? { usage: usageOf(answer), items: (list as unknown[]).length } : undefined;
  };

export const embeddingsDialect = whole('a list of embeddings', listed('data'));
/** Cohere's and Jina's `results`, and the `rankings` of NIM. */
export const rerankDialect = whole('a ranking', listed('results', 'rankings'));
export const imagesDialect = whole('a list of images', listed('data'));
export const moderationsDialect = whole('a moderation', listed('results'));

/** OpenAI's names of token counts, and vLLM's; what is billed by seconds has none. */
function soundUsage({ usage }: JsonObject): Usage | undefined {
  if (!isObject(usage)) return undefined;
  return usageFrom(
    usage['input_tokens'] ?? usage['prompt_tokens'],
    usage['output_tokens'] ?? usage['completion_tokens'],
  );
}

/** OpenAI's events say their type; those of vLLM are like chunks of a chat completion. */
const transcriptionScanner = new EventScanner([
  { name: 'delta', text: EVENT.answer },
  { name: 'content', text: EVENT.answer },
  { name: 'usage', object: EVENT.usage },
  { name: 'error', object: EVENT.error, anyText: EVENT.error },
  { name: 'type', values: { 'transcript.text.done': EVENT.end, error: EVENT.error } },
]);

/**
 * Text from sound. What cannot be streamed (OpenAI's whisper-1) is answered as a whole, whatever was asked for.
 *
 * @param seconds - of the sound that is sent, for answers that do not say
 */
export const transcriptionDialect = (seconds: number): Dialect => ({
  ...whole('a transcription', (answer) => {
    if (typeof answer['text'] !== 'string') return undefined;
    const heard = memberOf(answer['usage'], 'seconds') ?? answer['duration'];
    return { usage: soundUsage(answer), items: typeof heard === 'number' ? heard : seconds };
  }),
  scanner: transcriptionScanner,
  ending: 'done',
  endingName: 'transcript.text.done or [DONE]',
  eitherWay: true,
  eventUsage: soundUsage,
  streamItems: seconds,
  generated: ({ text }) => (typeof text === 'string' ? text : ''),
});

/** Sound from text: bytes of a file, or (`stream_format: sse`) events with parts of it. */
export const speechDialect: Dialect = {
  ...whole('sound', () => undefined),
  scanner: new EventScanner([{ name: 'type', values: { 'speech.audio.done': EVENT.end } }]),
  ending: 'event',
  endingName: 'speech.audio.done',
  eitherWay: true,
  eventUsage: soundUsage,
  sound: {
    contentType: /^(audio\/|application\/octet-stream)/i,
    eventSound: ({ type, audio }) =>
      type === 'speech.audio.delta' && typeof audio === 'string' ? Buffer.from(audio, 'base64') : undefined,
  },
};
