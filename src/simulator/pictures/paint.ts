/** Paints on a picture: gradients over all of it, and soft or hard shapes. */
import type { Colour, Picture } from './picture.js';

/** Fills the picture with a blend of the colours of its four corners: top left, top right, bottom left, bottom right. */
export function fillGradient(
  { width, height, rgba }: Picture,
  corners: readonly [Colour, Colour, Colour, Colour],
): void {
  const [a, b, c, d] = corners;
  let at = 0;
  for (let y = 0; y < height; y++) {
    const v = height > 1 ? y / (height - 1) : 0;
    const left = [0, 1, 2].map((i) => a[i]! + (c[i]! - a[i]!) * v);
    const step = [0, 1, 2].map((i) => (b[i]! + (d[i]! - b[i]!) * v - left[i]!) / Math.max(width - 1, 1));
    let [red, green, blue] = left as [number, number, number];
    for (let x = 0; x < width; x++) {
      rgba[at] = red;
      rgba[at + 1] = green;
      rgba[at + 2] = blue;
      rgba[at + 3] = 255;
      at += 4;
      red += step[0]!;
      green += step[1]!;
      blue += step[2]!;
    }
  }
}

/** Lays a colour over a part of a row. */
function paintSpan(
  picture: Picture,
  y: number,
  from: number,
  to: number,
  colour: Colour,
  opacity: number,
): void {
  const { width, rgba } = picture;
  const start = Math.max(0, Math.ceil(from));
  const end = Math.min(width, Math.floor(to) + 1);
  const [red, green, blue] = colour;
  for (let at = (y * width + start) * 4, last = (y * width + end) * 4; at < last; at += 4) {
    const below = rgba[at + 3]! * (1 - opacity);
    const alpha = opacity * 255 + below;
    // What was transparent takes the colour as it is.
    const share = alpha === 0 ? 0 : (opacity * 255) / alpha;
    rgba[at] = rgba[at]! + (red - rgba[at]!) * share;
    rgba[at + 1] = rgba[at + 1]! + (green - rgba[at + 1]!) * share;
    rgba[at + 2] = rgba[at + 2]! + (blue - rgba[at + 2]!) * share;
    rgba[at + 3] = alpha;
  }
}

/** An ellipse, its axes along the picture's. */
export interface Ellipse {
  x: number;
  y: number;
  radiusX: number;
  radiusY: number;
}

/** Paints an ellipse. */
export function paintEllipse(
  picture: Picture,
  { x, y, radiusX, radiusY }: Ellipse,
  colour: Colour,
  opacity: number,
): void {
  const first = Math.max(0, Math.ceil(y - radiusY));
  const last = Math.min(picture.height - 1, Math.floor(y + radiusY));
  for (let row = first; row <= last; row++) {
    const half = radiusX * Math.sqrt(Math.max(0, 1 - ((row - y) / radiusY) ** 2));
    paintSpan(picture, row, x - half, x + half, colour, opacity);
  }
}

/** Paints a convex polygon, given by its corners in order. */
export function paintPolygon(
  picture: Picture,
  corners: readonly (readonly [x: number, y: number])[],
  colour: Colour,
  opacity: number,
): void {
  const rows = corners.map(([, y]) => y);
  const first = Math.max(0, Math.ceil(Math.min(...rows)));
  const last = Math.min(picture.height - 1, Math.floor(Math.max(...rows)));
  for (let row = first; row <= last; row++) {
    let from = Infinity;
    let to = -Infinity;
    for (const [i, [x1, y1]] of corners.entries()) {
      const [x2, y2] = corners[(i + 1) % corners.length]!;
      if (row < Math.min(y1, y2) || row > Math.max(y1, y2)) continue;
      const x = y1 === y2 ? x1 : x1 + ((x2 - x1) * (row - y1)) / (y2 - y1);
      from = Math.min(from, x, y1 === y2 ? x2 : x);
      to = Math.max(to, x, y1 === y2 ? x2 : x);
    }
    paintSpan(picture, row, from, to, colour, opacity);
  }
}
