/**
 * Pictures that are to be flagged, for tests: of one colour all over. Like the files that virus scanners are tested with, they
 * stand for what nobody wants in a test suite.
 */
import type { Picture } from '../pictures/picture.js';
import type { Category } from './rules.js';

interface Signal {
  colour: readonly [red: number, green: number, blue: number];
  scores: Partial<Record<Category, number>>;
}

/** By name, as CSS calls the colours. */
export const SIGNALS = {
  red: { colour: [255, 0, 0], scores: { violence: 0.91 } },
  maroon: { colour: [128, 0, 0], scores: { violence: 0.86, 'violence/graphic': 0.93 } },
  magenta: { colour: [255, 0, 255], scores: { sexual: 0.94 } },
  navy: {
    colour: [0, 0, 128],
    scores: { 'self-harm': 0.92, 'self-harm/intent': 0.81, 'self-harm/instructions': 0.57 },
  },
} as const satisfies Record<string, Signal>;
export type SignalName = keyof typeof SIGNALS;

/** Largest difference of a channel, for what a lossy format makes of a colour. */
const TOLERANCE = 24;
/** How much of the picture must be of it. */
const SHARE = 0.95;

/** Which signal a picture is, if it is one. */
export function signalIn({ rgba }: Picture): SignalName | undefined {
  const names = Object.keys(SIGNALS) as SignalName[];
  return names.find((name) => {
    const [red, green, blue] = SIGNALS[name].colour;
    let count = 0;
    for (let at = 0; at < rgba.length; at += 4) {
      const near =
        Math.abs(rgba[at]! - red) <= TOLERANCE &&
        Math.abs(rgba[at + 1]! - green) <= TOLERANCE &&
        Math.abs(rgba[at + 2]! - blue) <= TOLERANCE;
      if (near) count++;
    }
    return count * 4 >= rgba.length * SHARE;
  });
}
