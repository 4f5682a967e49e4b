/** Assistants, stores, tuning, evals, media and realtime: requests in which more parameters mean something. */
import { MODEL, WEATHER } from '../examples/texts.js';
import type { World } from '../examples/world.js';
import type { Bases } from './bases.js';

const FUNCTION = { type: 'function', function: WEATHER };
const CHUNKS = {
  type: 'static',
  static: { max_chunk_size_tokens: 100, chunk_overlap_tokens: 10 },
};

/** A message with a file, and a picture. */
async function fileMessage(world: World): Promise<object> {
  const [file, picture] = await Promise.all([world.file(), world.pictureFile()]);
  return {
    role: 'user',
    content: [
      { type: 'text', text: 'See.' },
      { type: 'image_file', image_file: { file_id: picture, detail: 'low' } },
    ],
    attachments: [{ file_id: file, tools: [{ type: 'code_interpreter' }] }],
  };
}

const newStore = async (world: World): Promise<object> => ({
  file_search: {
    vector_stores: [{ file_ids: [await world.file()], chunking_strategy: CHUNKS, metadata: { a: 'b' } }],
  },
});

const assistants: Bases = {
  createAssistant: async (world) => [
    { model: MODEL, tools: [{ type: 'file_search' }], tool_resources: await newStore(world) },
  ],
  createThread: async (world) => [
    { tool_resources: await newStore(world) },
    { messages: [await fileMessage(world)] },
  ],
  CreateChatSessionMethod: () => [
    {
      user: 'me',
      workflow: { id: 'wf_1' },
      chatkit_configuration: { file_upload: { enabled: true, max_file_size: 5, max_files: 2 } },
    },
  ],
  createMessage: async (world) => [await fileMessage(world)],
  createThreadAndRun: async (world) => {
    const { id: assistant_id } = await world.once('run assistant', () =>
      world.post('/assistants', { model: MODEL, tools: [{ type: 'file_search' }] }),
    );
    const { id: store } = await world.once('run store', async () => {
      const file = await world.file('The moon is made of cheese.', 'moon.txt');
      return world.post('/vector_stores', { name: 'moon', file_ids: [file] });
    });
    const found = { role: 'user', content: 'What is the moon made of? Search the files.' };
    return [
      { assistant_id, thread: { tool_resources: await newStore(world) } },
      { assistant_id, thread: { messages: [await fileMessage(world)] } },
      {
        assistant_id,
        thread: { messages: [found] },
        tools: [{ type: 'file_search' }],
        tool_choice: { type: 'file_search' },
        tool_resources: { file_search: { vector_store_ids: [store] } },
      },
      {
        assistant_id,
        thread: { messages: [{ role: 'user', content: 'Compute 2 + 2.' }] },
        tools: [{ type: 'code_interpreter' }],
        tool_resources: { code_interpreter: { file_ids: [await world.file()] } },
      },
      {
        assistant_id,
        tools: [FUNCTION, { type: 'function', function: { ...WEATHER, name: 'get_time' } }],
        tool_choice: { type: 'function', function: { name: 'get_weather' } },
      },
    ];
  },
  createRun: async (world) => {
    const { id: assistant_id } = await world.once('run assistant', () =>
      world.post('/assistants', { model: MODEL, tools: [{ type: 'file_search' }] }),
    );
    const ranking_options = { ranker: 'auto', score_threshold: 0.1 };
    return [
      { assistant_id, additional_messages: [await fileMessage(world)] },
      { assistant_id, tools: [{ type: 'function', function: { ...WEATHER, description: 'Tells it.' } }] },
      {
        assistant_id,
        tools: [{ type: 'file_search', file_search: { max_num_results: 3, ranking_options } }],
      },
      {
        assistant_id,
        tools: [FUNCTION, { type: 'function', function: { ...WEATHER, name: 'get_time' } }],
        tool_choice: { type: 'function', function: { name: 'get_weather' } },
      },
    ];
  },
};

const SKILL = (name: string): string => `---\nname: ${name}\ndescription: A skill\n---\n`;

async function skillOf(world: World, name: string): Promise<string> {
  const manifest = new File([SKILL(name)], `${name}/SKILL.md`);
  return (await world.form('/skills', { files: manifest })).id;
}

