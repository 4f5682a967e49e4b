/** Items as messages of a prompt. */
import type { ImageDetail } from '../../../../simulator/prompt/image-tokens.js';
import type { MediaPart } from '../../../../simulator/prompt/media-tokens.js';
import type { PromptMessage } from '../../../text/prompt.js';
import { joinParts } from '../cache-fields.js';
import { invalid, missing, unknownParameter, unsupportedValue } from '../errors.js';
import { requirePrefix } from '../id-prefixes.js';
import { checkImageUrl } from '../image-url.js';
import { checkSound } from '../sound-data.js';
import { readCompacted } from './compacted.js';
import { type Item, PREFIXES, type RawItem } from './items.js';

const ROLES = new Set(['user', 'system', 'developer', 'assistant']);
const TEXT_PARTS = new Set(['input_text', 'output_text', 'summary_text', 'reasoning_text']);

/**
 * An item as a message of a prompt; undefined for what a model does not read again.
 *
 * @param at - where it is, for errors
 * @param seed - of the server, which opens what it sealed
 * @throws ApiError when it is malformed
 */
export function readItem(item: Item, at: string, seed: number): PromptMessage | undefined {
  switch (item.type) {
    case 'message':
      return readMessage(item, at);
    case 'function_call':
      return called(textOf(item, 'name', at) + textOf(item, 'arguments', at));
    case 'custom_tool_call':
      return called(textOf(item, 'name', at) + textOf(item, 'input', at));
    case 'function_call_output':
    case 'custom_tool_call_output':
      textOf(item, 'call_id', at);
      return { ...readContent(item.output, `${at}.output`), role: 'tool', name: undefined };
    case 'local_shell_call_output':
      return answered(textOf(item, 'output', at));
    case 'shell_call_output':
    case 'apply_patch_call_output':
      textOf(item, 'call_id', at);
      return answered(typeof item.output === 'string' ? item.output : JSON.stringify(item.output ?? ''));
    case 'computer_call_output':
      textOf(item, 'call_id', at);
      return readScreenshot(item, at);
    case 'mcp_approval_response':
      textOf(item, 'approval_request_id', at);
      return answered(item.approve === true ? 'approved' : 'denied');
    case 'image_generation_call':
      return readMadeImage(item);
    case 'reasoning':
      return undefined;
    case 'compaction':
      return called(readCompacted(seed, item, at).text);
    case 'compaction_trigger':
      return undefined;
    case 'program_output':
      return answered(textOf(item, 'result', at));
    default:
      if (!(item.type in PREFIXES)) throw unknownType(item.type, `${at}.type`);
      return called(JSON.stringify(READ_OF_CALLS.flatMap((key) => item[key] ?? [])));
  }
}

/** What a model reads again of calls that it made. */
const READ_OF_CALLS = [
  'name',
  'arguments',
  'action',
  'actions',
  'operation',
  'queries',
  'results',
  'code',
  'outputs',
  'output',
  'tools',
];

const called = (text: string): PromptMessage => ({ role: 'assistant', name: undefined, text });
const answered = (text: string): PromptMessage => ({ role: 'tool', name: undefined, text });

function readScreenshot(item: Item, at: string): PromptMessage {
  const output = item.output as RawItem | null | undefined;
  if (typeof output !== 'object' || output === null) throw missing(`${at}.output`);
  const stored = storedPart(output, output.image_url, 'image', `${at}.output`);
  if (stored) return { ...answered(''), media: [stored] };
  const url = textOf(output, 'image_url', `${at}.output`);
  return { ...answered(''), media: [{ kind: 'image', url, detail: 'auto' }] };
}

function readMadeImage({ result }: Item): PromptMessage {
  if (typeof result !== 'string') return called('');
  return {
    ...called(''),
    media: [{ kind: 'image', url: `data:image/png;base64,${result}`, detail: 'auto' }],
  };
}

function readMessage(item: Item, at: string): PromptMessage {
  const { role } = item;
  if (role === undefined) throw missing(`${at}.role`);
  if (typeof role !== 'string' || !ROLES.has(role)) {
    throw unsupportedValue(at, role, ['assistant', 'system', 'developer', 'user']);
  }
  refuseParts(item.content, `${at}.content`, role === 'assistant' ? SAID : ASKED);
  // Only answers have parts of their own.
  if (item.phase != null && role !== 'assistant') throw unknownParameter(`${at}.phase`);
  const { text, media, marks } = readContent(item.content, `${at}.content`);
  const message: PromptMessage = { role, name: undefined, text };
  if (media) message.media = media;
  if (marks) message.marks = marks;
  return message;
}

/** Parts of what an assistant says, which is output, and of what others say, which is input. */
const SAID = ['output_text', 'refusal'];
const ASKED = ['input_text', 'input_image', 'input_file', 'scoped_content', 'input_audio'];
const PARTS = new Set([...SAID, ...ASKED]);

