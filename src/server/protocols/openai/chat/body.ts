/** The shape of a chat request's body: what every request has, and what only some have. */
import * as z from 'zod';
import { accountFields, functionFields } from '../common-fields.js';
import { engineFields } from '../engine-parameters.js';
import { guidedFields } from '../guided-fields.js';

/** Longest stop sequence: every token is searched for it. */
const MAX_STOP_CHARACTERS = 256;
const MAX_DOCUMENTS = 1000;

const part = z.looseObject({ type: z.string() });
const calledFunction = z.looseObject({ name: z.string(), arguments: z.string() });

export const message = z.object({
  role: z.enum(['system', 'assistant', 'user', 'function', 'tool', 'developer']),
  content: z.union([z.string(), z.null(), z.array(part)]).optional(),
  name: z.string().nullish(),
  refusal: z.string().nullish(),
  reasoning_content: z.string().nullish(),
  tool_call_id: z.string().nullish(),
  tool_calls: z
    .array(
      z.looseObject({
        id: z.string().optional(),
        type: z.string().optional(),
        function: calledFunction.optional(),
        custom: z.looseObject({ name: z.string(), input: z.string() }).optional(),
      }),
    )
    .nullish(),
  function_call: calledFunction.nullish(),
  audio: z.looseObject({ id: z.string() }).nullish(),
});

const tokenLimit = z.int().min(1).nullish();
const stopText = z.string().min(1).max(MAX_STOP_CHARACTERS);

/** Parameters that most requests are made of. */
export const baseBody = z.object({
  model: z.string(),
  messages: z.array(message).min(1),
  stream: z.boolean().nullish(),
  stream_options: z
    .object({
      include_usage: z.boolean().nullish(),
      continuous_usage_stats: z.boolean().nullish(),
      include_obfuscation: z.boolean().nullish(),
    })
    .nullish(),
  n: z.int().min(1).max(128).nullish(),
  max_tokens: tokenLimit,
  max_completion_tokens: tokenLimit,
  min_tokens: z.int().min(0).nullish(),
  ignore_eos: z.boolean().nullish(),
  stop: z.union([stopText, z.null(), z.array(stopText).max(4)]).optional(),
  seed: z.int().nullish(),
  temperature: z.number().min(0).max(2).nullish(),
  top_p: z.number().min(0).max(1).nullish(),
  user: z.string().nullish(),
});

export type BaseBody = z.output<typeof baseBody>;
export type MessageBody = z.output<typeof message>;

const penalty = z.number().min(-2).max(2).nullish();
const jsonObject = z.record(z.string(), z.unknown());
const functionName = functionFields.name;

const functionTool = z.looseObject(functionFields);

const customTool = z.looseObject({
  name: functionName,
  description: z.string().nullish(),
  format: z
    .looseObject({
      type: z.enum(['text', 'grammar']),
      grammar: z.looseObject({ definition: z.string(), syntax: z.enum(['lark', 'regex']) }).optional(),
    })
    .nullish(),
});

const tool = z.looseObject({
  type: z.enum(['function', 'custom']),
  function: functionTool.optional(),
  custom: customTool.optional(),
});

const named = z.looseObject({ name: z.string() });
const toolChoice = z.union([
  z.enum(['none', 'auto', 'required']),
  z.looseObject({
    type: z.enum(['function', 'custom', 'allowed_tools']),
    function: named.optional(),
    custom: named.optional(),
    allowed_tools: z
      .looseObject({
        mode: z.enum(['auto', 'required']),
        tools: z.array(z.looseObject({ type: z.string() })).min(1),
      })
      .optional(),
  }),
]);

export const responseFormat = z.looseObject({
  type: z.enum(['text', 'json_object', 'json_schema']),
  json_schema: z
    .looseObject({
      name: z
        .string()
        .min(1)
        .max(64)
        .regex(/^[a-zA-Z0-9_-]+$/),
      description: z.string().nullish(),
      schema: jsonObject.nullish(),
      strict: z.boolean().nullish(),
    })
    .optional(),
});

const moderationMode = z.strictObject({ mode: z.enum(['score', 'block']) }).nullish();

/** Which model moderates the input and the output, and whether what it flags is let through. */
export const moderationField = z
  .strictObject({
    model: z.string(),
    policy: z.strictObject({ input: moderationMode, output: moderationMode }).nullish(),
  })
  .nullish();

/** Names and values of metadata that a stored object can carry. */
export const metadataField = z
  .record(z.string().max(64), z.string().max(512))
  .refine((value) => Object.keys(value).length <= 16, 'too many properties. Expected at most 16')
  .nullish();

/** Parameters that change what an answer is; a request without any of them is plain. */
export const extrasBody = z.looseObject({
  tools: z.array(tool).min(1).max(128).nullish(),
  tool_choice: toolChoice.nullish(),
  parallel_tool_calls: z.boolean().nullish(),
  functions: z.array(functionTool).min(1).max(128).nullish(),
  function_call: z.union([z.enum(['none', 'auto']), named]).nullish(),
  response_format: responseFormat.nullish(),
  logprobs: z.boolean().nullish(),
  top_logprobs: z.int().min(0).max(20).nullish(),
  logit_bias: z.record(z.string(), z.number().min(-100).max(100)).nullish(),
  presence_penalty: penalty,
  frequency_penalty: penalty,
  reasoning_effort: z.enum(['none', 'minimal', 'low', 'medium', 'high', 'xhigh', 'max']).nullish(),
  verbosity: z.enum(['low', 'medium', 'high']).nullish(),
  prediction: z
    .looseObject({
      type: z.literal('content'),
      content: z.union([
        z.string(),
        z.array(z.looseObject({ type: z.literal('text'), text: z.string() })).min(1),
      ]),
    })
    .nullish(),
  modalities: z
    .array(z.enum(['text', 'audio']))
    .min(1)
    .nullish(),
  audio: z
    .looseObject({
      voice: z.union([z.string(), z.looseObject({ id: z.string() })]),
      format: z.enum(['wav', 'aac', 'mp3', 'flac', 'opus', 'pcm16']),
    })
    .nullish(),
  web_search_options: z
    .looseObject({
      search_context_size: z.enum(['low', 'medium', 'high']).nullish(),
      user_location: z
        .looseObject({ type: z.literal('approximate'), approximate: z.looseObject({}) })
        .nullish(),
    })
    .nullish(),
  moderation: moderationField,
  service_tier: z.enum(['auto', 'default', 'flex', 'scale', 'priority', 'fast']).nullish(),
  store: z.boolean().nullish(),
  metadata: metadataField,
  ...accountFields,
  ...engineFields,
  include_reasoning: z.boolean().nullish(),
  thinking_token_budget: z.int().min(0).nullish(),
  echo: z.boolean().nullish(),
  documents: z.array(z.record(z.string(), z.string())).max(MAX_DOCUMENTS).nullish(),
  chat_template_kwargs: z
    .looseObject({ enable_thinking: z.boolean().nullish(), thinking: z.boolean().nullish() })
    .nullish(),
  ...guidedFields,
});

export type ExtrasBody = z.output<typeof extrasBody>;
export type ToolBody = z.output<typeof tool>;
export type FunctionBody = z.output<typeof functionTool>;
