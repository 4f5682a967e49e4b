/**
 * OpenAI's schemas leave objects open: an answer with a misspelt property beside a missing optional one is as valid as any.
 * Here they are closed. A property that no alternative of a schema names is a violation, but for those of `BEYOND`.
 */
type Schema = Record<string, unknown>;

const TEXT = { type: ['string', 'null'] };
const ANY = {};

/**
 * What is answered beyond the specification, on purpose, by the schema (and the place in it) that has it. All of it is what
 * OpenAI's service answers too, or what the servers that speak its dialect do.
 */
const BEYOND: Readonly<Record<string, Record<string, Schema>>> = {
  // What a model thinks, as vLLM, SGLang and DeepSeek say it.
  ChatCompletionResponseMessage: { reasoning_content: TEXT },
  // Sound and citations are streamed too, which only the guides say.
  ChatCompletionStreamResponseDelta: {
    reasoning_content: TEXT,
    annotations: { type: 'array' },
    audio: {
      type: 'object',
      properties: { id: { type: 'string' }, data: TEXT, transcript: TEXT, expires_at: { type: 'integer' } },
      additionalProperties: false,
    },
  },
  // Kept completions show what they were asked with, as the specification's examples do.
  CreateChatCompletionResponse: {
    temperature: { type: 'number' },
    top_p: { type: 'number' },
    presence_penalty: { type: 'number' },
    frequency_penalty: { type: 'number' },
    seed: { type: ['integer', 'null'] },
    tools: { type: ['array', 'null'] },
    tool_choice: ANY,
    response_format: { type: ['object', 'null'] },
    input_user: TEXT,
  },
  // Of streams whose sizes are to tell nothing.
  CreateCompletionResponse: { obfuscation: TEXT },
  // Of all events with a piece of something, which the parameter says and the schemas do not.
  ...Object.fromEntries(
    [
      'CodeInterpreterCallCode',
      'CustomToolCallInput',
      'FunctionCallArguments',
      'MCPCallArguments',
      'ReasoningSummaryText',
      'ReasoningText',
      'Refusal',
      'Text',
    ].map((kind) => [`Response${kind}DeltaEvent`, { obfuscation: TEXT }]),
  ),
  ResponseShellCallOutputContentDeltaStreamingEvent: { obfuscation: TEXT },
  // In the specification's examples.
  ResponseProperties: { store: { type: 'boolean' }, access_programs: { type: 'null' } },
  // As SDKs newer than the specification have them.
  VoiceResource: { type: { enum: ['audio_sample'] } },
  CreateTranscriptionResponseVerboseJson: { task: { enum: ['transcribe'] } },
  CreateTranslationResponseVerboseJson: { task: { enum: ['translate'] } },
  // How the picture was made, as the tool was told or has chosen.
  ImageGenToolCall: {
    action: { type: 'string' },
    background: { type: 'string' },
    output_format: { type: 'string' },
    quality: { type: 'string' },
    size: { type: 'string' },
    revised_prompt: { type: 'string' },
  },
  // In the examples of OpenAI's guides.
  CustomToolCall: { status: { enum: ['in_progress', 'completed', 'incomplete'] } },
  'RealtimeResponse/status_details/error': { message: { type: 'string' } },
  // A parameter of the request, which comes back as the others do.
  AssistantObject: { reasoning_effort: TEXT },
  RunObject: { reasoning_effort: TEXT },
  // Of reinforcement, which the specification has no measures for.
  'FineTuningJobCheckpoint/metrics': {
    train_reward_mean: { type: 'number' },
    valid_reward_mean: { type: 'number' },
  },
  // What the session is for is in the words beside its schema.
  RealtimeSessionCreateResponse: {
    type: { enum: ['realtime', 'transcription'] },
    client_secret: {
      type: 'object',
      properties: { value: { type: 'string' }, expires_at: { type: 'integer' } },
      required: ['value', 'expires_at'],
      additionalProperties: false,
    },
    truncation: ANY,
  },
  RealtimeTranscriptionSessionCreateResponse: {
    id: { type: 'string' },
    object: { enum: ['realtime.transcription_session'] },
    include: { type: ['array', 'null'] },
    input_audio_noise_reduction: { type: ['object', 'null'] },
  },
};

const TURN_DETECTION: Schema = {
  type: ['object', 'null'],
  properties: {
    type: { enum: ['server_vad', 'semantic_vad'] },
    threshold: { type: 'number' },
    prefix_padding_ms: { type: 'integer' },
    silence_duration_ms: { type: 'integer' },
    idle_timeout_ms: { type: ['integer', 'null'] },
    eagerness: { type: 'string' },
    create_response: { type: 'boolean' },
    interrupt_response: { type: 'boolean' },
  },
};

