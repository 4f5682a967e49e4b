/** Embeddings, ranking and moderation, asked by the openai SDK and by hand. */
import { describe, expect, it } from 'vitest';
import { decodeImage, encodeImage } from '../../src/server/media/image-files.js';
import { emptyPicture, type Picture } from '../../src/simulator/pictures/picture.js';
import { expectAnswer, expectError, expectValid } from '../support/spec.js';
import { useServer } from '../support/use-server.js';

const used = useServer({ model: [], bodyLimit: 8 * 1024 * 1024 });
const { post } = used;
const MODEL = 'text-embedding-3-small';

interface Vectors {
  data: { index: number; embedding: number[] }[];
  usage: { prompt_tokens: number };
}
const vectorsOf = async (body: object): Promise<Vectors> =>
  expectAnswer<Vectors>('createEmbedding', await post('/v1/embeddings', { model: MODEL, ...body }));

const dot = (a: readonly number[], b: readonly number[]): number =>
  a.reduce((sum, x, i) => sum + x * b[i]!, 0);

describe('embeddings', () => {
  it.each([
    ['text-embedding-3-small', 1536],
    ['text-embedding-3-large', 3072],
    ['text-embedding-ada-002', 1536],
    ['sentence-transformers/all-MiniLM-L6-v2', 384],
    ['fakeai-1', 1536],
  ])('of %s have %i dimensions', async (model, dimensions) => {
    const answer = await used.client.embeddings.create({ model, input: 'a text' });
    expect(answer.data[0]!.embedding).toHaveLength(dimensions);
    expect(answer).toMatchObject({ model, object: 'list', usage: { prompt_tokens: 2, total_tokens: 2 } });
  });

  it('are the same in both encodings, on every thread, and of length 1', async () => {
    const [float, again, base64] = await Promise.all([
      vectorsOf({ input: 'a text' }),
      vectorsOf({ input: 'a text', encoding_format: 'float' }),
      // The SDK asks for base64 and decodes it.
      used.client.embeddings.create({ model: MODEL, input: 'a text' }),
    ]);
    expect(again).toEqual(float);
    const vector = float.data[0]!.embedding;
    expect(dot(vector, vector)).toBeCloseTo(1, 5);
    expect(Float32Array.from(vector)).toEqual(Float32Array.from(base64.data[0]!.embedding));
  });

  it('take batches in order, and tokens', async () => {
    const { data, usage } = await vectorsOf({ input: ['one', 'two', 'hello world'] });
    expect(data.map(({ index }) => index)).toEqual([0, 1, 2]);
    expect(usage.prompt_tokens).toBe(4);
    // "hello world" in o200k_base.
    const tokens = await vectorsOf({ input: [24_912, 2375] });
    expect(tokens.data[0]!.embedding).toEqual(data[2]!.embedding);
    const many = await vectorsOf({ input: [[24_912, 2375], [24_912]], dimensions: 8 });
    expect(many.data.map(({ embedding }) => embedding.length)).toEqual([8, 8]);
    expect(many.usage.prompt_tokens).toBe(3);
  });

  it.each([
    [{ input: '' }, 400, { param: null, code: null }],
    [{ input: [] }, 400, { param: null, code: null }],
    [{ input: ['a', ''] }, 400, { param: null, code: null }],
    [{}, 400, { message: 'Please submit an `input`.', param: null, code: null }],
    [{ input: Array.from({ length: 2049 }, () => 'a') }, 400, { param: null, code: null }],
    [
      { input: 'word '.repeat(8193) },
      400,
      { message: "Invalid 'input': maximum input length is 8192 tokens.", param: null, code: null },
    ],
    [
      { input: Array.from({ length: 50 }, () => 'word '.repeat(8000)) },
      400,
      {
        message: 'Requested 400050 tokens, max 300000 tokens per request',
        type: 'max_tokens_per_request',
        param: null,
        code: 'max_tokens_per_request',
      },
    ],
    [
      { input: 'a', dimensions: 1537 },
      400,
      { message: "Invalid value for 'dimensions' = 1537. Must be less than or equal to 1536.", param: null },
    ],
    [
      { input: 'a', dimensions: 0 },
      400,
      { message: "Invalid value for 'dimensions' = 0. Must be greater than 0.", param: null },
    ],
    [{ input: 'a', dimensions: 8, model: 'text-embedding-ada-002' }, 400, { param: 'dimensions' }],
    [
      { input: 'a', encoding_format: 'hex' },
      400,
      {
        message: "Invalid value for 'encoding_format' = hex. Supported values: ['float', 'base64'].",
        param: null,
        code: null,
      },
    ],
    [{ input: 'a', model: 'gpt-4o' }, 403, {}],
    [{ input: 'a', model: 'none' }, 404, { code: 'model_not_found' }],
  ])('refuse %#', async (body, status, fields) => {
    await expectError(await post('/v1/embeddings', { model: MODEL, ...body }), status, fields);
  });

  it('cut what is too long when they are told to', async () => {
    const model = 'nvidia/nv-embedqa-e5-v5';
    const long = { model, input: 'word '.repeat(600), input_type: 'passage' };
    await expectError(await post('/v1/embeddings', long), 400);
    const { usage } = await vectorsOf({ ...long, truncate: 'END' });
    expect(usage.prompt_tokens).toBe(512);
  });
});

