/** What clients of a realtime session may send. */
import * as z from 'zod';
import { itemSchema } from './conversation.js';
import {
  format,
  maxTokens,
  modalities,
  promptReference,
  reasoning,
  sessionChange,
  tool,
  toolChoice,
  voice,
} from './session-config.js';

/** An event of a type, with its fields. */
export const event = <T extends string, S extends z.ZodRawShape>(type: T, shape: S) =>
  z.object({ type: z.literal(type), event_id: z.string().max(512).optional(), ...shape });

const reference = z.object({ type: z.literal('item_reference'), id: z.string() });

/** What `response.create` may say beside what the session is set to. */
const responseParams = z.object({
  instructions: z.string().optional(),
  output_modalities: modalities.optional(),
  audio: z
    .object({ output: z.object({ format: format.optional(), voice: voice.optional() }).optional() })
    .optional(),
  tools: z.array(tool).max(128).optional(),
  tool_choice: toolChoice.optional(),
  parallel_tool_calls: z.boolean().optional(),
  reasoning: reasoning.optional(),
  prompt: promptReference.nullish(),
  max_output_tokens: maxTokens.optional(),
  conversation: z.enum(['auto', 'none']).optional(),
  metadata: z.record(z.string(), z.string()).nullish(),
  input: z.array(z.union([reference, itemSchema])).optional(),
});
export type ResponseParams = z.output<typeof responseParams>;

/** An event of a client. */
export const clientEvent = z.discriminatedUnion('type', [
  event('session.update', { session: sessionChange }),
  event('input_audio_buffer.append', { audio: z.string() }),
  event('input_audio_buffer.commit', {}),
  event('input_audio_buffer.clear', {}),
  event('output_audio_buffer.clear', {}),
  event('conversation.item.create', { item: itemSchema, previous_item_id: z.string().nullish() }),
  event('conversation.item.retrieve', { item_id: z.string() }),
  event('conversation.item.delete', { item_id: z.string() }),
  event('conversation.item.truncate', {
    item_id: z.string(),
    content_index: z.int().min(0),
    audio_end_ms: z.int().min(0),
  }),
  event('response.create', { response: responseParams.nullish() }),
  event('response.cancel', { response_id: z.string().optional() }),
]);
export type ClientEvent = z.output<typeof clientEvent>;

/** All types of events that clients may send. */
export const CLIENT_EVENT_TYPES: readonly string[] = clientEvent.options.map(
  (option) => [...option.shape.type.values][0]!,
);
