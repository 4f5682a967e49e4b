/** From messages of clients to events, and what is wrong with them. */
import { ApiError } from '../errors.js';
import { toApiError } from '../validation.js';
import { fromBase64, type RealtimeAudioFormat } from './audio-codec.js';
import { CLIENT_EVENT_TYPES, type ClientEvent, clientEvent } from './client-events.js';

type Fields = Record<string, unknown>;

/**
 * A message as an object.
 *
 * @throws ApiError when it is not one
 */
export function parseMessage(text: string): Fields {
  try {
    const input: unknown = JSON.parse(text);
    if (typeof input === 'object' && input !== null && !Array.isArray(input)) return input as Fields;
  } catch {
    // Said below.
  }
  throw problem('invalid_json', 'A message must be one JSON object.');
}

/**
 * A message as an event.
 *
 * @throws ApiError when it is none
 */
export function readEvent(input: Fields): ClientEvent {
  if (!CLIENT_EVENT_TYPES.includes(String(input['type']))) throw unknownEvent(input, CLIENT_EVENT_TYPES);
  const parsed = clientEvent.safeParse(input);
  if (!parsed.success) throw toApiError(parsed.error.issues, input);
  return parsed.data;
}

/** An event is of no type that there is. */
export function unknownEvent(input: Fields, types: readonly string[]): ApiError {
  const known = types.map((type) => `'${type}'`).join(', ');
  const sent = String(input['type']).slice(0, 100);
  return problem('invalid_value', `Invalid value: '${sent}'. Supported values are: ${known}.`, 'type');
}

/** An error of a session. */
export const problem = (code: string, message: string, param: string | null = null): ApiError =>
  new ApiError({ status: 400, code, message, param });

/**
 * Sound that a client sends.
 *
 * @throws ApiError when it is not base64
 */
export function soundOf(audio: string, { type }: RealtimeAudioFormat, param: string): Buffer {
  const bytes = fromBase64(audio);
  if (bytes) return bytes;
  const what = type === 'audio/pcm' ? 'mono PCM16 at 24kHz' : 'mono G.711 at 8kHz';
  const message = `Invalid '${param}'. Expected base64-encoded audio bytes (${what}) but got an invalid value.`;
  throw problem('invalid_value', message, param);
}

/** There is no item with an id. */
export const noItem = (id: string, param: string): ApiError =>
  problem('item_not_found', `There is no item with the id '${id.slice(0, 100)}'.`, param);
