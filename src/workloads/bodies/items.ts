/** Bodies of requests that are about several texts, or about pictures and sound. */
import { createRandom } from '../../lib/random.js';
import { toneWav } from '../media/wav.js';
import type { Plan } from '../plan.js';

/** Writes a body of the texts of a request: JSON strings without their quotes. */
export type ItemBodyWriter = (texts: readonly string[], index: number) => string | Buffer;

const quoted = (texts: readonly string[]): string => texts.map((text) => `"${text}"`).join(',');
const modelOf = ({ model }: Plan): string => `"model":${JSON.stringify(model)}`;

/** One text stands alone, as clients send it; several are a list. */
const inputBody =
  (plan: Plan): ItemBodyWriter =>
  (texts) =>
    `{${modelOf(plan)},"input":${texts.length === 1 ? quoted(texts) : `[${quoted(texts)}]`}}`;

/** The first text is the query. Cohere's and Jina's shape, or that of NIM's `/v1/ranking`. */
function rerankBody(plan: Plan): ItemBodyWriter {
  if (plan.endpointOptions?.rerankShape === 'nim') {
    return ([query, ...documents]) =>
      `{${modelOf(plan)},"query":{"text":"${query}"},"passages":[${documents.map((text) => `{"text":"${text}"}`).join(',')}]}`;
  }
  return ([query, ...documents]) =>
    `{${modelOf(plan)},"query":"${query}","documents":[${quoted(documents)}],"top_n":${documents.length}}`;
}

function imagesBody(plan: Plan): ItemBodyWriter {
  const { items = 1, imageSize = '1024x1024' } = plan.endpointOptions ?? {};
  return ([prompt]) => `{${modelOf(plan)},"prompt":"${prompt}","n":${items},"size":"${imageSize}"}`;
}

/** WAV, because its length can be told from its size. */
function speechBody(plan: Plan): ItemBodyWriter {
  const events = plan.endpointOptions?.speechEvents ? ',"stream_format":"sse"' : '';
  return ([text]) => `{${modelOf(plan)},"input":"${text}","voice":"alloy","response_format":"wav"${events}}`;
}

/** Of form data; any text that does not occur in what is sent. */
export const FORM_BOUNDARY = 'fakeai-2f9c1be04d7a';

/** A file of generated sound as form data (RFC 7578); no two requests have the same. */
function audioBody(plan: Plan): ItemBodyWriter {
  const seconds = plan.endpointOptions?.audioSeconds ?? 0;
  const field = (name: string, value: string): string =>
    `--${FORM_BOUNDARY}\r\ncontent-disposition: form-data; name="${name}"\r\n\r\n${value}\r\n`;
  const head = Buffer.from(
    `${field('model', plan.model)}${field('response_format', 'json')}${plan.streaming ? field('stream', 'true') : ''}--${FORM_BOUNDARY}\r\n` +
      'content-disposition: form-data; name="file"; filename="audio.wav"\r\ncontent-type: audio/wav\r\n\r\n',
  );
  const tail = Buffer.from(`\r\n--${FORM_BOUNDARY}--\r\n`);
  return (_, index) =>
    Buffer.concat([head, toneWav(createRandom(plan.seed, 'audio', index, 0), seconds), tail]);
}

/** How the bodies of an endpoint are written, and of how many texts; undefined for those of one conversation. */
export function itemBodies(plan: Plan): { texts: number; write: ItemBodyWriter } | undefined {
  const items = plan.endpointOptions?.items ?? 1;
  switch (plan.endpoint) {
    case 'embeddings':
    case 'moderations':
      return { texts: items, write: inputBody(plan) };
    case 'rerank':
      return { texts: items + 1, write: rerankBody(plan) };
    case 'images':
      return { texts: 1, write: imagesBody(plan) };
    case 'speech':
      return { texts: 1, write: speechBody(plan) };
    case 'transcription':
    case 'translation':
      return { texts: 0, write: audioBody(plan) };
    default:
      return undefined;
  }
}
