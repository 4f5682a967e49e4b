// From a schema of OpenAI's specification to a template of one plausible value of it. What the server decides when it is
// asked (ids, times, numbers, texts) stays open; src/server/synthesis/templates.ts says what the tags mean.

/** What ids begin with, by the name of their schema (`id`) or of their property. */
const ID_PREFIXES = {
  AssistantMessageItem: 'cthi_',
  AssistantObject: 'asst_',
  Batch: 'batch_',
  ChatSessionResource: 'cksess_',
  ContainerFileResource: 'cfile_',
  ContainerResource: 'cntr_',
  ConversationResource: 'conv_',
  CreateChatCompletionResponse: 'chatcmpl-',
  Eval: 'eval_',
  EvalRun: 'evalrun_',
  EvalRunOutputItem: 'outputitem_',
  FineTuningCheckpointPermission: 'cp_',
  FineTuningJob: 'ftjob-',
  FineTuningJobCheckpoint: 'ftckpt_',
  FineTuningJobEvent: 'ftevent-',
  Message: 'msg_',
  MessageObject: 'msg_',
  OpenAIFile: 'file-',
  OutputMessage: 'msg_',
  Response: 'resp_',
  RunObject: 'run_',
  RunStepObject: 'step_',
  SkillResource: 'skill_',
  SkillVersionResource: 'skillver_',
  ThreadObject: 'thread_',
  ThreadResource: 'cthr_',
  Upload: 'upload_',
  UploadPart: 'part_',
  VectorStoreFileBatchObject: 'vsfb_',
  VectorStoreFileObject: 'file-',
  VectorStoreObject: 'vs_',
  VideoResource: 'video_',
  assistant_id: 'asst_',
  file_id: 'file-',
  message_id: 'msg_',
  organization_id: 'org-',
  output_file_id: 'file-',
  input_file_id: 'file-',
  project_id: 'proj_',
  result_files: 'file-',
  training_file: 'file-',
};

/** Values of open texts, by the name of their property, or of their schema and their property. */
const TEXTS = {
  'ContainerFileResource.object': 'container.file',
  'ContainerResource.object': 'container',
  'EvalRunOutputItem.status': 'pass',
  'VectorStoreFileContentResponse.type': 'text',
  'VideoResource.model': 'sora-2',
  completion_window: '24h',
  content_type: 'text/plain',
  endpoint: '/v1/chat/completions',
  filename: 'data.jsonl',
  finish_reason: 'stop',
  fine_tuned_model: 'ft:gpt-4o-mini-2024-07-18:fakeai::synthetic',
  fine_tuned_model_checkpoint: 'ft:gpt-4o-mini-2024-07-18:fakeai::synthetic:ckpt-step-100',
  mime_type: 'text/plain',
  model: 'gpt-4o-mini-2024-07-18',
  object: 'list',
  path: '/mnt/data/data.txt',
  purpose: 'user_data',
  report_url: 'https://platform.openai.com/evaluations',
  seconds: '4',
  size: '720x1280',
  source: 'user',
  status: 'completed',
  user: 'user-synthetic',
  version: '1',
  default_version: '1',
  latest_version: '1',
};

/** Numbers that must agree with each other, by the name of their property. */
const NUMBERS = {
  cached_tokens: 0,
  cache_write_tokens: 0,
  reasoning_tokens: 0,
  invocation_count: 1,
  prompt_tokens: 12,
  input_tokens: 12,
  completion_tokens: 34,
  output_tokens: 34,
  total_tokens: 46,
  total: 1,
  completed: 1,
  passed: 1,
  failed: 0,
  errored: 0,
  cancelled: 0,
  in_progress: 0,
  progress: 100,
  temperature: 1,
  top_p: 1,
  index: 0,
  part_number: 1,
  score: 0.9,
};

/** Seconds between the beginning of a resource and the instant that a property tells. */
const TIMES_S = {
  in_progress_at: 10,
  started_at: 10,
  finalizing_at: 60,
  cancelling_at: 80,
  cancelled_at: 90,
  completed_at: 90,
  finished_at: 90,
  last_active_at: 90,
  last_used_at: 90,
  expires_at: 30 * 86_400,
};

