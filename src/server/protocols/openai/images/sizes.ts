/** Which sizes, qualities and counts of images each model makes. */
import type { ModelInfo } from '../../../../simulator/models/model.js';
import { invalid } from '../errors.js';

/** Groups of models that take the same parameters. */
export type ImageFamily = 'dall-e-2' | 'dall-e-3' | 'gpt-image' | 'other';

export interface ImageSizeAsked {
  width: number;
  height: number;
}

/** What a family of models takes. */
interface Rules {
  /** undefined: any size, within {@link ANY_SIZE}. */
  sizes: readonly string[] | undefined;
  maxCount: number;
  promptCharacters: number;
  qualities: readonly string[];
  defaultQuality: string;
}

const RULES: Readonly<Record<ImageFamily, Rules>> = {
  'dall-e-2': {
    sizes: ['256x256', '512x512', '1024x1024'],
    maxCount: 10,
    promptCharacters: 1000,
    qualities: ['standard'],
    defaultQuality: 'standard',
  },
  'dall-e-3': {
    sizes: ['1024x1024', '1792x1024', '1024x1792'],
    maxCount: 1,
    promptCharacters: 4000,
    qualities: ['standard', 'hd'],
    defaultQuality: 'standard',
  },
  'gpt-image': {
    sizes: ['1024x1024', '1536x1024', '1024x1536'],
    maxCount: 10,
    promptCharacters: 32_000,
    qualities: ['low', 'medium', 'high'],
    defaultQuality: 'high',
  },
  other: {
    sizes: undefined,
    maxCount: 10,
    promptCharacters: 32_000,
    qualities: ['low', 'medium', 'high', 'standard', 'hd'],
    defaultQuality: 'medium',
  },
};

/** Bounds of sizes that are free: those of gpt-image-2, and a smaller least size. */
const ANY_SIZE = { least: 16, most: 3840, mostPixels: 3840 * 2160, step: 16, ratio: 3 } as const;

/** The family of a model. */
export function familyOf({ id }: ModelInfo): ImageFamily {
  if (id === 'dall-e-2' || id === 'dall-e-3') return id;
  return /^gpt-image-|^chatgpt-image/.test(id) ? 'gpt-image' : 'other';
}

/** Whether a model makes images of any size. */
const hasFreeSizes = ({ id }: ModelInfo): boolean => id.startsWith('gpt-image-2');

/**
 * The size of the images.
 *
 * @param asked - such as `1024x1024`, or `auto`
 * @throws ApiError 400 for a size that the model does not make
 */
export function sizeOf(model: ModelInfo, asked: string | undefined): ImageSizeAsked {
  const { sizes } = RULES[familyOf(model)];
  const free = sizes === undefined || hasFreeSizes(model);
  const size =
    asked === undefined || (asked === 'auto' && (free || familyOf(model) === 'gpt-image'))
      ? '1024x1024'
      : asked;
  const match = /^(\d{1,4})x(\d{1,4})$/.exec(size);
  const [width, height] = [Number(match?.[1]), Number(match?.[2])];
  if (!free && !sizes.includes(size)) {
    const supported = sizes.map((one) => `'${one}'`).join(', ');
    throw invalid(
      'size',
      'invalid_value',
      `Invalid value: '${size}'. Supported values are: ${supported}${familyOf(model) === 'gpt-image' ? ", and 'auto'" : ''}.`,
    );
  }
  if (!match || !fits(width, height)) {
    const { least, most, step } = ANY_SIZE;
    const message = `Invalid size '${size}'. Expected WIDTHxHEIGHT, both multiples of ${step} from ${least} to ${most}, at most 3840x2160 pixels, and no more than three times as long as wide.`;
    throw invalid('size', 'invalid_value', message);
  }
  return { width, height };
}

