import OpusScript from 'opusscript';
import { describe, expect, it } from 'vitest';
import { audioInfo } from '../../../../src/server/media/audio/audio-info.js';
import { encodeSpeech } from '../../../../src/server/media/audio/encode-speech.js';
import { SPEECH_RATE, synthesize } from '../../../../src/simulator/speech/synthesize.js';
import { spokenS, timedWords } from '../../../../src/simulator/speech/timeline.js';
import { languageOf } from '../../../../src/simulator/speech/languages.js';
import { transcribe, translate } from '../../../../src/simulator/speech/transcript.js';
import { VOICES } from '../../../../src/simulator/speech/voices.js';
import { decodeAac } from '../../../support/aac-decoder.js';
import { emptyAdts, emptyMp4, emptyWebm } from '../../../support/audio-files.js';
import { decodeFlac } from '../../../support/flac-decoder.js';

const TEXT = 'Hello there, this is a test. It takes a few seconds — naïve, isn’t it?';
const utterance = { seed: 1, text: TEXT, voice: VOICES[0]!, speed: 1 };
const samples = synthesize(utterance);
const lengthS = samples.length / SPEECH_RATE;

const rms = (values: ArrayLike<number>): number => {
  let sum = 0;
  for (let i = 0; i < values.length; i++) sum += values[i]! ** 2;
  return Math.sqrt(sum / values.length);
};

describe('synthesized speech', () => {
  it('is as long as the text and the speed say, and not silent', () => {
    expect(lengthS).toBeCloseTo(spokenS(TEXT, 1), 3);
    expect(synthesize({ ...utterance, speed: 2 }).length / SPEECH_RATE).toBeCloseTo(spokenS(TEXT, 2), 3);
    expect(rms(samples)).toBeGreaterThan(1000);
    // About 150 words a minute.
    const words = 'the quick brown fox jumps over the lazy dog and runs away from the farm '.repeat(10);
    expect((words.split(' ').length / spokenS(words, 1)) * 60).toBeGreaterThan(130);
    expect((words.split(' ').length / spokenS(words, 1)) * 60).toBeLessThan(200);
  });

  it('is the same each time, and another for another voice', () => {
    expect(synthesize(utterance)).toEqual(samples);
    expect(synthesize({ ...utterance, voice: VOICES[1]! })).not.toEqual(samples);
  });
});

describe('encoded speech', () => {
  it.each(['mp3', 'opus', 'aac', 'flac', 'wav'] as const)(
    '%s says how long it is, and carries its text',
    async (format) => {
      const info = audioInfo(Buffer.from(await encodeSpeech(samples, SPEECH_RATE, TEXT, format)));
      expect(info).toMatchObject({ format: format === 'opus' ? 'ogg' : format, text: TEXT });
      // MP3 and AAC have whole frames, and a delay.
      expect(info!.durationS).toBeCloseTo(lengthS, format === 'mp3' || format === 'aac' ? 0 : 2);
    },
  );

  it('flac gives back every sample', async () => {
    const file = Buffer.from(await encodeSpeech(samples, SPEECH_RATE, TEXT, 'flac'));
    expect(decodeFlac(file)).toEqual(samples);
    expect(file.length).toBeLessThan(samples.length * 2);
    const noise = Int16Array.from({ length: 9001 }, (_, i) => (i * 7919) % 65_536);
    expect(decodeFlac(Buffer.from(await encodeSpeech(noise, SPEECH_RATE, '', 'flac')))).toEqual(noise);
    const tiny = Int16Array.from([1]);
    expect(decodeFlac(Buffer.from(await encodeSpeech(tiny, SPEECH_RATE, '', 'flac')))).toEqual(tiny);
  });

  it('opus sounds like what went in', async () => {
    const file = Buffer.from(await encodeSpeech(samples, SPEECH_RATE, TEXT, 'opus'));
    const decoder = new OpusScript(SPEECH_RATE, 1, OpusScript.Application.VOIP);
    const pcm = Buffer.concat(audioPackets(file).map((packet) => decoder.decode(packet)));
    decoder.delete();
    const decoded = new Int16Array(pcm.buffer.slice(pcm.byteOffset, pcm.byteOffset + pcm.length));
    expect(decoded.length / SPEECH_RATE).toBeCloseTo(lengthS, 1);
    expect(rms(decoded) / rms(samples)).toBeGreaterThan(0.8);
    expect(rms(decoded) / rms(samples)).toBeLessThan(1.2);
  });

  it('aac sounds like what went in, at the bit rate of speech', async () => {
    const second = samples.subarray(0, SPEECH_RATE);
    const file = await encodeSpeech(second, SPEECH_RATE, TEXT, 'aac');
    expect(similarity(second, decodeAac(file))).toBeGreaterThan(0.98);
    expect(file.length * 8).toBeGreaterThan(20_000);
    expect(file.length * 8).toBeLessThan(80_000);
  });

  it.each([
    ['noise', Int16Array.from({ length: 9000 }, (_, i) => (Math.imul(i, 1_103_515_245) >>> 8) % 65_536)],
    ['a loud tone', Int16Array.from({ length: 9000 }, (_, i) => 32_000 * Math.sin(i / 10))],
    ['a click', Int16Array.from({ length: 3000 }, (_, i) => (i === 1500 ? 20_000 : 0))],
  ])('aac takes %s', async (_, sound) => {
    const file = await encodeSpeech(sound, SPEECH_RATE, 'x', 'aac');
    expect(similarity(sound, decodeAac(file))).toBeGreaterThan(0.97);
  });

  it('aac takes silence, and texts that are long beside their sound', async () => {
    const silent = await encodeSpeech(new Int16Array(5000), SPEECH_RATE, 'x', 'aac');
    expect(decodeAac(silent).every((value) => value === 0)).toBe(true);
    const long = '😀'.repeat(4096);
    const file = Buffer.from(await encodeSpeech(new Int16Array(4800), SPEECH_RATE, long, 'aac'));
    expect(audioInfo(file)!.text).toBe(long);
    expect(decodeAac(file)).toHaveLength(6 * 1024);
  });

  it('opus takes comments that need several pages', async () => {
    const long = 'a word and another one, '.repeat(4000);
    const file = Buffer.from(await encodeSpeech(samples, SPEECH_RATE, long, 'opus'));
    expect(audioInfo(file)!.text).toBe(long);
  });
});