/** What is not required but part of whatever has come to its end. */
const ALSO = {
  Batch: [
    'model', 'errors', 'output_file_id', 'error_file_id', 'in_progress_at', 'expires_at', 'finalizing_at', 'completed_at', 'failed_at',
    'expired_at', 'cancelling_at', 'cancelled_at', 'request_counts', 'metadata',
  ], // prettier-ignore
  EvalRunOutputItem: ['sample'],
  FineTuningJob: ['method', 'metadata', 'estimated_finish'],
  Response: ['status', 'completed_at', 'usage'],
  RunObject: ['temperature', 'top_p'],
  Upload: ['file'],
  VectorStoreFileObject: ['attributes', 'chunking_strategy'],
  CreateChatCompletionResponse: ['usage'],
};
/** The same, of one end alone. */
const ALSO_DONE = { Batch: ['output_file_id', 'finalizing_at', 'completed_at', 'usage'] };
const ALSO_CANCELLED = { Batch: ['cancelling_at', 'cancelled_at'] };

/** Properties that may be null and say something all the same. */
const NOT_NULL = new Set([
  'started_at', 'completed_at', 'finished_at', 'last_active_at', 'fine_tuned_model', 'trained_tokens', 'content', 'usage', 'temperature',
  'top_p', 'last_used_at', 'version', 'default_version', 'latest_version', 'description', 'metadata', 'attributes', 'prompt',
  'VideoResource.expires_at', 'Batch.in_progress_at',
]); // prettier-ignore

/** What is true. */
const TRUE = new Set(['deleted', 'passed', 'valid', 'parallel_tool_calls']);

/** Ends that are good ones, the best first. */
const DONE = ['completed', 'succeeded', 'processed', 'pass', 'active', 'running'];
/** Of several alternatives, the schemas that say most. */
const PREFERRED = [
  'OutputMessage',
  'OutputTextContent',
  'MessageContentTextObject',
  'RunStepDetailsMessageCreationObject',
  'StaticChunkingStrategyResponseParam',
  'AssistantMessageItem',
];

const nameOfRef = ($ref) => $ref.slice('#/$defs/'.length);
const isNull = (schema) => schema.type === 'null';
const listOf = (value) => (Array.isArray(value) ? value : [value]);

/**
 * The template of a schema.
 *
 * @param schema - of JSON Schema 2020-12
 * @param defs - what it refers to
 * @param verb - the operation's last word, such as `cancel`: the state that it leaves behind
 */
export function templateOf(schema, defs, verb) {
  return compile(schema, { defs, verb, owner: '', name: '', within: [] });
}

function compile(schema, at) {
  if (schema.$ref) return compileNamed(nameOfRef(schema.$ref), at);
  if ('const' in schema) return schema.const;
  if (schema.enum) return chosen(schema.enum, at);
  if (schema.allOf) return compile(merged(schema, at.defs), at);
  const type = listOf(schema.type).find((one) => one !== 'null');
  if (Array.isArray(schema.type) && schema.type.includes('null') && !isTold(at)) return null;
  if (schema.anyOf && !schema.properties) return compileOneOf(schema.anyOf, at);
  switch (type) {
    case 'string':
      return textOf(at);
    case 'integer':
    case 'number':
      return numberOf(schema, at);
    case 'boolean':
      return TRUE.has(at.name);
    case 'array':
      return arrayOf(schema, at);
    case 'null':
      return null;
    default:
      return objectOf(schema, at);
  }
}

function compileNamed(name, at) {
  if (at.within.includes(name)) throw new Error(`${name} is within itself`);
  const owner = at.defs[name].properties || at.defs[name].allOf ? name : at.owner;
  return compile(at.defs[name], { ...at, owner, within: [...at.within, name] });
}

/** What only those say that came to a good end. */
const OF_SUCCESS = new Set(['completed_at', 'fine_tuned_model', 'trained_tokens']);

