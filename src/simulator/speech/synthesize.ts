/**
 * Something like speech: voiced letters are a tone with the resonances of their vowel, voiceless ones are noise. Nobody
 * would understand it, but it has the length, the pauses and the spectrum of a voice.
 */
import { createRandom } from '../../lib/random.js';
import { EDGE_S, type Sound, soundsOf } from './timeline.js';
import type { Voice } from './voices.js';

/** Samples per second, as OpenAI's speech has. */
export const SPEECH_RATE = 24_000;

/** First and second resonance of vowels, in Hz. */
const FORMANTS: Readonly<Record<string, readonly [number, number]>> = {
  a: [730, 1090],
  e: [530, 1840],
  i: [270, 2290],
  o: [570, 840],
  u: [300, 870],
  y: [290, 2100],
};
/** What other voiced letters sound like. */
const HUM = [250, 1200] as const;
const VOICELESS = new Set('cfhkpqstx');
/** Loudness: of 32,767. */
const LOUDNESS = 9000;
/** How long a letter takes to swell and to fade. */
const FADE_S = 0.012;

/** What is to be said. */
export interface Utterance {
  seed: number;
  text: string;
  voice: Voice;
  speed: number;
}

/** Says it: one channel of 16-bit samples. About 60 ns per sample. */
export function synthesize({ seed, text, voice, speed }: Utterance): Int16Array {
  const sounds = soundsOf(text, speed);
  const lengthS = (sounds.at(-1)?.endS ?? EDGE_S) + EDGE_S;
  const samples = new Int16Array(Math.round(lengthS * SPEECH_RATE));
  const random = createRandom(seed, 'speech', voice.id, text);
  let phase = 0;
  for (const [index, sound] of sounds.entries()) {
    if (sound.letter === '') continue;
    // The melody falls over a sentence, and wavers.
    const melody = 1 + 0.08 * Math.sin(index / 7) + 0.06 * (random.next() - 0.5);
    phase = say(samples, sound, voice, melody, phase, seed + index);
  }
  return samples;
}

function say(
  samples: Int16Array,
  sound: Sound,
  voice: Voice,
  melody: number,
  from: number,
  noiseSeed: number,
): number {
  const start = Math.round(sound.startS * SPEECH_RATE);
  const end = Math.min(samples.length, Math.round(sound.endS * SPEECH_RATE));
  const fade = Math.min(FADE_S * SPEECH_RATE, (end - start) / 2);
  const voiceless = VOICELESS.has(sound.letter);
  const [first, second] = FORMANTS[sound.letter] ?? HUM;
  const pitch = (2 * Math.PI * voice.pitchHz * melody) / SPEECH_RATE;
  // The harmonics that are nearest to the resonances are the loud ones.
  const low = Math.max(1, Math.round((first * voice.brightness) / voice.pitchHz));
  const high = Math.max(low + 1, Math.round((second * voice.brightness) / voice.pitchHz));
  let noise = noiseSeed | 1;
  let phase = from;
  for (let i = start; i < end; i++) {
    const envelope = Math.min(1, (i - start) / fade, (end - 1 - i) / fade);
    phase += pitch;
    noise = (Math.imul(noise, 1_664_525) + 1_013_904_223) | 0;
    const value = voiceless
      ? (noise / 2 ** 31) * 0.35
      : 0.5 * Math.sin(phase) + 0.32 * Math.sin(low * phase) + 0.18 * Math.sin(high * phase);
    samples[i] = value * envelope * LOUDNESS;
  }
  return phase % (2 * Math.PI);
}
