/** Changes pictures: draws into a part of one, or makes another like it. */
import { createRandom } from '../../lib/random.js';
import { type Drawing, drawPicture } from './draw.js';
import { type Picture, resized } from './picture.js';

/** How a picture is changed. */
export interface Editing {
  /** Where it is fully transparent the picture may change; everywhere without it. */
  mask?: Picture | undefined;
  /** Pictures that are put into it, small, along its lower edge. */
  others?: readonly Picture[];
  /** Fewer changes. */
  closely?: boolean;
  /** Taken away, filled with white, or left as it is. */
  background?: 'transparent' | 'opaque' | 'kept';
}

/** Share of the shapes of a picture of its own that are drawn over one. */
const SHAPES = 0.5;
const FEWER_SHAPES = 0.2;
/** Side of a picture in a picture, of the shorter side. */
const INSET = 0.22;
const GAP = 0.03;
/** Largest difference of a channel within a background. */
const TOLERANCE = 40;

/** Draws shapes for a prompt over a picture. */
export function editPicture(base: Picture, drawing: Drawing, editing: Editing = {}): Picture {
  const { width, height } = drawing;
  const under = resized(base, width, height);
  const where = editing.mask && resized(editing.mask, width, height).rgba;
  const share = editing.closely ? FEWER_SHAPES : SHAPES;
  const over = drawPicture({ ...drawing, transparent: true, progress: drawing.progress * share });
  putInsets(over, editing.others ?? []);
  const rgba = under.rgba.slice();
  if (editing.background === 'transparent') clearBackground(rgba);
  for (let at = 0; at < rgba.length; at += 4) {
    if (where && where[at + 3]! > 0) continue;
    const cover = over.rgba[at + 3]! / 255;
    if (cover === 0) continue;
    for (let i = 0; i < 3; i++) rgba[at + i] = rgba[at + i]! + (over.rgba[at + i]! - rgba[at + i]!) * cover;
    rgba[at + 3] = Math.max(rgba[at + 3]!, over.rgba[at + 3]!);
  }
  if (editing.background === 'opaque') fillBackground(rgba);
  return { width, height, rgba };
}

/** As many as fit, from the left. */
function putInsets(picture: Picture, others: readonly Picture[]): void {
  const side = Math.max(1, Math.round(Math.min(picture.width, picture.height) * INSET));
  const gap = Math.round(Math.min(picture.width, picture.height) * GAP);
  const top = picture.height - side - gap;
  for (const [i, other] of others.entries()) {
    const left = gap + i * (side + gap);
    if (left + side > picture.width || top < 0) return;
    const small = resized(other, side, side).rgba;
    for (let y = 0; y < side; y++)
      picture.rgba.set(
        small.subarray(y * side * 4, (y + 1) * side * 4),
        ((top + y) * picture.width + left) * 4,
      );
  }
}

/** Everything that is of the colour of the first pixel becomes transparent. */
function clearBackground(rgba: Uint8Array): void {
  const [red, green, blue] = [rgba[0]!, rgba[1]!, rgba[2]!];
  for (let at = 0; at < rgba.length; at += 4) {
    const near =
      Math.abs(rgba[at]! - red) <= TOLERANCE &&
      Math.abs(rgba[at + 1]! - green) <= TOLERANCE &&
      Math.abs(rgba[at + 2]! - blue) <= TOLERANCE;
    if (near) rgba[at + 3] = 0;
  }
}

/** White behind what is transparent. */
function fillBackground(rgba: Uint8Array): void {
  for (let at = 0; at < rgba.length; at += 4) {
    const share = rgba[at + 3]! / 255;
    for (let i = 0; i < 3; i++) rgba[at + i] = 255 + (rgba[at + i]! - 255) * share;
    rgba[at + 3] = 255;
  }
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
