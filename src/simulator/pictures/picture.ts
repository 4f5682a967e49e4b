/** A picture in memory. */

/** Pixels in rows from the top, four bytes each: red, green, blue and opacity (not premultiplied). */
export interface Picture {
  width: number;
  height: number;
  rgba: Uint8Array;
}

/** A colour, each part from 0 to 255. */
export type Colour = readonly [red: number, green: number, blue: number];

/** A colour by hue (degrees), saturation and lightness (0 to 1). */
export function hsl(hue: number, saturation: number, lightness: number): Colour {
  const chroma = saturation * Math.min(lightness, 1 - lightness);
  const channel = (offset: number): number => {
    const k = (offset + hue / 30) % 12;
    return Math.round(255 * (lightness - chroma * Math.max(-1, Math.min(k - 3, 9 - k, 1))));
  };
  return [channel(0), channel(8), channel(4)];
}

/** A picture of nothing: transparent black. */
export const emptyPicture = (width: number, height: number): Picture => ({
  width,
  height,
  rgba: new Uint8Array(width * height * 4),
});

/** The same picture in another size: each pixel is the nearest one. */
export function resized(picture: Picture, width: number, height: number): Picture {
  if (picture.width === width && picture.height === height) return picture;
  const from = new Uint32Array(picture.rgba.slice().buffer);
  const to = new Uint32Array(width * height);
  for (let y = 0; y < height; y++) {
    const row = Math.floor((y * picture.height) / height) * picture.width;
    for (let x = 0; x < width; x++) to[y * width + x] = from[row + Math.floor((x * picture.width) / width)]!;
  }
  return { width, height, rgba: new Uint8Array(to.buffer) };
}

/** A part of a picture: all of its height, so many columns of its width. */
export function cut({ width: whole, height, rgba }: Picture, left: number, width: number): Picture {
  const part = new Uint8Array(width * height * 4);
  for (let y = 0; y < height; y++) {
    const from = (y * whole + left) * 4;
    part.set(rgba.subarray(from, from + width * 4), y * width * 4);
  }
  return { width, height, rgba: part };
}

/** A picture with more to the right: its own right part, mirrored. At most twice as wide. */
export function widened(picture: Picture, width: number): Picture {
  const from = new Uint32Array(picture.rgba.slice().buffer);
  const to = new Uint32Array(width * picture.height);
  for (let y = 0; y < picture.height; y++) {
    for (let x = 0; x < width; x++) {
      const column = x < picture.width ? x : Math.max(0, 2 * picture.width - 1 - x);
      to[y * width + x] = from[y * picture.width + column]!;
    }
  }
  return { width, height: picture.height, rgba: new Uint8Array(to.buffer) };
}

/** Two pictures of one size laid over each other; `share` of the second, 0 to 1. */
export function mixed(first: Picture, second: Picture, share: number): Picture {
  const rgba = first.rgba.slice();
  for (let i = 0; i < rgba.length; i++) rgba[i] = rgba[i]! + (second.rgba[i]! - rgba[i]!) * share;
  return { ...first, rgba };
}
