/** Generated sound: seeded tones, as WAV. */
import type { Random } from '../../lib/random.js';

/** Samples per second; what speech models work with. */
const SAMPLE_RATE = 16_000;
const BYTES_PER_SAMPLE = 2;
const TONE_SAMPLES = SAMPLE_RATE / 4;
const HEADER_BYTES = 44;
const PCM = 1;

/**
 * Sound of a given length: 16 kHz, one channel, 16 bits; a new tone of 100 to 1,000 Hz every quarter of a second.
 *
 * @param random - decides the tones
 * @param seconds - rounded to whole samples
 */
export function toneWav(random: Random, seconds: number): Buffer {
  const samples = Math.round(seconds * SAMPLE_RATE);
  const bytes = samples * BYTES_PER_SAMPLE;
  const wav = Buffer.alloc(HEADER_BYTES + bytes);
  wav.write('RIFF', 0, 'latin1');
  wav.writeUInt32LE(HEADER_BYTES - 8 + bytes, 4);
  wav.write('WAVEfmt ', 8, 'latin1');
  wav.writeUInt32LE(16, 16);
  wav.writeUInt16LE(PCM, 20);
  wav.writeUInt16LE(1, 22);
  wav.writeUInt32LE(SAMPLE_RATE, 24);
  wav.writeUInt32LE(SAMPLE_RATE * BYTES_PER_SAMPLE, 28);
  wav.writeUInt16LE(BYTES_PER_SAMPLE, 32);
  wav.writeUInt16LE(BYTES_PER_SAMPLE * 8, 34);
  wav.write('data', 36, 'latin1');
  wav.writeUInt32LE(bytes, 40);
  let step = 0;
  for (let i = 0; i < samples; i++) {
    if (i % TONE_SAMPLES === 0) step = (2 * Math.PI * (100 + random.int(901))) / SAMPLE_RATE;
    wav.writeInt16LE(Math.round(8000 * Math.sin(i * step)), HEADER_BYTES + i * BYTES_PER_SAMPLE);
  }
  return wav;
}
