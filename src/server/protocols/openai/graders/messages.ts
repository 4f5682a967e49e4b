/** Messages of graders and evals: texts, pictures and sound that are templates, and what a model is sent. */
import * as z from 'zod';
import { fill, type Scope } from './templates.js';

/** Taken of any part: what is asked here is not so long that its beginning would be kept. */
const anyPart = { prompt_cache_breakpoint: z.strictObject({ mode: z.enum(['explicit']) }).nullish() };
const part = z.union([
  z.string(),
  z.strictObject({ type: z.enum(['input_text', 'output_text', 'text']), text: z.string(), ...anyPart }),
  z.strictObject({
    type: z.literal('input_image'),
    image_url: z.string().min(1),
    // Pictures come by their place.
    file_id: z.null().optional(),
    detail: z.string().nullish(),
    ...anyPart,
  }),
  z.strictObject({
    type: z.literal('input_file'),
    file_id: z.string().nullish(),
    file_data: z.string().nullish(),
    filename: z.string().nullish(),
    ...anyPart,
  }),
  z.strictObject({
    type: z.literal('input_audio'),
    input_audio: z.strictObject({ data: z.string().min(1), format: z.enum(['mp3', 'wav']) }),
    ...anyPart,
  }),
]);
/** A message whose content is a template. */
export const message = z.strictObject({
  role: z.enum(['user', 'assistant', 'system', 'developer']),
  content: z.union([part, z.array(part)]),
  type: z.literal('message').optional(),
  phase: z.enum(['commentary', 'final_answer']).nullish(),
});
type Message = z.output<typeof message>;
type MediaPart = Exclude<z.output<typeof part>, string | { text: string }>;

/** A message as it is sent. */
export interface FilledMessage {
  role: Message['role'];
  /** Its texts. */
  content: string;
  /** Its pictures, files and sound. */
  media: readonly MediaPart[];
}

/** A message without templates. */
export function asWritten({ role, content }: Message): FilledMessage {
  const texts: string[] = [];
  const media: MediaPart[] = [];
  for (const one of Array.isArray(content) ? content : [content]) {
    if (typeof one === 'string') texts.push(one);
    else if ('text' in one) texts.push(one.text);
    else media.push(one);
  }
  return { role, content: texts.join('\n'), media };
}

/** Fills messages; says which names there are not. */
export function fillMessages(
  messages: readonly Message[],
  scope: Partial<Scope>,
): { messages: FilledMessage[]; unknown: string[] } {
  const unknown: string[] = [];
  const filled = (template: string, most?: number): string => {
    const { text, unknown: missing } = fill(template, scope, most);
    unknown.push(...missing);
    return text;
  };
  const all = messages.map(asWritten).map(({ role, content, media }) => ({
    role,
    content: filled(content),
    media: media.map((one) => filledMedia(one, (template) => filled(template, Infinity))),
  }));
  return { messages: all, unknown };
}

function filledMedia(one: MediaPart, filled: (template: string) => string): MediaPart {
  if (one.type === 'input_image') return { ...one, image_url: filled(one.image_url) };
  if (one.type === 'input_file') {
    const { file_id: id, file_data: data } = one;
    return {
      ...one,
      ...(id != null && { file_id: filled(id) }),
      ...(data != null && { file_data: filled(data) }),
    };
  }
  return { ...one, input_audio: { ...one.input_audio, data: filled(one.input_audio.data) } };
}

const detailOf = ({ detail }: { detail?: string | null | undefined }) => (detail == null ? {} : { detail });

function chatPart(one: MediaPart): object {
  if (one.type === 'input_image')
    return { type: 'image_url', image_url: { url: one.image_url, ...detailOf(one) } };
  if (one.type === 'input_audio') return one;
  const { file_id, file_data, filename } = one;
  return { type: 'file', file: { file_id, file_data, filename } };
}

/** As chat completions take them. */
export const chatMessages = (messages: readonly FilledMessage[]): object[] =>
  messages.map(({ role, content, media }) => {
    if (media.length === 0) return { role, content };
    const parts = media.map(chatPart);
    return { role, content: [...(content === '' ? [] : [{ type: 'text', text: content }]), ...parts] };
  });

/** As responses take them. */
export const responseMessages = (messages: readonly FilledMessage[]): object[] =>
  messages.map(({ role, content, media }) => {
    if (media.length === 0) return { role, content };
    const text = { type: role === 'assistant' ? 'output_text' : 'input_text', text: content };
    return { role, content: [...(content === '' ? [] : [text]), ...media] };
  });

/** As the samples of items show them: their texts. */
export const shownMessages = (messages: readonly FilledMessage[]): { role: string; content: string }[] =>
  messages.map(({ role, content }) => ({ role, content }));