/** @throws ApiError 400 for a part of another role; types that nobody knows are told of where they are read */
function refuseParts(content: unknown, at: string, supported: readonly string[]): void {
  if (!Array.isArray(content)) return;
  for (const [i, part] of content.entries()) {
    const type = (part as RawItem | null)?.type;
    if (typeof type === 'string' && PARTS.has(type) && !supported.includes(type))
      throw unsupportedValue(`${at}[${i}]`, type, supported);
  }
}

function readContent(content: unknown, at: string): Pick<PromptMessage, 'text' | 'media' | 'marks'> {
  if (typeof content === 'string') return { text: content };
  if (content === undefined) throw missing(at);
  if (!Array.isArray(content))
    throw invalid(at, 'invalid_type', `Invalid type for '${at}': expected a string or an array.`);
  const media: MediaPart[] = [];
  const { text, marks } = joinParts(content as RawItem[], at, media, (part, where) =>
    readPart(part, where, media),
  );
  return { text, ...(media.length > 0 && { media }), ...(marks.length > 0 && { marks }) };
}

function readPart(part: RawItem | null, at: string, media: MediaPart[]): string {
  const type = part?.type;
  if (!part || typeof type !== 'string') throw missing(`${at}.type`);
  if (TEXT_PARTS.has(type)) return textOf(part, 'text', at);
  switch (type) {
    case 'refusal':
      return textOf(part, 'refusal', at);
    case 'input_image': {
      requireSource(part, at, ['image_url', 'file_id']);
      const stored = storedPart(part, part.image_url, 'image', at);
      if (stored) {
        media.push(stored);
        return '';
      }
      const detail = typeof part.detail === 'string' ? (part.detail as ImageDetail) : 'auto';
      const url = textOf(part, 'image_url', at);
      checkImageUrl(url, `${at}.image_url`, `Invalid '${at}.image_url'`);
      media.push({ kind: 'image', url, detail });
      return '';
    }
    case 'input_file': {
      requireSource(part, at, ['file_data', 'file_url', 'file_id']);
      const url = part.file_data ?? part.file_url;
      const stored = storedPart(part, url, 'file', at);
      if (stored) {
        media.push(stored);
        return '';
      }
      if (typeof url !== 'string') throw missing(`${at}.file_data`);
      const name = typeof part.filename === 'string' ? part.filename : undefined;
      const detail = part.detail === 'low' ? part.detail : undefined;
      media.push({ kind: 'file', url, name, detail });
      return '';
    }
    case 'input_audio': {
      const audio = (part.input_audio ?? part) as RawItem;
      const data = textOf(audio, 'data', at);
      if (typeof audio.format === 'string') checkSound(data, audio.format, `${at}.input_audio`);
      media.push({ kind: 'audio', data });
      return '';
    }
    default: {
      const shown = type.slice(0, 100);
      const message = `Invalid value: '${shown}'. Supported values are: ${PART_TYPES}.`;
      throw invalid(`${at}.type`, 'invalid_value', message);
    }
  }
}

const PART_TYPES =
  "'input_text', 'input_image', 'output_text', 'refusal', 'input_file', 'input_audio', and 'summary_text'";

/** A file of this server, where a part has nothing else than its id. */
function storedPart(part: RawItem, url: unknown, as: 'image' | 'file', at: string): MediaPart | undefined {
  const { file_id: id } = part;
  if (url != null || typeof id !== 'string') return undefined;
  requirePrefix(`${at}.file_id`, id, 'file');
  return { kind: 'stored', as, url: id, at: `${at}.file_id` };
}

/**
 * A picture or a file has one place.
 *
 * @param names - where it can be
 * @throws ApiError 400 when it has none, or several
 */
function requireSource(part: RawItem, at: string, names: readonly string[]): void {
  const given = names.filter((name) => part[name] != null);
  if (given.length === 1) return;
  const one = (all: readonly string[]): string => orInWords(all.toSorted());
  if (given.length === 0) {
    const message = `Missing mutually exclusive parameters: '${at}'. Ensure you are providing exactly one of: ${one(names)}.`;
    throw invalid(at, 'missing_mutually_exclusive_parameters', message);
  }
  const message = `Mutually exclusive parameters: '${at}'. Ensure you are only providing one of: ${one(given)}.`;
  throw invalid(at, 'mutually_exclusive_parameters', message);
}

/** `'a' or 'b'`, `'a', 'b', or 'c'` */
function orInWords(names: readonly string[]): string {
  const quoted = names.map((name) => `'${name}'`);
  const last = quoted.pop()!;
  return `${quoted.join(', ')}${quoted.length > 1 ? ',' : ''} or ${last}`;
}

const unknownType = (type: string, at: string) =>
  invalid(
    at,
    'invalid_value',
    `Invalid value: ${JSON.stringify(type.slice(0, 100))}. It is not a type that is known here.`,
  );

function textOf(object: RawItem, key: string, at: string): string {
  const value = object[key];
  if (typeof value === 'string') return value;
  const where = `${at}.${key}`;
  throw value === undefined
    ? missing(where)
    : invalid(where, 'invalid_type', `Invalid type for '${where}': expected a string.`);
}
