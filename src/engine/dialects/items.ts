/** Answers that are counted in items: embeddings, ranked documents, images, judged texts, seconds of sound. */
import { isObject, memberOf, usageFrom, type Usage } from '../answers.js';
import {
  commonError,
  type BinaryAnswers,
  type Dialect,
  type JsonObject,
  type WholeAnswer,
} from './dialect.js';
import { EventScanner } from './event-scan.js';

/** A dialect of answers in one piece. */
const whole = (
  noun: string,
  read: (answer: JsonObject) => WholeAnswer | undefined,
  binary?: BinaryAnswers,
): Dialect => ({
  noun,
  scanner: new EventScanner([]),
  ending: 'close',
  endingName: '',
  eventUsage: () => undefined,
  eventError: commonError,
  said: () => '',
  generated: () => '',
  read,
  ...(binary && { binary }),
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

/** @param seconds - of the sound that is sent, for answers that do not say */
export const transcriptionDialect = (seconds: number): Dialect =>
  whole('a transcription', (answer) => {
    if (typeof answer['text'] !== 'string') return undefined;
    const heard = memberOf(answer['usage'], 'seconds') ?? answer['duration'];
    return { usage: usageOf(answer), items: typeof heard === 'number' ? heard : seconds };
  });

const WAV_HEAD_BYTES = 44;
const BYTE_RATE_AT = 28;

/**
 * The seconds of a WAV file, from its size and the bytes per second in its head: the sizes in the head of a stream are not
 * true. Undefined for other formats.
 */
function wavSeconds(head: Buffer, bytes: number): number | undefined {
  if (head.length < WAV_HEAD_BYTES || head.toString('latin1', 0, 4) !== 'RIFF') return undefined;
  const byteRate = head.readUInt32LE(BYTE_RATE_AT);
  return byteRate === 0 ? undefined : (bytes - WAV_HEAD_BYTES) / byteRate;
}

export const speechDialect = whole('sound', () => undefined, {
  contentType: /^(audio\/|application\/octet-stream)/i,
  read: (head, bytes) => ({ items: wavSeconds(head, bytes) }),
});
