/** Videos, asked by the openai SDK and by hand. */
import OpenAI from 'openai';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { RunningServer } from '../../src/server/index.js';
import { audioInfo } from '../../src/server/media/audio/audio-info.js';
import { decodeImage, imageSize } from '../../src/server/media/image-files.js';
import { startTestServer } from '../support/server.js';
import { expectError, expectValid } from '../support/spec.js';

let server: RunningServer;
let client: OpenAI;
beforeAll(async () => {
  server = await startTestServer({ model: [] });
  client = new OpenAI({ baseURL: `${server.url}/v1`, apiKey: 'sk-test', maxRetries: 0 });
});
afterAll(() => server.close());

/** The JPEG pictures of an MP4 file. */
function framesOf(file: Buffer): Buffer[] {
  const at = file.indexOf('stsz', 0, 'latin1') + 12;
  const sizes = Array.from({ length: file.readUInt32BE(at) }, (_, i) => file.readUInt32BE(at + 4 + i * 4));
  let from = file.readUInt32BE(file.indexOf('stco', 0, 'latin1') + 12);
  return sizes.map((size) => file.subarray(from, (from += size)));
}

describe('videos', () => {
  it('are made, listed, fetched, remixed and deleted', async () => {
    const video = await client.videos.create({ prompt: 'a red boat', seconds: '4', size: '1280x720' });
    expectValid('createVideo', video);
    expect(video).toMatchObject({ status: 'completed', progress: 100, seconds: '4', model: 'sora-2' });
    expectValid('GetVideo', await client.videos.retrieve(video.id));

    const file = Buffer.from(await (await client.videos.downloadContent(video.id)).arrayBuffer());
    expect(audioInfo(file)).toEqual({ format: 'mp4', durationS: 4 });
    const frames = framesOf(file);
    expect(frames).toHaveLength(8);
    for (const frame of frames)
      expect(imageSize(frame)).toEqual({ format: 'jpeg', width: 1280, height: 720 });
    expect(await decodeImage(frames[0]!)).toBeDefined();
    expect(frames[7]!.equals(frames[0]!)).toBe(false);

    const thumbnail = await client.videos.downloadContent(video.id, { variant: 'thumbnail' });
    const small = imageSize(Buffer.from(await thumbnail.arrayBuffer()));
    expect(small).toEqual({ format: 'webp', width: 320, height: 180 });

    const remix = await client.videos.remix(video.id, { prompt: 'a blue boat' });
    expectValid('CreateVideoRemix', remix);
    expect(remix.remixed_from_video_id).toBe(video.id);
    const page = await client.videos.list();
    expect(page.data.map(({ id }) => id)).toEqual([remix.id, video.id]);
    expectValid('DeleteVideo', await client.videos.delete(video.id));
    await expectError(await fetch(`${server.url}/v1/videos/${video.id}`), 404);
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
    [{ prompt: 'a', model: 'gpt-4o' }, 400, 'model'],
  ])('are refused: %j', async (body, status, param) => {
    const headers = { 'content-type': 'application/json' };
    const answer = await fetch(`${server.url}/v1/videos`, {
      method: 'POST',
      headers,
      body: JSON.stringify(body),
    });
    await expectError(answer, status, { param });
  });
});
