/** Changes pictures: draws into a part of one, or makes another like it. */
import { createRandom } from '../../lib/random.js';
import { type Drawing, drawPicture } from './draw.js';
import { type Picture, resized } from './picture.js';

/** From this opacity on a pixel of a mask is not to be changed. */
const KEPT = 128;

/**
 * Draws shapes for a prompt over a picture.
 *
 * @param mask - where it is transparent the picture may change; everywhere without it
 */
export function editPicture(base: Picture, mask: Picture | undefined, drawing: Drawing): Picture {
  const { width, height } = drawing;
  const under = resized(base, width, height);
  const where = mask && resized(mask, width, height).rgba;
  const over = drawPicture({ ...drawing, transparent: true, progress: drawing.progress * 0.5 }).rgba;
  const rgba = under.rgba.slice();
  for (let at = 0; at < rgba.length; at += 4) {
    if (where && where[at + 3]! >= KEPT) continue;
    const share = over[at + 3]! / 255;
    if (share === 0) continue;
    for (let i = 0; i < 3; i++) rgba[at + i] = rgba[at + i]! + (over[at + i]! - rgba[at + i]!) * share;
    rgba[at + 3] = Math.max(rgba[at + 3]!, over[at + 3]!);
  }
  return { width, height, rgba };
}

/** The same picture in other colours, perhaps mirrored. */
export function varyPicture(base: Picture, { seed, prompt, index, width, height }: Drawing): Picture {
  const random = createRandom(seed, 'variation', prompt, index);
  const under = resized(base, width, height);
  const mirrored = random.next() < 0.5;
  const order = [0, 1, 2].toSorted(() => random.next() - 0.5);
  const gain = [0, 1, 2].map(() => 0.75 + 0.4 * random.next());
  const rgba = new Uint8Array(under.rgba.length);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const to = (y * width + x) * 4;
      const from = (y * width + (mirrored ? width - 1 - x : x)) * 4;
      for (let i = 0; i < 3; i++) rgba[to + i] = Math.min(255, under.rgba[from + order[i]!]! * gain[i]!);
      rgba[to + 3] = under.rgba[from + 3]!;
    }
  }
  return { width, height, rgba };
}
