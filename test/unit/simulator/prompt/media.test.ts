import { describe, expect, it } from 'vitest';
import { imageSize } from '../../../../src/simulator/prompt/image-size.js';
import { imageRule, imageTokens } from '../../../../src/simulator/prompt/image-tokens.js';
import { soundSeconds } from '../../../../src/simulator/prompt/sound-length.js';

const bytes = (hex: string): Buffer => Buffer.from(hex.replaceAll(' ', ''), 'hex');

describe('imageSize', () => {
  it.each([
    ['PNG', '89504e470d0a1a0a 0000000d 49484452 00000280 000001e0 08', { width: 640, height: 480 }],
    ['GIF', '474946383961 8002 e001 f70000', { width: 640, height: 480 }],
    // An APP0 segment, then a progressive frame.
    ['JPEG', 'ffd8 ffe00004aaaa ffc2 0011 08 01e0 0280 03 000000000000', { width: 640, height: 480 }],
    [
      'lossy WebP',
      '52494646 00000000 57454250 56503820 00000000 000000 9d012a 8002 e001',
      { width: 640, height: 480 },
    ],
    [
      'lossless WebP',
      '52494646 00000000 57454250 5650384c 00000000 2f 7fc27700 0000000000',
      { width: 640, height: 480 },
    ],
    [
      'extended WebP',
      '52494646 00000000 57454250 56503858 0a000000 00000000 7f0200 df0100',
      { width: 640, height: 480 },
    ],
    ['nothing', '00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff', undefined],
    ['a JPEG that is cut', 'ffd8 ffe0 4000', undefined],
    ['no bytes', '', undefined],
  ])('reads %s', (_, hex, size) => {
    expect(imageSize(bytes(hex))).toEqual(size);
  });
});

describe('imageTokens', () => {
  it.each([
    // From the examples of OpenAI's guide.
    ['gpt-4o', 1024, 1024, 'high', 765],
    ['gpt-4o', 2048, 4096, 'high', 1105],
    ['gpt-4o', 4096, 8192, 'low', 85],
    ['gpt-4o', 512, 512, 'auto', 85],
    ['gpt-4o-mini', 1024, 1024, 'low', 2833],
    ['o3', 1024, 1024, 'high', 75 + 4 * 150],
    ['gpt-5', 1024, 1024, 'high', 70 + 4 * 140],
    ['gpt-4.1-mini', 1024, 1024, 'high', Math.ceil(1024 * 1.62)],
    ['o4-mini', 1800, 2400, 'high', Math.ceil(1452 * 1.72)],
    ['claude-sonnet-4', 1000, 1000, 'auto', 1334],
  ] as const)('of %s for %d by %d in %s', (model, width, height, detail, tokens) => {
    expect(imageTokens(imageRule(model), { width, height }, detail)).toBe(tokens);
  });
});

describe('soundSeconds', () => {
  it('reads WAV, also one that does not know its own length', () => {
    const wav = Buffer.alloc(44 + 32_000);
    wav.write('RIFF', 0);
    wav.write('WAVEfmt ', 8);
    wav.writeUInt32LE(16, 16);
    wav.writeUInt32LE(16_000, 28);
    wav.write('data', 36);
    wav.writeUInt32LE(0xffffffff, 40);
    expect(soundSeconds(wav)).toBe(2);
  });

  it('reads MP3 after a tag, and guesses the rest', () => {
    const mp3 = Buffer.alloc(10 + 20 + 24_000);
    mp3.write('ID3', 0);
    mp3[9] = 20;
    mp3.set([0xff, 0xfb, 0xb0, 0x00], 30);
    expect(soundSeconds(mp3)).toBeCloseTo(1, 3);
    expect(soundSeconds(Buffer.alloc(16_000))).toBe(1);
  });
});
