import { crc32, inflateSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { createRandom } from '../../../src/lib/random.js';
import { noisePng } from '../../../src/workloads/media/png.js';
import { toneWav } from '../../../src/workloads/media/wav.js';
import { createLane } from '../../../src/workloads/requests.js';
import { fixed, planOf } from './plans.js';

/** The chunks of a PNG, their checksums verified. */
function chunksOf(png: Buffer): Map<string, Buffer> {
  expect(png.subarray(0, 8).toString('latin1')).toBe('\u0089PNG\r\n\u001a\n');
  const chunks = new Map<string, Buffer>();
  for (let at = 8; at < png.length;) {
    const length = png.readUInt32BE(at);
    const body = png.subarray(at + 4, at + 8 + length);
    expect(png.readUInt32BE(at + 8 + length)).toBe(crc32(body));
    chunks.set(body.toString('latin1', 0, 4), body.subarray(4));
    at += 12 + length;
  }
  return chunks;
}

describe('images', () => {
  it.each([
    [1, 1],
    [7, 3],
    [300, 200],
  ])('are PNG of %i × %i pixels', (width, height) => {
    const chunks = chunksOf(noisePng(createRandom(1), width, height));
    expect([...chunks.keys()]).toEqual(['IHDR', 'PLTE', 'IDAT', 'IEND']);
    const header = chunks.get('IHDR')!;
    expect([header.readUInt32BE(0), header.readUInt32BE(4), ...header.subarray(8)]).toEqual([
      width,
      height,
      8,
      3,
      0,
      0,
      0,
    ]);
    expect(chunks.get('PLTE')).toHaveLength(768);
    const rows = inflateSync(chunks.get('IDAT')!);
    expect(rows).toHaveLength((width + 1) * height);
    for (let y = 0; y < height; y++) expect(rows[y * (width + 1)]).toBe(0);
  });

  it('are the same for the same seed only', () => {
    expect(noisePng(createRandom(1), 9, 9)).toEqual(noisePng(createRandom(1), 9, 9));
    expect(noisePng(createRandom(1), 9, 9)).not.toEqual(noisePng(createRandom(2), 9, 9));
  });
});

it('sounds are WAV of the given length', () => {
  const wav = toneWav(createRandom(1), 1.5);
  expect(wav.toString('latin1', 0, 4) + wav.toString('latin1', 8, 16)).toBe('RIFFWAVEfmt ');
  expect([wav.readUInt32LE(4), wav.readUInt32LE(24), wav.readUInt32LE(40)]).toEqual([
    wav.length - 8,
    16_000,
    48_000,
  ]);
  expect(wav.length).toBe(44 + 48_000);
  expect(wav.subarray(44).some((byte) => byte !== 0)).toBe(true);
  expect(wav).not.toEqual(toneWav(createRandom(2), 1.5));
});

it('requests carry them as parts of their message, different in each', () => {
  const media = { images: 2, imageWidth: 4, imageHeight: 5, audio: 1, audioSeconds: 0.1 };
  const workload = { kind: 'synthetic' as const, inputTokens: fixed(5), outputTokens: fixed(1), media };
  const lane = createLane(planOf({ workload }), 0, { index: 0, count: 1 });
  const urls = new Set<string>();
  for (let i = 0; i < 3; i++) {
    const { messages } = JSON.parse(lane.next()!.body);
    const [text, first, second, sound] = messages[0].content;
    expect(text).toEqual({ type: 'text', text: expect.any(String) });
    for (const part of [first, second]) {
      expect(part.type).toBe('image_url');
      const [head, data] = part.image_url.url.split(',');
      expect(head).toBe('data:image/png;base64');
      chunksOf(Buffer.from(data, 'base64'));
      urls.add(data);
    }
    expect(sound).toEqual({ type: 'input_audio', input_audio: { data: expect.any(String), format: 'wav' } });
  }
  expect(urls.size).toBe(6);
});
