/** The messages of a chat request: their text, what is not text, and whether calls and results belong together. */
import type { ImageDetail } from '../../../../simulator/prompt/image-tokens.js';
import type { MediaPart } from '../../../../simulator/prompt/media-tokens.js';
import type { TextMark } from '../../../text/prompt.js';
import { joinParts } from '../cache-fields.js';
import { type ApiError, invalid, missing, unsupportedValue } from '../errors.js';
import { checkImageUrl } from '../image-url.js';
import { checkSound } from '../sound-data.js';
import { patternError, typeError } from '../validation.js';
import type { MessageBody } from './body.js';

/** One message of the prompt. */
export interface ChatMessage {
  role: string;
  name: string | undefined;
  /** Its words; of calls their names and arguments too. */
  text: string;
  media?: readonly MediaPart[];
  /** Where in its content each of them is. */
  mediaAt?: readonly number[];
  marks?: readonly TextMark[];
  /** What it says was heard before, until that is looked up. */
  audioId?: string | undefined;
}

type PartBody = { type: string } & Readonly<Record<string, unknown>>;

/**
 * Reads messages.
 *
 * @throws ApiError for a part that is not understood
 */
export function readMessages(bodies: readonly MessageBody[]): ChatMessage[] {
  const messages = bodies.map(readMessage);
  bodies.forEach(checkContent);
  if (bodies.some(({ role, tool_calls: calls }) => role === 'tool' || calls)) {
    bodies.forEach(checkCalls);
    checkResults(bodies);
  }
  return messages;
}

function readMessage(raw: MessageBody, index: number): ChatMessage {
  const { role, content, refusal } = raw;
  const name = raw.name ?? undefined;
  if (typeof content === 'string' && refusal == null && !raw.tool_calls && !raw.function_call) {
    return { role, name, text: content };
  }
  const calls = callsOf(raw);
  const param = `messages[${index}].content`;
  // Where its words are there too, they need not be looked up.
  const audioId = content == null && role === 'assistant' ? raw.audio?.id : undefined;
  const media: MediaPart[] = [];
  const mediaAt: number[] = [];
  const { text: said, marks } =
    typeof content === 'string'
      ? { text: content, marks: [] }
      : joinParts(content ?? [], param, media, (part, at) => {
          const before = media.length;
          const partText = readPart(part, at, media);
          if (media.length > before) mediaAt.push((content ?? []).indexOf(part));
          return partText;
        });
  if (role !== 'user' && media.some(({ kind }) => kind === 'image')) throw notAllowed(index, role);
  const text = said + (refusal ?? '') + calls.join('');
  const rest = {
    ...(media.length > 0 && { media, mediaAt }),
    ...(marks.length > 0 && { marks }),
    ...(audioId !== undefined && { audioId }),
  };
  return { role, name, text, ...rest };
}

function notAllowed(index: number, role: string): ApiError {
  const param = `messages[${index}]`;
  const message = `Invalid '${param}'. Image URLs are only allowed for messages with role 'user', but this message with role '${role}' contains an image URL.`;
  return invalid(param, 'invalid_value', message);
}

/**
 * Messages have content; those of an assistant can have something else in its place.
 *
 * @throws ApiError 400 in the words for the role
 */
function checkContent(body: MessageBody, index: number): void {
  const { role, content, refusal, tool_calls: calls, function_call: call, audio } = body;
  if (content != null) return;
  if (role === 'assistant' && (refusal ?? calls ?? call ?? audio) != null) return;
  if (role === 'developer') {
    const param = `messages[${index}].content`;
    throw content === undefined
      ? missing(param)
      : typeError(param, 'one of a string or array of objects', content);
  }
  const message = "Invalid value for 'content': expected a string, got null.";
  throw invalid(`messages.[${index}].content`, null, message);
}

/** Name and arguments of each call. */
function callsOf({ tool_calls: toolCalls, function_call: functionCall }: MessageBody): string[] {
  const calls: string[] = [];
  for (const { function: called, custom } of toolCalls ?? []) {
    if (called) calls.push(called.name + called.arguments);
    if (custom) calls.push(custom.name + custom.input);
  }
  if (functionCall) calls.push(functionCall.name + functionCall.arguments);
  return calls;
}

const CALL_NAME = /^[a-zA-Z0-9_-]+$/;

/** A call has an id, a type, and what is of that type, which has a name. */
function checkCalls({ tool_calls: calls }: MessageBody, index: number): void {
  for (const [i, call] of (calls ?? []).entries()) {
    const at = `messages[${index}].tool_calls[${i}]`;
    if (call.id === undefined) throw missing(`${at}.id`);
    if (call.type === undefined) throw missing(`${at}.type`);
    if (call.type !== 'function' && call.type !== 'custom')
      throw unsupportedValue(`${at}.type`, call.type, ['function', 'custom']);
    if (!call[call.type]) throw missing(`${at}.${call.type}`);
    if (!CALL_NAME.test(call[call.type]!.name))
      throw patternError(`${at}.${call.type}.name`, CALL_NAME.source);
  }
}

