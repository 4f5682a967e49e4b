/** Videos, asked by the openai SDK and by hand. */
import { toFile } from 'openai';
import { describe, expect, it } from 'vitest';
import { audioInfo } from '../../src/server/media/audio/audio-info.js';
import { decodeImage, encodeImage, imageSize } from '../../src/server/media/image-files.js';
import { emptyPicture, type Picture, resized } from '../../src/simulator/pictures/picture.js';
import { decodeAacBlocks } from '../support/aac-decoder.js';
import { startTestServer } from '../support/server.js';
import { useServer } from '../support/use-server.js';
import { expectAnswer, expectError, expectValid } from '../support/spec.js';

const used = useServer({ model: [], bodyLimit: 8 * 1024 * 1024 });

/** Width, height, length and number of frames of an MP4 file, as its H.264 parameters and its table of samples say. */
function filmOf(file: Buffer) {
  const sps = file.subarray(file.indexOf('avcC', 0, 'latin1') + 4 + 8);
  // After profile, flags and level: Exp-Golomb codes.
  let at = 32;
  const bit = (): number => (sps[at >> 3]! >> (7 - (at++ & 7))) & 1;
  const code = (): number => {
    let zeros = 0;
    while (bit() === 0) zeros++;
    let value = 1;
    for (let i = 0; i < zeros; i++) value = value * 2 + bit();
    return value - 1;
  };
  code();
  code();
  if (code() === 0) code();
  code();
  bit();
  const [columns, rows] = [code() + 1, code() + 1];
  bit();
  bit();
  const crops = bit() === 1 ? [code(), code(), code(), code()] : [0, 0, 0, 0];
  return {
    profile: sps[1]!,
    width: columns * 16 - 2 * (crops[0]! + crops[1]!),
    height: rows * 16 - 2 * (crops[2]! + crops[3]!),
    frames: file.readUInt32BE(file.indexOf('stsz', 0, 'latin1') + 12),
    durationS: audioInfo(file)!.durationS,
  };
}

/** The samples of the sound, which comes behind the film. */
function soundOf(file: Buffer): Float64Array {
  const track = file.subarray(file.lastIndexOf('trak', undefined, 'latin1'));
  const sizes = track.subarray(track.indexOf('stsz', 0, 'latin1') + 12);
  const at = track.readUInt32BE(track.indexOf('stco', 0, 'latin1') + 12);
  const length = Array.from({ length: sizes.readUInt32BE(0) }, (_, i) => sizes.readUInt32BE(4 + 4 * i));
  let from = at;
  const blocks = length.slice(0, 30).map((size) => file.subarray(from, (from += size)));
  return decodeAacBlocks(blocks);
}

const bytesOf = async (answer: Promise<Response>): Promise<Buffer> =>
  Buffer.from(await (await answer).arrayBuffer());
const fetched = (id: string, variant: 'video' | 'thumbnail' | 'spritesheet' = 'video'): Promise<Buffer> =>
  bytesOf(used.client.videos.downloadContent(id, { variant }));

/** A picture of one colour with a square of another in the middle. */
function flag(width: number, height: number): Picture {
  const picture = emptyPicture(width, height);
  for (let y = 0; y < height; y++)
    for (let x = 0; x < width; x++) {
      const inside = Math.abs(x - width / 2) < 200 && Math.abs(y - height / 2) < 200;
      picture.rgba.set(inside ? [20, 200, 40, 255] : [180, 30, 30, 255], (y * width + x) * 4);
    }
  return picture;
}

/** Mean difference of two pictures' channels. */
function difference(one: Picture, other: Picture): number {
  let sum = 0;
  for (let i = 0; i < one.rgba.length; i++) sum += Math.abs(one.rgba[i]! - other.rgba[i]!);
  return sum / one.rgba.length;
}