const KEPT_MESSAGE: Schema = {
  type: 'object',
  required: ['id', 'role', 'content'],
  properties: {
    id: { type: 'string' },
    role: { enum: ['developer', 'system', 'user', 'assistant', 'tool', 'function'] },
    content: { type: ['string', 'null'] },
    refusal: TEXT,
    name: { type: 'string' },
    content_parts: { type: ['array', 'null'] },
    tool_calls: { type: 'array' },
    tool_call_id: { type: 'string' },
    function_call: { type: 'object' },
  },
};

/**
 * Where the specification's own examples, or its other operations, are not as its schema says: what is in their place.
 */
const AMENDED: Readonly<Record<string, (schema: Schema) => Schema>> = {
  // The first token of a prompt has no probability.
  CreateCompletionResponse: (schema) =>
    replaced(schema, {
      token_logprobs: { type: 'array', items: { type: ['number', 'null'] } },
      top_logprobs: {
        type: 'array',
        items: { type: ['object', 'null'], additionalProperties: { type: 'number' } },
      },
    }),
  // As everywhere else where sessions are shown: null when it is off.
  RealtimeSessionCreateResponse: (schema) => replaced(schema, { turn_detection: TURN_DETECTION }),
  RealtimeTranscriptionSessionCreateResponse: (schema) =>
    replaced(schema, { turn_detection: TURN_DETECTION }),
  // Jobs can be paused.
  FineTuningJob: (schema) =>
    replaced(schema, {
      status: {
        enum: ['validating_files', 'queued', 'running', 'paused', 'succeeded', 'failed', 'cancelled'],
      },
    }),
  // The JSON Schema of a function in a namespace, as the guides' examples have it.
  EmptyModelParam: () => ({ type: 'object' }),
  // They are those of the request.
  ChatCompletionMessageList: (schema) => replaced(schema, { data: { type: 'array', items: KEPT_MESSAGE } }),
};

/** A schema in which properties have other schemas, at whatever depth they are. */
const replaced = (schema: Schema, others: Readonly<Record<string, Schema>>): Schema =>
  JSON.parse(JSON.stringify(schema), (key, value: unknown) => others[key] ?? value) as Schema;

/** Their values are schemas by name. */
const BY_NAME = ['properties', 'patternProperties'];
/** Their values describe values of their own. */
const INNER = ['items', 'additionalProperties', 'contains'];
/** Their values describe the same value. */
const SAME = ['allOf', 'anyOf', 'oneOf'];

const isSchema = (value: unknown): value is Schema =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** Says nothing about properties: whatever there is may be. */
const isFree = (schema: Schema): boolean =>
  !['$ref', ...SAME].some((key) => key in schema) && Object.keys(schema['properties'] ?? {}).length === 0;

/** A schema of the same value; what is inside of it is closed. */
function within(schema: Schema): Schema {
  const result: Schema = { ...schema };
  for (const key of BY_NAME) {
    const named = schema[key];
    if (isSchema(named)) {
      result[key] = Object.fromEntries(Object.entries(named).map(([name, one]) => [name, closed(one)]));
    }
  }
  for (const key of INNER) if (isSchema(schema[key])) result[key] = closed(schema[key]);
  for (const key of SAME) {
    const alternatives = schema[key];
    if (Array.isArray(alternatives)) result[key] = alternatives.map((one) => within(one as Schema));
  }
  return isFree(schema) ? { additionalProperties: true, ...result } : result;
}

/** A schema of a value that has no other properties than it names. */
export function closed(schema: unknown): unknown {
  return isSchema(schema) ? { ...within(schema), unevaluatedProperties: false } : schema;
}

/** A schema with what is answered beyond it; `place` are the properties that lead to it. */
function extended(schema: Schema, place: readonly string[], beyond: Record<string, Schema>): Schema {
  const properties = (schema['properties'] ?? {}) as Record<string, Schema>;
  const [first, ...rest] = place;
  if (first === undefined) return { ...schema, properties: { ...properties, ...beyond } };
  return { ...schema, properties: { ...properties, [first]: extended(properties[first]!, rest, beyond) } };
}

/** Definitions that can be parts of others, and so stay open themselves; what is inside of them is closed. */
export function closedInside(definitions: Readonly<Record<string, Schema>>): Record<string, Schema> {
  const all: Record<string, Schema> = { ...definitions };
  for (const [name, amend] of Object.entries(AMENDED)) if (all[name]) all[name] = amend(all[name]);
  for (const [where, beyond] of Object.entries(BEYOND)) {
    const [name, ...place] = where.split('/') as [string, ...string[]];
    if (all[name]) all[name] = extended(all[name], place, beyond);
  }
  return Object.fromEntries(Object.entries(all).map(([name, schema]) => [name, within(schema)]));
}