const stores: Bases = {
  createBatch: async (world) => {
    const line = { custom_id: '1', method: 'POST', url: '/v1/chat/completions', body: { model: MODEL, messages: [{ role: 'user', content: 'Hi' }], max_tokens: 3 } }; // prettier-ignore
    const input_file_id = await world.file(JSON.stringify(line), 'a.jsonl', 'batch');
    const batch = { input_file_id, endpoint: '/v1/chat/completions', completion_window: '24h' };
    return [{ ...batch, output_expires_after: { anchor: 'created_at', seconds: 3600 } }];
  },
  createVectorStoreFileBatch: async (world) => {
    const file_id = await world.file('The cat sat. '.repeat(60), 'long.txt');
    return [
      { file_ids: [file_id], attributes: { a: 'b' }, chunking_strategy: CHUNKS },
      { files: [{ file_id, attributes: { a: 'b' }, chunking_strategy: CHUNKS }] },
    ];
  },
  searchVectorStore: () => {
    const is = (type: string, value: unknown) => ({ type, key: 'a', value });
    return [
      { query: 'a cat', max_num_results: 1 },
      { query: 'a cat', filters: is('eq', 'b') },
      { query: 'a cat', filters: is('in', ['b']) },
      { query: 'a cat', filters: { type: 'and', filters: [is('eq', 'b'), is('in', ['b'])] } },
      { query: 'a cat', ranking_options: { ranker: 'auto', score_threshold: 0.1 } },
    ];
  },
  CreateContainer: async (world) => {
    const skill_id = await skillOf(world, 'one');
    await world.form(`/skills/${skill_id}/versions`, { files: new File([SKILL('two')], 'two/SKILL.md') });
    const zip = await world.download(`/skills/${skill_id}/content`);
    const source = {
      type: 'base64',
      media_type: 'application/zip',
      data: Buffer.from(zip).toString('base64'),
    };
    const secret = { domain: 'example.com', name: 'KEY', value: 'x' };
    return [
      { name: 'c', skills: [{ type: 'skill_reference', skill_id, version: '1' }] },
      { name: 'c', skills: [{ type: 'inline', name: 'one', description: 'A skill', source }] },
      { name: 'c', network_policy: { type: 'allowlist', allowed_domains: ['example.com'], domain_secrets: [secret] } }, // prettier-ignore
    ];
  },
};

const CITY = {
  type: 'string_check',
  name: 'g',
  input: '{{sample.output_text}}',
  reference: 'b',
  operation: 'eq',
};
const ASK = [{ role: 'user', content: 'Is {{item.a}} good?' }];
const SCORE = { type: 'score_model', name: 's', model: MODEL, input: ASK, range: [0, 2] };
const LABEL = {
  type: 'label_model',
  name: 'l',
  model: MODEL,
  input: ASK,
  labels: ['good', 'bad'],
  passing_labels: ['good'],
};
const PARTS = [
  { type: 'input_text', text: 'Good?', prompt_cache_breakpoint: { mode: 'explicit' } },
  [{ type: 'input_text', text: 'Good?', prompt_cache_breakpoint: { mode: 'explicit' } }],
  { type: 'input_image', image_url: 'https://example.com/a.png', detail: 'low' },
  [{ type: 'input_image', image_url: 'https://example.com/a.png', detail: 'low' }],
  { type: 'input_audio', input_audio: { data: 'UklGRiQAAABXQVZFZm10IBAAAAABAAEAgD4AAAB9AAACABAAZGF0YQAAAAA=', format: 'wav' } }, // prettier-ignore
  [{ type: 'input_audio', input_audio: { data: 'UklGRiQAAABXQVZFZm10IBAAAAABAAEAgD4AAAB9AAACABAAZGF0YQAAAAA=', format: 'wav' } }], // prettier-ignore
];
const PYTHON = { type: 'python', name: 'p', source: 'def grade(sample, item):\n    return 1.0\n' };
const MULTI = { type: 'multi', name: 'm', graders: { a: CITY }, calculate_output: 'a' };

const training = (world: World): Promise<string> =>
  world.once(
    'training',
    () =>
    world.file('{"messages":[{"role":"user","content":"a"},{"role":"assistant","content":"b"}]}\n'.repeat(10), 'a.jsonl', 'fine-tune'), // prettier-ignore
  );

const CLIENT_TOOLS = [{ type: 'function', ...WEATHER, description: 'd' }];

/** Runs of evals, which show all that they were asked with. */
const evalRuns = (): object[] => {
  const source = { type: 'file_content', content: [{ item: { q: 'x', a: 'b' } }] };
  const input_messages = { type: 'template', template: [{ role: 'user', content: '{{item.q}}' }] };
  const chatTools = [{ type: 'function', function: WEATHER }];
  const format = {
    type: 'json_schema',
    name: 'a',
    description: 'b',
    schema: WEATHER.parameters,
    strict: true,
  };
  const { type: _, ...schema } = format;
  const sampling = { temperature: 0.5, max_completion_tokens: 16, top_p: 0.9, seed: 3 };
  const responseTools = CLIENT_TOOLS.map((one) => [one]);
  return [
    { data_source: { type: 'completions', model: MODEL, source, input_messages, sampling_params: { ...sampling, tools: chatTools, response_format: { type: 'json_schema', json_schema: schema } } } }, // prettier-ignore
    ...responseTools.map((tools) => ({
      data_source: { type: 'responses', model: MODEL, source, input_messages, sampling_params: { ...sampling, tools, text: { format } } }, // prettier-ignore
    })),
  ];
};

