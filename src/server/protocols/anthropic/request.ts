/** The body of `POST /v1/messages`. */
import * as z from 'zod';
import type { TextFormat } from '../../../simulator/content/compose.js';
import type { Effort } from '../../../simulator/content/lengths.js';
import type { ToolChoice, ToolSpec } from '../../../simulator/content/tool-choice.js';
import { isGreedy } from '../../text/greedy.js';
import type { PromptMessage } from '../../text/prompt.js';
import { ApiError } from '../openai/errors.js';
import { checkSchema } from '../openai/schemas.js';
import { malformed, withoutThreads } from './errors.js';
import { readMessages } from './messages.js';

const block = z.looseObject({ type: z.string() });
const content = z.union([z.string(), z.array(block)]);

const body = z.looseObject({
  model: z.string().min(1),
  max_tokens: z.int().min(1),
  // Models of 2026 take instructions in the middle of a conversation too.
  messages: z.array(z.looseObject({ role: z.enum(['user', 'assistant', 'system']), content })).min(1),
  system: content.nullish(),
  stop_sequences: z.array(z.string().min(1).max(256)).max(16).nullish(),
  stream: z.boolean().nullish(),
  temperature: z.number().min(0).max(1).nullish(),
  top_p: z.number().min(0).max(1).nullish(),
  top_k: z.int().min(0).nullish(),
  metadata: z.looseObject({ user_id: z.string().nullish() }).nullish(),
  service_tier: z.enum(['auto', 'standard_only']).nullish(),
  tools: z
    .array(
      z.looseObject({
        type: z.string().nullish(),
        name: z
          .string()
          .min(1)
          .max(128)
          .regex(/^[a-zA-Z0-9_-]+$/),
        description: z.string().nullish(),
        input_schema: z.record(z.string(), z.unknown()).nullish(),
        strict: z.boolean().nullish(),
      }),
    )
    .max(128)
    .nullish(),
  tool_choice: z
    .looseObject({
      type: z.enum(['auto', 'any', 'tool', 'none']),
      name: z.string().nullish(),
      disable_parallel_tool_use: z.boolean().nullish(),
    })
    .nullish(),
  thinking: z
    .looseObject({
      type: z.enum(['enabled', 'disabled', 'adaptive']),
      budget_tokens: z.int().min(1024).nullish(),
    })
    .nullish(),
  output_config: z
    .looseObject({
      format: block.nullish(),
      effort: z.enum(['low', 'medium', 'high', 'xhigh', 'max']).nullish(),
    })
    .nullish(),
  // Of other servers: the exact length of the answer.
  min_tokens: z.int().min(0).nullish(),
  ignore_eos: z.boolean().nullish(),
});

export type MessagesBody = z.output<typeof body>;

/** A request that can be answered. */
export interface MessagesRequest {
  model: string;
  maxTokens: number;
  minTokens: number;
  ignoreEos: boolean;
  stop: readonly string[];
  stream: boolean;
  greedy: boolean;
  temperature: number | undefined;
  topP: number | undefined;
  messages: PromptMessage[];
  /** How many of the messages are before the last mark of what is to be cached; 0 without one. */
  cachedMessages: number;
  tools: readonly ToolSpec[];
  toolChoice: ToolChoice;
  parallelToolCalls: boolean;
  format: TextFormat;
  /** Undefined without thoughts. */
  effort: Effort | undefined;
}

/**
 * Reads a body.
 *
 * @param withoutLimit - `max_tokens` is not needed, as when tokens are only counted
 * @throws ApiError 400
 */
