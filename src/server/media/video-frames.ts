/** Videos as files, and the pictures that show what is in them. */
import { type FilmPlan, FilmReel } from '../../simulator/pictures/film.js';
import { emptyPicture, type Picture, resized } from '../../simulator/pictures/picture.js';
import { encodeH264 } from './h264.js';
import { decodeImage, encodeImage } from './image-files.js';
import { buildMp4 } from './mp4.js';
import type { MediaProblem, VideoTask } from './tasks.js';

/** Enough to see that it moves; a frame takes a fortieth of a second to code. */
export const FRAMES_PER_SECOND = 8;
/** Frames of a sprite sheet: rows and columns. */
const SHEET = 5;
/** How much smaller the frames of a sprite sheet, and a thumbnail, are. */
const SMALLER = 4;

/** Makes what is asked for. */
export async function makeVideo({ variant, plan }: VideoTask): Promise<Uint8Array | MediaProblem> {
  const shots: FilmPlan['shots'][number][] = [];
  for (const { reference, ...shot } of plan.shots) {
    const first = reference && (await decodeImage(Buffer.from(reference)));
    if (reference && !first) return { unreadable: 'input_reference' };
    shots.push({ ...shot, first: first && resized(first, plan.width, plan.height) });
  }
  const reel = new FilmReel({ ...plan, shots });
  if (variant === 'thumbnail') return encodeImage(smaller(reel.frameAt(0)), 'webp', 80);
  return variant === 'spritesheet' ? spriteSheet(reel) : film(reel, plan);
}

async function film(reel: FilmReel, { width, height }: VideoTask['plan']): Promise<Buffer> {
  const coded = await encodeH264(framesOf(reel), FRAMES_PER_SECOND);
  return buildMp4({ ...coded, width, height, framesPerSecond: FRAMES_PER_SECOND });
}

/** One at a time: together they would fill the memory. */
function* framesOf(reel: FilmReel): Generator<Picture> {
  const count = reel.seconds * FRAMES_PER_SECOND;
  for (let frame = 0; frame < count; frame++) yield reel.frameAt(frame / FRAMES_PER_SECOND);
}

/** Frames from all of the film, row by row. */
function spriteSheet(reel: FilmReel): Promise<Buffer> {
  const count = SHEET * SHEET;
  const frames = Array.from({ length: count }, (_, i) => smaller(reel.frameAt((reel.seconds * i) / count)));
  const { width, height } = frames[0]!;
  const sheet = emptyPicture(width * SHEET, height * SHEET);
  for (const [i, { rgba }] of frames.entries()) {
    const left = (i % SHEET) * width;
    const top = Math.floor(i / SHEET) * height;
    for (let y = 0; y < height; y++)
      sheet.rgba.set(rgba.subarray(y * width * 4, (y + 1) * width * 4), ((top + y) * sheet.width + left) * 4);
  }
  return encodeImage(sheet, 'jpeg', 80);
}

const smaller = (frame: Picture): Picture =>
  resized(frame, Math.round(frame.width / SMALLER), Math.round(frame.height / SMALLER));