/** Whether what may be null is not. */
const isTold = ({ name, owner, verb }) =>
  NOT_NULL.has(`${owner}.${name}`) ||
  (verb === 'cancel' ? ALSO_CANCELLED : ALSO_DONE)[owner]?.includes(name) ||
  (verb === 'cancel'
    ? name === 'cancelled_at' || (NOT_NULL.has(name) && !OF_SUCCESS.has(name))
    : NOT_NULL.has(name));

function compileOneOf(alternatives, at) {
  const flat = alternatives.filter((one) => !isNull(one));
  if (flat.length < alternatives.length && !isTold(at)) return null;
  const preferred = PREFERRED.map((name) => flat.find(({ $ref }) => $ref && nameOfRef($ref) === name)).find(
    Boolean,
  );
  // An open text says more than the list of values that are known today.
  return compile(
    preferred ?? flat.find(({ type, enum: values }) => type === 'string' && !values) ?? flat[0] ?? {},
    at,
  );
}

function chosen(values, { name, verb }) {
  if (name === 'status') {
    const wanted =
      verb === 'cancel' ? ['cancelled', 'canceled', 'cancelling'] : verb === 'pause' ? ['paused'] : DONE;
    const found = wanted.find((one) => values.includes(one));
    if (found) return found;
  }
  if (name === 'role' && values.includes('assistant')) return 'assistant';
  return values.includes('auto') ? 'auto' : values[0];
}

/** `anyOf: [{}, null]` is how older versions of OpenAPI said that something may be null. */
const saysSomething = ({ anyOf }) => !anyOf?.some((one) => Object.keys(one).length === 0);

function merged({ allOf, ...rest }, defs) {
  const parts = allOf.filter(saysSomething).map((part) => {
    const resolved = part.$ref ? defs[nameOfRef(part.$ref)] : part;
    return resolved.allOf ? merged(resolved, defs) : resolved;
  });
  const all = [rest, ...parts];
  return {
    ...Object.assign({}, ...all),
    properties: Object.assign({}, ...all.map(({ properties }) => properties)),
    required: all.flatMap(({ required = [] }) => required),
    ...(all.every(({ properties }) => !properties) ? { properties: undefined } : {}),
  };
}

function textOf({ name, owner }) {
  if (name === 'id')
    return ['id', ID_PREFIXES[owner] ?? `${owner.replace(/(Object|Resource|Item)$/, '').toLowerCase()}_`];
  if (ID_PREFIXES[name]) return ['id', ID_PREFIXES[name]];
  const known = TEXTS[`${owner}.${name}`] ?? TEXTS[name];
  if (known !== undefined) return known;
  if (/_ids?$/.test(name)) return ['id', `${name.replace(/_ids?$/, '')}_`];
  return ['text', /^(name|title|label)$/.test(name) ? 2 : 8];
}

function numberOf(schema, { name }) {
  if (schema.format === 'unixtime' || name.endsWith('_at') || name === 'created')
    return ['time', TIMES_S[name] ?? 0];
  if (NUMBERS[name] !== undefined) return NUMBERS[name];
  const low = schema.minimum ?? 1;
  return ['integer', low, Math.min(schema.maximum ?? low + 9999, low + 9999)];
}

function arrayOf(schema, at) {
  // Lists have two things, so that first and last are told apart; what is within things is one, or none.
  const count =
    at.name === 'data'
      ? 2
      : /^(content|output|results|choices|search_query)$/.test(at.name)
        ? 1
        : (schema.minItems ?? 0);
  return count === 0 ? ['list'] : ['list', compile(schema.items ?? {}, { ...at, name: at.name }), count];
}

function objectOf(schema, at) {
  const properties = schema.properties ?? {};
  const ends = at.verb === 'cancel' ? ALSO_CANCELLED : ALSO_DONE;
  const wanted = new Set([schema.required, ALSO[at.owner], ends[at.owner]].flatMap((names) => names ?? []));
  // What requires nothing is still something.
  if (wanted.size === 0 && at.within.length <= 1)
    for (const name of Object.keys(properties)) wanted.add(name);
  const members = Object.entries(properties)
    .filter(([name]) => wanted.has(name))
    .map(([name, one]) => [name, compile(one, { ...at, name })]);
  return ['object', Object.fromEntries(members)];
}
