/** Values that mean something, for places of which the specification only says that they are texts or objects. */
import type { World } from '../examples/world.js';
import type { Known } from './places.js';

const empty = { type: 'object', properties: {}, required: [], additionalProperties: false };
const filled = { ...empty, properties: { a: { type: 'string' } }, required: ['a'] };
const chosen = (name: string): object => ({ type: 'custom', custom: { name } });

/** Names of prompt templates that the server has, and their versions. */
export const TEMPLATES = ['greeting', 'farewell'].map((id) => ({
  id,
  default: '1',
  versions: ['1', '2'].map((version) => ({
    version,
    messages: [{ role: 'user', content: `${id} ${version} {{name}}` }],
  })),
}));

const FIXED: Known = [
  { pattern: /(function|tools\[\])\.parameters$/, values: [empty, filled] },
  { pattern: /schema$/, values: [empty, filled] },
  { pattern: /moderation\.model$/, values: ['omni-moderation-latest', 'text-moderation-latest'] },
  { pattern: /^(data_source\.)?model$|^grader\.(graders\.)?model$|criteria\[\]\.model$/, values: ['gpt-4o-mini', 'gpt-4o'] }, // prettier-ignore
  { pattern: /tool_choice.*function\.name$|function_call\.name$/, values: ['get_weather', 'get_time'] },
  { pattern: /tool_choice.*custom\.name$/, values: ['note', 'memo'] },
  { pattern: /tool_choice\.allowed_tools\.tools\[\]$/, values: [chosen('note'), chosen('memo')] },
  { pattern: /tool_choice\.server_label$/, values: ['s', 't'] },
  // Of servers only the origin is shown.
  { pattern: /server_url$/, values: ['https://example.com/mcp', 'https://example.org/mcp'] },
  { pattern: /country$/, values: ['FR', 'DE'] },
  { pattern: /timezone$/, values: ['Europe/Paris', 'Europe/Rome'] },
  { pattern: /(voice\.id|audio\.voice)$/, values: ['alloy', 'echo'] },
  { pattern: /output\.language$/, values: ['fr', 'de'] },
  { pattern: /passing_labels\[\]$/, values: ['good', 'bad'] },
  { pattern: /prompt\.id$/, values: TEMPLATES.map(({ id }) => id) },
  { pattern: /prompt\.version$/, values: ['1', '2'] },
  { pattern: /prompt\.variables$/, values: [{ name: 'Ann' }, { name: 'Bob' }] },
  { pattern: /definition$/, values: ['start: "a"', 'start: "b"'] },
];

/** The same for what is in a server. */
export const knownIn = (world: World): Promise<Known> => world.once('known values', () => make(world));

async function make(world: World): Promise<Known> {
  const ids = async (made: Promise<{ id: string }>[]): Promise<string[]> =>
    (await Promise.all(made)).map(({ id }) => id);
  const files = await Promise.all([world.file(), world.file('Another one.', 'b.txt')]);
  const stores = files.map((file, i) => world.post('/vector_stores', { name: `${i}`, file_ids: [file] }));
  const assistants = ['One.', 'Two.'].map((instructions) =>
    world.post('/assistants', { model: 'gpt-4o-mini', instructions }),
  );
  const responses = ['one', 'two'].map((input) => world.post('/responses', { model: 'gpt-4o-mini', input }));
  const conversations = [[], [{ role: 'user', content: 'Hi' }]].map((items) =>
    world.post('/conversations', { items }),
  );
  const evalFiles = ['{"item":{"q":"x","a":"b"}}', '{"item":{"q":"y","a":"c"}}'].map((line, i) =>
    world.file(line, `${i}.jsonl`, 'evals'),
  );
  const videos = ['a boat', 'a car'].map(async (prompt) => {
    const video = await world.post('/videos', { model: 'sora-2', prompt, seconds: '4', size: '720x1280' });
    await world.until(`/videos/${video.id}`, ({ status }) => status === 'completed');
    return video;
  });
  const pictures = ['a sea', 'a hill'].map((prompt) => world.frame(prompt));
  const shown = pictures.map(async (made) => {
    const file = await made;
    const { id } = await world.form('/files', { purpose: 'vision', file });
    return { id, url: `data:image/png;base64,${Buffer.from(await file.arrayBuffer()).toString('base64')}` };
  });
  const frames = await Promise.all(shown);
  return [
    { pattern: /source\.id$/, values: await Promise.all(evalFiles) },
    { pattern: /^video\.id$/, values: await ids(videos) },
    { pattern: /input_reference\.file_id$/, values: frames.map(({ id }) => id) },
    { pattern: /input_reference\.image_url$/, values: frames.map(({ url }) => url) },
    { pattern: /input_audio\.data$/, values: await Promise.all(['Hello.', 'Good morning to you.'].map((text) => world.sound(text))) }, // prettier-ignore
    { pattern: /file_ids?(\[\])?$/, values: files },
    { pattern: /vector_store_ids(\[\])?$/, values: await ids(stores) },
    { pattern: /assistant_id$/, values: await ids(assistants) },
    { pattern: /previous_response_id$/, values: await ids(responses) },
    { pattern: /conversation(\.id)?$/, values: await ids(conversations) },
    ...FIXED,
  ];
}
