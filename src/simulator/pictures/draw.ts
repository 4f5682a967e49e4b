/** Draws a picture for a prompt: a sky of colours, hills, and shapes; the prompt's colour words decide the colours. */
import { digestOf } from '../../lib/digest.js';
import { createRandom, type Random } from '../../lib/random.js';
import { paletteOf } from './palette.js';
import { fillGradient, paintEllipse, paintPolygon } from './paint.js';
import { type Colour, emptyPicture, type Picture } from './picture.js';

/** What is drawn. The same gives the same picture; another size gives the same motif. */
export interface Drawing {
  seed: number;
  prompt: string;
  /** Which of the pictures of one request. */
  index: number;
  width: number;
  height: number;
  vivid: boolean;
  /** Without background: what no shape covers is transparent. */
  transparent: boolean;
  /** How much of it is there, above 0 to 1: fewer shapes, as the first steps of a diffusion have. */
  progress: number;
}

const SHAPES = 14;

const one = <T>(random: Random, list: readonly T[]): T => list[random.int(list.length)]!;

/** Draws. About 15 ns per pixel. */
export function drawPicture(drawing: Drawing): Picture {
  const { width, height, transparent, progress } = drawing;
  const picture = emptyPicture(width, height);
  const { high, low } = digestOf([drawing.prompt]);
  const random = createRandom(drawing.seed, 'picture', high, low, drawing.index);
  const palette = paletteOf(drawing.prompt, random, drawing.vivid);
  const corners = [0, 1, 2, 3].map(() => one(random, palette)) as [Colour, Colour, Colour, Colour];
  if (!transparent) fillGradient(picture, corners);
  const shapes = Math.max(1, Math.round(SHAPES * progress));
  for (let i = 0; i < shapes; i++) paintShape(picture, random, palette);
  return picture;
}

function paintShape(picture: Picture, random: Random, palette: readonly Colour[]): void {
  const size = Math.min(picture.width, picture.height);
  const x = random.next() * picture.width;
  const y = random.next() * picture.height;
  const radius = size * (0.04 + 0.24 * random.next() ** 2);
  const colour = one(random, palette);
  const opacity = 0.35 + 0.6 * random.next();
  const kind = random.int(4);
  const turn = random.next() * 2 * Math.PI;
  const stretch = 0.5 + random.next();
  if (kind === 0) paintBall(picture, x, y, radius, colour, opacity);
  else if (kind === 1)
    paintEllipse(picture, { x, y, radiusX: radius * stretch, radiusY: radius }, colour, opacity);
  else if (kind === 2) paintRegular(picture, x, y, radius, 3 + random.int(4), turn, colour, opacity);
  else paintHill(picture, x, radius * 3, radius * 1.6 * stretch, colour, opacity);
}

/** Rings that add up to something round. */
function paintBall(
  picture: Picture,
  x: number,
  y: number,
  radius: number,
  colour: Colour,
  opacity: number,
): void {
  const rings = 5;
  for (let ring = 0; ring < rings; ring++) {
    const share = 1 - ring / rings;
    const light = colour.map((part) => Math.min(255, part + ring * 16)) as unknown as Colour;
    const offset = radius * (1 - share) * 0.3;
    const circle = { x: x - offset, y: y - offset, radiusX: radius * share, radiusY: radius * share };
    paintEllipse(picture, circle, light, opacity);
  }
}

function paintRegular(
  picture: Picture,
  x: number,
  y: number,
  radius: number,
  corners: number,
  turn: number,
  colour: Colour,
  opacity: number,
): void {
  const points = Array.from({ length: corners }, (_, i) => {
    const angle = turn + (2 * Math.PI * i) / corners;
    return [x + radius * Math.cos(angle), y + radius * Math.sin(angle)] as const;
  });
  paintPolygon(picture, points, colour, opacity);
}

/** A triangle that stands on the lower edge. */
function paintHill(
  picture: Picture,
  x: number,
  width: number,
  height: number,
  colour: Colour,
  opacity: number,
): void {
  const floor = picture.height;
  paintPolygon(
    picture,
    [
      [x - width / 2, floor],
      [x, floor - height],
      [x + width / 2, floor],
    ],
    colour,
    opacity,
  );
}