const QUERY = 'What is the capital of France?';
const PASSAGES = [
  'Bananas are rich in potassium.',
  'Paris is the capital of France.',
  'France has good wine.',
];

describe('ranking', () => {
  it('answers as NIM does', async () => {
    const body = {
      model: 'nvidia/llama-3.2-nv-rerankqa-1b-v2',
      query: { text: QUERY },
      passages: PASSAGES.map((text) => ({ text })),
    };
    const answer = (await (await post('/v1/ranking', body)).json()) as {
      rankings: { index: number; logit: number }[];
      usage: object;
    };
    expect(answer.rankings.map(({ index }) => index)).toEqual([1, 2, 0]);
    expect(answer.rankings[0]!.logit).toBeGreaterThan(0);
    expect(answer.rankings[2]!.logit).toBeLessThan(0);
    // The query is read with each passage.
    expect(answer.usage).toEqual({ prompt_tokens: 3 * 7 + 7 + 7 + 5, total_tokens: 40 });
    const long = {
      ...body,
      model: 'nvidia/nv-rerankqa-mistral-4b-v3',
      passages: [{ text: 'word '.repeat(600) }],
    };
    await expectError(await post('/v1/ranking', long), 400, { code: 'context_length_exceeded' });
    expect((await post('/v1/ranking', { ...long, truncate: 'END' })).status).toBe(200);
    await expectError(await post('/v1/ranking', { ...body, passages: [] }), 400, { param: 'passages' });
  });

  it('answers as Cohere does', async () => {
    const body = { model: 'rerank-v3.5', query: QUERY, documents: PASSAGES, top_n: 2 };
    expect(await (await post('/v2/rerank', body)).json()).toEqual({
      id: expect.stringMatching(/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-a[0-9a-f]{3}-[0-9a-f]{12}$/),
      results: [
        { index: 1, relevance_score: expect.closeTo(0.95, 0) },
        { index: 2, relevance_score: expect.any(Number) },
      ],
      meta: { api_version: { version: '2', is_experimental: false }, billed_units: { search_units: 1 } },
    });
    const refused = await post('/v2/rerank', { ...body, documents: [] });
    expect([refused.status, await refused.json()]).toEqual([
      400,
      { message: expect.stringContaining('documents') },
    ]);
  });

  it('answers as Jina does', async () => {
    const model = 'jina-reranker-v2-base-multilingual';
    const body = { model, query: QUERY, documents: [{ text: PASSAGES[0] }, PASSAGES[1]] };
    expect(await (await post('/v1/rerank', body)).json()).toMatchObject({
      object: 'list',
      model,
      usage: { total_tokens: 28 },
      results: [
        { index: 1, document: { text: PASSAGES[1] } },
        { index: 0, document: { text: PASSAGES[0] } },
      ],
    });
    const refused = await post('/v1/rerank', { ...body, model: 'gpt-4o' });
    expect([refused.status, await refused.json()]).toEqual([
      400,
      { detail: expect.stringContaining('ranking') },
    ]);
  });
});

