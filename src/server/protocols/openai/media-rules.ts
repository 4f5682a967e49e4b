/** Pictures, sound and films are read by models that can; what OpenAI says to others. */
import type { Feature, ModelInfo } from '../../../simulator/models/model.js';
import type { MediaPart } from '../../../simulator/prompt/media-tokens.js';
import type { PromptMessage } from '../../text/prompt.js';
import type { ChatMessage } from './chat/messages.js';
import { type ApiError, invalid } from './errors.js';

/** What a model needs to read a kind of media, and the part that it comes in. */
const NEEDED: Readonly<Record<string, readonly [feature: Feature, part: string]>> = {
  image: ['vision', 'image_url'],
  audio: ['audio_input', 'input_audio'],
  video: ['video_input', 'video_url'],
};

/** What has to be fetched first is of the kind that it will be. */
const kindOf = (media: MediaPart): string => (media.kind === 'stored' ? media.as : media.kind);

/** The first of some media that a model cannot read. */
function unreadable(
  media: readonly MediaPart[] | undefined,
  { features }: ModelInfo,
): { kind: string; place: number } | undefined {
  const place =
    media?.findIndex((one) => {
      const needed = NEEDED[kindOf(one)]?.[0];
      return needed !== undefined && !features.includes(needed);
    }) ?? -1;
  return place < 0 ? undefined : { kind: kindOf(media![place]!), place };
}

/**
 * Checks the messages of a chat.
 *
 * @throws ApiError 400 that names the part
 */
export function refuseParts(messages: readonly ChatMessage[], model: ModelInfo): void {
  for (const [index, { media, mediaAt }] of messages.entries()) {
    const wrong = unreadable(media, model);
    if (!wrong) continue;
    if (wrong.kind === 'audio') {
      const param = `messages[${index}]`;
      const message = `Invalid '${param}'. Content blocks are expected to be either text or image_url type.`;
      throw invalid(param, 'invalid_value', message);
    }
    throw onlyCertain(wrong.kind, `messages.[${index}].content.[${mediaAt?.[wrong.place] ?? 0}].type`);
  }
}

/**
 * Checks what the user and tools say in a response.
 *
 * @throws ApiError 400
 */
export function refuseInput(messages: readonly PromptMessage[], model: ModelInfo): void {
  for (const { role, media } of messages) {
    const wrong = role === 'assistant' ? undefined : unreadable(media, model);
    if (!wrong) continue;
    const message = `Model '${model.id.slice(0, 200)}' does not support ${wrong.kind} inputs. Try again with ${wrong.kind === 'image' ? 'a vision' : `another`} model.`;
    throw invalid('input', null, message);
  }
}

/**
 * Checks the thread of a run.
 *
 * @throws ApiError 400
 */
export function refuseThread(messages: readonly PromptMessage[], model: ModelInfo): void {
  for (const { media } of messages) {
    const wrong = unreadable(media, model);
    if (wrong) throw onlyCertain(wrong.kind, 'messages');
  }
}

const onlyCertain = (kind: string, param: string): ApiError =>
  invalid(param, null, `Invalid content type. ${NEEDED[kind]![1]} is only supported by certain models.`);
