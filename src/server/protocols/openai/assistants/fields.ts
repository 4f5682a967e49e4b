/** The parameters of assistants, threads, messages and runs. */
import * as z from 'zod';
import { functionFields, metadata, optionalMetadata } from '../common-fields.js';
import { chunkingStrategy } from '../vector-stores/ingest.js';

const functionTool = z.strictObject({
  type: z.literal('function'),
  function: z.strictObject(functionFields),
});
const fileSearchTool = z.strictObject({
  type: z.literal('file_search'),
  file_search: z
    .strictObject({
      max_num_results: z.int().min(1).max(50).nullish(),
      ranking_options: z
        .strictObject({
          ranker: z.enum(['auto', 'default_2024_08_21']).nullish(),
          score_threshold: z.number().min(0).max(1),
        })
        .nullish(),
    })
    .nullish(),
});
const codeTool = z.strictObject({ type: z.literal('code_interpreter') });
const tool = z.discriminatedUnion('type', [functionTool, fileSearchTool, codeTool]);
export type ToolFields = z.output<typeof tool>;

const responseFormat = z.union([
  z.literal('auto'),
  z.strictObject({
    type: z.enum(['text', 'json_object', 'json_schema']),
    json_schema: z
      .strictObject({
        name: z.string(),
        description: z.string().nullish(),
        schema: z.record(z.string(), z.unknown()).nullish(),
        strict: z.boolean().nullish(),
      })
      .optional(),
  }),
]);

/** Most vector stores of an assistant, or of a thread. */
const MAX_STORES = 1;
const fileIds = (max: number) => z.array(z.string()).max(max).nullish();

/** `tool_resources`: the files and vector stores of tools, those that are still to be made among them. */
export const toolResources = z
  .strictObject({
    code_interpreter: z.strictObject({ file_ids: fileIds(20) }).nullish(),
    file_search: z
      .strictObject({
        vector_store_ids: z.array(z.string()).max(MAX_STORES).nullish(),
        vector_stores: z
          .array(
            z.strictObject({
              file_ids: fileIds(10_000),
              chunking_strategy: chunkingStrategy,
              metadata: optionalMetadata,
            }),
          )
          .max(MAX_STORES)
          .nullish(),
      })
      .nullish(),
  })
  .nullish();
export type ResourceFields = z.output<typeof toolResources>;

const commonFields = {
  metadata: metadata.nullish(),
  temperature: z.number().min(0).max(2).nullish(),
  top_p: z.number().min(0).max(1).nullish(),
  reasoning_effort: z.enum(['none', 'minimal', 'low', 'medium', 'high', 'xhigh', 'max']).nullish(),
  response_format: responseFormat.nullish(),
  tools: z.array(tool).max(128).nullish(),
};

export const assistantFields = {
  ...commonFields,
  tool_resources: toolResources,
  name: z.string().max(256).nullish(),
  description: z.string().max(512).nullish(),
  instructions: z.string().max(256_000).nullish(),
};

const detail = z.enum(['auto', 'low', 'high']).nullish();
const part = z.discriminatedUnion('type', [
  z.strictObject({ type: z.literal('text'), text: z.string() }),
  z.strictObject({
    type: z.literal('image_file'),
    image_file: z.strictObject({ file_id: z.string(), detail }),
  }),
  z.strictObject({ type: z.literal('image_url'), image_url: z.strictObject({ url: z.string(), detail }) }),
]);
const attachment = z.strictObject({
  file_id: z.string(),
  tools: z.array(z.strictObject({ type: z.enum(['code_interpreter', 'file_search']) })).nullish(),
});

export const messageFields = z.strictObject({
  role: z.enum(['user', 'assistant']),
  content: z.union([z.string().min(1), z.array(part).min(1)]),
  attachments: z.array(attachment).max(20).nullish(),
  metadata: metadata.nullish(),
});

export const threadFields = z.strictObject({
  messages: z.array(messageFields).max(10_000).nullish(),
  tool_resources: toolResources,
  metadata: metadata.nullish(),
});

const runBase = {
  assistant_id: z.string(),
  model: z.string().nullish(),
  instructions: z.string().max(256_000).nullish(),
  ...commonFields,
  stream: z.boolean().nullish(),
  max_prompt_tokens: z.int().min(256).nullish(),
  max_completion_tokens: z.int().min(256).nullish(),
  truncation_strategy: z
    .strictObject({ type: z.enum(['auto', 'last_messages']), last_messages: z.int().min(1).nullish() })
    .nullish(),
  tool_choice: z
    .union([
      z.enum(['none', 'auto', 'required']),
      z.strictObject({
        type: z.enum(['function', 'code_interpreter', 'file_search']),
        function: z.strictObject({ name: z.string() }).optional(),
      }),
    ])
    .nullish(),
  parallel_tool_calls: z.boolean().nullish(),
};

export const runFields = z.strictObject({
  ...runBase,
  additional_instructions: z.string().nullish(),
  additional_messages: z.array(messageFields).nullish(),
});

export const threadAndRunFields = z.strictObject({
  ...runBase,
  thread: threadFields.nullish(),
  tool_resources: toolResources,
});

export const toolOutputs = z.strictObject({
  tool_outputs: z.array(z.strictObject({ tool_call_id: z.string(), output: z.string() })).min(1),
  stream: z.boolean().nullish(),
});

export type MessageFields = z.output<typeof messageFields>;
export type RunFields = z.output<typeof runFields>;