describe('moderation', () => {
  it('judges texts one by one', async () => {
    const answer = await used.client.moderations.create({ input: ['I want to kill them.', 'Nice weather.'] });
    expectValid('createModeration', answer);
    expect(answer.id).toMatch(/^modr-[0-9a-f]{32}$/);
    expect(answer.model).toBe('omni-moderation-latest');
    expect(answer.results.map(({ flagged }) => flagged)).toEqual([true, false]);
    const [bad] = answer.results;
    expect(bad!.categories).toMatchObject({ violence: true, sexual: false });
    expect(bad!.category_scores.violence).toBeGreaterThan(0.9);
    expect(bad!.category_applied_input_types.illicit).toEqual(['text']);
  });

  it('judges the parts of a message together, and says what it looked at', async () => {
    const answer = await used.client.moderations.create({
      model: 'omni-moderation-latest',
      input: [
        { type: 'text', text: 'What is on this picture?' },
        { type: 'image_url', image_url: { url: 'https://example.com/mass-shooting.png' } },
      ],
    });
    expectValid('createModeration', answer);
    expect(answer.results).toHaveLength(1);
    expect(answer.results[0]).toMatchObject({
      flagged: true,
      categories: { violence: true, hate: false },
      category_applied_input_types: { violence: ['text', 'image'], hate: ['text'], illicit: ['text'] },
    });
  });

  const judged = async (url: string) => {
    const answer = await used.client.moderations.create({
      input: [{ type: 'image_url', image_url: { url } }],
    });
    expectValid('createModeration', answer);
    return answer.results[0]!;
  };
  const dataUrl = (bytes: Buffer, format = 'png'): string =>
    `data:image/${format};base64,${bytes.toString('base64')}`;
  const plain = (red: number, green: number, blue: number): Picture => {
    const picture = emptyPicture(40, 40);
    for (let at = 0; at < picture.rgba.length; at += 4) picture.rgba.set([red, green, blue, 255], at);
    return picture;
  };

  it('looks at pictures: those of one colour for tests, and no others', async () => {
    const innocent = await judged(dataUrl(await encodeImage(plain(120, 200, 90), 'png', 100)));
    expect(innocent).toMatchObject({
      flagged: false,
      category_scores: { hate: 0 },
      category_applied_input_types: { sexual: ['image'], hate: [] },
    });
    for (const format of ['png', 'jpeg', 'webp'] as const) {
      const red = await judged(dataUrl(await encodeImage(plain(255, 0, 0), format, 80), format));
      expect(red).toMatchObject({ flagged: true, categories: { violence: true, sexual: false } });
    }
    const magenta = await judged(dataUrl(await encodeImage(plain(255, 0, 255), 'png', 100)));
    expect(magenta).toMatchObject({ categories: { violence: false, sexual: true } });
  });

  it('reads what pictures carry: the prompt of those that were made here', async () => {
    for (const format of ['png', 'jpeg', 'webp'] as const) {
      const image = (prompt: string) =>
        used.client.images.generate({
          model: 'fakeai-1',
          prompt,
          size: '96x64',
          output_format: format,
          response_format: 'b64_json',
        });
      const [bad, good] = await Promise.all(['a mass shooting in a café <&>', 'a green hill'].map(image));
      const bytes = Buffer.from(bad!.data![0]!.b64_json!, 'base64');
      expect(await decodeImage(bytes)).toMatchObject({ width: 96, height: 64 });
      expect(await judged(dataUrl(bytes, format))).toMatchObject({ categories: { violence: true } });
      const other = Buffer.from(good!.data![0]!.b64_json!, 'base64');
      expect(await judged(dataUrl(other, format))).toMatchObject({ flagged: false });
    }
    const linked = await used.client.images.generate({
      model: 'dall-e-2',
      prompt: 'a mass shooting',
      size: '256x256',
    });
    expect(await judged(linked.data![0]!.url!)).toMatchObject({ categories: { violence: true } });
  });

  it.each([
    [{ input: 5 }, 400, { param: null }],
    [
      {},
      400,
      {
        message: "[{'type': 'missing', 'loc': ('body', 'input'), 'msg': 'Field required'}]",
        param: null,
        code: null,
      },
    ],
    [
      { input: 'a', model: 'gpt-4o' },
      400,
      {
        message: "Invalid value for 'model' = gpt-4o. Please check the OpenAI documentation and try again.",
        param: 'model',
        code: null,
      },
    ],
    [
      { input: [{ type: 'image_url', image_url: { url: 'x' } }], model: 'text-moderation-latest' },
      400,
      { param: 'input' },
    ],
    [
      { input: [{ type: 'image_url', image_url: { url: 'data:image/png;base64,aGVsbG8=' } }] },
      400,
      { code: 'invalid_image_format' },
    ],
  ])('refuses %j', async (body, status, fields) => {
    await expectError(await post('/v1/moderations', body), status, fields);
  });
});
