/** Images, asked by the openai SDK and by hand. */
import { toFile } from 'openai';
import { describe, expect, it } from 'vitest';
import { encodeImage, decodeImage, imageSize } from '../../src/server/media/image-files.js';
import { drawPicture } from '../../src/simulator/pictures/draw.js';
import { emptyPicture, type Picture, resized } from '../../src/simulator/pictures/picture.js';
import { expectAnswer, expectError, expectEvents, expectValid } from '../support/spec.js';
import { useServer } from '../support/use-server.js';

const used = useServer({ model: [], bodyLimit: 8 * 1024 * 1024 });
const { post } = used;

const bytesOf = (b64: string | undefined): Buffer => Buffer.from(b64!, 'base64');

/** How many different colours a picture has, at most 1,000. */
function coloursOf({ rgba }: Picture): number {
  const colours = new Set<number>();
  const pixels = new Uint32Array(rgba.slice().buffer);
  for (let i = 0; i < pixels.length && colours.size < 1000; i++) colours.add(pixels[i]!);
  return colours.size;
}

const drawing = {
  seed: 1,
  prompt: 'a green hill',
  index: 0,
  width: 64,
  height: 64,
  vivid: true,
  transparent: false,
  progress: 1,
};

async function upload(change: Partial<typeof drawing> = {}): Promise<File> {
  const png = await encodeImage(drawPicture({ ...drawing, ...change }), 'png', 100);
  return toFile(png, 'image.png', { type: 'image/png' });
}

