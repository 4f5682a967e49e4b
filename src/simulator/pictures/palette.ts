/** Colours of a picture: those that its prompt names, and others that go with them. */
import type { Random } from '../../lib/random.js';
import { wordsOf } from '../embedding/words.js';
import { type Colour, hsl } from './picture.js';

/** Hue, saturation and lightness of what words name. */
const NAMED: Readonly<Record<string, readonly [number, number, number]>> = {
  red: [0, 0.8, 0.48],
  rose: [345, 0.7, 0.6],
  fire: [18, 0.9, 0.5],
  orange: [30, 0.9, 0.52],
  sunset: [22, 0.85, 0.58],
  autumn: [28, 0.7, 0.42],
  sand: [42, 0.5, 0.7],
  desert: [38, 0.55, 0.62],
  gold: [45, 0.85, 0.5],
  golden: [45, 0.85, 0.5],
  yellow: [52, 0.9, 0.55],
  sun: [50, 0.95, 0.6],
  green: [130, 0.6, 0.4],
  forest: [140, 0.55, 0.28],
  grass: [105, 0.6, 0.42],
  garden: [115, 0.5, 0.45],
  sea: [195, 0.7, 0.42],
  ocean: [205, 0.75, 0.36],
  water: [198, 0.65, 0.55],
  sky: [204, 0.7, 0.68],
  blue: [220, 0.75, 0.5],
  night: [235, 0.6, 0.15],
  space: [250, 0.55, 0.12],
  purple: [280, 0.6, 0.45],
  violet: [270, 0.65, 0.55],
  pink: [330, 0.75, 0.7],
  brown: [25, 0.45, 0.3],
  wood: [28, 0.45, 0.38],
  snow: [205, 0.3, 0.93],
  white: [210, 0.15, 0.95],
  ice: [190, 0.45, 0.85],
  grey: [215, 0.06, 0.5],
  gray: [215, 0.06, 0.5],
  black: [230, 0.15, 0.08],
  dark: [230, 0.3, 0.12],
};
const COLOURS = 6;
/** Angles between hues that go together. */
const HARMONIES = [30, 60, 120, 150, 180] as const;

/**
 * The colours of a picture.
 *
 * @param vivid - whether they are strong, or natural
 */
export function paletteOf(prompt: string, random: Random, vivid: boolean): Colour[] {
  const named = wordsOf(prompt).flatMap((word) => (Object.hasOwn(NAMED, word) ? [NAMED[word]!] : []));
  const base = named[0]?.[0] ?? random.int(360);
  const angle = HARMONIES[random.int(HARMONIES.length)]!;
  const palette = named.slice(0, 3).map(([hue, saturation, lightness]) => hsl(hue, saturation, lightness));
  while (palette.length < COLOURS) {
    const hue = (base + angle * palette.length + random.int(20) + 350) % 360;
    const saturation = (vivid ? 0.6 : 0.3) + 0.3 * random.next();
    palette.push(hsl(hue, saturation, 0.25 + 0.5 * random.next()));
  }
  return palette;
}