/** Every call is answered by a message right after it, and nothing else is. */
function checkResults(bodies: readonly MessageBody[]): void {
  let open = new Set<string>();
  for (const [index, { role, tool_calls: calls, tool_call_id: id }] of bodies.entries()) {
    if (role === 'tool') {
      if (id == null) throw missing(`messages[${index}].tool_call_id`);
      if (open.delete(id)) continue;
      const message =
        "Invalid parameter: messages with role 'tool' must be a response to a preceeding message with 'tool_calls'.";
      throw invalid(`messages.[${index}].role`, null, message);
    }
    refuseOpen(open, index);
    open = new Set(calls?.flatMap((call) => call.id ?? []));
  }
  refuseOpen(open, bodies.length);
}

function refuseOpen(open: ReadonlySet<string>, index: number): void {
  if (open.size === 0) return;
  const ids = [...open].join(', ').slice(0, 500);
  const message = `An assistant message with 'tool_calls' must be followed by tool messages responding to each 'tool_call_id'. The following tool_call_ids did not have response messages: ${ids}`;
  throw invalid(`messages.[${index}].role`, null, message);
}

const TEXT_TYPES = new Set(['text', 'refusal']);
const PART_TYPES = ['text', 'image_url', 'input_audio', 'refusal', 'audio', 'file', 'video_url'];

/** Reads a part: its text is returned, anything else is added to `media`. */
function readPart(part: PartBody, at: string, media: MediaPart[]): string {
  if (TEXT_TYPES.has(part.type)) return textField(part, part.type, at);
  switch (part.type) {
    case 'image_url': {
      const image = urlField(part, 'image_url', at);
      checkImageUrl(image.url, `${at}.image_url.url`);
      media.push({ kind: 'image', ...image });
      return '';
    }
    case 'video_url':
      media.push({ kind: 'video', ...urlField(part, 'video_url', at) });
      return '';
    case 'input_audio': {
      const audio = objectField(part, 'input_audio', at);
      const where = `${at}.input_audio`;
      const format = textField(audio, 'format', where);
      if (format !== 'wav' && format !== 'mp3') {
        throw unsupportedValue(`${where}.format`, format, ['wav', 'mp3']);
      }
      const data = textField(audio, 'data', where);
      checkSound(data, format, where);
      media.push({ kind: 'audio', data });
      return '';
    }
    case 'file':
      media.push(readFile(objectField(part, 'file', at), `${at}.file`));
      return '';
    default:
      throw unsupportedValue(`${at}.type`, part.type, PART_TYPES);
  }
}

function readFile(file: Readonly<Record<string, unknown>>, at: string): MediaPart {
  const [name, data, id] = ['filename', 'file_data', 'file_id'].map((key) =>
    file[key] == null ? undefined : textField(file, key, at),
  );
  if (data !== undefined) return { kind: 'file', url: data, name };
  if (id === undefined) throw missing(`${at}.file_id`);
  return { kind: 'stored', as: 'file', url: id, at: `${at}.file_id` };
}

const DETAILS = new Set(['low', 'high', 'auto', 'original']);

function urlField(part: PartBody, key: string, at: string): { url: string; detail: ImageDetail } {
  const value = part[key];
  // Other servers take the address alone.
  if (typeof value === 'string' && key === 'video_url') return { url: value, detail: 'auto' };
  const object = objectField(part, key, at);
  const detail = object.detail ?? 'auto';
  if (typeof detail !== 'string' || !DETAILS.has(detail)) {
    throw unsupportedValue(`${at}.${key}.detail`, detail, ['low', 'high', 'auto']);
  }
  return { url: textField(object, 'url', `${at}.${key}`), detail: detail as ImageDetail };
}

function textField(object: Readonly<Record<string, unknown>>, key: string, at: string): string {
  const value = object[key];
  if (typeof value === 'string') return value;
  throw wrongField(value, `${at}.${key}`, 'a string');
}

function objectField(
  object: Readonly<Record<string, unknown>>,
  key: string,
  at: string,
): Record<string, unknown> {
  const value = object[key];
  if (typeof value === 'object' && value !== null && !Array.isArray(value))
    return value as Record<string, unknown>;
  throw wrongField(value, `${at}.${key}`, 'an object');
}

const wrongField = (value: unknown, where: string, wanted: string): ApiError =>
  typeError(where, wanted, value);
