/** In which order OpenAI looks at the parameters of a body: of several things that are wrong, the first of them is told of. */
const ORDERS: Readonly<Record<string, readonly string[]>> = {
  createChatCompletion: [
    'messages', 'functions', 'function_call', 'tools', 'tool_choice', 'parallel_tool_calls', 'max_completion_tokens', 'max_tokens', 'n', 'temperature', 'top_p',
    'presence_penalty', 'frequency_penalty', 'logprobs', 'top_logprobs', 'user', 'seed', 'safety_identifier', 'prompt_cache_options', 'prompt_cache_key',
    'prompt_cache_retention', 'service_tier', 'stream', 'store', 'metadata', 'verbosity',
  ],
  createResponse: [
    'input', 'previous_response_id', 'prompt', 'moderation', 'include', 'tools', 'tool_choice', 'metadata', 'text', 'temperature', 'top_p', 'presence_penalty',
    'frequency_penalty', 'parallel_tool_calls', 'stream', 'stream_options', 'background', 'max_output_tokens', 'max_tool_calls', 'reasoning', 'user',
    'safety_identifier', 'prompt_cache_options', 'prompt_cache_key', 'prompt_cache_retention', 'truncation', 'instructions', 'store', 'service_tier',
    'top_logprobs', 'context_management',
  ],
}; // prettier-ignore

/** A body with its members in that order; those that are not in it come last, as they were sent. */
export function inReportOrder<T>(
  operationId: string,
  body: Readonly<Record<string, T>>,
): Readonly<Record<string, T>> {
  const order = ORDERS[operationId];
  if (!order) return body;
  const placeOf = (name: string): number => {
    const at = order.indexOf(name);
    return at < 0 ? order.length : at;
  };
  return Object.fromEntries(Object.entries(body).toSorted(([a], [b]) => placeOf(a) - placeOf(b)));
}