const tuning: Bases = {
  createFineTuningJob: async (world) => {
    const training_file = await training(world);
    const job = { model: 'gpt-4o-mini-2024-07-18', training_file, seed: 5 };
    const common = { batch_size: 2, learning_rate_multiplier: 0.5, n_epochs: 2 };
    return [
      { ...job, validation_file: await world.file('{"messages":[{"role":"user","content":"c"},{"role":"assistant","content":"d"}]}\n'.repeat(10), 'v.jsonl', 'fine-tune') }, // prettier-ignore
      { ...job, hyperparameters: common },
      { ...job, method: { type: 'supervised', supervised: { hyperparameters: common } } },
      { ...job, method: { type: 'dpo', dpo: { hyperparameters: { ...common, beta: 0.2 } } } },
      ...[CITY, SCORE, PYTHON, MULTI].map((grader) => ({
        ...job,
        method: {
          type: 'reinforcement',
          reinforcement: {
            grader,
            hyperparameters: { ...common, reasoning_effort: 'low', compute_multiplier: 2, eval_interval: 2, eval_samples: 2 }, // prettier-ignore
          },
        },
      })),
    ];
  },
  runGrader: () =>
    [
      CITY,
      SCORE,
      PYTHON,
      MULTI,
      ...PARTS.map((content) => ({ ...SCORE, model: 'fakeai-1', input: [{ role: 'user', content }] })),
    ].map((grader) => ({ grader, item: { a: 'b' }, model_sample: 'b' })),
  validateGrader: () => [CITY, SCORE, PYTHON, MULTI].map((grader) => ({ grader })),
  createEvalRun: evalRuns,
  createEval: () =>
    [SCORE, LABEL, PYTHON, ...PARTS.map((content) => ({ ...LABEL, input: [{ role: 'user', content }] }))].map(
      (criterion) => ({
        name: 'e',
        data_source_config: { type: 'custom', item_schema: { type: 'object' }, include_sample_schema: true },
        testing_criteria: [criterion],
      }),
    ),
};

const media: Bases = {
  createModeration: async (world) => [
    {
      model: 'omni-moderation-latest',
      input: [
        { type: 'text', text: 'I will hurt you.' },
        { type: 'image_url', image_url: { url: `data:image/png;base64,${Buffer.from(await (await world.picture()).arrayBuffer()).toString('base64')}` } }, // prettier-ignore
      ],
    },
  ],
  createImage: () => [
    { model: 'gpt-image-1-mini', prompt: 'a cat', quality: 'low', stream: true, partial_images: 1 },
    { model: 'gpt-image-1-mini', prompt: 'a cat', quality: 'low', background: 'transparent', output_format: 'png' }, // prettier-ignore
    { model: 'gpt-image-1-mini', prompt: 'a naked dead body, gore', quality: 'low', moderation: 'low' },
    { model: 'dall-e-3', prompt: 'a cat', style: 'vivid', response_format: 'b64_json' },
  ],
  createSpeech: async (world) => [
    { model: 'gpt-4o-mini-tts', voice: { id: await world.customVoice() }, input: 'Hello.', response_format: 'wav' }, // prettier-ignore
  ],
  createVideo: async (world) => {
    const file = await world.frame('a lake');
    const { id } = await world.form('/files', { purpose: 'vision', file });
    const url = `data:image/png;base64,${Buffer.from(await file.arrayBuffer()).toString('base64')}`;
    return [{ file_id: id }, { image_url: url }].map((input_reference) => ({
      model: 'sora-2',
      prompt: 'a boat',
      seconds: '4',
      size: '720x1280',
      input_reference,
    }));
  },
};

const TOOL = {
  type: 'function',
  name: 'f',
  description: 'd',
  parameters: { type: 'object', properties: {} },
};
const sessions = (within: (session: object) => object): object[] =>
  [
    { audio: { input: { format: { type: 'audio/pcm', rate: 24_000 }, transcription: { model: 'gpt-realtime-whisper', delay: 'low' } }, output: { format: { type: 'audio/pcm', rate: 24_000 } } } }, // prettier-ignore
    { tools: [TOOL], tool_choice: { type: 'function', name: 'f' }, parallel_tool_calls: true },
  ].map((one) => within({ type: 'realtime', model: 'gpt-realtime', ...one }));

const realtime: Bases = {
  'create-realtime-client-secret': async (world) => [
    ...sessions((session) => ({ session })),
    ...[await world.customVoice()].map((id) => ({ session: { type: 'realtime', model: 'gpt-realtime', audio: { output: { voice: { id } } } } })), // prettier-ignore
  ],
  'create-realtime-translation-client-secret': () => [
    { session: { model: 'gpt-realtime-translate', audio: { input: { transcription: { model: 'gpt-realtime-whisper' } } } } }, // prettier-ignore
  ],
  'create-realtime-transcription-session': () => [
    { input_audio_noise_reduction: { type: 'near_field' }, include: ['item.input_audio_transcription.logprobs'] }, // prettier-ignore
  ],
};

export const RESOURCE_BASES: Bases = { ...assistants, ...stores, ...tuning, ...media, ...realtime };
