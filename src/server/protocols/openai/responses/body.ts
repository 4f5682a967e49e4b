/** The body of `POST /v1/responses`. */
import * as z from 'zod';
import { metadataField, moderationField } from '../chat/body.js';
import { promptField } from '../../../prompts/prompt-field.js';
import {
  findPrompt,
  type PromptLibrary,
  type RenderedMessage,
  renderPrompt,
} from '../../../prompts/prompt-templates.js';
import { checkShape } from '../check-shape.js';
import { accountFields } from '../common-fields.js';
import { ApiError, invalid, missing } from '../errors.js';
import { refuseUnknownNames } from './unknown-names.js';
import { check, typeError } from '../validation.js';

/** Something with a type; what else it has is up to the type. */
export const typedItem = z.looseObject({ type: z.string() });
const inputItem = z.looseObject({ type: z.string().optional() });

/** Least tokens that OpenAI takes as a limit. */
const LEAST_LIMIT = 16;

/** Details that are left out unless they are asked for. */
const INCLUDABLE = [
  'file_search_call.results',
  'web_search_call.results',
  'web_search_call.action.sources',
  'message.input_image.image_url',
  'computer_call_output.output.image_url',
  'code_interpreter_call.outputs',
  'reasoning.encrypted_content',
  'message.output_text.logprobs',
] as const;

const body = z.looseObject({
  model: z.string().nullish(),
  input: z.union([z.string(), z.array(inputItem)]).nullish(),
  instructions: z.string().nullish(),
  previous_response_id: z.string().nullish(),
  conversation: z.union([z.string(), z.looseObject({ id: z.string() })]).nullish(),
  tools: z.array(typedItem).max(128).nullish(),
  tool_choice: z.union([z.enum(['none', 'auto', 'required']), typedItem]).nullish(),
  parallel_tool_calls: z.boolean().nullish(),
  max_tool_calls: z.int().min(1).nullish(),
  text: z
    .looseObject({
      format: z
        .looseObject({
          type: z.enum(['text', 'json_object', 'json_schema']),
          name: z.string().optional(),
          schema: z.record(z.string(), z.unknown()).nullish(),
          strict: z.boolean().nullish(),
        })
        .nullish(),
      verbosity: z.enum(['low', 'medium', 'high']).nullish(),
    })
    .nullish(),
  reasoning: z
    .looseObject({
      mode: z.string().nullish(),
      context: z.enum(['auto', 'current_turn', 'all_turns']).nullish(),
      effort: z.enum(['none', 'minimal', 'low', 'medium', 'high', 'xhigh', 'max']).nullish(),
      summary: z.enum(['auto', 'concise', 'detailed']).nullish(),
      generate_summary: z.enum(['auto', 'concise', 'detailed']).nullish(),
    })
    .nullish(),
  max_output_tokens: z.int().nullish(),
  min_tokens: z.int().min(0).nullish(),
  ignore_eos: z.boolean().nullish(),
  temperature: z.number().min(0).max(2).nullish(),
  top_p: z.number().min(0).max(1).nullish(),
  top_logprobs: z.int().min(0).max(20).nullish(),
  seed: z.int().nullish(),
  stream: z.boolean().nullish(),
  stream_options: z.looseObject({ include_obfuscation: z.boolean().nullish() }).nullish(),
  store: z.boolean().nullish(),
  background: z.boolean().nullish(),
  metadata: metadataField,
  context_management: z
    .array(z.looseObject({ type: z.string(), compact_threshold: z.int().min(1000).nullish() }))
    .nullish(),
  include: z.array(z.enum(INCLUDABLE)).nullish(),
  truncation: z.enum(['auto', 'disabled']).nullish(),
  service_tier: z.enum(['auto', 'default', 'flex', 'scale', 'priority', 'fast', 'ultrafast']).nullish(),
  user: z.string().nullish(),
  ...accountFields,
  moderation: moderationField,
  prompt: promptField,
});

export type ResponseBody = z.output<typeof body>;

/** A body with all that it names put in its place. */
export type ResponseRequest = ResponseBody & {
  model: string;
  /** The messages of the prompt that it names, in place of its instructions. */
  template?: readonly RenderedMessage[];
};

/** Taken and without effect here. */
const WITHOUT_EFFECT = new Set(['top_k', 'client_metadata']);
const NAMES = new Set([...Object.keys(body.shape), ...WITHOUT_EFFECT]);

/** Roles of items are told of by the items; how few tokens there can be depends on other parameters. */
const READ_HERE: ReadonlySet<string> = new Set(['input.role', 'max_output_tokens']);

/**
 * Checks a body. Of the prompt that it names come the parameters that it does not give.
 *
 * @throws ApiError in OpenAI's words
 */
export function readResponseBody(
  input: Record<string, unknown>,
  library: PromptLibrary = { templates: [] },
): ResponseRequest {
  refuseUnknownNames(input, NAMES);
  checkShape('createResponse', input, READ_HERE);
  const data = withPrompt(check(body, input), library);
  checkModel(data);
  checkTogether(data);
  return data;
}

function checkModel<T extends ResponseBody>(data: T): asserts data is T & { model: string } {
  if (data.model == null) throw missing('model');
}

function withPrompt(
  given: ResponseBody,
  library: PromptLibrary,
): ResponseBody & Pick<ResponseRequest, 'template'> {
  const { prompt } = given;
  if (!prompt) return given;
  const found = findPrompt(library, prompt);
  const template = renderPrompt(found, prompt.variables ?? {}, given.instructions ?? undefined);
  const own = Object.fromEntries(Object.entries(given).filter(([, value]) => value != null));
  // What the template says was checked when it was read.
  const parameters = found.parameters as Partial<ResponseBody>;
  return {
    ...parameters,
    ...(own as ResponseBody),
    prompt: { ...prompt, version: found.version },
    template,
  };
}

const nothingAsked = (): ApiError =>
  new ApiError({
    status: 400,
    message: `One of "input" or "previous_response_id" or 'prompt' or 'conversation' must be provided.`,
    code: 'missing_required_parameter',
  });

function checkTogether(data: ResponseBody): void {
  const hasState = data.previous_response_id != null || data.conversation != null || data.prompt != null;
  if (data.input === undefined && !hasState) throw missing('input');
  if (data.input === null && !hasState) throw typeError('input', 'a string', {});
  if (data.input?.length === 0 && !hasState) throw nothingAsked();
  if (data.previous_response_id != null && data.conversation != null) {
    // OpenAI shortens the one name and leaves out the other.
    const message =
      "Mutually exclusive parameters: ''. Ensure you are only providing one of: 'pre..._id' or 'conversation'.";
    throw new ApiError({ status: 400, message, code: 'mutually_exclusive_parameters' });
  }
  if (data.stream_options && data.stream !== true) {
    throw invalid(
      'stream_options',
      null,
      "The 'stream_options' parameter is only allowed when 'stream' is enabled.",
    );
  }
  if (data.background === true && data.store === false) {
    throw invalid(
      'background',
      'invalid_value',
      "'background' needs 'store': the answer could not be asked for otherwise.",
    );
  }
  // Servers that know these two know no least limit either.
  const isFree = data.ignore_eos === true || data.min_tokens != null;
  const limit = data.max_output_tokens;
  const least = isFree ? 1 : LEAST_LIMIT;
  if (limit == null || limit >= least) return;
  const message = `Invalid 'max_output_tokens': integer below minimum value. Expected a value >= ${least}, but got ${limit} instead.`;
  throw invalid('max_output_tokens', 'integer_below_min_value', message);
}