export function readMessagesRequest(input: Record<string, unknown>, withoutLimit = false): MessagesRequest {
  const parsed = body.safeParse(withoutLimit ? { max_tokens: 1, ...input } : input);
  if (!parsed.success) throw fromIssue(parsed.error.issues[0]!, input);
  const { data } = parsed;
  if (data['thread'] != null) throw withoutThreads();
  const { messages, cachedMessages } = readMessages(data);
  const tools = (data.tools ?? []).map(toolOf);
  return {
    model: data.model,
    maxTokens: data.max_tokens,
    minTokens: Math.min(data.min_tokens ?? 0, data.max_tokens),
    ignoreEos: data.ignore_eos === true,
    stop: data.stop_sequences ?? [],
    stream: data.stream === true,
    greedy: isGreedy(data, data.top_k),
    temperature: data.temperature ?? undefined,
    topP: data.top_p ?? undefined,
    messages,
    cachedMessages,
    tools,
    toolChoice: choiceOf(data.tool_choice, tools),
    parallelToolCalls: data.tool_choice?.disable_parallel_tool_use !== true,
    format: formatOf(data),
    effort: effortOf(data, withoutLimit),
  };
}

function fromIssue(issue: z.core.$ZodIssue, input: unknown): ApiError {
  const path = issue.path.map(String);
  const value = path.reduce<unknown>(
    (at, key) => (at as Record<string, unknown> | null | undefined)?.[key],
    input,
  );
  if (value === undefined) return malformed(path.join('.'), 'Field required');
  if (issue.code === 'too_small')
    return malformed(path.join('.'), `Input should be greater than or equal to ${issue.minimum}`);
  if (issue.code === 'too_big')
    return malformed(path.join('.'), `Input should be less than or equal to ${issue.maximum}`);
  return malformed(path.join('.'), issue.message);
}

type ToolBody = NonNullable<MessagesBody['tools']>[number];

function toolOf(tool: ToolBody, index: number): ToolSpec {
  const { type, name, description, input_schema: schema, strict } = tool;
  if (type != null && type !== 'custom')
    throw malformed(
      `tools.${index}.type`,
      `fakeai does not simulate tools of type '${type.slice(0, 100)}' yet`,
    );
  if (!schema) throw malformed(`tools.${index}.input_schema`, 'Field required');
  const where = `tools.${index}.input_schema`;
  checkSchema({ type: 'object', ...schema }, strict === true, { param: where, what: where, code: null });
  return { type: 'function', name, description: description ?? '', parameters: schema };
}

function choiceOf(choice: MessagesBody['tool_choice'], tools: readonly ToolSpec[]): ToolChoice {
  if (!choice) return 'auto';
  if (choice.type === 'auto' || choice.type === 'none') return choice.type;
  if (tools.length === 0)
    throw malformed('tool_choice', '`tool_choice` may only be specified while providing `tools`.');
  if (choice.type === 'any') return 'required';
  if (tools.some(({ name }) => name === choice.name)) return { names: [choice.name!] };
  throw malformed('tool_choice', `Tool '${String(choice.name).slice(0, 100)}' not found in provided tools`);
}

function formatOf({ output_config: config }: MessagesBody): TextFormat {
  const format = config?.format;
  if (!format) return { type: 'text' };
  if (format.type !== 'json_schema')
    throw malformed('output_config.format.type', "Input should be 'json_schema'");
  const { schema } = format;
  if (typeof schema !== 'object' || schema === null)
    throw malformed('output_config.format.schema', 'Field required');
  const where = 'output_config.format.schema';
  checkSchema(schema as Record<string, unknown>, false, { param: where, what: where, code: null });
  return { type: 'json_schema', schema: schema as Record<string, unknown> };
}

/** A larger budget is thought to ask for more thought. */
const BUDGETS: readonly (readonly [number, Effort])[] = [
  [2048, 'low'],
  [8192, 'medium'],
  [32_768, 'high'],
];

function effortOf(
  { thinking, max_tokens: limit, output_config: config }: MessagesBody,
  withoutLimit: boolean,
): Effort | undefined {
  if (!thinking || thinking.type === 'disabled') return undefined;
  if (thinking.type === 'adaptive') return config?.effort ?? 'medium';
  const budget = thinking.budget_tokens;
  if (budget == null) throw malformed('thinking.enabled.budget_tokens', 'Field required');
  if (budget >= limit && !withoutLimit)
    throw malformed('', '`max_tokens` must be greater than `thinking.budget_tokens`.');
  return BUDGETS.find(([below]) => budget < below)?.[1] ?? 'xhigh';
}
