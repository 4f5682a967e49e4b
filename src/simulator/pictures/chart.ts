/** Draws charts as a plotting library would: axes with ticks, and bars, a line or the slices of a pie. */
import { paintEllipse, paintPolygon } from './paint.js';
import { type Colour, emptyPicture, hsl, type Picture } from './picture.js';

/** What is drawn. */
export interface Chart {
  kind: 'bar' | 'line' | 'pie';
  /** One value at least. */
  values: readonly number[];
}

const WIDTH = 800;
const HEIGHT = 500;
const LEFT = 80;
const RIGHT = 30;
const TOP = 30;
const BOTTOM = 40;
const TICKS = 5;

const WHITE: Colour = [255, 255, 255];
const BLACK: Colour = [30, 30, 30];
const GREY: Colour = [220, 220, 220];
/** The first colour of the most used plotting library. */
const BLUE: Colour = [31, 119, 180];

/** Rows of three bits each, from the top. */
const GLYPHS: Readonly<Record<string, readonly number[]>> = {
  '0': [7, 5, 5, 5, 7],
  '1': [2, 6, 2, 2, 7],
  '2': [7, 1, 7, 4, 7],
  '3': [7, 1, 7, 1, 7],
  '4': [5, 5, 7, 1, 1],
  '5': [7, 4, 7, 1, 7],
  '6': [7, 4, 7, 5, 7],
  '7': [7, 1, 2, 2, 2],
  '8': [7, 5, 7, 5, 7],
  '9': [7, 5, 7, 1, 7],
  '-': [0, 0, 7, 0, 0],
  '.': [0, 0, 0, 0, 2],
};
const DOT = 3;

/** Draws a chart of 800 by 500 pixels. */
export function drawChart({ kind, values }: Chart): Picture {
  const picture = emptyPicture(WIDTH, HEIGHT);
  rectangle(picture, 0, 0, WIDTH, HEIGHT, WHITE);
  if (kind === 'pie') drawPie(picture, values);
  else drawAxes(picture, kind, values);
  return picture;
}

const rectangle = (
  picture: Picture,
  left: number,
  top: number,
  right: number,
  bottom: number,
  colour: Colour,
): void =>
  paintPolygon(
    picture,
    [
      [left, top],
      [right, top],
      [right, bottom],
      [left, bottom],
    ],
    colour,
    1,
  );

function drawAxes(picture: Picture, kind: 'bar' | 'line', values: readonly number[]): void {
  const low = Math.min(0, ...values);
  const step = niceStep((Math.max(0, ...values) - low || 1) / TICKS);
  const from = Math.floor(low / step) * step;
  const to = Math.max(from + step, Math.ceil(Math.max(0, ...values) / step) * step);
  const y = (value: number): number => TOP + ((to - value) / (to - from)) * (HEIGHT - TOP - BOTTOM);
  for (let tick = from; tick <= to + step / 2; tick += step) {
    rectangle(picture, LEFT, y(tick) - 0.5, WIDTH - RIGHT, y(tick) + 0.5, GREY);
    write(picture, String(Number(tick.toPrecision(6))), LEFT - 10, y(tick));
  }
  const each = (WIDTH - LEFT - RIGHT) / values.length;
  const x = (i: number): number => LEFT + each * (i + 0.5);
  if (kind === 'bar') {
    for (const [i, value] of values.entries()) {
      const [top, bottom] = [y(Math.max(0, value)), y(Math.min(0, value))];
      rectangle(picture, x(i) - each * 0.4, top, x(i) + each * 0.4, bottom, BLUE);
    }
  } else
    drawLine(
      picture,
      values.map((value, i) => [x(i), y(value)] as const),
    );
  rectangle(picture, LEFT - 1, TOP, LEFT + 1, HEIGHT - BOTTOM, BLACK);
  rectangle(picture, LEFT, y(0) - 1, WIDTH - RIGHT, y(0) + 1, BLACK);
}

/** 1, 2 or 5 times a power of ten. */
function niceStep(least: number): number {
  const power = 10 ** Math.floor(Math.log10(least));
  return ([1, 2, 5].find((factor) => factor * power >= least) ?? 10) * power;
}

function drawLine(picture: Picture, points: readonly (readonly [x: number, y: number])[]): void {
  for (const [i, [x, y]] of points.entries()) {
    paintEllipse(picture, { x, y, radiusX: 5, radiusY: 5 }, BLUE, 1);
    const before = points[i - 1];
    if (!before) continue;
    const [fromX, fromY] = before;
    const length = Math.hypot(x - fromX, y - fromY) || 1;
    const across = [(-(y - fromY) / length) * 1.5, ((x - fromX) / length) * 1.5] as const;
    const corners = [
      [fromX + across[0], fromY + across[1]],
      [x + across[0], y + across[1]],
      [x - across[0], y - across[1]],
      [fromX - across[0], fromY - across[1]],
    ] as const;
    paintPolygon(picture, corners, BLUE, 1);
  }
}

function drawPie(picture: Picture, values: readonly number[]): void {
  const parts = values.map((value) => Math.max(0, value));
  const sum = parts.reduce((total, part) => total + part, 0) || 1;
  const [middleX, middleY, radius] = [WIDTH / 2, HEIGHT / 2, HEIGHT * 0.4];
  let from = 0;
  for (const [i, part] of parts.entries()) {
    const to = from + part / sum;
    // Enough corners for an arc to look round.
    const arc = Array.from({ length: 49 }, (_, k) => {
      const angle = 2 * Math.PI * (from + ((to - from) * k) / 48 - 0.25);
      return [middleX + radius * Math.cos(angle), middleY + radius * Math.sin(angle)] as const;
    });
    paintPolygon(picture, [[middleX, middleY], ...arc], hsl((360 * i) / parts.length, 0.55, 0.55), 1);
    from = to;
  }
}

/** Writes a number that ends at `right`, around the middle `y`. */
function write(picture: Picture, text: string, right: number, y: number): void {
  for (const [i, char] of [...text].entries()) {
    const left = right - (text.length - i) * 4 * DOT;
    for (const [row, bits] of (GLYPHS[char] ?? []).entries()) {
      for (let column = 0; column < 3; column++) {
        if (((bits >> (2 - column)) & 1) === 0) continue;
        const [dotX, dotY] = [left + column * DOT, Math.round(y) + (row - 2.5) * DOT];
        rectangle(picture, dotX, dotY, dotX + DOT, dotY + DOT, BLACK);
      }
    }
  }
}