describe('videos', () => {
  it('are made, listed, fetched and deleted', async () => {
    const video = await used.client.videos.create({ prompt: 'a red boat', seconds: '4', size: '1280x720' });
    expectValid('createVideo', video);
    expect(video).toMatchObject({ status: 'completed', progress: 100, seconds: '4', model: 'sora-2' });
    expectValid('GetVideo', await used.client.videos.retrieve(video.id));

    const file = await fetched(video.id);
    expect(filmOf(file)).toEqual({ profile: 66, width: 1280, height: 720, frames: 32, durationS: 4 });
    expect(await fetched(video.id)).toEqual(file);
    const heard = await used.client.audio.transcriptions.create({
      model: 'whisper-1',
      file: await toFile(file, 'a.mp4'),
    });
    expect(heard).toMatchObject({ text: 'a red boat', usage: { seconds: 4 } });
    expect(soundOf(file).some((value) => Math.abs(value) > 1000)).toBe(true);
    const again = await used.client.videos.create({ prompt: 'a red boat', size: '1280x720' });
    expect(await fetched(again.id)).toEqual(file);

    expect(imageSize(await fetched(video.id, 'thumbnail'))).toEqual({
      format: 'webp',
      width: 320,
      height: 180,
    });
    const sheet = imageSize(await fetched(video.id, 'spritesheet'));
    expect(sheet).toEqual({ format: 'jpeg', width: 1600, height: 900 });

    const page = await used.client.videos.list();
    await expectAnswer('ListVideos', await fetch(`${used.server.url}/v1/videos?limit=1`));
    expect(page.data.map(({ id }) => id)).toEqual([again.id, video.id]);
    expectValid('DeleteVideo', await used.client.videos.delete(video.id));
    await expectError(await fetch(`${used.server.url}/v1/videos/${video.id}`), 404);
    await expectError(await fetch(`${used.server.url}/v1/videos/${again.id}/content?variant=gif`), 400);
  });

  it('begin with the picture that was sent, in every way that it can be sent', async () => {
    const png = await encodeImage(flag(720, 1280), 'png', 100);
    const asked = { prompt: 'a blue sea' };
    const url = `data:image/png;base64,${png.toString('base64')}`;
    const file = await used.client.files.create({ purpose: 'vision', file: await toFile(png, 'a.png') });
    const references = [
      await toFile(png, 'a.png', { type: 'image/png' }),
      { image_url: url },
      { file_id: file.id },
    ];
    const thumbnails = await Promise.all(
      references.map(async (reference) => {
        const { id } = await used.client.videos.create({ ...asked, input_reference: reference });
        return fetched(id, 'thumbnail');
      }),
    );
    const first = (await decodeImage(thumbnails[0]!))!;
    expect(difference(first, resized(flag(720, 1280), 180, 320))).toBeLessThan(6);
    expect(thumbnails[1]).toEqual(thumbnails[0]);
    expect(thumbnails[2]).toEqual(thumbnails[0]);
    const without = await used.client.videos.create(asked);
    expect(await fetched(without.id, 'thumbnail')).not.toEqual(thumbnails[0]);

    const small = await encodeImage(flag(64, 64), 'png', 100);
    const refused = [
      [small, 'Inpaint image must match the requested width and height'],
      [Buffer.from('no image'), 'unsupported mimetype'],
      [png.subarray(0, 300), 'Invalid image file'],
    ] as const;
    for (const [bytes, message] of refused) {
      const reference = await toFile(bytes, 'a.png', { type: 'image/png' });
      await expect(used.client.videos.create({ ...asked, input_reference: reference })).rejects.toThrow(
        message,
      );
    }
  });

  it('are remixed and edited: the same scene with more in it', async () => {
    const video = await used.client.videos.create({ prompt: 'a red boat' });
    const remix = await used.client.videos.remix(video.id, { prompt: 'a blue boat' });
    expectValid('CreateVideoRemix', remix);
    const edit = await used.client.videos.edit({ video: { id: video.id }, prompt: 'a blue boat' });
    expectValid('CreateVideoEdit', edit);
    expect(remix).toMatchObject({ remixed_from_video_id: video.id, prompt: 'a blue boat', seconds: '4' });
    const [before, after, edited, other] = await Promise.all(
      [video.id, remix.id, edit.id, (await used.client.videos.create({ prompt: 'a blue boat' })).id].map(
        async (id) => (await decodeImage(await fetched(id, 'thumbnail')))!,
      ),
    );
    expect(edited).toEqual(after);
    expect(difference(before!, after!)).toBeGreaterThan(2);
    expect(difference(before!, after!)).toBeLessThan(difference(before!, other!));
  });

  it('are extended, and edited as files', async () => {
    const video = await used.client.videos.create({ prompt: 'a red boat' });
    const longer = await used.client.videos.extend({
      video: { id: video.id },
      prompt: 'it sinks',
      seconds: '4',
    });
    expectValid('CreateVideoExtend', longer);
    expect(longer).toMatchObject({ seconds: '8', prompt: 'it sinks', remixed_from_video_id: null });
    const file = await fetched(longer.id);
    expect(filmOf(file)).toMatchObject({ width: 720, height: 1280, frames: 64, durationS: 8 });
    const upload = await toFile(file, 'a.mp4', { type: 'video/mp4' });
    const edit = await used.client.videos.edit({ video: upload, prompt: 'in winter' });
    expect(edit).toMatchObject({ seconds: '8', size: '720x1280', remixed_from_video_id: null });
    const nothing = used.client.videos.edit({ video: await toFile(Buffer.from('x'), 'a.mp4'), prompt: 'y' });
    await expect(nothing).rejects.toMatchObject({ status: 400, param: 'video' });
    let { id } = longer;
    for (let i = 0; i < 5; i++)
      ({ id } = await used.client.videos.extend({ video: { id }, prompt: 'on', seconds: '20' as '12' }));
    const over = used.client.videos.extend({ video: { id }, prompt: 'on', seconds: '20' as '12' });
    await expect(over).rejects.toMatchObject({ status: 400, param: 'seconds' });
  });

  it('show characters, which look the same each time', async () => {
    const video = await used.client.videos.create({ prompt: 'a red boat' });
    const clip = await toFile(await fetched(video.id), 'a.mp4', { type: 'video/mp4' });
    const character = await used.client.videos.createCharacter({ name: 'Joe', video: clip });
    expectValid('CreateVideoCharacter', character);
    expect(character).toMatchObject({ name: 'Joe', id: expect.stringMatching(/^char_/) });
    expect(await used.client.videos.getCharacter(character.id!)).toEqual(character);
    const body = { prompt: 'a red boat', characters: [{ id: character.id }] };
    const make = (): Promise<{ id: string }> => used.client.post('/videos', { body });
    const [one, two] = [await make(), await make()];
    expect(await fetched(one.id, 'thumbnail')).toEqual(await fetched(two.id, 'thumbnail'));
    expect(await fetched(one.id, 'thumbnail')).not.toEqual(await fetched(video.id, 'thumbnail'));
    const unknown = used.client.post('/videos', { body: { ...body, characters: [{ id: 'char_x' }] } });
    await expect(unknown).rejects.toMatchObject({ status: 400, param: 'characters[0].id' });
    await expectError(await fetch(`${used.server.url}/v1/videos/characters/char_x`), 404);
  });

  it('take their time', async () => {
    const slow = await startTestServer({
      model: [],
      latency: 'fixed',
      ttft: 0,
      itl: 60_000,
      jitter: 0,
      threads: 1,
    });
    try {
      const body = JSON.stringify({ prompt: 'a fox', seconds: '8' });
      const headers = { 'content-type': 'application/json' };
      const made = await fetch(`${slow.url}/v1/videos`, { method: 'POST', headers, body });
      const video = (await made.json()) as { id: string };
      expect(video).toMatchObject({ status: 'in_progress', progress: 0, completed_at: null });
      await expectError(await fetch(`${slow.url}/v1/videos/${video.id}/content`), 404, {
        code: 'video_not_ready',
      });
    } finally {
      await slow.close();
    }
  });

  it.each([
    [{}, 400, 'prompt'],
    [{ prompt: 'a', seconds: '5' }, 400, 'seconds'],
    [{ prompt: 'a', size: '1x1' }, 400, 'size'],
    [{ prompt: 'a', size: '1792x1024' }, 400, 'size'],
    [{ prompt: 'a', model: 'gpt-4o' }, 400, 'model'],
  ])('are refused: %j', async (body, status, param) => {
    const headers = { 'content-type': 'application/json' };
    const answer = await fetch(`${used.server.url}/v1/videos`, {
      method: 'POST',
      headers,
      body: JSON.stringify(body),
    });
    await expectError(answer, status, { param });
  });
});
