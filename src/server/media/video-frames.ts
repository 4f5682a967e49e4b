/** The frames of a video: the camera moves over a picture that is drawn for the prompt. */
import type { Drawing } from '../../simulator/pictures/draw.js';
import { drawPicture } from '../../simulator/pictures/draw.js';
import { type Picture, resized } from '../../simulator/pictures/picture.js';
import { encodeImage } from './image-files.js';
import { buildMp4 } from './mp4.js';

/** Enough to see that it moves; a frame takes a tenth of a second to encode. */
const FRAMES_PER_SECOND = 2;
const JPEG_QUALITY = 60;
/** How much wider than the frame the picture is. */
const PAN = 1.25;

/** What is shown. */
export interface VideoPlan {
  drawing: Drawing;
  seconds: number;
}

/** A video as an MP4 file. */
export async function makeVideo({ drawing, seconds }: VideoPlan): Promise<Buffer> {
  const { width, height } = drawing;
  const scene = drawPicture({ ...drawing, width: Math.ceil(width * PAN) });
  const count = seconds * FRAMES_PER_SECOND;
  const frames: Buffer[] = [];
  for (let frame = 0; frame < count; frame++) {
    const left = Math.round(((scene.width - width) * frame) / Math.max(count - 1, 1));
    frames.push(await encodeImage(cut(scene, left, width), 'jpeg', JPEG_QUALITY));
  }
  return buildMp4({ width, height, frames, framesPerSecond: FRAMES_PER_SECOND });
}

/** The first frame, a quarter of its size, as WebP. */
export async function makeThumbnail({ drawing }: VideoPlan): Promise<Buffer> {
  const { width, height } = drawing;
  const scene = drawPicture({ ...drawing, width: Math.ceil(width * PAN) });
  const small = resized(cut(scene, 0, width), Math.round(width / 4), Math.round(height / 4));
  return encodeImage(small, 'webp', 80);
}

function cut(scene: Picture, left: number, width: number): Picture {
  const { height } = scene;
  const rgba = new Uint8Array(width * height * 4);
  for (let y = 0; y < height; y++) {
    const from = (y * scene.width + left) * 4;
    rgba.set(scene.rgba.subarray(from, from + width * 4), y * width * 4);
  }
  return { width, height, rgba };
}
