/** Examples of files, uploads, batches, vector stores, containers and skills. */
import { MODEL } from './texts.js';
import type { Example, Examples, Made, World } from './world.js';

const fileOnce = (world: World): Promise<string> => world.once('file', () => world.file());
const upload = async (world: World): Promise<string> =>
  (await world.post('/uploads', { filename: 'a.txt', bytes: 3, purpose: 'user_data', mime_type: 'text/plain' })).id; // prettier-ignore
const part = async (world: World, upload_id: string): Promise<string> =>
  (await world.form(`/uploads/${upload_id}/parts`, { data: new File(['abc'], 'part') })).id;

const files: Examples = {
  createFile: () => ({
    form: {
      purpose: 'user_data',
      file: new File(['abc'], 'a.txt'),
      'expires_after[anchor]': 'created_at',
      'expires_after[seconds]': '3600',
    },
  }),
  listFiles: async (world) => {
    await fileOnce(world);
    return { query: 'purpose=user_data' };
  },
  retrieveFile: async (world) => ({ params: { file_id: await fileOnce(world) } }),
  deleteFile: async (world) => ({ params: { file_id: await world.file() } }),
  // Those for assistants cannot be downloaded.
  downloadFile: async (world) => ({ params: { file_id: await world.file('{}', 'a.jsonl', 'batch') } }),
  createUpload: () => ({
    body: { filename: 'a.txt', bytes: 3, purpose: 'user_data', mime_type: 'text/plain' },
  }),
  cancelUpload: async (world) => ({ params: { upload_id: await upload(world) } }),
  addUploadPart: async (world) => ({
    params: { upload_id: await upload(world) },
    form: { data: new File(['abc'], 'part') },
  }),
  completeUpload: async (world) => {
    const upload_id = await upload(world);
    return { params: { upload_id }, body: { part_ids: [await part(world, upload_id)] } };
  },
};

const LINE = {
  method: 'POST',
  url: '/v1/chat/completions',
  body: { model: MODEL, messages: [{ role: 'user', content: 'Hi' }], max_tokens: 3 },
};
const batchBody = async (world: World, lines: number) => {
  const texts = Array.from({ length: lines }, (_, i) => JSON.stringify({ custom_id: `${i}`, ...LINE }));
  const input_file_id = await world.file(texts.join('\n'), 'a.jsonl', 'batch');
  return { input_file_id, endpoint: '/v1/chat/completions', completion_window: '24h', metadata: { a: 'b' } };
};
const batch = async (world: World, lines = 1): Promise<string> =>
  (await world.post('/batches', await batchBody(world, lines))).id;
const batchOnce = (world: World): Promise<string> =>
  world.once('batch', async () => {
    const id = await batch(world);
    await world.until(`/batches/${id}`, ({ status }) => status === 'completed');
    return id;
  });

const batches: Examples = {
  createBatch: async (world) => ({ body: await batchBody(world, 1) }),
  listBatches: async (world) => {
    await batchOnce(world);
    return {};
  },
  retrieveBatch: async (world) => ({ params: { batch_id: await batchOnce(world) } }),
  // More than there is time for.
  cancelBatch: async (world) => ({ params: { batch_id: await batch(world, 200) } }),
};

const store = async (world: World, body: object = {}): Promise<string> =>
  (await world.post('/vector_stores', { name: 'v', ...body })).id;
const filled = (world: World): Promise<Params> =>
  world.once('store', async () => {
    const file_id = await world.file();
    const vector_store_id = await store(world, { file_ids: [file_id] });
    const path = `/vector_stores/${vector_store_id}/files/${file_id}`;
    await world.until(path, ({ status }) => status === 'completed');
    return { vector_store_id, file_id };
  });
const storeId = async (world: World): Promise<Params> => ({
  vector_store_id: (await filled(world))['vector_store_id']!,
});
const storeFile = async (world: World): Promise<Params> => {
  const { vector_store_id } = (await storeId(world)) as { vector_store_id: string };
  const file_id = await world.file();
  await world.post(`/vector_stores/${vector_store_id}/files`, { file_id });
  await world.until(
    `/vector_stores/${vector_store_id}/files/${file_id}`,
    ({ status }) => status === 'completed',
  );
  return { vector_store_id, file_id };
};
/** With files to tell apart. */
const searchable = async (world: World): Promise<Params> => {
  const vector_store_id = await store(world);
  for (const [content, a] of [
    ['A cat sat.', 'b'],
    ['A cat ran.', 'c'],
  ] as const)
    // prettier-ignore
    await world.post(`/vector_stores/${vector_store_id}/files`, {
      file_id: await world.file(content, `${a}.txt`),
      attributes: { a },
    });
  await world.until(`/vector_stores/${vector_store_id}`, ({ status }) => status === 'completed');
  return { vector_store_id };
};
const fileBatch = async (world: World): Promise<Params> => {
  const vector_store_id = await store(world);
  const body = { file_ids: [await world.file()] };
  const { id } = await world.post(`/vector_stores/${vector_store_id}/file_batches`, body);
  return { vector_store_id, batch_id: id };
};

type Params = NonNullable<Example['params']>;

