import * as fc from '../support/fast-check.js';
import { describe, expect, it } from 'vitest';
import { AAC_CONFIG, aacBlocks } from '../../src/server/media/audio/aac/aac.js';
import { audioInfo } from '../../src/server/media/audio/audio-info.js';
import { encodeSpeech } from '../../src/server/media/audio/encode-speech.js';
import { encodeImage, imageSize } from '../../src/server/media/image-files.js';
import { encodeH264, filmSize } from '../../src/server/media/h264.js';
import { buildMp4 } from '../../src/server/media/mp4.js';
import { textIn, withText } from '../../src/server/media/picture-text.js';
import { emptyAdts, emptyMp4, emptyWebm } from '../support/audio-files.js';

const samples = Int16Array.from({ length: 3000 }, (_, i) => 8000 * Math.sin(i / 5));
const picture = { width: 16, height: 16, rgba: new Uint8Array(1024).fill(200) };

const FILES = await Promise.all([
  ...(['mp3', 'opus', 'aac', 'flac', 'wav'] as const).map(async (format) =>
    Buffer.from(await encodeSpeech(samples, 24_000, 'some text', format)),
  ),
  ...(['png', 'jpeg', 'webp'] as const).map(async (format) =>
    withText(await encodeImage(picture, format, 80), format, 'some text'),
  ),
  makeFilm(),
]);
FILES.push(emptyMp4(3), emptyWebm(3), emptyAdts(10));

/** Half a second in four frames. */
async function makeFilm(): Promise<Buffer> {
  const film = await encodeH264([picture, picture, picture, picture], 8);
  const blocks = aacBlocks(new Int16Array(12_000), '');
  const sound = { samples: blocks, rate: 24_000, length: 1024, skip: 1024, config: AAC_CONFIG };
  return buildMp4({ ...film, width: 16, height: 16, framesPerSecond: 8, sound, comment: 'FAKEAI_TEXT=x' });
}

/** A file with a few bytes changed, and perhaps cut. */
const damaged = fc
  .tuple(
    fc.constantFrom(...FILES),
    fc.array(fc.tuple(fc.nat(4000), fc.nat(255)), { maxLength: 12 }),
    fc.double({ min: 0, max: 1, noNaN: true }),
    fc.boolean(),
  )
  .map(([file, changes, cut, cuts]) => {
    const bytes = Buffer.from(file);
    for (const [at, value] of changes) bytes[at % bytes.length] = value;
    return cuts ? bytes.subarray(0, Math.floor(cut * bytes.length)) : bytes;
  });

const anything = fc.uint8Array({ maxLength: 300 }).map((bytes) => Buffer.from(bytes));

describe('headers of media files', () => {
  it('never make their readers fail, hang, or say nonsense', () => {
    const property = fc.property(fc.oneof(damaged, anything), (bytes) => {
      const audio = audioInfo(bytes);
      if (audio) {
        expect(audio.durationS).toBeGreaterThanOrEqual(0);
        expect(Number.isFinite(audio.durationS)).toBe(true);
      }
      const film = filmSize(bytes);
      if (film) expect(Math.min(film.width, film.height, film.durationS)).toBeGreaterThan(0);
      expect(textIn(bytes).length).toBeLessThanOrEqual(64 * 1024);
      const image = imageSize(bytes);
      if (image) {
        expect(image.width).toBeGreaterThan(0);
        expect(image.height).toBeGreaterThan(0);
      }
    });
    fc.assert(property, { numRuns: 3000 });
  });
});
