/** What an image costs in tokens ("Images and vision", OpenAI; "Vision", Anthropic). */
import type { PixelSize } from './image-size.js';

export type ImageDetail = 'low' | 'high' | 'auto' | 'original';

/** How a model counts an image. */
export type ImageRule =
  /** A base, and so much for each tile of 512 pixels, after the image was fitted. */
  | { readonly kind: 'tiles'; readonly base: number; readonly tile: number }
  /** One for each patch of 32 pixels, at most 1,536, times a factor. */
  | { readonly kind: 'patches'; readonly factor: number }
  /** By area: a token for 750 pixels. */
  | { readonly kind: 'area' };

const tiles = (base: number, tile: number): ImageRule => ({ kind: 'tiles', base, tile });
const patches = (factor: number): ImageRule => ({ kind: 'patches', factor });

/** By what a model's id begins with; the first that fits counts. */
const RULES: readonly (readonly [RegExp, ImageRule])[] = [
  [/^gpt-5(\.\d)?-(mini|nano)/, patches(1)],
  [/^gpt-5/, tiles(70, 140)],
  [/^gpt-4\.1-mini/, patches(1.62)],
  [/^gpt-4\.1-nano/, patches(2.46)],
  [/^o4-mini/, patches(1.72)],
  [/^gpt-4o-mini/, tiles(2833, 5667)],
  [/^o[13]/, tiles(75, 150)],
  [/^computer-use/, tiles(65, 129)],
  [/claude/, { kind: 'area' }],
];
/** GPT-4o and its kin. */
const USUAL = tiles(85, 170);

/** The rule of a model. */
export const imageRule = (model: string): ImageRule => RULES.find(([ids]) => ids.test(model))?.[1] ?? USUAL;

/** Fits into 2,048 squared, then the shorter side to 768. */
const BOX = 2048;
const SHORT_SIDE = 768;
const TILE = 512;
const PATCH = 32;
const MAX_PATCHES = 1536;
const LOW_BOX = 512;
const AREA_PER_TOKEN = 750;
const AREA_LONG_SIDE = 1568;

/**
 * Tokens of one image.
 *
 * @param size - of the image as it was sent
 * @param detail - as the request says; `auto` is low where the image is no larger than that
 */
export function imageTokens(rule: ImageRule, { width, height }: PixelSize, detail: ImageDetail): number {
  const isSmall = width <= LOW_BOX && height <= LOW_BOX;
  switch (rule.kind) {
    case 'tiles':
      return detail === 'low' || (detail === 'auto' && isSmall)
        ? rule.base
        : rule.base + rule.tile * tileCount(width, height);
    case 'patches':
      return Math.ceil(patchCount(...within(width, height, detail === 'low' ? LOW_BOX : BOX)) * rule.factor);
    case 'area': {
      const [w, h] = within(width, height, AREA_LONG_SIDE);
      return Math.ceil((w * h) / AREA_PER_TOKEN);
    }
  }
}

/** Scaled down, never up, so that both sides fit. */
function within(width: number, height: number, box: number): [number, number] {
  const scale = Math.min(1, box / Math.max(width, height));
  return [width * scale, height * scale];
}

function tileCount(width: number, height: number): number {
  const [w, h] = within(width, height, BOX);
  const scale = Math.min(1, SHORT_SIDE / Math.min(w, h));
  return Math.ceil(Math.round(w * scale) / TILE) * Math.ceil(Math.round(h * scale) / TILE);
}

/** More patches than the limit are brought below it by scaling to a whole number of them along one side. */
function patchCount(width: number, height: number): number {
  const count = Math.ceil(width / PATCH) * Math.ceil(height / PATCH);
  if (count <= MAX_PATCHES) return count;
  const scale = Math.sqrt((PATCH * PATCH * MAX_PATCHES) / (width * height));
  const across = (width * scale) / PATCH;
  const down = (height * scale) / PATCH;
  const fit = scale * Math.min(Math.floor(across) / across, Math.floor(down) / down);
  return Math.min(
    Math.ceil((width * fit) / PATCH - 1e-9) * Math.ceil((height * fit) / PATCH - 1e-9),
    MAX_PATCHES,
  );
}