const vectorStores: Examples = {
  createVectorStore: async (world) => ({
    body: {
      name: 'v',
      file_ids: [await fileOnce(world)],
      expires_after: { anchor: 'last_active_at', days: 3 },
      chunking_strategy: { type: 'static', static: { max_chunk_size_tokens: 100, chunk_overlap_tokens: 10 } },
      metadata: { a: 'b' },
    },
  }),
  listVectorStores: async (world) => {
    await filled(world);
    return {};
  },
  getVectorStore: async (world) => ({ params: await storeId(world) }),
  modifyVectorStore: async (world) => ({
    params: { vector_store_id: await store(world) },
    body: { name: 'w', metadata: { a: 'c' } },
  }),
  deleteVectorStore: async (world) => ({ params: { vector_store_id: await store(world) } }),
  createVectorStoreFileBatch: async (world) => ({
    params: await storeId(world),
    body: { file_ids: [await world.file()], attributes: { a: 'b' } },
  }),
  getVectorStoreFileBatch: async (world) => ({ params: await fileBatch(world) }),
  cancelVectorStoreFileBatch: async (world) => ({ params: await fileBatch(world) }),
  listFilesInVectorStoreBatch: async (world) => ({ params: await fileBatch(world) }),
  listVectorStoreFiles: async (world) => ({ params: await storeId(world) }),
  createVectorStoreFile: async (world) => ({
    params: await storeId(world),
    body: { file_id: await world.file(), attributes: { a: 1 }, chunking_strategy: { type: 'auto' } },
  }),
  getVectorStoreFile: async (world) => ({ params: await filled(world) }),
  updateVectorStoreFileAttributes: async (world) => ({
    params: await storeFile(world),
    body: { attributes: { a: 'b' } },
  }),
  deleteVectorStoreFile: async (world) => ({ params: await storeFile(world) }),
  retrieveVectorStoreFileContent: async (world) => ({ params: await filled(world) }),
  searchVectorStore: async (world) => ({
    params: await world.once('searchable', () => searchable(world)),
    body: {
      query: 'a cat',
      max_num_results: 3,
      rewrite_query: true,
      ranking_options: { ranker: 'auto', score_threshold: 0 },
      filters: { type: 'ne', key: 'a', value: 'b' },
    },
  }),
};

const container = async (world: World): Promise<Params> => ({
  container_id: (await world.post('/containers', { name: 'c' })).id,
});
const containerOnce = (world: World): Promise<Params> => world.once('container', () => container(world));
const containerFile = async (world: World): Promise<Params> => {
  const { container_id } = (await containerOnce(world)) as { container_id: string };
  const form = { file: new File(['abc'], 'a.txt') };
  return { container_id, file_id: (await world.form(`/containers/${container_id}/files`, form)).id };
};
const containerFileOnce = (world: World): Promise<Params> =>
  world.once('container file', () => containerFile(world));

const containers: Examples = {
  ListContainers: async (world) => {
    await containerOnce(world);
    return {};
  },
  CreateContainer: async (world) => ({
    body: {
      name: 'c',
      file_ids: [await fileOnce(world)],
      expires_after: { anchor: 'last_active_at', minutes: 5 },
    },
  }),
  RetrieveContainer: async (world) => ({ params: await containerOnce(world) }),
  DeleteContainer: async (world) => ({ params: await container(world) }),
  ListContainerFiles: async (world) => {
    const { container_id } = (await containerFileOnce(world)) as { container_id: string };
    return { params: { container_id } };
  },
  CreateContainerFile: async (world) => ({
    params: await containerOnce(world),
    body: { file_id: await world.file() },
  }),
  RetrieveContainerFile: async (world) => ({ params: await containerFileOnce(world) }),
  DeleteContainerFile: async (world) => ({ params: await containerFile(world) }),
  RetrieveContainerFileContent: async (world) => ({ params: await containerFileOnce(world) }),
};

const manifest = (name: string): File =>
  new File([`---\nname: ${name}\ndescription: A skill\n---\n`], `${name}/SKILL.md`);
const skill = (world: World): Promise<Made> => world.form('/skills', { files: manifest('one') });
const version = async (world: World): Promise<Params> => {
  const { id } = await skill(world);
  await world.form(`/skills/${id}/versions`, { files: manifest('two') });
  return { skill_id: id, version: '2' };
};
const versionOnce = (world: World): Promise<Params> => world.once('version', () => version(world));
const skillOnce = async (world: World): Promise<Params> => ({
  skill_id: (await versionOnce(world))['skill_id']!,
});

const skills: Examples = {
  ListSkills: async (world) => {
    await skillOnce(world);
    return {};
  },
  CreateSkill: () => ({ form: { files: manifest('one') } }),
  GetSkill: async (world) => ({ params: await skillOnce(world) }),
  UpdateSkillDefaultVersion: async (world) => ({
    params: await skillOnce(world),
    body: { default_version: '2' },
  }),
  DeleteSkill: async (world) => ({ params: { skill_id: (await skill(world)).id } }),
  GetSkillContent: async (world) => ({ params: await skillOnce(world) }),
  ListSkillVersions: async (world) => ({ params: await skillOnce(world) }),
  CreateSkillVersion: async (world) => ({
    params: { skill_id: (await skill(world)).id },
    form: { files: manifest('two'), default: 'true' },
  }),
  GetSkillVersion: async (world) => ({ params: await versionOnce(world) }),
  DeleteSkillVersion: async (world) => ({ params: await version(world) }),
  GetSkillVersionContent: async (world) => ({ params: await versionOnce(world) }),
};

export const STORE_EXAMPLES: Examples = { ...files, ...batches, ...vectorStores, ...containers, ...skills };
