/** Parameters that the walk over all of them does not see an effect of, and why; and those that another walk sees. */

/** A place of an operation's body, and why nothing is seen of it. */
type Reasons = Readonly<Record<string, string>>;

const SENDER = 'says who sends it: the router, isolated caches and limits heed it, the answer does not';
const CACHE = 'is of the prompt\u2019s cache, which several requests show: prompt-caching.test.ts';
const SECRET = 'is a secret, which nobody is shown';
const TIED = 'ties an answer to its call: any other is refused';

/** By operation; a place stands for all that is in it. */
export const UNSEEN: Readonly<Record<string, Reasons>> = {
  createChatCompletion: {
    safety_identifier: SENDER,
    prompt_cache_key: CACHE,
    prompt_cache_retention: CACHE,
    prompt_cache_options: CACHE,
    'prediction.content[].prompt_cache_breakpoint': 'a prediction is not kept in the cache of prompts',
    'messages[].tool_calls[].id': TIED,
    'messages[].tool_call_id': TIED,
    modalities: 'goes with audio, whose parameters are seen, and is refused without it',
    'messages[].audio': 'an id that was given out and its words are the same: chat-audio.test.ts',
    'messages[].content[].file.filename': 'says how to read a file whose type is not said: documents.test.ts',
  },
  createCompletion: { user: SENDER },
  createEmbedding: { user: SENDER },
  createImage: { user: SENDER },
  createResponse: {
    'tools[].authorization': SECRET,
    'tools[].headers': SECRET,
    'input[].tools[].authorization': SECRET,
    'input[].tools[].headers': SECRET,
    'input[].caller': 'is of programs: response-programs.test.ts',
    'input[].tools[].allowed_callers[]': 'is of programs: response-programs.test.ts',
    'input[].tools[].tools[].allowed_callers[]': 'is of programs: response-programs.test.ts',
    'moderation.policy.output': 'heeds what the model says: response-moderation.test.ts',
  },
  createConversation: { 'items[].tools[].authorization': SECRET, 'items[].tools[].headers': SECRET },
  Compactconversation: {
    prompt_cache_key: CACHE,
    prompt_cache_retention: CACHE,
    prompt_cache_options: CACHE,
    model: 'a compaction does not say which model made it',
    service_tier: 'a compaction does not say its tier; the engine heeds it',
  },
  submitToolOuputsToRun: { tool_outputs: 'is what the run goes on with: assistants.test.ts' },
  completeUpload: {
    part_ids: 'is what the file is made of: uploads.test.ts',
    md5: 'is compared: uploads.test.ts',
  },
  UpdateSkillDefaultVersion: { default_version: 'is what the skill shows then: skills.test.ts' },
  createThreadAndRun: {
    'tool_resources.code_interpreter': 'is what programs find beside them: assistant-tools.test.ts',
  },
  CreateContainer: {
    skills: 'is what programs find in their container: response-containers.test.ts',
    'network_policy.domain_secrets': SECRET,
  },
  'create-realtime-client-secret': {
    'session.parallel_tool_calls':
      'is not shown, as at OpenAI; what a session calls heeds it: realtime.test.ts',
    'session.audio.input.transcription.delay': 'is not shown, as at OpenAI: realtime-events.test.ts',
  },
  'create-realtime-translation-client-secret': {
    'session.model': 'there is one: realtime-translation.test.ts',
  },
  'create-realtime-transcription-session': {
    'input_audio_transcription.delay': 'is not shown, as at OpenAI: realtime-events.test.ts',
  },
  'create-realtime-session': { client_secret: 'is made by the server, whatever is sent' },
  runGrader: {
    'grader.image_tag': 'names the version of a sandbox, of which there is one here',
    'grader.graders': 'is one grader in the specification, where several are: graders-chatkit.test.ts',
  },
};

/** Operations that read what another one does, in the same way; there it is seen. */
export const LIKE: readonly (readonly [operation: string, place: string, other: string, there: string])[] = [
  ['Compactconversation', 'input', 'createResponse', 'input'],
  ['createConversationItems', 'items', 'createConversation', 'items'],
  ['validateGrader', 'grader', 'runGrader', 'grader'],
  ['createFineTuningJob', 'method.reinforcement.grader', 'runGrader', 'grader'],
  ['createEvalRun', 'data_source.sampling_params.tools', 'createResponse', 'tools'],
];

/** Operations that are not walked, and why. */
export const OMITTED: Readonly<Record<string, string>> = {
  Getinputtokencounts: 'counts as requests for responses do, which has a test of its own',
  'accept-realtime-call': 'takes the session of a secret, and answers nothing: sip-calls.test.ts',
  'reject-realtime-call': 'answers nothing: sip-calls.test.ts',
  'refer-realtime-call': 'answers nothing: sip-calls.test.ts',
};