describe('images', () => {
  it.each(['png', 'jpeg', 'webp'] as const)('are real %s files of the asked size', async (format) => {
    const answer = await used.client.images.generate({
      model: 'fakeai-1',
      prompt: 'a red boat on a blue sea',
      size: '96x64',
      output_format: format,
      output_compression: 80,
      response_format: 'b64_json',
      n: 2,
    });
    const [first, second] = answer.data!.map(({ b64_json: b64 }) => bytesOf(b64));
    expect(imageSize(first!)).toEqual({ format, width: 96, height: 64 });
    const picture = (await decodeImage(first!))!;
    expect([picture.width, picture.height]).toEqual([96, 64]);
    expect(coloursOf(picture)).toBeGreaterThan(100);
    expect(second!.equals(first!)).toBe(false);
    expect(answer).toMatchObject({ output_format: format, size: '96x64', background: 'opaque' });
  });

  it('are the same for the same prompt, on every thread', async () => {
    const body = { model: 'fakeai-1', prompt: 'x', size: '64x64', response_format: 'b64_json' };
    const [one, two, other] = await Promise.all(
      [body, body, { ...body, prompt: 'y' }].map(async (asked) => {
        const { data } = (await (await post('/v1/images/generations', asked)).json()) as {
          data: { b64_json: string }[];
        };
        return data[0]!.b64_json;
      }),
    );
    expect(two).toBe(one);
    expect(other).not.toBe(one);
  });

  it('can be fetched where their URL leads to', async () => {
    const answer = await expectAnswer<{ data: { url: string; revised_prompt?: string }[] }>(
      'createImage',
      await post('/v1/images/generations', { prompt: 'a cat', size: '256x256', model: 'dall-e-2' }),
    );
    for (let i = 0; i < 4; i++) {
      const file = await fetch(answer.data[0]!.url, { headers: { connection: 'close' } });
      expect(file.headers.get('content-type')).toBe('image/png');
      expect(imageSize(Buffer.from(await file.arrayBuffer()))).toMatchObject({ width: 256, height: 256 });
    }
    await expectError(await fetch(`${used.server.url}/images/img-nothing.png`), 404);
  });

  it('can be transparent', async () => {
    const answer = await used.client.images.generate({
      model: 'gpt-image-1',
      prompt: 'a sticker',
      background: 'transparent',
      quality: 'low',
    });
    expectValid('createImage', answer);
    const { rgba } = (await decodeImage(bytesOf(answer.data![0]!.b64_json)))!;
    expect(rgba.some((value, at) => at % 4 === 3 && value === 0)).toBe(true);
    expect(rgba.some((value, at) => at % 4 === 3 && value > 0)).toBe(true);
    expect(answer).toMatchObject({
      background: 'transparent',
      quality: 'low',
      size: '1024x1024',
      usage: { input_tokens: 2, output_tokens: 272, total_tokens: 274 },
    });
  });

  it('are as large as compression, moderation and background make them', async () => {
    const make = async (fields: object) => {
      const body = { model: 'gpt-image-1', prompt: 'a cat', quality: 'low', ...fields };
      const answer = await expectAnswer<{ background: string; data: { b64_json: string }[] }>(
        'createImage',
        await post('/v1/images/generations', body),
      );
      return { background: answer.background, bytes: bytesOf(answer.data[0]!.b64_json) };
    };
    const [small, large] = [
      await make({ output_format: 'jpeg', output_compression: 10 }),
      await make({ output_format: 'jpeg', output_compression: 95 }),
    ];
    expect(small.bytes.length * 1.5).toBeLessThan(large.bytes.length);
    expect(await make({ prompt: 'a nude person', moderation: 'low' })).toMatchObject({
      background: 'opaque',
    });
    expect(await make({ prompt: 'a sticker', background: 'auto' })).toMatchObject({
      background: 'transparent',
    });
    expect(await make({ prompt: 'a sticker', background: 'opaque' })).toMatchObject({ background: 'opaque' });
  });

  it('of gpt-image-2 have any size, and tokens of their own', async () => {
    const { usage } = await used.client.images.generate({
      model: 'gpt-image-2',
      prompt: 'a cat',
      quality: 'low',
      size: '1536x1024',
    });
    expect(usage).toMatchObject({ output_tokens: 167 });
    const wide = await used.client.images.generate({
      model: 'gpt-image-2',
      prompt: 'a cat',
      quality: 'low',
      size: '1024x512',
    });
    expect(wide.usage).toMatchObject({ output_tokens: 100 });
    expect(imageSize(bytesOf(wide.data![0]!.b64_json))).toMatchObject({ width: 1024, height: 512 });
  });

  it('come in parts when they are streamed', async () => {
    const body = { model: 'gpt-image-1', prompt: 'a fox', stream: true, partial_images: 2, quality: 'low' };
    const events = await expectEvents<{ type: string; b64_json: string }>(
      'createImage',
      await post('/v1/images/generations', { ...body, output_format: 'webp' }),
    );
    expect(events.map(({ type }) => type)).toEqual([
      'image_generation.partial_image',
      'image_generation.partial_image',
      'image_generation.completed',
    ]);
    expect(new Set(events.map(({ b64_json: b64 }) => b64)).size).toBe(3);
    expect(events.at(-1)).toMatchObject({ usage: { output_tokens: 272 } });
    const stream = await used.client.images.generate({
      ...body,
      stream: true,
      partial_images: 0,
      quality: 'low',
    });
    const types: string[] = [];
    for await (const { type } of stream) types.push(type);
    expect(types).toEqual(['image_generation.completed']);
  });

  it.each([
    [{}, 400, { param: 'prompt', code: 'missing_required_parameter' }],
    [{ prompt: 'a', size: '100x100', model: 'dall-e-2' }, 400, { param: 'size' }],
    [{ prompt: 'a', size: '65x64', model: 'fakeai-1' }, 400, { param: 'size' }],
    [{ prompt: 'a', size: '4096x4096', model: 'gpt-image-2' }, 400, { param: 'size' }],
    [{ prompt: 'a', n: 2, model: 'dall-e-3' }, 400, { param: 'n' }],
    [{ prompt: 'a', n: 11 }, 400, { param: 'n' }],
    [{ prompt: 'a'.repeat(1001), model: 'dall-e-2' }, 400, { param: 'prompt' }],
    [{ prompt: 'a', quality: 'hd', model: 'gpt-image-1' }, 400, { param: 'quality' }],
    [{ prompt: 'a', response_format: 'url', model: 'gpt-image-1' }, 400, { param: 'response_format' }],
    [{ prompt: 'a', background: 'transparent', output_format: 'jpeg' }, 400, { param: 'background' }],
    [{ prompt: 'a', partial_images: 1, model: 'gpt-image-1' }, 400, { param: 'partial_images' }],
    [{ prompt: 'a', model: 'gpt-4o' }, 400, { param: 'model' }],
    [{ prompt: 'a', model: 'gpt-image-1', input_fidelity: 'high' }, 400, { param: 'input_fidelity' }],
    [
      { prompt: 'a', model: 'gpt-image-1', output_compression: 50 },
      400,
      { code: 'invalid_png_output_compression', type: 'image_generation_user_error' },
    ],
    [{ prompt: 'a nude person', model: 'gpt-image-1' }, 400, { code: 'moderation_blocked' }],
    [{ prompt: 'a nude person', model: 'dall-e-3' }, 400, { code: 'content_policy_violation' }],
    [
      { prompt: 'a nude child', model: 'gpt-image-1', moderation: 'low' },
      400,
      { code: 'moderation_blocked', type: 'image_generation_user_error' },
    ],
  ])('are refused: %j', async (body, status, fields) => {
    await expectError(await post('/v1/images/generations', body), status, fields);
  });
});