/** How alike two sounds are, 1 at most: the second comes a block later. */
function similarity(sound: Int16Array, decoded: Float64Array): number {
  let [both, one, other] = [0, 0, 0];
  for (const [i, value] of sound.entries()) {
    const heard = decoded[i + 1024]!;
    both += value * heard;
    one += value ** 2;
    other += heard ** 2;
  }
  return both / Math.sqrt(one * other);
}

/** The packets of an Ogg file after its two header packets. */
function audioPackets(file: Buffer): Buffer[] {
  const packets: Buffer[] = [];
  let open = Buffer.alloc(0);
  for (let at = 0; at < file.length;) {
    const count = file[at + 26]!;
    let body = at + 27 + count;
    for (const size of file.subarray(at + 27, at + 27 + count)) {
      open = Buffer.concat([open, file.subarray(body, body + size)]);
      body += size;
      if (size < 255) {
        packets.push(open);
        open = Buffer.alloc(0);
      }
    }
    at = body;
  }
  return packets.slice(2);
}

describe('audioInfo', () => {
  it.each([
    ['mp4', emptyMp4(12), 12],
    ['webm', emptyWebm(3.5), 3.5],
    ['aac', emptyAdts(24), 1.024],
  ])('reads %s', (format, file, durationS) => {
    expect(audioInfo(file)).toEqual({ format, durationS: expect.closeTo(durationS, 5) });
  });

  it.each([
    ['nothing', Buffer.alloc(0)],
    ['text', Buffer.from('this is not audio at all')],
    ['a WAV file without data', Buffer.from('RIFF\0\0\0\0WAVE', 'latin1')],
    ['half of an MP4 file', emptyMp4(12).subarray(0, 70)],
  ])('does not take %s', (_, bytes) => {
    expect(audioInfo(bytes)).toBeUndefined();
  });
});

describe('languages', () => {
  it.each([
    ['en', 'This is what we have said to them before.'],
    ['fr', 'Nous avons toujours du temps pour la maison.'],
    ['es', 'Mañana no hay agua en la casa.'],
    ['ja', '東京は大きいです。'],
    ['zh', '我们今天去北京。'],
    ['ru', 'Сегодня хороший день.'],
    ['en', '12345 !?'],
  ])('finds out that it is %s: %s', (code, text) => {
    expect(languageOf(text)).toBe(code);
  });

  it('translates sentence by sentence', () => {
    const recording = { seed: 1, digest: { high: 1, low: 2 }, durationS: 6 };
    const { text } = translate({ ...recording, text: '東京は大きいです。行きますか？' });
    expect(text).toMatch(/^[A-Z][A-Za-z ]+\. [A-Z][A-Za-z ]*\?$/);
    const second = translate({ ...recording, text: '行きますか？' }).text;
    expect(text.endsWith(second)).toBe(true);
  });
});

describe('transcripts', () => {
  it('time words and sentences within the recording, in order', () => {
    const { words, segments, text } = transcribe({
      seed: 1,
      digest: { high: 1, low: 2 },
      durationS: 6,
      text: TEXT,
    });
    expect(text).toBe(TEXT);
    expect(segments.map((segment) => segment.text).join(' ')).toBe(TEXT);
    expect(segments).toHaveLength(2);
    let beforeS = 0;
    for (const { startS, endS } of words) {
      expect(startS).toBeGreaterThanOrEqual(beforeS - 1e-9);
      expect(endS).toBeGreaterThan(startS);
      beforeS = endS;
    }
    expect(beforeS).toBeLessThanOrEqual(6);
  });

  it.each([0.1, 1, 30, 600])('of an unknown recording of %d s are about as long as it', (durationS) => {
    const made = transcribe({ seed: 1, digest: { high: 3, low: 4 }, durationS, text: undefined });
    expect(spokenS(made.text, 1)).toBeLessThan(durationS + 1.5);
    expect(spokenS(made.text, 1)).toBeGreaterThan(durationS * 0.9 - 1.5);
    expect(timedWords(made.text, durationS)).toEqual(made.words);
  });
});
