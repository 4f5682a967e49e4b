/** Which parameters a chat request may have. */
import { unknownParameter, unsupported } from '../errors.js';
import { baseBody, extrasBody } from './body.js';

const BASE = new Set(Object.keys(baseBody.shape));
const EXTRAS = new Set(Object.keys(extrasBody.shape));

/**
 * Taken and without effect here: any text is a possible sample, and the rest is about accounts, or about servers that
 * speak OpenAI's dialect and know more (vLLM, SGLang, TensorRT-LLM, NIM, OpenRouter).
 */
const WITHOUT_EFFECT = new Set([
  'top_k', 'min_p', 'top_a', 'typical_p', 'repetition_penalty', 'length_penalty', 'early_stopping', 'best_of',
  'use_beam_search', 'stop_token_ids', 'include_stop_str_in_output', 'bad_words', 'allowed_token_ids', 'no_stop_trim',
  'skip_special_tokens', 'spaces_between_special_tokens', 'add_generation_prompt', 'continue_final_message',
  'add_special_tokens', 'truncate_prompt_tokens', 'documents', 'chat_template', 'chat_template_kwargs',
  'mm_processor_kwargs', 'media_io_kwargs', 'guided_decoding_backend', 'guided_whitespace_pattern', 'priority',
  'request_id', 'return_tokens_as_token_ids', 'return_token_ids', 'cache_salt', 'kv_transfer_params', 'vllm_xargs',
  'nvext', 'detokenize', 'separate_reasoning', 'stream_reasoning', 'session_params', 'lora_path', 'transforms', 'models',
  'route', 'provider', 'extra_body', 'include_reasoning', 'echo', 'logits_processors',
]); // prettier-ignore

const isSet = (value: unknown): boolean => value !== undefined && value !== null;

/** Parameters that would change the answer and are not simulated. */
const UNSUPPORTED: ReadonlyMap<string, (value: unknown) => boolean> = new Map<
  string,
  (value: unknown) => boolean
>([
  ['prompt_logprobs', isSet],
  ['guided_grammar', isSet],
]);

/**
 * Goes through the names of a body's parameters.
 *
 * @returns whether any of them makes the request more than plain
 * @throws ApiError for one that nobody knows
 */
export function checkParameters(input: Readonly<Record<string, unknown>>): boolean {
  let extras = false;
  for (const name of Object.keys(input)) {
    if (BASE.has(name)) continue;
    if (EXTRAS.has(name)) {
      extras ||= isSet(input[name]);
      continue;
    }
    const isUsed = UNSUPPORTED.get(name);
    if (isUsed?.(input[name])) throw unsupported(name);
    if (!isUsed && !WITHOUT_EFFECT.has(name)) throw unknownParameter(name);
  }
  return extras;
}