describe('edits', () => {
  it('change what the mask leaves open, and nothing else', async () => {
    const mask = drawPicture(drawing);
    // Open on the left.
    for (let at = 0; at < mask.rgba.length; at += 4) mask.rgba[at + 3] = (at / 4) % 64 < 32 ? 0 : 255;
    const answer = await used.client.images.edit({
      model: 'fakeai-1',
      image: await upload(),
      mask: await toFile(await encodeImage(mask, 'png', 100), 'mask.png', { type: 'image/png' }),
      prompt: 'a yellow sun',
      size: '64x64',
      response_format: 'b64_json',
    });
    const before = drawPicture(drawing).rgba;
    const after = (await decodeImage(bytesOf(answer.data![0]!.b64_json)))!.rgba;
    const changed = [0, 0];
    for (let at = 0; at < after.length; at++)
      if (after[at] !== before[at]) changed[Math.floor(at / 4) % 64 < 32 ? 0 : 1]!++;
    expect(changed[0]).toBeGreaterThan(500);
    expect(changed[1]).toBe(0);
  });

  it('take several images, and JSON', async () => {
    const image = [await upload(), await upload({ prompt: 'another' })];
    const answer = await used.client.images.edit({
      model: 'gpt-image-1',
      image,
      prompt: 'both',
      quality: 'low',
    });
    expectValid('createImageEdit', answer);
    expect(answer.usage).toMatchObject({
      input_tokens_details: { text_tokens: 1, image_tokens: 2 * (65 + 129) },
    });
    const png = Buffer.from(await image[0]!.arrayBuffer()).toString('base64');
    const body = {
      model: 'fakeai-1',
      size: '64x64',
      prompt: 'x',
      response_format: 'b64_json',
      images: [{ image_url: `data:image/png;base64,${png}` }],
    };
    expect((await post('/v1/images/edits', body)).status).toBe(200);
    const away = { ...body, images: [{ image_url: 'https://example.com/a.png' }] };
    await expectError(await post('/v1/images/edits', away), 400, { code: 'invalid_image_url' });
  });

  it('keep more of the picture with input_fidelity, and show the other pictures', async () => {
    const image = await upload();
    const edited = async (fields: object, ...others: File[]) => {
      const answer = await used.client.images.edit({
        model: 'gpt-image-1',
        image: [image, ...others],
        prompt: 'a yellow sun',
        quality: 'low',
        ...fields,
      });
      expectValid('createImageEdit', answer);
      return { usage: answer.usage!, picture: (await decodeImage(bytesOf(answer.data![0]!.b64_json)))! };
    };
    const before = resized(drawPicture(drawing), 1024, 1024);
    const changes = ({ rgba }: Picture): number =>
      rgba.filter((value, at) => value !== before.rgba[at]).length;
    const [loose, close] = [await edited({}), await edited({ input_fidelity: 'high' })];
    expect(changes(close.picture)).toBeLessThan(changes(loose.picture));
    expect(close.usage.input_tokens - loose.usage.input_tokens).toBe(4160);
    const both = await edited({}, await upload({ prompt: 'snow' }));
    expect(changes(both.picture)).toBeGreaterThan(changes(loose.picture));
    const refused = used.client.images.edit({
      model: 'gpt-image-2',
      image,
      prompt: 'x',
      input_fidelity: 'high',
    });
    await expect(refused).rejects.toMatchObject({ code: 'invalid_input_fidelity_model' });
  });

  it('take the background away, or fill it', async () => {
    const red = emptyPicture(64, 64);
    for (let at = 0; at < red.rgba.length; at += 4) red.rgba.set([200, 10, 10, at < 8000 ? 255 : 0], at);
    const image = await toFile(await encodeImage(red, 'png', 100), 'a.png', { type: 'image/png' });
    const alphas = async (background: 'transparent' | 'opaque'): Promise<Set<number>> => {
      const asked = { model: 'gpt-image-1', image, prompt: 'x', background, quality: 'low' as const };
      const answer = await used.client.images.edit(asked);
      expect(answer.background).toBe(background);
      const { rgba } = (await decodeImage(bytesOf(answer.data![0]!.b64_json)))!;
      return new Set(rgba.filter((_, at) => at % 4 === 3));
    };
    expect(await alphas('transparent')).toContain(0);
    expect([...(await alphas('opaque'))]).toEqual([255]);
  });

  it('are made by models that edit', async () => {
    const image = await upload();
    const other = used.client.images.edit({ model: 'dall-e-3', image, prompt: 'x' });
    await expect(other).rejects.toMatchObject({ status: 400, param: 'model' });
    await expect(used.client.images.createVariation({ model: 'gpt-image-1', image })).rejects.toThrow(
      'variations',
    );
    const byDefault = await used.client.images.edit({ image, prompt: 'x', quality: 'low' });
    expect(byDefault.usage).toBeDefined();
  });

  it('refuse files that are no images', async () => {
    const form = new FormData();
    form.set('prompt', 'x');
    form.set('model', 'gpt-image-1');
    form.set('image', new File([Buffer.from('no image at all')], 'a.png', { type: 'image/png' }));
    const answer = await fetch(`${used.server.url}/v1/images/edits`, { method: 'POST', body: form });
    await expectError(answer, 400, { code: 'invalid_image_file', param: 'image' });
    const cut = (await encodeImage(drawPicture(drawing), 'png', 100)).subarray(0, 200);
    form.set('image', new File([cut], 'a.png', { type: 'image/png' }));
    const second = await fetch(`${used.server.url}/v1/images/edits`, { method: 'POST', body: form });
    await expectError(second, 400, { code: 'invalid_image_file', param: 'image' });
  });
});

describe('variations', () => {
  it('are other pictures of the asked size', async () => {
    const image = await upload();
    const answer = await used.client.images.createVariation({
      image,
      n: 2,
      size: '256x256',
      response_format: 'b64_json',
    });
    expectValid('createImageVariation', answer);
    const [first, second] = answer.data!.map(({ b64_json: b64 }) => bytesOf(b64));
    expect(imageSize(first!)).toEqual({ format: 'png', width: 256, height: 256 });
    expect(second!.equals(first!)).toBe(false);
    await expect(used.client.images.createVariation({ image: await upload({ width: 32 }) })).rejects.toThrow(
      'square',
    );
  });
});
