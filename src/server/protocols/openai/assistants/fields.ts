/** Parameters that assistants and runs have in common. */
import * as z from 'zod';
import { metadataField } from '../chat/body.js';

const tool = z.looseObject({
  type: z.enum(['code_interpreter', 'file_search', 'function']),
  function: z
    .looseObject({
      name: z
        .string()
        .min(1)
        .max(64)
        .regex(/^[a-zA-Z0-9_-]+$/),
      description: z.string().nullish(),
      parameters: z.record(z.string(), z.unknown()).nullish(),
      strict: z.boolean().nullish(),
    })
    .optional(),
});

const responseFormat = z.union([
  z.literal('auto'),
  z.looseObject({
    type: z.enum(['text', 'json_object', 'json_schema']),
    json_schema: z
      .looseObject({
        name: z.string(),
        schema: z.record(z.string(), z.unknown()).nullish(),
        strict: z.boolean().nullish(),
      })
      .optional(),
  }),
]);

export const commonFields = {
  metadata: metadataField,
  temperature: z.number().min(0).max(2).nullish(),
  top_p: z.number().min(0).max(1).nullish(),
  reasoning_effort: z.enum(['none', 'minimal', 'low', 'medium', 'high', 'xhigh', 'max']).nullish(),
  response_format: responseFormat.nullish(),
  tools: z.array(tool).max(128).nullish(),
  tool_resources: z.looseObject({}).nullish(),
};

export const assistantFields = {
  ...commonFields,
  name: z.string().max(256).nullish(),
  description: z.string().max(512).nullish(),
  instructions: z.string().max(256_000).nullish(),
};

const part = z.looseObject({ type: z.enum(['text', 'image_file', 'image_url']) });

export const messageFields = z.looseObject({
  role: z.enum(['user', 'assistant']),
  content: z.union([z.string().min(1), z.array(part).min(1)]),
  attachments: z.array(z.looseObject({})).nullish(),
  metadata: metadataField,
});

export const threadFields = z.looseObject({
  messages: z.array(messageFields).max(10_000).nullish(),
  tool_resources: z.looseObject({}).nullish(),
  metadata: metadataField,
});

export const runFields = z.looseObject({
  assistant_id: z.string(),
  model: z.string().nullish(),
  instructions: z.string().max(256_000).nullish(),
  additional_instructions: z.string().nullish(),
  additional_messages: z.array(messageFields).nullish(),
  ...commonFields,
  stream: z.boolean().nullish(),
  max_prompt_tokens: z.int().min(256).nullish(),
  max_completion_tokens: z.int().min(256).nullish(),
  truncation_strategy: z
    .looseObject({ type: z.enum(['auto', 'last_messages']), last_messages: z.int().min(1).nullish() })
    .nullish(),
  tool_choice: z
    .union([
      z.enum(['none', 'auto', 'required']),
      z.looseObject({ type: z.string(), function: z.looseObject({ name: z.string() }).optional() }),
    ])
    .nullish(),
  parallel_tool_calls: z.boolean().nullish(),
});

export type MessageFields = z.output<typeof messageFields>;
export type RunFields = z.output<typeof runFields>;