function fits(width: number, height: number): boolean {
  const { least, most, mostPixels, step, ratio } = ANY_SIZE;
  const [short, long] = [Math.min(width, height), Math.max(width, height)];
  return (
    short >= least &&
    long <= most &&
    width * height <= mostPixels &&
    width % step === 0 &&
    height % step === 0 &&
    long <= ratio * short
  );
}

/** @throws ApiError 400 when a model does not make so many at once, or its prompt is too long */
export function checkAmounts(model: ModelInfo, count: number, prompt: string): void {
  const { maxCount, promptCharacters } = RULES[familyOf(model)];
  if (count > maxCount) {
    const message = `Invalid 'n': integer above maximum value. Expected a value <= ${maxCount}, but got ${count} instead.`;
    throw invalid('n', 'integer_above_max_value', message);
  }
  if (prompt.length <= promptCharacters) return;
  const message = `Invalid 'prompt': string too long. Expected a string with maximum length ${promptCharacters}, but got a string with length ${prompt.length} instead.`;
  throw invalid('prompt', 'string_above_max_length', message);
}

/**
 * The quality of the images.
 *
 * @throws ApiError 400 for a quality that the model does not have
 */
export function qualityOf(model: ModelInfo, asked: string | undefined): string {
  const { qualities, defaultQuality } = RULES[familyOf(model)];
  if (asked === undefined || asked === 'auto') return defaultQuality;
  if (qualities.includes(asked)) return asked;
  const supported = qualities.map((one) => `'${one}'`).join(', ');
  throw invalid('quality', 'invalid_value', `Invalid value: '${asked}'. Supported values are: ${supported}.`);
}

/** Tokens of an image of 1,024 × 1,024, by quality (OpenAI's image generation guide). */
const SQUARE_TOKENS: Readonly<Record<string, number>> = {
  low: 272,
  medium: 1056,
  high: 4160,
  standard: 1056,
  hd: 4160,
};
/** Tokens of the two other standard sizes. */
const OTHER_TOKENS: Readonly<Record<string, readonly [portrait: number, landscape: number]>> = {
  low: [408, 400],
  medium: [1584, 1568],
  high: [6240, 6208],
};

/** Of `gpt-image-2`: OpenAI's list prices of an image over those of a token, so not exact to the token. */
const SECOND_TOKENS: Readonly<Record<string, readonly [square: number, other: number]>> = {
  low: [200, 167],
  medium: [1767, 1367],
  high: [7033, 5500],
};

/** Tokens that an image costs; sizes of no list by their area. */
export function imageTokens(model: ModelInfo, { width, height }: ImageSizeAsked, quality: string): number {
  const isPortrait = width === 1024 && height === 1536;
  const isLandscape = width === 1536 && height === 1024;
  const second = hasFreeSizes(model) ? SECOND_TOKENS[quality] : undefined;
  const other = OTHER_TOKENS[quality];
  if (isPortrait || isLandscape) {
    if (second) return second[1];
    if (other) return other[isPortrait ? 0 : 1];
  }
  const square = second?.[0] ?? SQUARE_TOKENS[quality] ?? 1056;
  return Math.ceil((square * width * height) / 1024 ** 2);
}

/** Tokens that looking closely adds: of a square image, and of any other. */
const CLOSE_TOKENS = [4160, 6240] as const;

/**
 * Tokens of an image that is sent along: 65, and 129 for each tile of 512 once its shorter side is 512.
 *
 * @param closely - with `input_fidelity: "high"`
 */
export function inputImageTokens({ width, height }: ImageSizeAsked, closely: boolean): number {
  const scale = Math.min(1, 512 / Math.min(width, height));
  const tiles = Math.ceil((width * scale) / 512) * Math.ceil((height * scale) / 512);
  return 65 + 129 * tiles + (closely ? CLOSE_TOKENS[width === height ? 0 : 1] : 0);
}

/** Steps of one image, each as long as a token takes. */
export const IMAGE_STEPS: Readonly<Record<string, number>> = {
  low: 15,
  medium: 30,
  high: 50,
  standard: 30,
  hd: 50,
};
