/** A figure that can be recognised from film to film: the same look gives the same body and colours. */
import type { Digest } from '../../lib/digest.js';
import { createRandom } from '../../lib/random.js';
import { paintEllipse, paintPolygon } from './paint.js';
import { hsl, type Picture } from './picture.js';

/**
 * Paints a figure that stands in the lower half of a picture.
 *
 * @param at - how far from the left, 0 to 1
 */
export function paintFigure(picture: Picture, { high, low }: Digest, at: number): void {
  const random = createRandom(0, 'figure', high, low);
  const coat = hsl(random.int(360), 0.75, 0.45);
  const skin = hsl(20 + random.int(20), 0.5, 0.35 + 0.4 * random.next());
  const trim = hsl(random.int(360), 0.7, 0.6);
  const size = Math.min(picture.width, picture.height) * (0.3 + 0.12 * random.next());
  const x = picture.width * at;
  const foot = picture.height * 0.92;
  const head = size * (0.16 + 0.06 * random.next());
  const width = size * (0.3 + 0.2 * random.next());
  const shoulder = foot - size + 2 * head;
  paintPolygon(
    picture,
    [
      [x - width / 3, shoulder],
      [x + width / 3, shoulder],
      [x + width / 2, foot],
      [x - width / 2, foot],
    ],
    coat,
    1,
  );
  const belt = { x, y: (shoulder + foot) / 2, radiusX: width * 0.42, radiusY: size * 0.04 };
  paintEllipse(picture, belt, trim, 1);
  paintEllipse(picture, { x, y: shoulder - head, radiusX: head, radiusY: head }, skin, 1);
  const hat = { x, y: shoulder - 1.8 * head, radiusX: head * 1.2, radiusY: head * 0.35 };
  paintEllipse(picture, hat, trim, 1);
}
