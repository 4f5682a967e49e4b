/** Voices: how high and how bright each speaks. */
import type { Digest } from '../../lib/digest.js';
import { createRandom } from '../../lib/random.js';

export interface Voice {
  id: string;
  /** Of its fundamental tone. */
  pitchHz: number;
  /** Scales the resonances of the mouth: higher is a smaller speaker. */
  brightness: number;
}

const voice = (id: string, pitchHz: number, brightness: number): Voice => ({ id, pitchHz, brightness });

/** OpenAI's voices. */
export const VOICES: readonly Voice[] = [
  voice('alloy', 165, 1),
  voice('ash', 110, 0.92),
  voice('ballad', 125, 0.95),
  voice('cedar', 105, 0.9),
  voice('coral', 205, 1.1),
  voice('echo', 118, 0.94),
  voice('fable', 150, 1.02),
  voice('marin', 195, 1.08),
  voice('nova', 215, 1.14),
  voice('onyx', 92, 0.86),
  voice('sage', 180, 1.05),
  voice('shimmer', 225, 1.16),
  voice('verse', 135, 0.98),
];

/** A voice by its name. */
export const findVoice = (id: string): Voice | undefined => VOICES.find((one) => one.id === id);

/** A voice of its own for something: the same for the same digest, within what people's voices are like. */
export function likeVoice({ high, low }: Digest): Voice {
  const random = createRandom(0, 'voice', high, low);
  const pitchHz = Math.round(85 + 150 * random.next());
  // High voices come from small mouths.
  return voice(`like-${high}-${low}`, pitchHz, 0.8 + 0.0015 * pitchHz + 0.06 * random.next());
}

/** A voice as it speaks when it was told how: the same for the same words, and like itself. */
export function toldVoice(one: Voice, { high, low }: Digest): Voice {
  const random = createRandom(0, 'told', high, low);
  const around = (value: number, by: number): number => value * (1 - by + 2 * by * random.next());
  return {
    id: `${one.id}-${high}-${low}`,
    pitchHz: Math.round(around(one.pitchHz, 0.12) * 10) / 10,
    brightness: around(one.brightness, 0.05),
  };
}
